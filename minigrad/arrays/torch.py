"""The array vocabulary, spoken by torch: its tensors as arrays, its autograd never.

The same words as `numpy.py`. `FUSED` names the kernels torch has for rules that `ops/`
writes out; each is tested against the rule it replaces.
"""

import torch

from .torch_convolution import (
    conv2d,
    conv2d_gradients,
    conv2d_input,
    conv2d_weight,
    max_pool2d,
    max_select2d,
    max_unpool2d,
)

__all__ = ["conv2d", "conv2d_input", "conv2d_weight"]
__all__ += ["max_pool2d", "max_select2d", "max_unpool2d"]

aten = torch.ops.aten

Array, asarray = torch.Tensor, torch.as_tensor
FLOATS = (torch.float16, torch.float32, torch.float64)

# Elementwise.
exp, log, sqrt, sin, cos = torch.exp, torch.log, torch.sqrt, torch.sin, torch.cos
tanh, sigmoid, relu = torch.tanh, torch.sigmoid, torch.relu
abs, sign, where, isnan = torch.abs, torch.sign, torch.where, torch.isnan
maximum, minimum = torch.maximum, torch.minimum
expm1, log1p, log2, log10 = torch.expm1, torch.log1p, torch.log2, torch.log10
erf, floor, round = torch.erf, torch.floor, torch.round
clamp_min, clamp_max = torch.clamp_min, torch.clamp_max
floor_divide, remainder = torch.floor_divide, torch.remainder

# Reductions.
sum, mean, amax, argmax = torch.sum, torch.mean, torch.amax, torch.argmax
amin, argmin, logsumexp, cumsum = (
    torch.amin,
    torch.argmin,
    torch.logsumexp,
    torch.cumsum,
)
log_softmax, softmax = torch.log_softmax, torch.softmax
matmul, linear = torch.matmul, torch.nn.functional.linear


def cross_entropy(x, t, dim):
    """-log softmax(x)[t]; and what the gradient needs: log softmax(x)."""
    scores = torch.log_softmax(x, dim)
    return torch.nn.functional.nll_loss(scores, t, reduction="none"), scores


def _cross_entropy_gradient(g, t, aux, dim):
    g = g.unsqueeze(dim)
    return torch.exp(aux).mul_(g).scatter_add_(dim, t.unsqueeze(dim), -g)


def max_with_indices(x, dim, keepdim):
    values, indices = torch.max(x, dim, keepdim=True)
    return (values if keepdim else values.squeeze(dim)), indices


def min_with_indices(x, dim, keepdim):
    values, indices = torch.min(x, dim, keepdim=True)
    return (values if keepdim else values.squeeze(dim)), indices


def argsort(x, dim, descending):
    return torch.argsort(x, dim=dim, descending=descending, stable=True)


# Shape.

reshape, permute, flip = torch.reshape, torch.permute, torch.flip


def expand(x, shape):
    return x.expand(shape)


def cat(dim, *xs):
    return torch.cat(xs, dim)


def diagonal(x):
    return x.diagonal(0, -2, -1)


# Indexing.

gather, nonzero = torch.gather, torch.nonzero


def scatter_add(g, dim, indices, shape):
    return g.new_zeros(shape).scatter_add_(dim, indices, g)


def index_add(g, key, shape):
    """Zeros of `shape` with `g` added at `key`: where a key repeats, the sum."""
    out = g.new_zeros(shape)
    parts = key if isinstance(key, tuple) else (key,)
    if all(p is None or p is Ellipsis or isinstance(p, int | slice) for p in parts):
        out[key] = g
        return out
    places = torch.arange(out.numel(), device=g.device).reshape(shape)[key]
    out.view(-1).index_add_(0, places.reshape(-1), g.reshape(-1))
    return out


def set_index(x, key, value):
    out = x.clone()
    out[key] = value
    return out


# Normalisation: over the last dims as for layers, over all but dim 1 as for batches.


def normalize(x, w, b, running, dims, eps):
    """w (x - mean) / s + b; and what the gradient needs: mean and 1 / s."""
    if _are_last(dims, x):
        out, *aux = aten.native_layer_norm.default(x, x.shape[dims[0] :], w, b, eps)
        return out, aux
    mean, variance, momentum = running or (None, None, 0.0)
    settings = mean, variance, True, momentum, eps
    out, *aux = aten.native_batch_norm.default(x, _flat(w), _flat(b), *settings)
    return out, aux


def _normalize_gradients(g, x, w, aux, dims, eps, wanted):
    if _are_last(dims, x):
        known = x.shape[dims[0] :], *aux, w, w
        return aten.native_layer_norm_backward.default(g, x, *known, wanted)
    settings = None, None, *aux, True, eps, wanted
    for_x, *rest = aten.native_batch_norm_backward.default(g, x, _flat(w), *settings)
    return for_x, *(a if a is None else a.reshape(w.shape) for a in rest)


def _are_last(dims, x):
    """Whether `dims` are the last dims of x; otherwise they are all but dim 1."""
    return dims[0] + len(dims) == x.ndim


def _flat(w):
    return None if w is None else w.reshape(-1)


# Making, copying, converting.

zeros_like, ones_like = torch.zeros_like, torch.ones_like


def _device(name):
    return "cpu" if name == "torch" else name


def full(shape, value, dtype, device):
    return torch.full(shape, value, dtype=getattr(torch, dtype), device=_device(device))


def arange(start, end, step, dtype, device):
    dtype = getattr(torch, dtype)
    return torch.arange(start, end, step, dtype=dtype, device=_device(device))


def from_numpy(x, device):
    """A copy of a NumPy array on `device`."""
    if device.startswith("cuda"):
        _refuse_capture()
    return torch.from_numpy(x.copy()).to(_device(device))


def cast(x, dtype, source=None):
    return x.to(getattr(torch, dtype))


def dtype_name(x):
    return str(x.dtype).removeprefix("torch.")


def device_name(x):
    return "torch" if x.device.type == "cpu" else str(x.device)


def move(x, device, source=None):
    return x.cpu().numpy().copy() if device == "cpu" else x.to(_device(device))


cuda = torch.cuda  # for minigrad/cuda.py


def _refuse_capture():
    """Refuse to copy from NumPy into a graph: every replay would copy the same."""
    if cuda.is_initialized() and cuda.is_current_stream_capturing():
        raise RuntimeError(
            "numbers of NumPy's, as random draws are, cannot be part of a CUDA graph: "
            "make the tensor before the capture, and fill it with copy_() before "
            "each replay"
        )


def to_numpy(x):
    return x.cpu().numpy()


def copy(x):
    return x.clone()


def copy_into(target, source):
    target.copy_(source)


def is_contiguous(x):
    return x.is_contiguous()


def is_view(x):
    return x._is_view()


def shares_memory(x, y):
    return x.untyped_storage().data_ptr() == y.untyped_storage().data_ptr()


_tanh, _sigmoid = aten.tanh_backward.default, aten.sigmoid_backward.default
_relu, _log_softmax = aten.threshold_backward.default, aten._log_softmax_backward_data
_softmax = aten._softmax_backward_data

FUSED = {
    "Tanh.x": lambda g, out: _tanh(g, out),
    "Sigmoid.x": lambda g, out: _sigmoid(g, out),
    "Relu.x": lambda g, out: _relu(g, out, 0),
    "LogSoftmax.x": lambda g, out, dim: _log_softmax.default(g, out, dim, out.dtype),
    "Softmax.x": lambda g, out, dim: _softmax.default(g, out, dim, out.dtype),
    "Conv2d": conv2d_gradients,
    "CrossEntropy.x": _cross_entropy_gradient,
    "Normalize": lambda g, x, w, aux, dims, eps: _normalize_gradients(
        g, x, w, aux, dims, eps, (True, True, True)
    ),
    "Normalize.x": lambda g, x, w, aux, dims, eps: _normalize_gradients(
        g, x, w, aux, dims, eps, (True, False, False)
    )[0],
}


# The formulas of optimizers.


def _adam(p, g, state, *, lr, betas, amsgrad, decoupled_weight_decay, **settings):
    """One kernel for `Adam.formula`; it takes memory as it lies, so in order."""
    names = ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * amsgrad
    changed = [p, *(state[name] for name in names)]
    ordered = [a.contiguous() for a in changed]
    whole, m, v, *largest = ordered
    kernel = torch._fused_adamw_ if decoupled_weight_decay else torch._fused_adam_
    kernel(
        [whole],
        [g.contiguous()],
        [m],
        [v],
        largest,
        [state["step"]],
        lr=lr,
        beta1=betas[0],
        beta2=betas[1],
        amsgrad=amsgrad,
        **settings,
    )
    for array, result in zip(changed, ordered, strict=True):
        if result is not array:
            array.copy_(result)


UPDATES = {"Adam": _adam}
