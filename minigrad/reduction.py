"""Reductions: many elements become one, along some dimensions or along all.

`dim` is an int, a tuple of ints, or None for all; with keepdim the reduced dimensions
stay with size 1. `Tensor` inherits these methods. Chapter: arrays and their rules.
"""

import math
from collections import namedtuple

from . import arguments, ops
from . import dtype as dtypes
from .arithmetic import floating, numeric
from .arrays import FLOATS, WORLDS
from .engine import Variable, apply, result
from .operands import cast, dtype_of

values_and_indices = namedtuple("values_and_indices", "values indices")


@arguments.with_torch_names
class Reduction(Variable):
    """A variable that can be summed up."""

    __slots__ = ()

    def sum(self, dim=None, keepdim=False, *, dtype=None):
        """The sum over `dim`; whole numbers and bools are summed as int64."""
        x = _summable(self, dtype)
        return apply(ops.Sum, x, arguments.all_dims(self, dim, "sum"), keepdim)

    def mean(self, dim=None, keepdim=False, *, dtype=None):
        """The sum over `dim` divided by the number of elements summed."""
        x = fractions(self, "mean", dtype)
        return apply(ops.Mean, x, arguments.all_dims(self, dim, "mean"), keepdim)

    def prod(self, dim=None, keepdim=False, *, dtype=None):
        """The product of all elements, or along one dim."""
        x = _summable(self, dtype)
        if dim is None:
            return _product(x.reshape(-1)).reshape(())
        where = arguments.one_dim(self, dim, "prod")
        if self.ndim == 0:
            return x.clone()
        out = _product(x.transpose(0, where)).transpose(0, where)
        return out if keepdim else out.squeeze(where)

    def var(self, dim=None, unbiased=True, keepdim=False, *, correction=None):
        """The mean square distance from the mean, of which torch divides by n - 1.

            sum (x - mean x)^2 / (n - correction)

        correction: 1 (Bessel's) unless given; `unbiased=False` is its old name for 0.
        """
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        x, dims = fractions(self, "var"), arguments.all_dims(self, dim, "var")
        correction = int(unbiased) if correction is None else correction
        freedom = math.prod(self.shape[d] for d in dims) - correction
        distance = x - x.mean(dims, True)
        return distance.square().sum(dims, keepdim) / max(freedom, 0)

    def std(self, dim=None, unbiased=True, keepdim=False, *, correction=None):
        """The square root of `var`; where that is 0, so is the gradient."""
        out = self.var(dim, unbiased, keepdim, correction=correction)
        return _flat_at_zero(out, lambda x: x.sqrt())

    def norm(self, p="fro", dim=None, keepdim=False, dtype=None):
        """(sum |x|^p)^(1/p) for p > 0, the length for 2 ("fro"); where that is 0, so is
        the gradient. For inf and -inf the largest and smallest |x|, for 0 how many
        elements are not 0."""
        x = fractions(self, "norm", dtype)
        p = 2 if p == "fro" else p
        if isinstance(p, str) or (p < 0 and p != -math.inf):
            raise RuntimeError(f"norm with p = {p!r}: p must be at least 0, or -inf")
        if p == 2:
            squares = x.square().sum(dim, keepdim)
            return _flat_at_zero(squares, lambda x: x.sqrt())
        if p == 0:
            return x.sign().abs().sum(dim, keepdim)
        size = x.abs()
        if math.isinf(p):
            return (size.amax if p > 0 else size.amin)(dim, keepdim)
        if p == 1:
            return size.sum(dim, keepdim)
        powers = _flat_at_zero(size, lambda x: x**p).sum(dim, keepdim)
        return _flat_at_zero(powers, lambda x: x ** (1 / p))

    def cumsum(self, dim, *, dtype=None):
        """out[i] = x[0] + ... + x[i] along `dim`."""
        x, where = _summable(self, dtype), arguments.one_dim(self, dim, "cumsum")
        return apply(ops.Cumsum, x, where) if self.ndim else x.clone()

    def any(self, dim=None, keepdim=False):
        """Whether any element is not 0."""
        return _verdict(self, _count(self != 0, dim, keepdim, "any") > 0)

    def all(self, dim=None, keepdim=False):
        """Whether no element is 0."""
        return _verdict(self, _count(self == 0, dim, keepdim, "all") == 0)

    def logsumexp(self, dim, keepdim=False):
        """log(sum exp(x)) over `dim`, computed without overflow."""
        dims = arguments.all_dims(self, dim, "logsumexp")
        return apply(ops.LogSumExp, floating(self), dims, keepdim)

    def log_softmax(self, dim, dtype=None):
        """log(exp(x_i) / sum_j exp(x_j)) along `dim`, computed without overflow."""
        x = fractions(self, "log_softmax", dtype)
        return apply(ops.LogSoftmax, x, arguments.one_dim(self, dim, "log_softmax"))

    def softmax(self, dim, dtype=None):
        """exp(x_i) / sum_j exp(x_j) along `dim`, computed without overflow."""
        x = fractions(self, "softmax", dtype)
        return apply(ops.Softmax, x, arguments.one_dim(self, dim, "softmax"))

    # The largest and the smallest.

    def amax(self, dim=None, keepdim=False):
        """The largest elements; where several tie, they share the gradient."""
        return apply(ops.Amax, self, arguments.filled_dims(self, dim, "amax"), keepdim)

    def amin(self, dim=None, keepdim=False):
        """The smallest elements; where several tie, they share the gradient."""
        return apply(ops.Amin, self, arguments.filled_dims(self, dim, "amin"), keepdim)

    def max(self, dim=None, keepdim=False):
        """All: the largest element. Along one dim: (values, indices) of the first
        largest. With a tensor: the elementwise maximum."""
        if isinstance(dim, Variable):
            return self.maximum(dim)
        if dim is None:
            return self.amax()
        if self.ndim == 0:
            return values_and_indices(self.clone(), self.argmax(dim))
        where = arguments.filled_dim(self, dim, "max")
        values = apply(ops.Max, self, where, keepdim)
        return values_and_indices(values, _places(self, "argmax", where, keepdim))

    def min(self, dim=None, keepdim=False):
        """All: the smallest element. Along one dim: (values, indices) of the first
        smallest. With a tensor: the elementwise minimum."""
        if isinstance(dim, Variable):
            return self.minimum(dim)
        if dim is None:
            return self.amin()
        if self.ndim == 0:
            return values_and_indices(self.clone(), self.argmin(dim))
        where = arguments.filled_dim(self, dim, "min")
        values = apply(ops.Min, self, where, keepdim)
        return values_and_indices(values, _places(self, "argmin", where, keepdim))

    def argmax(self, dim=None, keepdim=False):
        """Where the first of the largest is, along one dim or in self.flatten()."""
        return _places(numeric(self, "argmax"), "argmax", dim, keepdim)

    def argmin(self, dim=None, keepdim=False):
        """Where the first of the smallest is, along one dim or in self.flatten()."""
        return _places(numeric(self, "argmin"), "argmin", dim, keepdim)


def _summable(x, dtype):
    """x in `dtype`, or if that is None with whole numbers and bools as int64."""
    if dtype is None and dtype_of(x).is_floating_point:
        return x
    return cast(x, dtype or dtypes.int64)


def fractions(x, name, dtype=None):
    """x itself, or in `dtype`; it must hold numbers with fractions."""
    x = x if dtype is None else cast(x, dtype)
    if x.array.dtype not in FLOATS:
        raise RuntimeError(
            f"{name} of a tensor of dtype {dtype_of(x)}: only numbers with fractions "
            f"have a {name} of their own dtype; use .float() first"
        )
    return x


def _product(x):
    """The product along dim 0, which stays: of pairs, of pairs of pairs, and so on.

    Nothing is divided, so that zeros need no care in the gradient.
    """
    if x.shape[0] == 0:
        return x.sum(0, True) + 1
    while x.shape[0] > 1:
        half = x.shape[0] // 2
        pairs = x[:half] * x[half : 2 * half]
        x = apply(ops.Cat, 0, pairs, x[-1:]) if x.shape[0] % 2 else pairs
    return x


def _flat_at_zero(x, function):
    """function(x), but where x is 0 it is 0 and so is the gradient."""
    zero = x == 0
    return function(x.masked_fill(zero, 1)).masked_fill(zero, 0)


def _count(holds, dim, keepdim, name):
    dims = arguments.all_dims(holds, dim, name)
    return apply(ops.Sum, cast(holds, dtypes.int64), dims, keepdim)


def _verdict(x, holds):
    """Bools, which torch hands out as uint8 where the question was about uint8."""
    return cast(holds, dtypes.uint8) if dtype_of(x) is dtypes.uint8 else holds


def _places(x, name, dim, keepdim):
    """The indices that the word `name` of x's world finds."""
    dims = arguments.filled_dims(x, dim, name)
    where = None if dim is None or not dims else dims[0]
    world = WORLDS[type(x.array)]
    return result(world.asarray(getattr(world, name)(x.array, where, keepdim)))
