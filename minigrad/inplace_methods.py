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
        """Take the numbers of `src`, cast and stretched to fit; `non_blocking` as for
        `to`."""
        return put(self, (...,), src)

    def fill_(self, value):
        """Hold `value` everywhere."""
        value = value if isinstance(value, Variable) else operands.like(self, value)
        return self.copy_(value)

    def zero_(self):
        return self.fill_(0)

    def normal_(self, mean=0, std=1, *, generator=None):
        """Fill with draws from the normal distribution."""
        draws = randn(self.shape, generator=generator, dtype=dtypes.float64)
        return self.copy_(draws * std + mean)

    def uniform_(self, from_=0, to=1, *, generator=None):
        """Fill with draws that are even between from_ and to."""
        draws = rand(self.shape, generator=generator, dtype=dtypes.float64)
        return self.copy_(draws * (to - from_) + from_)


def _in_place(method):
    """The method that writes what `method` returns into the tensor itself."""

    def change(self, *args, **kwargs):
        return overwrite(self, lambda x: method(x, *args, **kwargs))

    change.__name__ = method.__name__ + "_"
    change.__doc__ = f"`{method.__name__}`, in place."
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
        setattr(InPlace, f"{_name}_", _in_place(getattr(_owner, _name)))

InPlace.__iadd__, InPlace.__isub__ = InPlace.add_, InPlace.sub_
InPlace.__imul__, InPlace.__itruediv__ = InPlace.mul_, InPlace.div_
InPlace.__ipow__, InPlace.__imod__ = InPlace.pow_, InPlace.remainder_
InPlace.__ifloordiv__ = InPlace.floor_divide_
