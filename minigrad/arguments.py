"""What a user may pass made into what an op expects, or an error that says why not.

Dimensions are counted from the front, sizes are completed, keys are taken apart. Below
this file nobody checks anything again. Chapter: arrays and their rules.
"""

import math
import operator
from functools import wraps
from inspect import isfunction, signature

import numpy as np

from . import dtype as dtypes
from .arrays import WORLDS
from .engine import Variable, result
from .operands import cast, dtype_of, like, require_one_device

# Names.

NUMPYS_NAMES = {"axis": "dim", "keepdims": "keepdim"}


def torch_names(function):
    """`function` with the other names that torch knows for its arguments: `axis` for
    dim, `keepdims` for keepdim, and for sizes or dims, `*shape`, also `shape=...`."""
    parameters = signature(function).parameters.values()
    star = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL]
    others = {*NUMPYS_NAMES, *star}

    @wraps(function)
    def renaming(*args, **named):
        if named and not others.isdisjoint(named):
            named = {NUMPYS_NAMES.get(k, k): v for k, v in named.items()}
            args += tuple(named.pop(name) for name in star if name in named)
        return function(*args, **named)

    return renaming


def with_torch_names(cls):
    """`cls` with `torch_names` for the methods that have something to rename."""
    for name, method in list(vars(cls).items()):
        if isfunction(method) and not name.startswith("_"):
            parameters = signature(method).parameters.values()
            if any(p.name == "dim" or p.kind is p.VAR_POSITIONAL for p in parameters):
                setattr(cls, name, torch_names(method))
    return cls


# Gradients.


def check_grad(tensor, grad):
    """Raise unless `grad` may be the `.grad` of `tensor`."""
    if not isinstance(grad, Variable):
        raise TypeError(
            f"grad of {type(grad).__name__}: assigned grad expected to be a tensor or "
            "None"
        )
    if grad is tensor:
        raise RuntimeError("grad = the tensor itself: assign a clone() of it")
    a, b = tensor.array, grad.array
    if a.shape == b.shape and a.dtype == b.dtype and a.device == b.device:
        return
    for what in ("device", "dtype", "shape"):
        own, other = getattr(tensor, what), getattr(grad, what)
        if own != other:
            raise RuntimeError(
                f"grad of {what} {other} for a tensor of {what} {own}: they must agree"
            )


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
    dims = dim if isinstance(dim, tuple | list | None) else (operator.index(dim),)
    if not dims:
        return tuple(range(n))
    dims = tuple(one_dim(tensor, d, name) for d in dims)
    if len(set(dims)) < len(dims):
        raise RuntimeError(f"{name} over dims {dims}: each may be named once")
    return dims if n else ()


def filled_dims(tensor, dim, name):
    """`all_dims`, none of which may be empty: nothing has no largest element."""
    dims, shape = all_dims(tensor, dim, name), tuple(tensor.array.shape)
    if any(shape[d] == 0 for d in dims):
        whole = dim is None or (isinstance(dim, tuple) and not dim)
        error = RuntimeError if whole and name[:3] != "arg" else IndexError  # torch's
        raise error(
            f"{name} over dims {dims} of a tensor of shape {shape}: of no elements "
            "there is no largest"
        )
    return dims


def filled_dim(tensor, dim, name):
    """`filled_dims` for functions that take one dim only."""
    (where,) = filled_dims(tensor, operator.index(dim), name)
    return where


def named_dims(tensor, dims, name):
    """`dims` counted from the front, where an empty tuple stands for none."""
    return all_dims(tensor, dims, name) if dims else ()


def out_of_range(name, dim, n, size):
    """The IndexError for a dim outside -size ... size - 1."""
    plural = "" if n == 1 else "s"
    return IndexError(
        f"{name} over dim {dim} of a tensor with {n} dimension{plural}: dim must be in "
        f"{-size}..{size - 1}"
    )


def ints(sizes):
    """`(2, 3)` from f(2, 3) as well as from f((2, 3))."""
    if len(sizes) == 1 and isinstance(sizes[0], tuple | list):
        sizes = sizes[0]
    return tuple(map(operator.index, sizes))


def new_shape(tensor, sizes):
    """`sizes` with a -1 replaced by the size that fits."""
    count = math.prod(tensor.array.shape)
    rest = math.prod(n for n in sizes if n != -1)
    if sizes.count(-1) == 1 and rest and count % rest == 0:
        return tuple(count // rest if n == -1 else n for n in sizes)
    if -1 in sizes or rest != count or any(n < 0 for n in sizes):
        raise RuntimeError(
            f"reshape of shape {tuple(tensor.array.shape)} to {sizes}: the sizes must "
            f"multiply to {count}, the number of elements, and one may be -1"
        )
    return sizes


def expanded_shape(tensor, sizes):
    """`sizes` with each -1 replaced by the tensor's own size."""
    own = tuple(tensor.array.shape)
    lead = len(sizes) - len(own)
    shape = tuple(
        own[i - lead] if n == -1 and i >= lead else n for i, n in enumerate(sizes)
    )
    if (
        lead < 0
        or min(shape, default=0) < 0
        or any(n not in (1, s) for n, s in zip(own, shape[lead:], strict=True))
    ):
        raise RuntimeError(
            f"expand of shape {own} to {sizes}: only dimensions of size 1 can be "
            "expanded, and new ones come first"
        )
    return shape


def all_in_order(tensor, dims):
    """`dims` counted from the front, where each must be named once."""
    n = len(tensor.array.shape)
    order = tuple(one_dim(tensor, d, "permute") for d in dims) if n else dims
    if sorted(order) != list(range(n)):
        raise RuntimeError(
            f"permute{order} of a tensor with {n} dimensions: name each of them once"
        )
    return order


# Keys of x[key].


def index_keys(tensor, key):
    """`key` in two steps as torch takes them: (basic, advanced), None for no step.

    basic: ints, slices, None and `...`; what it reads is a view.
    advanced: arrays of places or bools among full slices; what it reads is a copy.
    """
    parts = [_part(p, tensor) for p in (key if isinstance(key, tuple) else (key,))]
    basic, advanced = [], []
    for p in parts:
        if isinstance(p, bool):  # a new dimension of size 1, or of size 0
            basic.append(None)
            advanced.append(np.array([p]))
        elif isinstance(p, int | slice) or p is None or p is Ellipsis:
            basic.append(p)
            if not isinstance(p, int):
                advanced.append(p if p is Ellipsis else slice(None))
        else:
            is_mask = dtype_of(result(p)) is dtypes.bool
            basic += [slice(None)] * (len(p.shape) if is_mask else 1)
            advanced.append(p)
    dots = sum(p is Ellipsis for p in basic)
    if dots > 1:
        raise IndexError(
            f"{dots} times `...` in one index: only the first has a meaning"
        )
    if not dots:
        basic.append(Ellipsis)  # so that one element of an array is still a view of it
    if not any(isinstance(p, tuple(WORLDS)) for p in advanced):
        return tuple(basic), None
    whole = all(p is Ellipsis or p == slice(None) for p in basic)
    return None if whole and _fits(tensor, basic) else tuple(basic), tuple(advanced)


def _fits(tensor, basic):
    return len(basic) - 1 <= len(tensor.array.shape)


def _part(part, tensor):
    if isinstance(part, Variable):
        kind = dtype_of(part)
        whole = not (kind.is_floating_point or kind is dtypes.bool)
        if whole and not part.array.shape:
            return part.array.item()
        if not isinstance(part.array, np.ndarray):  # NumPy's may stay on the CPU
            require_one_device("indexing", tensor, part)
        if kind is dtypes.uint8:  # a mask, from times before bool
            return cast(part, dtypes.bool).array
        return part.array
    if isinstance(part, list | range):
        array = np.asarray(part)
        return array if array.size else array.astype(np.int64)
    if isinstance(part, np.integer | np.bool_):
        return part.item()
    if isinstance(part, slice) and part.step is not None and part.step <= 0:
        raise ValueError(
            f"a slice with step {part.step}: the step must be greater than zero"
        )
    kinds = (int, slice, type(None), type(Ellipsis), *WORLDS)
    if not isinstance(part, kinds):
        raise IndexError(
            f"{type(part).__name__} {part!r:.40} is no index: use ints, slices, `...`, "
            "None, or tensors of ints or bools"
        )
    return part


def gathered(tensor, dim, index, name="gather"):
    """The array in `index`, if it fits `tensor` for gather along dim."""
    require_one_device(name, tensor, index)
    shape, own = tuple(tensor.array.shape), tuple(index.array.shape)
    if dtype_of(index).name not in ("int64", "int32"):
        raise RuntimeError(
            f"{name} with an index of dtype {dtype_of(index)}: use .long()"
        )
    small = all(
        n <= m for i, (n, m) in enumerate(zip(own, shape, strict=False)) if i != dim
    )
    if len(own) != len(shape) or not small:
        raise RuntimeError(
            f"{name} along dim {dim} of shape {shape} with an index of shape {own}: it "
            "needs as many dimensions, and no larger sizes along the others"
        )
    _inside(index.array, shape[dim] if shape else 1, name, RuntimeError)
    return index.array


def _inside(places, size, name, error):
    """Refuse places outside 0 ... size - 1, which NumPy would count from the end."""
    if at_hand(places) and math.prod(places.shape):
        low, high = places.min(), places.max()
        if low < 0 or high >= size:
            raise error(
                f"{name} at place {low if low < 0 else high} along a dim of size "
                f"{size}: places are counted from 0 to {size - 1}"
            )


def at_hand(array):
    """Whether its numbers can be looked at without waiting for a GPU to compute them.

    Where they cannot, a check of values is left to the GPU, as in torch.
    """
    return WORLDS[type(array)].device_name(array) in ("cpu", "torch")


def scattered(tensor, dim, index, source, name):
    """The key that names the places of `index`, and as much of `source` as it asks."""
    places = gathered(tensor, dim, index, name)
    own = tuple(places.shape)
    if not isinstance(source, Variable):
        value = cast(like(tensor, source), dtype_of(tensor))
        return along(dim, places), value
    if dtype_of(source) is not dtype_of(tensor):
        raise RuntimeError(
            f"{name} of {dtype_of(source)} into {dtype_of(tensor)}: the dtypes must be "
            "equal"
        )
    require_one_device(name, tensor, source)
    shape = tuple(source.array.shape)
    if len(shape) != len(own) or any(n > m for n, m in zip(own, shape, strict=True)):
        error = RuntimeError if len(shape) == len(own) else IndexError  # torch's
        raise error(
            f"{name} of a source of shape {shape} with an index of shape {own}: the "
            "source must be at least as large in each dimension"
        )
    return along(dim, places), source[tuple(slice(n) for n in own)]


def along(dim, places):
    """The key that reads `places` along `dim` and counts along all others."""
    if not places.shape:
        return (...,)
    world, n = WORLDS[type(places)], len(places.shape)
    key = []
    for i, size in enumerate(places.shape):
        count = world.arange(0, size, 1, "int64", world.device_name(places))
        key.append(count.reshape((1,) * i + (size,) + (1,) * (n - 1 - i)))
    key[dim] = places
    return tuple(key)


def places_along(tensor, dim, index, name):
    """The key that names the places in the vector `index` along `dim`."""
    require_one_device(name, tensor, index)
    if dtype_of(index).name not in ("int64", "int32") or len(index.array.shape) > 1:
        raise (IndexError if len(index.array.shape) > 1 else RuntimeError)(
            f"{name} with an index of dtype {dtype_of(index)} and shape "
            f"{tuple(index.array.shape)}: it must be a vector of ints"
        )
    shape = tuple(tensor.array.shape)
    error = IndexError if name == "index_select" else RuntimeError  # torch's
    _inside(index.array, shape[dim] if shape else 1, name, error)
    return (slice(None),) * dim + (index.array.reshape(-1), ...)
