"""The layers, activations and losses as functions of tensors.

The single idea: a module is settings and parameters; what it computes stands here, as a
composition of operations, after a check that the shapes fit. The chapters on layers and
on the CNN explain it.
"""

import math
import warnings

from minigrad import ops
from minigrad.creation import where
from minigrad.engine import apply

from .checks import (
    conv_padding,
    pair,
    require_classes,
    require_conv,
    require_image,
    require_linear,
    require_off,
    require_plain,
    require_reduction,
    require_shares,
    require_smoothing,
    require_window,
)


def linear(input, weight, bias=None):
    """x W^T + b.

    input: (..., in); weight: (out, in) or (in,); bias: (out,) or None
    returns: (..., out), or (...) for a weight of shape (in,)
    raises: RuntimeError for shapes or dtypes that do not fit
    """
    if weight.dim() == 1:
        product = input.matmul(weight)
        return product if bias is None else product + bias
    require_linear(input, weight, bias)
    return apply(ops.Linear, input, weight, bias)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """out[n, o, y, x] = b[o] + sum over c, i, j of w[o, c, i, j] in[n, c, s y+i, s x+j]

    where `in` has `padding` rows and columns of zeros around it, and s is the stride.

    input: (N, C, H, W) or (C, H, W); weight: (O, C, kh, kw); bias: (O,) or None
    stride, padding: an int or a pair (vertical, horizontal); padding may be "valid"
        (none) or "same" (output as large as the input; stride 1 and odd kernels)
    returns: (N, O, H', W') or (O, H', W'), H' = (H + 2 padding - kh) // stride + 1
    raises: RuntimeError for shapes that do not fit, NotImplementedError for dilation or
        groups other than 1

    Source: Dumoulin and Visin, A Guide to Convolution Arithmetic for Deep Learning
    (2016), relationship 6.
    """
    require_plain("conv2d", dilation=dilation, groups=groups)
    require_conv(input, weight, bias)
    kernel = tuple(weight.shape[2:])
    stride = pair("stride", stride)
    padding = conv_padding(padding, kernel, stride)
    require_window("conv2d", input, kernel, stride, padding)
    return _batched(
        lambda x: apply(ops.Conv2d, x, weight, bias, stride, padding), input
    )


def max_pool2d(
    input,
    kernel_size,
    stride=None,
    padding=0,
    dilation=1,
    ceil_mode=False,
    return_indices=False,
):
    """The largest value of each window of kernel_size, channel by channel.

    input: (N, C, H, W) or (C, H, W)
    kernel_size, stride, padding: an int or a pair (vertical, horizontal); the stride is
        kernel_size if None, the padding counts as -inf and is at most half a window
    returns: (N, C, H', W') or (C, H', W'), H' = (H + 2 padding - kh) // stride + 1
    raises: RuntimeError for shapes that do not fit, NotImplementedError for dilation,
        ceil_mode or return_indices other than torch's defaults

    The first of several equal maxima gets the gradient.
    """
    require_plain("max_pool2d", dilation=dilation)
    require_off("max_pool2d", ceil_mode=ceil_mode, return_indices=return_indices)
    require_image("max_pool2d", input)
    kernel = pair("kernel_size", kernel_size)
    stride = kernel if stride is None else pair("stride", stride)
    padding = pair("padding", padding)
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise RuntimeError(
            f"max_pool2d with padding {padding} and kernel_size {kernel}: the padding "
            "must be at most half of the kernel_size"
        )
    require_window("max_pool2d", input, kernel, stride, padding)
    return _batched(lambda x: apply(ops.MaxPool2d, x, kernel, stride, padding), input)


def relu(input, inplace=False):
    """max(x, 0), elementwise; inplace=True writes it into the input."""
    out = input.relu()
    return input.copy_(out) if inplace else out


def sigmoid(input):
    """1 / (1 + exp(-x)), elementwise."""
    return input.sigmoid()


def tanh(input):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise."""
    return input.tanh()


def softmax(input, dim=None, *, dtype=None):
    """exp(x) / sum of exp(x) along `dim`: positive numbers that sum to 1.

    dim=None takes dim 0 for 0, 1 or 3 dimensions and 1 otherwise, with a warning.
    """
    dim = _implicit_dim("softmax", input) if dim is None else dim
    return (input if dtype is None else input.to(dtype)).softmax(dim)


def log_softmax(input, dim=None, *, dtype=None):
    """x - log(sum of exp(x)) along `dim`, where large x do not overflow."""
    dim = _implicit_dim("log_softmax", input) if dim is None else dim
    return (input if dtype is None else input.to(dtype)).log_softmax(dim)


def mse_loss(input, target, *, reduction="mean"):
    """(input - target)^2, averaged ("mean"), summed ("sum") or as it is ("none").

    input, target: the same shape; other shapes are broadcast, with a warning
    raises: ValueError for an unknown reduction
    """
    if input.shape != target.shape:
        warnings.warn(
            f"Using a target size ({tuple(target.shape)}) that is different to the "
            f"input size ({tuple(input.shape)}). This will likely lead to incorrect "
            "results due to broadcasting. Please ensure they have the same size.",
            stacklevel=2,
        )
    difference = input - target
    return _reduced(difference * difference, reduction)


def nll_loss(input, target, weight=None, *, ignore_index=-100, reduction="mean"):
    """-weight[target] * input[target]; "mean" divides by the sum of weight[target].

    input: (N, C), (C,) or (N, C, d1, ...), logarithms of probabilities
    target: (N,), () or (N, d1, ...), integer classes 0..C-1
    weight: (C,) or None, which counts all classes the same
    ignore_index: a target that does not count
    returns: (), or the shape of target if reduction="none"
    raises: IndexError for a target outside 0..C-1 that is not ignore_index, ValueError
        or RuntimeError for shapes that do not fit
    """
    settings = weight, reduction, 0.0
    return _class_loss("nll_loss", input, target, ignore_index, *settings)


def cross_entropy(
    input,
    target,
    weight=None,
    *,
    ignore_index=-100,
    reduction="mean",
    label_smoothing=0.0,
):
    """Cross entropy between class scores and classes:  -log softmax(input)[target].

    input: (N, C), (C,) or (N, C, d1, ...), scores before softmax
    target: (N,), () or (N, d1, ...), integer classes 0..C-1; or, in the input's shape,
        the share of each class
    weight, ignore_index, reduction: as in `nll_loss`
    label_smoothing: e in 0..1; every target becomes 1 - e of itself and e / C of each
        class
    returns: (), or the shape of an integer target if reduction="none"
    raises: IndexError for a target outside 0..C-1 that is not ignore_index, ValueError
        or RuntimeError for shapes and settings that do not fit

    Computed as log_softmax then selection, so large scores do not overflow.
    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4;
    for the smoothing, Szegedy et al., Rethinking the Inception Architecture (2016),
    section 7.

        >>> cross_entropy(tensor([[2.0, 2.0, 2.0]]), tensor([0]))
        tensor(1.0986)
    """
    require_smoothing(label_smoothing)
    scores = input.log_softmax(min(input.dim(), 2) - 1)
    settings = weight, reduction, label_smoothing
    if input.shape and target.shape == input.shape:
        return _share_loss(scores, target, *settings)
    return _class_loss("cross_entropy", scores, target, ignore_index, *settings)


def _share_loss(scores, shares, weight, reduction, smoothing):
    """The loss of log-probabilities against the share of each class."""
    require_shares(shares)
    dim = min(scores.dim(), 2) - 1
    if smoothing:
        shares = shares * (1 - smoothing) + smoothing / scores.shape[dim]
    losses = -(_weighted(scores, weight, dim) * shares).sum(dim)
    return _reduced(losses, reduction)


def _class_loss(name, scores, target, ignore_index, weight, reduction, smoothing):
    """The loss of log-probabilities against integer classes.

    With smoothing e:  -(1 - e) weight[t] scores[t] - e / C * sum of weight * scores.
    """
    require_reduction(reduction)
    dim = min(scores.dim(), 2) - 1
    require_classes(name, scores, target, dim)
    classes = scores.shape[dim]
    target, counted = _without_ignored(
        name, target, scores.shape, ignore_index, classes
    )
    weighted = _weighted(scores, weight, dim)
    losses = -weighted.gather(dim, target.long().unsqueeze(dim)).squeeze(dim)
    if smoothing:
        uniform = weighted.sum(dim) * (smoothing / classes)
        losses = losses * (1 - smoothing) - uniform
    if counted is not None:
        losses = where(counted, losses, 0.0)
    if reduction != "mean" or (weight is None and counted is None):
        return _reduced(losses, reduction)
    shares = counted if weight is None else weight[target]
    if weight is not None and counted is not None:
        shares = shares * counted
    return losses.sum() / shares.sum()


def _weighted(scores, weight, dim):
    """`scores` times the weight of their class; the classes stand along `dim`."""
    if weight is None:
        return scores
    classes = scores.shape[dim]
    if tuple(weight.shape) != (classes,):
        raise RuntimeError(
            f"weight of shape {tuple(weight.shape)} for {classes} classes: it must "
            f"have shape ({classes},)"
        )
    return scores * weight.reshape(classes, *[1] * (scores.dim() - 1 - dim))


def _without_ignored(name, target, shape, ignore_index, classes):
    """The targets with class 0 for the ignored ones, and which count (None: all)."""
    array = target.array
    if math.prod(array.shape) == 0:
        return target, None
    inside = array.min() >= 0 and array.max() < classes
    if inside and not 0 <= ignore_index < classes:
        return target, None
    counted = target != ignore_index
    wrong = array[((array < 0) | (array >= classes)) & counted.array]
    if len(wrong):
        raise IndexError(
            f"{name} target {int(wrong[0])} is not a class: scores of shape "
            f"{tuple(shape)} have classes 0..{classes - 1}"
        )
    return where(counted, target, 0), counted


def _reduced(losses, reduction):
    require_reduction(reduction)
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def _implicit_dim(name, input):
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to "
        "include dim=X as an argument.",
        stacklevel=3,
    )
    return 0 if input.dim() in (0, 1, 3) else 1


def _batched(function, input):
    """`function` of a batch of images, for one image too."""
    if input.dim() == 4:
        return function(input)
    return function(input.unsqueeze(0)).squeeze(0)
