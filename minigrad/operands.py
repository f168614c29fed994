"""Operands made alike: tensors of one dtype on one device, as torch would promote them.

Tensors with dimensions outrank 0-d tensors, which outrank Python numbers; those stay
numbers. A failure is explained with the shapes. Chapter: arrays and their rules.
"""

import numpy as np

from . import dtype as dtypes
from .arrays import FLOATS, WORLDS, world_of
from .engine import Variable, apply, result
from .ops import Cast, Div, MatMul, Move, Pow, Sub, Where

NO_DIFFERENCE = "sub of bools: compare them, or use .long() first"
MISMATCH = (ValueError, RuntimeError, TypeError, OverflowError)


def dtype_of(x):
    """The dtype of a tensor, or the one torch gives a Python number."""
    if isinstance(x, Variable):
        return dtypes.NAMED[WORLDS[type(x.array)].dtype_name(x.array)]
    return dtypes.of_number(x)


def like(tensor, values):
    """Numbers, lists or a NumPy array as a tensor of dtype and device of `tensor`."""
    xp = WORLDS[type(tensor.array)]
    dtype, device = xp.dtype_name(tensor.array), xp.device_name(tensor.array)
    array = in_dtype(np.asarray(values), dtype, isinstance(values, np.ndarray))
    if not array.shape:  # a number is made where it is wanted, not copied there
        return result(xp.full((), array.item(), dtype, device))
    return result(numpy_to(array, device))


def in_dtype(array, name, wrap):
    """A NumPy array in the dtype of that name.

    wrap: whether whole numbers that it cannot hold begin again at its other end
    raises: TypeError for what are no numbers; RuntimeError for such whole numbers
    """
    if array.dtype.kind not in "biuf":
        raise TypeError(f"a tensor cannot hold {array.dtype}: {array.tolist()!r:.80}")
    if np.dtype(name).kind in "iu" and not wrap:
        high = np.iinfo(name).max
        low = np.iinfo(name).min or -high  # torch lets a byte wrap: -1 is 255
        if not np.all((low <= array) & (array <= high)):
            raise RuntimeError(
                f"{array.tolist()!r:.80} cannot be converted to {name} without "
                f"overflow: the numbers must be in {low}..{high}"
            )
    with np.errstate(all="ignore"):  # 1e300 as a float32 is inf, as in torch
        return array.astype(name, copy=False)


def numpy_to(array, device):
    """A NumPy array on the device of that name."""
    return array if device == "cpu" else world_of(device).from_numpy(array, device)


def beside(tensor, array):
    """A NumPy array as a tensor on the device of `tensor`."""
    device = WORLDS[type(tensor.array)].device_name(tensor.array)
    return result(numpy_to(np.asarray(array), device))


def cast(x, dtype):
    """The tensor x with its numbers in `dtype`; a Python number as it is.

    Whole numbers have no history: they cannot be moved by a little.
    """
    if not isinstance(x, Variable):
        return x
    own, dtype = dtype_of(x), dtypes.known(dtype)
    if own is dtype:
        return x
    if not dtype.is_floating_point:
        x = result(x.array)
    return apply(Cast, x, dtype.name, own.name)


def move(x, device):
    """The tensor x on the device of that name."""
    own = WORLDS[type(x.array)].device_name(x.array)
    if device in ("cuda", "mps") and own.startswith(device + ":"):
        return x
    return x if own == device else apply(Move, x, device, own)


NUMBERS = {int, float}


def binary(op, x, y):
    """`op` on two operands, at least one of them a tensor."""
    a = x.array.dtype if isinstance(x, Variable) else type(x)
    b = y.array.dtype if isinstance(y, Variable) else type(y)
    if a is not b and not (
        (a in FLOATS and b in NUMBERS) or (b in FLOATS and a in NUMBERS)
    ):
        x, y = promote(op, x, y)
        if x is NotImplemented:
            return x
    try:
        return apply(op, x, y)
    except MISMATCH as error:
        raise _explained(op, error, x, y) from error


def divide(x, y):
    """x / y, where whole numbers are divided as torch does it: in the default dtype."""
    tensor = x if isinstance(x, Variable) else y
    x, y = _operand(x, tensor), _operand(y, tensor)
    if x is NotImplemented or y is NotImplemented:
        return NotImplemented
    if not any(dtype_of(a).is_floating_point for a in (x, y)):
        default = dtypes.get_default_dtype()
        x, y = cast(x, default), cast(y, default)
    return binary(Div, x, y)


def whole_part(op, x, y):
    """`op` of the pair for x // y and x % y, which torch refuses to bools."""
    if dtype_of(x) is dtype_of(y) is dtypes.bool:
        raise RuntimeError("// and % of bools: use .long() or .float() first")
    return binary(op, x, y)


def power(x, y):
    """x ** y; a number as base becomes a tensor, for the rule needs its logarithm."""
    if isinstance(x, Variable):
        if x.array.dtype not in FLOATS and dtype_of(x) is dtype_of(y) is dtypes.bool:
            raise RuntimeError("pow of bools: use .long() or .float() first")
    elif isinstance(x, bool | int | float):
        kind = dtypes.combine(dtype_of(y), dtypes.of_number(x))
        x, y = like(cast(y, kind), x), cast(y, kind)
    return binary(Pow, x, y)


def choose(condition, x, y):
    """x where `condition` holds, y elsewhere."""
    if not any(isinstance(a, Variable) for a in (x, y)):
        kind = dtypes.promote_types(dtype_of(x), dtype_of(y))
        x = cast(like(condition, 0), kind) + x
    if not isinstance(condition, Variable):
        raise TypeError(f"where with a condition of type {type(condition).__name__}")
    if dtype_of(condition) not in (dtypes.bool, dtypes.uint8):
        raise RuntimeError(
            f"where with a condition of dtype {dtype_of(condition)}: it must be bools"
        )
    a, b = promote(Where, x, y)
    if a is NotImplemented:
        raise TypeError(f"where of {type(x).__name__} and {type(y).__name__}")
    condition, a = _together(Where, condition, a)
    condition, b = _together(Where, condition, b)
    try:
        return apply(Where, condition, a, b)
    except MISMATCH as error:
        raise _explained(Where, error, condition, a, b) from error


def compare(operator, x, y):
    """A tensor of bools (or bits): `operator` on two operands, without history."""
    if not isinstance(y, Variable | bool | int | float | np.ndarray | np.generic):
        return NotImplemented
    x, y = promote(operator, x, y)
    try:
        array = operator(x.array, y.array if isinstance(y, Variable) else y)
    except MISMATCH as error:
        raise _explained(operator, error, x, y) from error
    return result(WORLDS[type(x.array)].asarray(array))


def promote(op, x, y):
    """x and y in the one dtype torch would compute in; Python numbers stay numbers.

    Returns NotImplemented twice for operands that are neither numbers nor tensors.
    """
    tensor = x if isinstance(x, Variable) else y
    x, y = _operand(x, tensor), _operand(y, tensor)
    if x is NotImplemented or y is NotImplemented:
        return NotImplemented, NotImplemented
    if op is Sub and any(dtype_of(a) is dtypes.bool for a in (x, y)):
        raise RuntimeError(NO_DIFFERENCE)
    ranked = [None, None, None]  # with dimensions, 0-d, Python numbers
    for a in (x, y):
        rank = (0 if len(a.array.shape) else 1) if isinstance(a, Variable) else 2
        kind = dtype_of(a)
        known = ranked[rank]
        ranked[rank] = dtypes.promote_types(known, kind) if known else kind
    dtype = dtypes.combine(ranked[0], dtypes.combine(ranked[1], ranked[2]))
    return _together(op, cast(x, dtype), cast(y, dtype))


def _operand(a, tensor):
    if isinstance(a, Variable | bool | int | float):
        return float(a) if isinstance(a, np.floating) else a  # np.float64 is a float
    if isinstance(a, np.ndarray | np.generic):
        return beside(tensor, a)
    return NotImplemented


def _together(op, x, y):
    """x and y on one device: a 0-d tensor goes where the other is, as in torch."""
    if not (isinstance(x, Variable) and isinstance(y, Variable)):
        return x, y
    a, b = (WORLDS[type(t.array)].device_name(t.array) for t in (x, y))
    if a != b:
        if not x.array.shape and a == "cpu":
            return move(x, b), y
        if not y.array.shape and b == "cpu":
            return x, move(y, a)
        require_one_device(_name(op), x, y)
    return x, y


def require_one_device(name, *tensors):
    """Refuse tensors that lie on different devices: arrays of two kinds do not mix."""
    places = [WORLDS[type(t.array)].device_name(t.array) for t in tensors]
    if len(set(places)) > 1:
        raise RuntimeError(
            f"{name} of tensors on {_list(dict.fromkeys(places))}: move one of them "
            "with .to()"
        )


def _name(op):
    return (getattr(op, "name", None) or op.__name__).lower()


def _explained(op, error, *operands):
    """A RuntimeError that says why the shapes do not fit, or else what `error` says."""
    if op is Sub and dtype_of(operands[0]) is dtypes.bool:
        return RuntimeError(NO_DIFFERENCE)
    shapes = [tuple(a.array.shape) for a in operands if isinstance(a, Variable)]
    ends = 2 if op is MatMul else 0  # the dimensions that need not be equal
    for i in range(1 + ends, max(map(len, shapes)) + 1):
        sizes = [s[-i] for s in shapes if len(s) >= i]
        if len(set(sizes) - {1}) > 1:
            place = "the last dimension" if i == 1 else f"dimension -{i}"
            return RuntimeError(
                f"{_name(op)} of shapes {_list(shapes)}: sizes {_list(sizes)} in "
                f"{place} cannot be broadcast (one of them must be 1)"
            )
    return RuntimeError(f"{_name(op)} of shapes {_list(shapes)}: {error}")


def _list(items):
    *most, last = map(str, items)
    return f"{', '.join(most)} and {last}" if most else last
