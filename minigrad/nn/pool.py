"""Pooling: of every window of an image or a series, the largest value or the average.

The single idea: where exactly something was seen matters less than that it was seen.
Each function is followed by the module that holds its settings; a series is an image
of one row. The chapter on the CNN explains it; the mathematics is in `ops/pool.py`.
"""

from minigrad import ops
from minigrad.creation import cat, full, ones
from minigrad.engine import apply

from .checks import (
    as_row,
    batched,
    pair,
    require_half,
    require_image,
    require_off,
    require_plain,
    require_window,
    single,
)
from .module import Module


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
    require_half("max_pool2d", kernel, padding)
    require_window("max_pool2d", input, kernel, stride, padding)
    return batched(lambda x: apply(ops.MaxPool2d, x, kernel, stride, padding), input)


class MaxPool2d(Module):
    """The largest value of each window, channel by channel.

    kernel_size: the window, an int or a pair (vertical, horizontal)
    stride: the step between windows; by default windows touch and do not overlap
    padding: rows and columns of -inf around the image, at most half a window
    raises: NotImplementedError for dilation, return_indices or ceil_mode other than
        torch's defaults

        >>> MaxPool2d(2)
        MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
    """

    def __init__(
        self,
        kernel_size,
        stride=None,
        padding=0,
        dilation=1,
        return_indices=False,
        ceil_mode=False,
    ):
        super().__init__()
        require_plain("max_pool2d", dilation=dilation)
        require_off("max_pool2d", return_indices=return_indices, ceil_mode=ceil_mode)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input):
        """input: (N, C, H, W) or (C, H, W); returns (N, C, H', W') or (C, H', W')."""
        return max_pool2d(input, self.kernel_size, self.stride, self.padding)

    def extra_repr(self):
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


def max_pool1d(
    input,
    kernel_size,
    stride=None,
    padding=0,
    dilation=1,
    ceil_mode=False,
    return_indices=False,
):
    """The largest value of each window of a series: `max_pool2d` of one row.

    input: (N, C, L) or (C, L); returns (N, C, L') or (C, L')
    """
    x, settings = as_row("max_pool1d", input, kernel_size, stride, padding)
    require_plain("max_pool1d", dilation=dilation)
    require_off("max_pool1d", ceil_mode=ceil_mode, return_indices=return_indices)
    return max_pool2d(x, *settings).squeeze(-2)


class MaxPool1d(MaxPool2d):
    """The largest value of each window of a series, with the settings of MaxPool2d."""

    def forward(self, input):
        """input: (N, C, L) or (C, L); returns (N, C, L') or (C, L')."""
        return max_pool1d(input, self.kernel_size, self.stride, self.padding)


def avg_pool2d(
    input,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
):
    """The average of each window: the convolution of each channel with 1 / (kh kw).

    input: (N, C, H, W) or (C, H, W); the padding counts as zeros
    count_include_pad: whether what is padded counts in the division
    divisor_override: divide the sum of a window by this instead
    returns: (N, C, H', W') or (C, H', W'), H' = (H + 2 padding - kh) // stride + 1
    raises: RuntimeError for shapes that do not fit, NotImplementedError for ceil_mode
    """
    require_off("avg_pool2d", ceil_mode=ceil_mode)
    require_image("avg_pool2d", input)
    kernel = pair("kernel_size", kernel_size)
    stride = kernel if stride is None else pair("stride", stride)
    padding = pair("padding", padding)
    require_half("avg_pool2d", kernel, padding)
    require_window("avg_pool2d", input, kernel, stride, padding)
    if divisor_override == 0:
        raise RuntimeError("avg_pool2d with divisor_override=0: it must not be zero")
    made = {"dtype": input.dtype, "device": input.device}
    divisor = divisor_override or kernel[0] * kernel[1]
    share = full((1, 1, *kernel), 1 / divisor, **made)

    def averaged(x):
        planes = x.reshape(-1, 1, *x.shape[-2:])
        out = apply(ops.Conv2d, planes, share, None, stride, padding)
        return out.reshape(*x.shape[:-2], *out.shape[-2:])

    out = averaged(input)
    if count_include_pad or divisor_override or padding == (0, 0):
        return out
    return out / averaged(ones(1, *input.shape[-2:], **made))


class AvgPool2d(Module):
    """The average of each window, channel by channel.

    kernel_size, stride, padding: as in MaxPool2d, with zeros around the image
    count_include_pad: whether what is padded counts in the division
    divisor_override: divide the sum of a window by this instead
    raises: NotImplementedError for ceil_mode
    """

    def __init__(
        self,
        kernel_size,
        stride=None,
        padding=0,
        ceil_mode=False,
        count_include_pad=True,
        divisor_override=None,
    ):
        super().__init__()
        require_off("avg_pool2d", ceil_mode=ceil_mode)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input):
        """input: (N, C, H, W) or (C, H, W); returns (N, C, H', W') or (C, H', W')."""
        return avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            count_include_pad=self.count_include_pad,
            divisor_override=self.divisor_override,
        )

    def extra_repr(self):
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}"
        )


def avg_pool1d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True
):
    """The average of each window of a series: `avg_pool2d` of one row.

    input: (N, C, L) or (C, L); returns (N, C, L') or (C, L')
    """
    x, settings = as_row("avg_pool1d", input, kernel_size, stride, padding)
    return avg_pool2d(x, *settings, ceil_mode, count_include_pad).squeeze(-2)


class AvgPool1d(Module):
    """The average of each window of a series, with the settings of AvgPool2d."""

    def __init__(
        self,
        kernel_size,
        stride=None,
        padding=0,
        ceil_mode=False,
        count_include_pad=True,
    ):
        super().__init__()
        require_off("avg_pool1d", ceil_mode=ceil_mode)
        self.kernel_size = single(kernel_size)
        self.stride = self.kernel_size if stride is None else single(stride)
        self.padding = single(padding)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input):
        """input: (N, C, L) or (C, L); returns (N, C, L') or (C, L')."""
        settings = self.kernel_size, self.stride, self.padding
        return avg_pool1d(input, *settings, False, self.count_include_pad)

    def extra_repr(self):
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}"
        )


def adaptive_avg_pool2d(input, output_size):
    """The averages of windows that cover the image: as many as asked for.

    Along a side of n numbers, window i of m spans floor(i n / m) to ceil((i+1) n / m).
    input: (N, C, H, W) or (C, H, W)
    output_size: (m for the height, m for the width), or one for both; None keeps a size
    returns: (N, C, *output_size) or (C, *output_size)
    """
    require_image("adaptive_avg_pool2d", input)
    height, width = pair("output_size", output_size)
    return _averages(_averages(input, -2, height), -1, width)


def _averages(x, dim, size):
    """The averages of `size` windows along one dim, -2 or -1."""
    if size is None:
        return x
    n = x.shape[dim]
    windows = [slice(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]
    rest = (slice(None),) * (-1 - dim)
    return cat([x[(..., w, *rest)].mean(dim, keepdim=True) for w in windows], dim)


class AdaptiveAvgPool2d(Module):
    """The averages of windows that cover the image: see `functional`.

    output_size: (height, width) of the output, or one for both; None keeps a size
    """

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, input):
        """input: (N, C, H, W) or (C, H, W); returns (N, C, *output_size) or alike."""
        return adaptive_avg_pool2d(input, self.output_size)

    def extra_repr(self):
        return f"output_size={self.output_size}"
