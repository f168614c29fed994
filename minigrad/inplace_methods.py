"""Methods that change a tensor in place: `x.add_(y)` is `x` holding `x.add(y)`.

Each is an ordinary operation and a write (inplace.py), so that the graph stays right.
"""

from . import dtype as dtypes
from . import operands
from .arithmetic import Arithmetic
from .engine import Variable
from .inplace import overwrite, put
from .random import rand, randn
from .selection import Selection
from .shaping import Shaping


class InPlace(Variable):
    """A variable that can be changed."""

    __slots__ = ()

    def copy_(self, src, non_blocking=False):
        """Take the numbers of `src`, or the number, cast and stretched to fit;
        `non_blocking` as for `to`."""
        if isinstance(src, bool | int | float):
            src = operands.like(self, src)
        if not isinstance(src, Variable):
            raise TypeError(f"copy_ of {type(src).__name__}: it must be a tensor")
        return put(self, (...,), src)

    def fill_(self, value):
        """Hold `value`, a number or a 0-d tensor, everywhere."""
        value = value if isinstance(value, Variable) else operands.like(self, value)
        if value.array.shape:
            raise RuntimeError(f"fill_ with shape {value.shape}: it takes one number")
        return self.copy_(value)

    def zero_(self):
        return self.fill_(0)

    def normal_(self, mean=0, std=1, *, generator=None):
        """Fill with draws from the normal distribution."""
        if std < 0:
            raise RuntimeError(f"normal_ with std {std}: it must not be below 0")
        draws = randn(self.shape, generator=generator, dtype=dtypes.float64)
        return _drawn(self, draws * std + mean)

    def uniform_(self, from_=0, to=1, *, generator=None):
        """Fill with draws that are even between from_ and to."""
        if from_ > to:
            raise RuntimeError(f"uniform_ from {from_} to {to}: from must not be above")
        draws = rand(self.shape, generator=generator, dtype=dtypes.float64)
        return _drawn(self, draws * (to - from_) + from_)


def _drawn(x, draws):
    """x with the draws, unless it holds whole numbers, which would cut them off."""
    if not x.is_floating_point():
        raise NotImplementedError(f"draws in a tensor of dtype {x.dtype}: use floats")
    return x.copy_(draws)


def _in_place(name, method):
    """The method that writes what `method` returns into the tensor itself."""

    def change(self, *args, **kwargs):
        return overwrite(self, lambda x: method(x, *args, **kwargs))

    change.__name__ = f"{name}_"
    change.__doc__ = f"`{name}`, in place."
    return change


# Those that torch has in place and that keep the shape.
OF_ELEMENTS = [
    "abs",
    "neg",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sqrt",
    "rsqrt",
    "square",
    "reciprocal",
    "sin",
    "cos",
    "tan",
    "tanh",
    "sigmoid",
    "relu",
    "erf",
    "sign",
    "floor",
    "ceil",
    "round",
    "clamp",
    "clip",
    "clamp_min",
    "clamp_max",
    "add",
    "sub",
    "mul",
    "div",
    "pow",
    "floor_divide",
    "remainder",
]
OF_PLACES = ["scatter", "scatter_add", "index_add", "masked_fill"]
OF_SHAPE = ["tril", "triu"]

for _owner, _names in (
    (Arithmetic, OF_ELEMENTS),
    (Selection, OF_PLACES),
    (Shaping, OF_SHAPE),
):
    for _name in _names:
        setattr(InPlace, f"{_name}_", _in_place(_name, getattr(_owner, _name)))

InPlace.__iadd__, InPlace.__isub__ = InPlace.add_, InPlace.sub_
InPlace.__imul__, InPlace.__itruediv__ = InPlace.mul_, InPlace.div_
InPlace.__ipow__, InPlace.__imod__ = InPlace.pow_, InPlace.remainder_
InPlace.__ifloordiv__ = InPlace.floor_divide_
