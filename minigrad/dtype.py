"""Number formats, under torch's names. Each is one object, so `is` and `==` agree."""

import builtins


class dtype:
    """A number format: its name, its size in bytes, whether it has fractions."""

    __slots__ = ("is_floating_point", "itemsize", "name")

    def __init__(self, name, itemsize, is_floating_point=False):
        self.name = name
        self.itemsize = itemsize
        self.is_floating_point = is_floating_point

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return self.name  # pickled as the one object of this module


# In the order of promotion: of two formats the later can hold both.
bool = dtype("bool", 1)
uint8 = dtype("uint8", 1)
int32 = dtype("int32", 4)
int64 = dtype("int64", 8)
float16 = dtype("float16", 2, True)
float32 = dtype("float32", 4, True)
float64 = dtype("float64", 8, True)

long, int, half, float, double = int64, int32, float16, float32, float64

ALL = (bool, uint8, int32, int64, float16, float32, float64)
NAMED = {kind.name: kind for kind in ALL}
_RANK = {kind: rank for rank, kind in enumerate(ALL)}

_default = float32


def known(dtype):
    """`dtype` itself, or what Python's bool, int and float stand for."""
    return {builtins.bool: bool, builtins.int: int64, builtins.float: float64}.get(
        dtype, dtype
    )


def get_default_dtype():
    """The dtype of tensors made from Python floats; float32 unless set otherwise."""
    return _default


def set_default_dtype(d):
    """Make tensors from Python floats with dtype `d`, which must be a float format."""
    global _default
    if not (isinstance(d, dtype) and d.is_floating_point):
        raise TypeError(
            f"set_default_dtype got {d!r}: only floating-point types are supported as "
            "the default type"
        )
    _default = d


def promote_types(type1, type2):
    """The dtype for both, as torch orders them: of int64 and float32, float32."""
    return max(type1, type2, key=_RANK.__getitem__)


def combine(wider, other):
    """The dtype of an operation whose more important operands have dtype `wider`.

    Operands with dimensions outrank 0-d tensors, which outrank Python numbers; those of
    lower rank count only if they bring a new category (bool < integers < floats).
    """
    if wider is None or other is None:
        return wider or other
    if wider.is_floating_point or not (wider is bool or other.is_floating_point):
        return wider
    return promote_types(wider, other)


def of_number(number):
    """The dtype torch gives a Python number: bool, int64, or the default float."""
    return {builtins.bool: bool, builtins.int: int64}.get(type(number), _default)
