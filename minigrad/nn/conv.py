"""Convolution: the same small weighted sum at every place of an image or a series.

The single idea: a linear layer that looks at one window and is slid over all of them,
so that its few weights serve every position. The mathematics is in `ops/conv.py`, the
fast way to compute it in `arrays/`. Chapter: convolution and pooling.
"""

from minigrad import ops
from minigrad.creation import cat
from minigrad.engine import apply

from .linear import add_parameters, reset
from .module import Module
from .windows import (
    as_pairs,
    conv_padding,
    on_images,
    require_conv,
    require_window,
    sizes,
    spans,
)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """out[n, o, y, x] = b[o] + sum over c, i, j of
                       w[o, c, i, j] in[n, c, s y + d i, s x + d j]

    where `in` has `padding` rows and columns of zeros around it, s is the stride and d
    the dilation, the distance of the pixels that a kernel sees.

    input: (N, C, H, W) or (C, H, W); weight: (O, C / groups, kh, kw); bias: (O,) or
        None
    stride, padding, dilation: an int or a pair (vertical, horizontal); padding may be
        "valid" (none) or "same" (output as large as the input, for stride 1)
    groups: the channels of input and output are cut into so many groups, and each
        group of the output sees its own of the input only
    returns: (N, O, H', W') or (O, H', W'),
        H' = (H + 2 padding - dilation (kh - 1) - 1) // stride + 1
    raises: RuntimeError for shapes that do not fit

    Source: Dumoulin and Visin, A Guide to Convolution Arithmetic for Deep Learning
    (2016), relationships 6 and 15.
    """
    settings = stride, padding, dilation, groups
    return _convolution("conv2d", 2, input, weight, bias, *settings)


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """out[n, o, x] = b[o] + sum over c, j of w[o, c, j] in[n, c, s x + d j].

    input: (N, C, L) or (C, L); weight: (O, C / groups, k); bias: (O,) or None
    returns: (N, O, L') or (O, L'), as `conv2d` gives for images of one row
    """
    settings = stride, padding, dilation, groups
    return _convolution("conv1d", 1, input, weight, bias, *settings)


def _convolution(name, dims, input, weight, bias, stride, padding, dilation, groups):
    require_conv(name, dims, input, weight, bias, groups)
    kernel = tuple(weight.shape[2:])
    stride = sizes("stride", stride, dims)
    dilation = sizes("dilation", dilation, dims)
    padding, surplus = conv_padding(padding, kernel, stride, dilation)
    if min(dilation) < 1:
        raise RuntimeError(f"{name} with dilation {dilation}: it must be positive")
    require_window(name, input, spans(kernel, dilation), stride, padding)
    weight = weight if dims == 2 else weight.unsqueeze(-2)
    settings = *as_pairs(1, stride), *as_pairs(0, padding), *as_pairs(1, dilation)

    def convolved(x):
        if groups == 1:
            out = apply(ops.Conv2d, x, weight, bias, *settings)
        else:
            biases = [None] * groups if bias is None else bias.chunk(groups)
            parts = zip(x.chunk(groups, 1), weight.chunk(groups), biases, strict=True)
            out = cat([apply(ops.Conv2d, *part, *settings) for part in parts], 1)
        top, left = as_pairs(0, surplus)[0]
        return out[..., top:, left:] if top or left else out

    return on_images(convolved, dims, input)


class _Conv(Module):
    """What Conv1d and Conv2d share: all but the number of dimensions.

    A subclass says `_function`, what is computed, and `_dims`, over how many it slides.
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        bias=True,
        padding_mode="zeros",
        device=None,
        dtype=None,
    ):
        super().__init__()
        if padding_mode != "zeros":
            raise NotImplementedError(
                f"{type(self).__name__} with padding_mode={padding_mode!r}: only "
                "'zeros' is built"
            )
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{type(self).__name__}({in_channels}, {out_channels}) with "
                f"groups={groups}: both must be divisible by groups, a positive number"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = sizes("kernel_size", kernel_size, self._dims)
        self.stride = sizes("stride", stride, self._dims)
        self.dilation = sizes("dilation", dilation, self._dims)
        self.groups = groups
        self.padding_mode = padding_mode
        settings = self.kernel_size, self.stride, self.dilation
        numbers, _ = conv_padding(padding, *settings, error=ValueError)
        self.padding = padding if isinstance(padding, str) else numbers
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        add_parameters(self, shape, bias, device, dtype)

    def reset_parameters(self):
        """Draw weight and bias anew."""
        reset(self.weight, self.bias)

    def forward(self, input):
        settings = self.stride, self.padding, self.dilation, self.groups
        return self._function(input, self.weight, self.bias, *settings)

    def extra_repr(self):
        shown = (
            f"{self.in_channels}, {self.out_channels}, "
            f"kernel_size={self.kernel_size}, stride={self.stride}"
        )
        if any(self.padding):
            shown += f", padding={self.padding}"
        if any(d > 1 for d in self.dilation):
            shown += f", dilation={self.dilation}"
        if self.groups > 1:
            shown += f", groups={self.groups}"
        return shown if self.bias is not None else shown + ", bias=False"


class Conv2d(_Conv):
    """Cross-correlation of images with kernels, plus a bias for each output channel.

    in_channels, out_channels: the channels of input and output
    kernel_size, stride, padding, dilation: an int, or a pair (vertical, horizontal);
        padding may be "valid" or "same", see `functional.conv2d`
    groups: how many groups of channels are convolved apart from each other
    weight: (out_channels, in_channels / groups, kernel height, kernel width), uniform
        in +-1/sqrt(fan_in) at first, where fan_in weights meet in one output
    bias: (out_channels,), the same
    raises: ValueError for groups that do not divide the channels, NotImplementedError
        for a padding_mode other than "zeros"

    Source: LeCun, Bottou, Bengio, Haffner, Gradient-Based Learning Applied to Document
    Recognition (1998), section II.

        >>> Conv2d(1, 16, 5, padding=2)
        Conv2d(1, 16, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))
    """

    _function, _dims = staticmethod(conv2d), 2


class Conv1d(_Conv):
    """Cross-correlation of series with kernels: Conv2d for images of one row.

    input: (N, in_channels, L) or (in_channels, L)
    weight: (out_channels, in_channels / groups, kernel_size); all else as in Conv2d

        >>> Conv1d(1, 16, 5, padding=2)
        Conv1d(1, 16, kernel_size=(5,), stride=(1,), padding=(2,))
    """

    _function, _dims = staticmethod(conv1d), 1
