"""Products of vectors and matrices, all of which come down to one matrix product.

`Tensor` inherits these methods. Chapter: arrays and their rules.
"""

from . import operands, ops
from .arithmetic import numeric
from .engine import Variable


class Products(Variable):
    """A variable that can be multiplied as a matrix."""

    __slots__ = ()

    def __matmul__(self, other):
        """Matrix product; a vector is one row on the left, one column on the right."""
        if not isinstance(other, Variable):
            return NotImplemented
        a, b = self.array.shape, other.array.shape
        if not (a and b):
            raise RuntimeError("matmul of a 0-d tensor: use * to multiply by a number")
        numeric(self, "matmul")
        row, column = len(a) == 1, len(b) == 1
        if a[-1] != b[0 if column else -2]:
            raise RuntimeError(
                f"matmul of shapes {self.shape} and {other.shape}: the inner sizes "
                f"{a[-1]} and {b[0 if column else -2]} must be equal"
            )
        x = self.unsqueeze(0) if row else self
        y = other.unsqueeze(1) if column else other
        out = operands.binary(ops.MatMul, x, y)
        if row:
            out = out.squeeze(-2)
        return out.squeeze(-1) if column else out

    def matmul(self, other):
        return self @ other

    def mm(self, mat2):
        """The product of two matrices."""
        return _product("mm", (2, 2), self, mat2)

    def bmm(self, mat2):
        """The products of matrices in pairs: (b, n, k) and (b, k, m) to (b, n, m)."""
        if self.ndim == mat2.ndim == 3 and self.shape[0] != mat2.shape[0]:
            raise RuntimeError(
                f"bmm of {self.shape[0]} and {mat2.shape[0]} matrices: there must be "
                "as many of each"
            )
        return _product("bmm", (3, 3), self, mat2)

    def mv(self, vec):
        """A matrix times a vector."""
        return _product("mv", (2, 1), self, vec)

    def dot(self, tensor):
        """The sum of the products of two vectors of the same size."""
        return _product("dot", (1, 1), self, tensor)

    def outer(self, vec2):
        """All products of an element of one vector with one of the other."""
        if (self.ndim, vec2.ndim) != (1, 1):
            raise RuntimeError(
                f"outer of shapes {self.shape} and {vec2.shape}: both must be vectors"
            )
        return self.unsqueeze(1) * vec2

    def addmm(self, mat1, mat2, *, beta=1, alpha=1):
        """beta * self + alpha * mat1 @ mat2"""
        product = mat1.mm(mat2)
        if self.dtype is not product.dtype:
            raise RuntimeError(
                f"addmm to {self.dtype} of {product.dtype}: the dtypes must be equal"
            )
        product = product if alpha == 1 else product * alpha
        if beta == 0:  # then not even nan of self counts
            return product
        return (self if beta == 1 else self * beta).expand(product.shape) + product


def _product(name, dims, a, b):
    """a @ b, if they have that many dimensions and one dtype."""
    if (a.ndim, b.ndim) != dims or a.dtype is not b.dtype:
        raise RuntimeError(
            f"{name} of shapes {a.shape} and {b.shape}, dtypes {a.dtype} and "
            f"{b.dtype}: it needs {dims[0]} and {dims[1]} dimensions and one dtype"
        )
    return a @ b
