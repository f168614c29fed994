"""What a user may pass made into what an op expects, or an error that says why not.

Operands become tensors of one dtype on one device, dimensions are counted from the
front, sizes are completed. Below this file nobody checks anything again.
"""

import math

import numpy as np

from . import dtype as dtypes
from .arrays import FLOATS, WORLDS, world_of
from .engine import Variable, apply, result
from .ops import Cast, Div, Move


def dtype_of(x):
    """The dtype of a tensor, or the one torch gives a Python number."""
    if isinstance(x, Variable):
        return dtypes.NAMED[WORLDS[type(x.array)].dtype_name(x.array)]
    return dtypes.of_number(x)


def like(tensor, values):
    """Numbers, lists or a NumPy array as a tensor of the dtype and device of `tensor`."""
    xp = WORLDS[type(tensor.array)]
    array = np.asarray(values).astype(xp.dtype_name(tensor.array))
    return result(numpy_to(array, xp.device_name(tensor.array)))


def numpy_to(array, device):
    """A NumPy array on the device of that name."""
    return array if device == "cpu" else world_of(device).from_numpy(array, device)


def cast(x, dtype):
    """The tensor x with its numbers in `dtype`."""
    own = dtype_of(x)
    return x if own is dtype else apply(Cast, x, dtype.name, own.name)


def move(x, device):
    """The tensor x on the device of that name."""
    own = WORLDS[type(x.array)].device_name(x.array)
    if device in ("cuda", "mps") and own.startswith(device + ":"):
        return x
    return x if own == device else apply(Move, x, device, own)


# Two operands.

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
    except (ValueError, RuntimeError, TypeError) as error:
        raise RuntimeError(_explain(op, x, y) or str(error)) from error


def divide(x, y):
    """x / y, where whole numbers are divided as torch does it: in the default dtype."""
    default = dtypes.get_default_dtype()
    if not any(dtype_of(a).is_floating_point for a in (x, y)):
        x = cast(x, default) if isinstance(x, Variable) else x
        y = cast(y, default) if isinstance(y, Variable) else y
    return binary(Div, x, y)


def compare(operator, x, y):
    """A tensor of bools (or bits): `operator` on two operands, without history."""
    if not isinstance(y, Variable | bool | int | float | np.ndarray | np.generic):
        return NotImplemented
    x, y = promote(operator, x, y)
    try:
        array = operator(x.array, y.array if isinstance(y, Variable) else y)
    except (ValueError, RuntimeError, TypeError) as error:
        raise RuntimeError(_explain(operator, x, y) or str(error)) from error
    return result(WORLDS[type(x.array)].asarray(array))


def promote(op, x, y):
    """x and y in the one dtype torch would compute in; Python numbers stay numbers.

    Returns NotImplemented twice for operands that are neither numbers nor tensors.
    """
    tensor = x if isinstance(x, Variable) else y
    x, y = _operand(x, tensor), _operand(y, tensor)
    if x is NotImplemented or y is NotImplemented:
        return NotImplemented, NotImplemented
    ranked = [None, None, None]  # with dimensions, 0-d, Python numbers
    for a in (x, y):
        rank = (0 if len(a.array.shape) else 1) if isinstance(a, Variable) else 2
        kind = dtype_of(a)
        known = ranked[rank]
        ranked[rank] = dtypes.promote_types(known, kind) if known else kind
    dtype = dtypes.combine(ranked[0], dtypes.combine(ranked[1], ranked[2]))
    x = cast(x, dtype) if isinstance(x, Variable) else x
    y = cast(y, dtype) if isinstance(y, Variable) else y
    return _together(op, x, y)


def _operand(a, tensor):
    if isinstance(a, Variable | bool | int | float):
        return a
    if isinstance(a, np.ndarray | np.generic):
        device = WORLDS[type(tensor.array)].device_name(tensor.array)
        return result(numpy_to(np.asarray(a), device))
    return NotImplemented


def _together(op, x, y):
    """x and y on one device: a 0-d tensor goes where the other is, as in torch."""
    if not (isinstance(x, Variable) and isinstance(y, Variable)):
        return x, y
    a, b = (WORLDS[type(t.array)].device_name(t.array) for t in (x, y))
    if a == b:
        return x, y
    if not x.array.shape and a == "cpu":
        return move(x, b), y
    if not y.array.shape and b == "cpu":
        return x, move(y, a)
    raise RuntimeError(
        f"{_name(op)} of tensors on {a} and {b}: move one of them with .to()"
    )


def _name(op):
    return (getattr(op, "name", None) or op.__name__).lower()


def _explain(op, x, y):
    """Why the shapes of x and y do not go together, or None if they do."""
    a, b = (tuple(t.array.shape) if isinstance(t, Variable) else () for t in (x, y))
    for i in range(1, min(len(a), len(b)) + 1):
        if a[-i] != b[-i] and 1 not in (a[-i], b[-i]):
            place = "the last dimension" if i == 1 else f"dimension -{i}"
            return (
                f"{_name(op)} of shapes {a} and {b}: sizes {a[-i]} and {b[-i]} in {place} "
                "cannot be broadcast (one of them must be 1)"
            )
    return None


# Dimensions and sizes.


def one_dim(tensor, dim, name):
    """`dim` counted from the front; raises IndexError if there is none such."""
    n = len(tensor.array.shape)
    if not -max(n, 1) <= dim < max(n, 1):
        raise out_of_range(name, dim, n, max(n, 1))
    return dim % max(n, 1)


def all_dims(tensor, dim, name):
    """A tuple of dims counted from the front; None stands for all of them."""
    n = len(tensor.array.shape)
    if dim is None or dim == ():
        return tuple(range(n))
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    dims = tuple(one_dim(tensor, d, name) for d in dims)
    if len(set(dims)) < len(dims):
        raise RuntimeError(f"{name} over dims {dim}: each may be named once")
    return dims if n else ()


def out_of_range(name, dim, n, size):
    """The IndexError for a dim outside -size ... size - 1."""
    plural = "" if n == 1 else "s"
    return IndexError(
        f"{name} over dim {dim} of a tensor with {n} dimension{plural}: dim must be in "
        f"{-size}..{size - 1}"
    )


def ints(sizes):
    """`(2, 3)` from f(2, 3) as well as from f((2, 3))."""
    if len(sizes) == 1 and not isinstance(sizes[0], int):
        return tuple(sizes[0])
    return tuple(sizes)


def new_shape(tensor, sizes):
    """`sizes` with a -1 replaced by the size that fits."""
    count = math.prod(tensor.array.shape)
    rest = math.prod(n for n in sizes if n != -1)
    if sizes.count(-1) == 1 and rest and count % rest == 0:
        return tuple(count // rest if n == -1 else n for n in sizes)
    if -1 in sizes or rest != count:
        raise RuntimeError(
            f"reshape of {count} elements, shape {tuple(tensor.array.shape)}, to {sizes}: "
            "the sizes must multiply to the number of elements, and one may be -1"
        )
    return sizes


def index_key(key):
    """A key for arrays: tensors unwrapped, and `...` at the end, so that one element of
    an array is still a view of it."""
    parts = key if isinstance(key, tuple) else (key,)
    parts = tuple(_index_part(part) for part in parts)
    return parts if any(p is Ellipsis for p in parts) else (*parts, Ellipsis)


def _index_part(part):
    if isinstance(part, Variable):
        return part.array
    if isinstance(part, slice) and part.step is not None and part.step <= 0:
        raise ValueError(
            f"a slice with step {part.step}: the step must be greater than zero"
        )
    return part


# Gradients.


def starting_gradient(output, gradient, create_graph):
    """The gradient to begin a walk from `output` with: a tensor if it is recorded."""
    shape = tuple(output.array.shape)
    if not output.tracked:
        raise RuntimeError(
            "this tensor does not require grad: nothing it was computed from has "
            "requires_grad=True"
        )
    if gradient is None:
        if math.prod(shape) != 1:
            raise RuntimeError(
                f"backward() needs a gradient for an output of shape {shape}: only a "
                "single number has 1 as its obvious gradient"
            )
        gradient = result(WORLDS[type(output.array)].ones_like(output.array))
    if tuple(gradient.array.shape) != shape:
        raise RuntimeError(
            f"a gradient of shape {tuple(gradient.array.shape)} for an output of shape "
            f"{shape}: the shapes must be equal"
        )
    gradient = cast(gradient, dtype_of(output))
    return gradient if create_graph else gradient.array
