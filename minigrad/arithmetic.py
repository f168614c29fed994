"""The operators of tensors, and the functions that go through them element by element.

Each is one line: the operands made alike (operands.py), then the op. `Tensor` inherits
them. Chapter: arrays and their rules.
"""

import math
import operator

from . import arrays, ops
from . import dtype as dtypes
from .engine import Variable, apply, result
from .operands import (
    binary,
    cast,
    choose,
    compare,
    divide,
    dtype_of,
    power,
    whole_part,
)


def _method(name, operator):
    """`operator` under a name, where nobody else can know what to do with `other`."""

    def method(self, other):
        out = operator(self, other)
        if out is NotImplemented:
            raise TypeError(f"{name} of a tensor and {type(other).__name__}")
        return out

    method.__name__ = name
    return method


class Arithmetic(Variable):
    """A variable that adds, multiplies and compares."""

    __slots__ = ()
    __array_priority__ = 1000  # NumPy leaves `ndarray * tensor` to us
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

    def __floordiv__(self, other):
        """floor(self / other), which is flat: its gradient is 0."""
        return whole_part(ops.FloorDivide, self, other)

    def __rfloordiv__(self, other):
        return whole_part(ops.FloorDivide, other, self)

    def __mod__(self, other):
        """What is left of self when as many whole `other` as fit are taken away."""
        return whole_part(ops.Remainder, self, other)

    def __rmod__(self, other):
        return whole_part(ops.Remainder, other, self)

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

    def div(self, other, *, rounding_mode=None):
        """self / other; rounding_mode "floor" or "trunc" rounds it down, or to 0."""
        if rounding_mode is None:
            return self / other
        if rounding_mode not in ("floor", "trunc"):
            raise RuntimeError(
                f"div with rounding_mode {rounding_mode!r}: it must be None, 'floor' "
                "or 'trunc'"
            )
        down = self // other
        if rounding_mode == "floor":
            return down
        return choose(self / other < 0, -(-self // other), down)

    def pow(self, exponent):
        return self**exponent

    def floor_divide(self, other):
        return self // other

    def remainder(self, other):
        return self % other

    def neg(self):
        return -self

    def abs(self):
        return abs(self)

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

    def __xor__(self, other):
        return compare(operator.xor, self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self):
        return result(self._world.asarray(~self.array))

    eq, ne, lt = _method("eq", __eq__), _method("ne", __ne__), _method("lt", __lt__)
    le, gt, ge = _method("le", __le__), _method("gt", __gt__), _method("ge", __ge__)

    def isnan(self):
        return result(self._world.asarray(self._world.isnan(self.array)))

    def isinf(self):
        return (self == math.inf) | (self == -math.inf)

    def isfinite(self):
        return ~(self.isnan() | self.isinf())

    def equal(self, other):
        """Whether both have one shape and the same elements; nan equals nothing."""
        return self.shape == other.shape and (self == other).all().item()

    # Functions of each element; of whole numbers, in the default dtype.

    def exp(self):
        return apply(ops.Exp, floating(self))

    def log(self):
        return apply(ops.Log, floating(self))

    def expm1(self):
        """exp(x) - 1, exact also near 0."""
        return apply(ops.Expm1, floating(self))

    def log1p(self):
        """log(1 + x), exact also near 0."""
        return apply(ops.Log1p, floating(self))

    def log2(self):
        return apply(ops.Log2, floating(self))

    def log10(self):
        return apply(ops.Log10, floating(self))

    def sqrt(self):
        return apply(ops.Sqrt, floating(self))

    def rsqrt(self):
        return self.sqrt().reciprocal()

    def reciprocal(self):
        return 1 / self

    def sin(self):
        return apply(ops.Sin, floating(self))

    def cos(self):
        return apply(ops.Cos, floating(self))

    def tan(self):
        return self.sin() / self.cos()

    def tanh(self):
        return apply(ops.Tanh, floating(self))

    def sigmoid(self):
        return apply(ops.Sigmoid, floating(self))

    def erf(self):
        """2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x."""
        return apply(ops.Erf, floating(self))

    def relu(self):
        return apply(ops.Relu, numeric(self, "relu"))

    def sign(self):
        return apply(ops.Sign, self)

    def floor(self):
        """The largest whole number that is not above x."""
        return _to_whole(self, "floor", lambda x: apply(ops.Floor, x))

    def ceil(self):
        """The smallest whole number that is not below x."""
        return _to_whole(self, "ceil", lambda x: -apply(ops.Floor, -x))

    def round(self, *, decimals=0):
        """The nearest number with so many decimals; of two as near, the even one."""
        scale = 10.0**decimals
        if decimals == 0:
            return _to_whole(self, "round", lambda x: apply(ops.Round, x))
        return _to_whole(self, "round", lambda x: (x * scale).round() / scale)

    def clamp(self, min=None, max=None):
        """The elements, none below `min` or above `max`: numbers, tensors, or None.
        Where min > max, it is max. At a number the slope is 0, as torch has it."""
        if min is None and max is None:
            raise RuntimeError("clamp without bounds: give min, max, or both")
        out = self if min is None else self.clamp_min(min)
        out = out if max is None else out.clamp_max(max)
        if isinstance(min, Variable) and isinstance(max, Variable):
            return choose((self >= min) & (self <= max), self, out)
        return out

    def clamp_min(self, min):
        """The larger of each element and `min`, a number or a tensor."""
        if isinstance(min, Variable):
            return self.maximum(min)
        return binary(ops.ClampMin, self, min)

    def clamp_max(self, max):
        """The smaller of each element and `max`, a number or a tensor."""
        if isinstance(max, Variable):
            return self.minimum(max)
        return binary(ops.ClampMax, self, max)

    def square(self):
        return self**2

    clip = clamp

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


def _to_whole(x, name, function):
    """function(x), or a copy of x if it holds whole numbers already."""
    return function(x) if x.array.dtype in arrays.FLOATS else numeric(x, name).clone()
