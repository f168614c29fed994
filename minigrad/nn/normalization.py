"""Normalisation layers: what passes through gets mean 0 and variance 1.

The single idea: one formula, `ops.Normalize`, over different dimensions: each channel
over the batch, each sample over its features, or each group of channels of a sample.
Each function is followed by the module that holds its settings. Chapter: batch
normalisation.
"""

import math

from minigrad import ops
from minigrad.creation import empty, ones, tensor, zeros
from minigrad.dtype import int64
from minigrad.engine import apply, touch

from . import init
from .checks import require_sizes
from .module import Module
from .parameter import Parameter


class _Affine(Module):
    """A layer that ends in weight * x + bias: ones and zeros at first."""

    def _make_parameters(self, shape, affine, bias, made):
        for name, on in (("weight", affine), ("bias", affine and bias)):
            parameter = Parameter(empty(shape, **made)) if on else None
            self.register_parameter(name, parameter)
        self.reset_parameters()

    def reset_parameters(self):
        """Set the weight to ones and the bias to zeros."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


def _scaled(x, weight, bias):
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def _channels(values, input):
    """One value for each channel, laid along dim 1 of the input."""
    if values is None:
        return None
    return values.reshape(-1, *[1] * (input.dim() - 2))


def _require_several(name, shape, count):
    """Refuse to normalise one number: it would always become 0."""
    if count == 1:
        raise ValueError(
            f"{name} of shape {tuple(shape)} has one value to normalise each time: "
            "more than 1 value per channel is needed when training"
        )


def batch_norm(
    input,
    running_mean,
    running_var,
    weight=None,
    bias=None,
    training=False,
    momentum=0.1,
    eps=1e-5,
):
    """weight * (x - mean) / sqrt(variance + eps) + bias, channel by channel.

    input: (N, C, ...); running_mean, running_var, weight, bias: (C,) or None
    training: True takes mean and variance from the input, and moves the running ones
        towards them: running = (1 - momentum) * running + momentum * new, where the new
        variance is divided by n - 1; False takes the running ones
    raises: ValueError for one value per channel in training, RuntimeError for sizes
        that do not fit

    Source: Ioffe and Szegedy, Batch Normalization (2015), algorithms 1 and 2.
    """
    running = {"running_mean": running_mean, "running_var": running_var}
    if not training and (running_mean is None or running_var is None):
        raise RuntimeError(
            "batch_norm in evaluation without running_mean or running_var: give both, "
            "or take training=True"
        )
    if (running_mean is None) != (running_var is None):
        raise ValueError(
            "running_mean and running_var must either both be None or neither be None"
        )
    sizes = {**running, "weight": weight, "bias": bias}
    require_sizes("batch_norm", input, input.shape[1:2], **sizes)
    if training:
        count = input.shape[0] * math.prod(input.shape[2:])
        _require_several("batch_norm", input.shape, count)
        return _batch_norm(input, *running.values(), weight, bias, momentum, eps)
    mean, variance = (_channels(values, input) for values in running.values())
    out = (input - mean) / (variance + eps).sqrt()
    return _scaled(out, _channels(weight, input), _channels(bias, input))


def _batch_norm(input, running_mean, running_var, weight, bias, momentum, eps):
    """`batch_norm` by the statistics of the batch, which the running ones follow."""
    weight, bias = _channels(weight, input), _channels(bias, input)
    if 0 in input.shape:
        return _scaled(input, weight, bias)
    dims = (0, *range(2, input.dim()))
    if running_mean is None:
        return apply(ops.Normalize, input, weight, bias, None, dims, eps)
    running = running_mean.array, running_var.array, momentum
    out = apply(ops.Normalize, input, weight, bias, running, dims, eps)
    touch(running_mean)
    touch(running_var)
    return out


class _BatchNorm(_Affine):
    """What BatchNorm1d and BatchNorm2d share: all but the shape of the input."""

    def __init__(
        self,
        num_features,
        eps=1e-5,
        momentum=0.1,
        affine=True,
        track_running_stats=True,
        device=None,
        dtype=None,
        *,
        bias=True,
    ):
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        made = {"device": device, "dtype": dtype}
        self._make_parameters(num_features, affine, bias, made)
        on = track_running_stats
        self.register_buffer(
            "running_mean", zeros(num_features, **made) if on else None
        )
        self.register_buffer("running_var", ones(num_features, **made) if on else None)
        count = tensor(0, dtype=int64, device=device) if on else None
        self.register_buffer("num_batches_tracked", count)

    def reset_running_stats(self):
        """Set the running mean to 0, the running variance to 1, the count to 0."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def forward(self, input):
        self._check_input_dim(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                momentum = 1.0 / self.num_batches_tracked.item()
        used = not self.training or self.track_running_stats
        return batch_norm(
            input,
            self.running_mean if used else None,
            self.running_var if used else None,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            momentum,
            self.eps,
        )

    def extra_repr(self):
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of (N, C) or (N, C, L): see `functional.batch_norm`.

    num_features: the channels C
    momentum: how far the running statistics move with each batch; None for the plain
        average of all batches
    affine: whether there are weight and bias, (C,) each
    track_running_stats: whether evaluation uses running statistics, not the batch's

        >>> list(BatchNorm1d(4, affine=False).state_dict())
        ['running_mean', 'running_var', 'num_batches_tracked']
    """

    def _check_input_dim(self, input):
        if input.dim() not in (2, 3):
            raise ValueError(f"expected 2D or 3D input (got {input.dim()}D input)")


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of images (N, C, H, W), with the settings of BatchNorm1d."""

    def _check_input_dim(self, input):
        if input.dim() != 4:
            raise ValueError(f"expected 4D input (got {input.dim()}D input)")


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """weight * (x - mean) / sqrt(variance + eps) + bias over the last dimensions.

    normalized_shape: the sizes of those dimensions; weight, bias: the same or None
    raises: RuntimeError for sizes that do not fit

    Source: Ba, Kiros, Hinton, Layer Normalization (2016), equation 3.
    """
    shape = tuple(normalized_shape)
    first = input.dim() - len(shape)
    if not shape or first < 0 or input.shape[first:] != shape:
        raise RuntimeError(
            f"layer_norm of shape {input.shape} with normalized_shape {shape}: it must "
            "be the last sizes of the input, one at least"
        )
    require_sizes("layer_norm", input, shape, weight=weight, bias=bias)
    dims = tuple(range(first, input.dim()))
    return apply(ops.Normalize, input, weight, bias, None, dims, eps)


class LayerNorm(_Affine):
    """weight * (x - mean) / sqrt(variance + eps) + bias, for each sample by itself.

    normalized_shape: the last size or sizes of the input, and the shape of the weight
    elementwise_affine, bias: whether there are weight and bias

        >>> LayerNorm(4)
        LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)
    """

    def __init__(
        self,
        normalized_shape,
        eps=1e-5,
        elementwise_affine=True,
        bias=True,
        device=None,
        dtype=None,
    ):
        super().__init__()
        if isinstance(normalized_shape, int):
            normalized_shape = (normalized_shape,)
        self.normalized_shape = tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        made = {"device": device, "dtype": dtype}
        self._make_parameters(self.normalized_shape, elementwise_affine, bias, made)

    def forward(self, input):
        """input: (..., *normalized_shape); returns the same shape."""
        settings = self.normalized_shape, self.weight, self.bias, self.eps
        return layer_norm(input, *settings)

    def extra_repr(self):
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """weight * (x - mean) / sqrt(variance + eps) + bias over each group of channels.

    input: (N, C, ...), C a multiple of num_groups; weight, bias: (C,) or None
    raises: RuntimeError for sizes that do not fit, ValueError where groups and images
        together are one number

    Source: Wu and He, Group Normalization (2018), equations 1 to 6.
    """
    if input.dim() < 2:
        raise RuntimeError(
            f"group_norm of shape {input.shape}: at least 2 dimensions are expected, "
            "batch and channels"
        )
    batch, channels, *rest = input.shape
    if channels % num_groups:
        raise RuntimeError(
            f"group_norm of {channels} channels in {num_groups} groups: the number of "
            "channels must be divisible by the number of groups"
        )
    count = batch * channels // num_groups * math.prod(rest)
    _require_several("group_norm", input.shape, count)
    require_sizes("group_norm", input, (channels,), weight=weight, bias=bias)
    groups = input.reshape(batch, num_groups, channels // num_groups, *rest)
    dims = tuple(range(2, groups.dim()))
    out = apply(ops.Normalize, groups, None, None, None, dims, eps)
    out = out.reshape(input.shape)
    return _scaled(out, _channels(weight, input), _channels(bias, input))


class GroupNorm(_Affine):
    """weight * (x - mean) / sqrt(variance + eps) + bias, for each group of channels.

    num_groups, num_channels: how many; the first must divide the second
    affine: whether there are weight and bias, (num_channels,) each
    raises: ValueError where num_groups does not divide num_channels
    """

    def __init__(
        self,
        num_groups,
        num_channels,
        eps=1e-5,
        affine=True,
        device=None,
        dtype=None,
        *,
        bias=True,
    ):
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups "
                f"({num_groups})"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        made = {"device": device, "dtype": dtype}
        self._make_parameters(num_channels, affine, bias, made)

    def forward(self, input):
        """input: (N, num_channels, ...); returns the same shape."""
        settings = self.num_groups, self.weight, self.bias, self.eps
        return group_norm(input, *settings)

    def extra_repr(self):
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, "
            f"affine={self.affine}, bias={self.bias is not None}"
        )
