"""The operators of tensors, and the functions that go through them element by element.

Each is one line: the operands made alike (operands.py), then the op. `Tensor` inherits
them. Chapter: arrays and their rules.
"""

import operator

from . import arrays, ops
from . import dtype as dtypes
from .engine import Variable, apply, result
from .operands import binary, cast, choose, compare, divide, dtype_of, power


class Arithmetic(Variable):
    """A variable that adds, multiplies and compares."""

    __slots__ = ()
    __array_ufunc__ = None  # NumPy leaves `ndarray * tensor` to us
    __hash__ = Variable.__hash__

    def __add__(self, other):
        return binary(ops.Add, self, other)

    def __radd__(self, other):
        return binary(ops.Add, other, self)

    def __sub__(self, other):
        return binary(ops.Sub, self, other)

    def __rsub__(self, other):
        return binary(ops.Sub, other, self)

    def __mul__(self, other):
        return binary(ops.Mul, self, other)

    def __rmul__(self, other):
        return binary(ops.Mul, other, self)

    def __truediv__(self, other):
        return divide(self, other)

    def __rtruediv__(self, other):
        return divide(other, self)

    def __pow__(self, other):
        return power(self, other)

    def __rpow__(self, other):
        return power(other, self)

    def __neg__(self):
        return apply(ops.Neg, numeric(self, "neg"))

    def __pos__(self):
        return self

    def __abs__(self):
        return apply(ops.Abs, numeric(self, "abs"))

    def add(self, other, *, alpha=1):
        """self + alpha * other"""
        return self + (other if alpha == 1 else other * alpha)

    def sub(self, other, *, alpha=1):
        """self - alpha * other"""
        return self - (other if alpha == 1 else other * alpha)

    def mul(self, other):
        return self * other

    def div(self, other):
        return self / other

    def pow(self, exponent):
        return self**exponent

    neg, abs = __neg__, __abs__

    # Comparison: tensors of bools, without history.

    def __eq__(self, other):
        return compare(operator.eq, self, other)

    def __ne__(self, other):
        return compare(operator.ne, self, other)

    def __lt__(self, other):
        return compare(operator.lt, self, other)

    def __le__(self, other):
        return compare(operator.le, self, other)

    def __gt__(self, other):
        return compare(operator.gt, self, other)

    def __ge__(self, other):
        return compare(operator.ge, self, other)

    def __and__(self, other):
        return compare(operator.and_, self, other)

    def __or__(self, other):
        return compare(operator.or_, self, other)

    def __invert__(self):
        return result(self._world.asarray(~self.array))

    eq, ne, lt, le, gt, ge = __eq__, __ne__, __lt__, __le__, __gt__, __ge__

    def isnan(self):
        return result(self._world.asarray(self._world.isnan(self.array)))

    # Functions of each element; of whole numbers, in the default dtype.

    def exp(self):
        return apply(ops.Exp, floating(self))

    def log(self):
        return apply(ops.Log, floating(self))

    def sqrt(self):
        return apply(ops.Sqrt, floating(self))

    def sin(self):
        return apply(ops.Sin, floating(self))

    def cos(self):
        return apply(ops.Cos, floating(self))

    def tanh(self):
        return apply(ops.Tanh, floating(self))

    def sigmoid(self):
        return apply(ops.Sigmoid, floating(self))

    def relu(self):
        return apply(ops.Relu, numeric(self, "relu"))

    def sign(self):
        return apply(ops.Sign, self)

    def square(self):
        return self**2

    def maximum(self, other):
        """The larger of each two elements; where they tie, they share the gradient."""
        return binary(ops.Maximum, self, other)

    def minimum(self, other):
        """The smaller of each two elements; where they tie, they share the gradient."""
        return binary(ops.Minimum, self, other)

    def where(self, condition, other):
        """self where `condition` holds, `other` elsewhere."""
        return choose(condition, self, other)

    @property
    def _world(self):
        return arrays.WORLDS[type(self.array)]


def floating(x):
    """x itself, or in the default dtype if it holds whole numbers."""
    return x if x.array.dtype in arrays.FLOATS else cast(x, dtypes.get_default_dtype())


def numeric(x, name):
    """x itself, unless it holds bools, which have no sign."""
    if x.array.dtype not in arrays.FLOATS and dtype_of(x) is dtypes.bool:
        raise RuntimeError(f"{name} of bools: use .long() or .float() first")
    return x
