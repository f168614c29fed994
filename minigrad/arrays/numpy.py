"""The array vocabulary, spoken by NumPy.

Every function takes and returns NumPy arrays, under the names that the rules of `ops/`
use: dimensions are tuples of non-negative ints, dtypes are names such as "float32".
`torch.py` beside this file says the same words in torch. Chapter: arrays and their
rules.
"""

from contextvars import copy_context
from functools import cache
from operator import attrgetter

import numpy as np

from .convolution import (
    conv2d,
    conv2d_input,
    conv2d_weight,
    keep,
    max_pool2d,
    max_select2d,
    max_unpool2d,
)
from .erf import erf
from .normalization import normalize, normalize_gradients

__all__ = ["conv2d", "conv2d_input", "conv2d_weight", "erf"]
__all__ += ["max_pool2d", "max_select2d", "max_unpool2d", "normalize"]

Array = np.ndarray
asarray = np.asarray
FLOATS = tuple(map(np.dtype, ("float16", "float32", "float64")))

# Elementwise: NumPy's own.
exp, log, sqrt, sin, cos, tanh = np.exp, np.log, np.sqrt, np.sin, np.cos, np.tanh
abs, maximum, minimum = np.abs, np.maximum, np.minimum
isnan, floor, round = np.isnan, np.floor, np.round
expm1, log1p, log2, log10 = np.expm1, np.log1p, np.log2, np.log10
clamp_min, clamp_max = np.maximum, np.minimum


def silent_context():
    """A context in which NumPy, like torch, computes inf and nan without warning."""
    context = copy_context()
    context.run(np.seterr, all="ignore")
    return context


def where(condition, x, y):
    if _is_zero(y) and _alike(condition, x):
        return _erased(x, condition)
    if _is_zero(x) and _alike(condition, y):
        return _erased(y, ~condition)
    return np.where(condition, x, y)


def _is_zero(x):
    return type(x) is float and x.hex() == "0x0.0p+0"  # and not -0.0


def _alike(condition, x):
    """Whether these are a condition and numbers with fractions, of one shape."""
    if not (type(condition) is type(x) is np.ndarray) or condition.shape != x.shape:
        return False
    return condition.dtype == bool and x.dtype in FLOATS


def _erased(x, kept):
    """x where it is kept, else 0. np.where asks at each element which way to go. To
    multiply the bits by 1 or 0 is ten times faster, and spares inf and nan."""
    out, bits = np.empty_like(x), f"i{x.itemsize}"
    np.multiply(x.view(bits), kept, out.view(bits))
    return out


def sign(x):
    if x.dtype == bool:
        return x.copy()
    return np.where(np.isnan(x), 0, np.sign(x))  # torch: nan has no sign


def remainder(x, y):
    return np.remainder(x, _divisor(x, y))


def floor_divide(x, y):
    return np.floor_divide(x, _divisor(x, y))


def _divisor(x, y):
    if np.result_type(x, y).kind != "f" and not np.all(y):
        raise ValueError("whole numbers cannot be divided by 0")
    return y


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (
        1 + np.exp(-x)
    )  # where exp overflows to inf, this is 0, as it should be


# Reductions.


def sum(x, dims, keepdim):
    return x.sum(dims if x.shape else (), keepdims=keepdim)


def mean(x, dims, keepdim):
    if not x.size:  # the mean of no numbers: NumPy would warn
        return x.sum(dims, keepdims=keepdim) * np.nan
    return x.mean(dims, keepdims=keepdim)


def amax(x, dims, keepdim):
    return x.max(dims, keepdims=keepdim)


def amin(x, dims, keepdim):
    return x.min(dims, keepdims=keepdim)


def argmax(x, dim, keepdim):
    return x.argmax(dim, keepdims=keepdim)


def argmin(x, dim, keepdim):
    return x.argmin(dim, keepdims=keepdim)


def argsort(x, dim, descending):
    """Stable; torch's order has nan as the largest of all, whichever way it goes."""
    if not descending:
        return x.argsort(dim, kind="stable")
    backwards = np.flip(x, dim).argsort(dim, kind="stable")
    return np.flip(x.shape[dim] - 1 - backwards, dim).copy()


def cumsum(x, dim):
    return x.cumsum(dim)


def logsumexp(x, dims, keepdim):
    largest = x.max(dims, keepdims=True, initial=-np.inf)
    largest = np.where(np.isinf(largest), 0, largest)
    total = np.exp(x - largest).sum(dims, keepdims=True)
    return (np.log(total) + largest).reshape(_kept(x.shape, dims, keepdim))


def _kept(shape, dims, keepdim):
    """`shape` after a reduction over `dims`."""
    if keepdim:
        return tuple(1 if i in dims else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in dims)


def max_with_indices(x, dim, keepdim):
    indices = x.argmax(dim, keepdims=True)
    return x.max(dim, keepdims=keepdim), indices


def min_with_indices(x, dim, keepdim):
    indices = x.argmin(dim, keepdims=True)
    return x.min(dim, keepdims=keepdim), indices


def log_softmax(x, dim):
    out = x - x.max(dim, keepdims=True, initial=-np.inf)
    out -= np.log(np.exp(out).sum(dim, keepdims=True))
    return out


def softmax(x, dim):
    weights = np.exp(x - x.max(dim, keepdims=True, initial=-np.inf))
    weights /= weights.sum(dim, keepdims=True)
    return weights


def matmul(a, b):
    return a.dot(b) if a.ndim == b.ndim == 2 else a @ b  # dot begins sooner


def cross_entropy(x, t, dim):
    """-log softmax(x)[t]; and what the gradient needs: exponentials and their sums."""
    powers = x - x.max(dim, keepdims=True, initial=-np.inf)
    chosen = powers[_classes(t, dim)]
    np.exp(powers, out=powers)
    sums = powers.sum(dim, keepdims=True)
    return np.log(sums).squeeze(dim) - chosen, (powers, sums)


def _cross_entropy_gradient(g, t, aux, dim):
    powers, sums = aux
    out = powers * (g.reshape(sums.shape) / sums)
    out[_classes(t, dim)] -= g
    return out


def _classes(t, dim):
    """The index that reads, at each place, the class t along `dim`."""
    key = list(np.indices(t.shape, sparse=True))
    key.insert(dim, t)
    return tuple(key)


def _normalize_x(g, x, w, aux, dims):
    return normalize_gradients(g, x, w, aux, dims)[0]


def linear(x, w, b):
    out = x @ w.T
    if b is not None:
        out += b
    return out


# Shape.

reshape, permute, expand = np.reshape, np.transpose, np.broadcast_to


def cat(dim, *xs):
    return np.concatenate(xs, dim)


def flip(x, dims):
    return np.flip(x, dims).copy()


def diagonal(x):
    return np.einsum("...ii -> ...i", x)  # unlike np.diagonal, it can be written to


# Indexing.


def gather(x, dim, indices):
    return x[_along(dim, indices)]


def scatter_add(g, dim, indices, shape):
    out = np.zeros(shape, g.dtype)
    np.add.at(out, _along(dim, indices), g)
    return out


def _along(dim, indices):
    """The index that reads `indices` along `dim` and counts along all others."""
    if not indices.shape:
        return ()
    key = list(np.indices(indices.shape, sparse=True))
    key[dim] = indices
    return tuple(key)


def index_add(g, key, shape):
    """Zeros of `shape` with `g` added at `key`: where a key repeats, the sum."""
    out = np.zeros(shape, g.dtype)
    if _is_basic(key):
        out[key] = g
    else:
        np.add.at(out, key, g)
    return out


def _is_basic(key):
    """Whether `key` can name no element twice."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(p is None or p is Ellipsis or isinstance(p, int | slice) for p in parts)


def set_index(x, key, value):
    out = np.array(x)  # a copy; the gradient of one number may be a NumPy scalar
    out[key] = value
    return out


def nonzero(x):
    return np.argwhere(x)


# Making, copying, converting.


def zeros_like(x):
    return np.zeros(x.shape, x.dtype)


def ones_like(x):
    return np.ones(x.shape, x.dtype)


def full(shape, value, dtype, device):
    return np.full(shape, value, dtype)


def arange(start, end, step, dtype, device):
    return np.arange(start, end, step).astype(dtype, copy=False)


def cast(x, dtype, source=None):
    return x.astype(dtype, copy=False)


def dtype_name(x):
    return _name(x.dtype)


_name = cache(attrgetter("name"))  # NumPy makes it up anew each time


def device_name(x):
    return "cpu"


def move(x, device, source=None):
    if device == "cpu":
        return x
    from . import world_of

    return world_of(device).from_numpy(x, device)


def to_numpy(x):
    return x


def copy(x):
    return x.copy()


def copy_into(target, source):
    target[...] = source


def is_contiguous(x):
    return x.flags.c_contiguous


def is_view(x):
    return x.base is not None


def shares_memory(x, y):
    return np.may_share_memory(x, y)


FUSED = {  # rules that save work, by what forward has computed or a faster way
    "Relu.x": lambda g, out: keep(~(out <= 0), g),  # five times as fast as where
    "CrossEntropy.x": _cross_entropy_gradient,
    "Normalize": normalize_gradients,
    "Normalize.x": _normalize_x,
}
UPDATES = {}  # NumPy has no kernels for the formulas of optimizers
