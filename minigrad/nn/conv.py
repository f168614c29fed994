"""Convolution: the same small weighted sum at every place of an image or a series.

The single idea: a linear layer that looks at one window and is slid over all of them,
so that its few weights serve every position. The chapter on the CNN explains it; the
mathematics is in `ops/conv.py`, the fast way to compute it in `arrays/`.
"""

from minigrad import ops
from minigrad.creation import empty
from minigrad.engine import apply

from .checks import (
    as_row,
    batched,
    conv_padding,
    pair,
    require_conv,
    require_plain,
    require_window,
    single,
)
from .linear import reset
from .module import Module
from .parameter import Parameter


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
    return batched(lambda x: apply(ops.Conv2d, x, weight, bias, stride, padding), input)


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """out[n, o, x] = b[o] + sum over c, j of w[o, c, j] in[n, c, s x + j].

    input: (N, C, L) or (C, L); weight: (O, C, k); bias: (O,) or None
    returns: (N, O, L') or (O, L'), as `conv2d` gives for images of one row
    """
    if weight.dim() != 3:
        raise RuntimeError(
            f"conv1d with weight of shape {tuple(weight.shape)}: it must have the "
            "dimensions output channels, input channels and length"
        )
    stride = single(stride)
    if isinstance(padding, str):
        padding = conv_padding(padding, weight.shape[2:], stride)
    x, (_, stride, padding) = as_row("conv1d", input, weight.shape[2], stride, padding)
    weight = weight.unsqueeze(-2)
    return conv2d(x, weight, bias, stride, padding, dilation, groups).squeeze(-2)


class _Conv(Module):
    """What Conv1d and Conv2d share: all but the number of dimensions.

    A subclass says `_function`, what is computed, and `_sizes`, which makes its
    settings tuples.
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
        sizes, name = self._sizes, self._function.__name__
        if padding_mode != "zeros":
            raise NotImplementedError(
                f"{name} with padding_mode={padding_mode!r}: only 'zeros' is built"
            )
        require_plain(name, dilation=dilation, groups=groups)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = sizes("kernel_size", kernel_size)
        self.stride = sizes("stride", stride)
        self.padding = padding
        if isinstance(padding, str):
            conv_padding(padding, self.kernel_size, self.stride)
        else:
            self.padding = sizes("padding", padding)
        made = {"device": device, "dtype": dtype}
        shape = (out_channels, in_channels, *self.kernel_size)
        self.weight = Parameter(empty(shape, **made))
        if bias:
            self.bias = Parameter(empty(out_channels, **made))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        """Draw weight and bias anew."""
        reset(self.weight, self.bias)

    def forward(self, input):
        settings = self.weight, self.bias, self.stride, self.padding
        return self._function(input, *settings)

    def extra_repr(self):
        settings = (
            f"{self.in_channels}, {self.out_channels}, "
            f"kernel_size={self.kernel_size}, stride={self.stride}"
        )
        if any(self.padding):
            settings += f", padding={self.padding}"
        return settings if self.bias is not None else settings + ", bias=False"


class Conv2d(_Conv):
    """Cross-correlation of images with kernels, plus a bias for each output channel.

    in_channels, out_channels: the channels of input and output
    kernel_size, stride, padding: an int, or a pair (vertical, horizontal); padding may
        be "valid" (none) or "same" (output as large as the input, for stride 1)
    weight: (out_channels, in_channels, kernel height, kernel width), uniform in
        +-1/sqrt(fan_in) at first, where fan_in weights meet in one output
    bias: (out_channels,), the same
    raises: NotImplementedError for dilation, groups or padding_mode other than torch's
        defaults

    Source: LeCun, Bottou, Bengio, Haffner, Gradient-Based Learning Applied to Document
    Recognition (1998), section II.

        >>> Conv2d(1, 16, 5, padding=2)
        Conv2d(1, 16, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))
    """

    _function = staticmethod(conv2d)
    _sizes = staticmethod(pair)


class Conv1d(_Conv):
    """Cross-correlation of series with kernels: Conv2d for images of one row.

    input: (N, in_channels, L) or (in_channels, L)
    weight: (out_channels, in_channels, kernel_size); all else as in Conv2d

        >>> Conv1d(1, 16, 5, padding=2)
        Conv1d(1, 16, kernel_size=(5,), stride=(1,), padding=(2,))
    """

    _function = staticmethod(conv1d)
    _sizes = staticmethod(lambda name, value: single(value))
