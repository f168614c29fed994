"""Functions that make tensors, from numbers or from other tensors."""

import math

import numpy as np

from . import arguments, operands, ops, random
from . import dtype as dtypes
from .arrays import world_of
from .device import device as Device
from .engine import apply, result
from .operands import choose, numpy_to
from .tensor import Tensor

# Making tensors.


def tensor(data, dtype=None, device=None, requires_grad=False):
    """A tensor with a copy of the numbers in `data`: numbers, nested lists, arrays.

    Python floats become the default dtype (float32), whole numbers int64; what is in
    NumPy arrays or tensors, also in lists of them, keeps its dtype.
    """
    array, first = _array(data), data
    while isinstance(first, list | tuple) and first:
        first = first[0]
    keeps = isinstance(first, np.ndarray | np.generic | Tensor)
    if dtype is None:
        own = dtypes.NAMED.get(array.dtype.name)
        if own is None:
            error = RuntimeError if array.dtype.kind == "O" else TypeError  # torch's
            raise error(f"a tensor cannot hold {array.dtype}: {data!r:.80}")
        plain = own.is_floating_point and not keeps
        dtype = dtypes.get_default_dtype() if plain else own
    array = operands.in_dtype(array, dtypes.known(dtype).name, keeps)
    return _finish(array, device, requires_grad)


def _array(data):
    """A NumPy array of `data`, which may be a list of tensors of one element each."""
    if isinstance(data, Tensor):
        data = data.detach().cpu().numpy()
    elif isinstance(data, list | tuple) and any(isinstance(t, Tensor) for t in data):
        data = [_one(t) if isinstance(t, Tensor) else t for t in data]
    return np.array(data)


def _one(tensor):
    if tensor.numel() != 1:
        raise ValueError(
            f"a tensor of shape {tensor.shape} in a list of numbers: only tensors of "
            "one element can be; use stack()"
        )
    return tensor.detach().cpu().numpy().reshape(())


def FloatTensor(*data):
    """float32 numbers from a list, or zeros of a size: the constructor of old torch."""
    return _of_dtype(dtypes.float32, data)


def LongTensor(*data):
    """int64 numbers from a list, or zeros of a size: the constructor of old torch."""
    return _of_dtype(dtypes.int64, data)


def _of_dtype(dtype, data):
    if all(isinstance(n, int) for n in data):
        return zeros(*(data or (0,)), dtype=dtype)
    return tensor(data[0], dtype=dtype)


def as_tensor(data, dtype=None, device=None):
    """`data` as a tensor, sharing its memory where that is possible."""
    if isinstance(data, np.ndarray):
        data = from_numpy(data)
    if not isinstance(data, Tensor):
        return tensor(data, dtype, device)
    return data.to(dtype=dtype, device=device)


def from_numpy(ndarray):
    """A tensor that shares the memory of a NumPy array."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy of {type(ndarray).__name__}: expected an array")
    if ndarray.dtype.name not in dtypes.NAMED:
        raise TypeError(f"a tensor cannot hold {ndarray.dtype}")
    if not ndarray.dtype.isnative:
        raise ValueError(
            f"a tensor cannot hold {ndarray.dtype}, whose bytes stand in the order of "
            "another machine: use .astype() first"
        )
    return result(ndarray)


def _finish(array, device, requires_grad=False):
    out = result(numpy_to(array, str(Device(device or "cpu"))))
    out.requires_grad = requires_grad
    return out


def _number(x):
    """The number of Python that a tensor or a number of NumPy holds."""
    return x.item() if isinstance(x, Tensor | np.generic) else x


def full(size, fill_value, dtype=None, device=None, requires_grad=False):
    """A tensor of the given size with `fill_value` everywhere."""
    fill_value = _number(fill_value)
    dtype = dtypes.known(dtype) or dtypes.of_number(fill_value)
    operands.in_dtype(np.array(fill_value), dtype.name, wrap=False)
    place = str(Device(device or "cpu"))
    size = (size,) if isinstance(size, int) else tuple(size)
    if min(size, default=0) < 0:
        raise RuntimeError(f"a tensor of size {size}: no size may be below 0")
    out = result(world_of(place).full(size, fill_value, dtype.name, place))
    out.requires_grad = requires_grad
    return out


@arguments.torch_names
def zeros(*size, dtype=None, device=None, requires_grad=False):
    """A tensor of zeros."""
    dtype = dtype or dtypes.get_default_dtype()
    return full(arguments.ints(size), 0, dtype, device, requires_grad)


@arguments.torch_names
def ones(*size, dtype=None, device=None, requires_grad=False):
    """A tensor of ones."""
    dtype = dtype or dtypes.get_default_dtype()
    return full(arguments.ints(size), 1, dtype, device, requires_grad)


empty = zeros  # memory that nobody has written to yet reads as zero here


def full_like(input, fill_value, dtype=None, device=None, requires_grad=False):
    """A tensor like `input` with `fill_value` everywhere."""
    dtype, device = dtype or input.dtype, device or input.device
    return full(input.shape, fill_value, dtype, device, requires_grad)


def zeros_like(input, dtype=None, device=None, requires_grad=False):
    """A tensor like `input` with zeros."""
    return full_like(input, 0, dtype, device, requires_grad)


def ones_like(input, dtype=None, device=None, requires_grad=False):
    """A tensor like `input` with ones."""
    return full_like(input, 1, dtype, device, requires_grad)


empty_like = zeros_like


def rand_like(input, dtype=None, device=None, requires_grad=False):
    """A tensor like `input` with draws from [0, 1)."""
    return random.rand(input.shape, **_as(input, dtype, device, requires_grad))


def randn_like(input, dtype=None, device=None, requires_grad=False):
    """A tensor like `input` with draws from the normal distribution."""
    return random.randn(input.shape, **_as(input, dtype, device, requires_grad))


def _as(input, dtype, device, requires_grad):
    dtype, device = dtype or input.dtype, device or input.device
    return {"dtype": dtype, "device": device, "requires_grad": requires_grad}


def arange(start=0, end=None, step=1, dtype=None, device=None, requires_grad=False):
    """start, start + step, ... up to but without end; `arange(end)` starts at 0."""
    if end is None:
        start, end = 0, start
    start, end, step = map(_number, (start, end, step))
    if step == 0 or not 0 <= (end - start) / step < math.inf:
        raise RuntimeError(
            f"arange from {start} to {end} in steps of {step}: the steps must lead "
            "from start to end"
        )
    if dtype is None:
        whole = all(isinstance(n, int) for n in (start, end, step))
        dtype = dtypes.int64 if whole else dtypes.get_default_dtype()
    place = str(Device(device or "cpu"))
    name = dtypes.known(dtype).name
    out = result(world_of(place).arange(start, end, step, name, place))
    out.requires_grad = requires_grad
    return out


def linspace(start, end, steps, dtype=None, device=None, requires_grad=False):
    """`steps` numbers at equal distances from start to end, both included."""
    dtype = dtypes.known(dtype) or dtypes.get_default_dtype()
    if steps < 0:
        raise RuntimeError(f"linspace in {steps} steps: give 0 or more")
    array = np.linspace(_number(start), _number(end), steps).astype(dtype.name)
    return _finish(array, device, requires_grad)


def eye(n, m=None, dtype=None, device=None, requires_grad=False):
    """The n by m matrix with ones on its diagonal and zeros elsewhere."""
    dtype = dtypes.known(dtype) or dtypes.get_default_dtype()
    if min(n, n if m is None else m) < 0:
        raise RuntimeError(f"eye of {n} by {m}: no size may be below 0")
    return _finish(np.eye(n, m, dtype=dtype.name), device, requires_grad)


# Several tensors into one.


@arguments.torch_names
def cat(tensors, dim=0):
    """The tensors one after another along an existing dimension."""
    tensors = list(tensors)
    if not tensors:
        raise ValueError("cat of no tensors: give at least one")
    if any(t.ndim == 0 for t in tensors):
        raise RuntimeError("cat of a 0-d tensor: it has no dimension to go along")
    operands.require_one_device("cat", *tensors)
    dtype = tensors[0].dtype
    for other in tensors[1:]:
        dtype = dtypes.promote_types(dtype, other.dtype)
    # torch.tensor([]) goes with all shapes, as what a collection begins with.
    tensors = [t for t in tensors if t.shape != (0,)] or tensors[:1]
    where = arguments.one_dim(tensors[0], dim, "cat")
    shapes = [t.shape for t in tensors]
    if len({(*s[:where], *s[where + 1 :]) for s in shapes}) > 1:
        raise RuntimeError(
            f"cat of shapes {', '.join(map(str, shapes))} along dim {dim}: all other "
            "sizes must be equal"
        )
    return apply(ops.Cat, where, *(t.to(dtype) for t in tensors))


@arguments.torch_names
def stack(tensors, dim=0):
    """Tensors of one shape one after another along a new dimension."""
    tensors = list(tensors)
    if len({t.shape for t in tensors}) != 1:
        shapes = ", ".join(str(t.shape) for t in tensors)
        raise RuntimeError(f"stack of shapes {shapes or 'none'}: they must be equal")
    return cat([t.unsqueeze(dim) for t in tensors], dim)


def where(condition, input=None, other=None):
    """input where condition holds, other elsewhere; both may be numbers. With the
    condition alone: its places that are not 0, a vector of indices for each dim."""
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    return choose(condition, input, other)


def is_tensor(obj):
    """Whether `obj` is a tensor."""
    return isinstance(obj, Tensor)


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether |input - other| <= atol + rtol |other| everywhere."""
    operands.require_one_device("allclose", input, other)
    a, b = (t.detach().cpu().numpy() for t in (input, other))
    return bool(np.allclose(a, b, rtol, atol, equal_nan))
