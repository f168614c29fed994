"""Pooling: of every window of an image or a series, the largest value or the average.

The single idea: where exactly something was seen matters less than that it was seen.
Each function is followed by the module that holds its settings; a series is an image of
one row. The mathematics is in `ops/pool.py`. Chapter: convolution and pooling.
"""

from minigrad import ops
from minigrad.creation import cat, full, ones
from minigrad.engine import apply

from .checks import require_off, require_plain
from .module import Module
from .windows import as_pairs, on_images, require_dims, require_window, sizes


def _slid(name, dims, input, kernel_size, stride, padding, ceil_mode):
    """Kernel, stride, padding, and by how much the image is too short, as pairs."""
    require_dims(name, dims, input)
    kernel = sizes("kernel_size", kernel_size, dims)
    stride = kernel if stride is None else sizes("stride", stride, dims)
    padding = sizes("padding", padding, dims)
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise RuntimeError(
            f"{name} with padding {padding} and kernel_size {kernel}: the padding "
            "must be at most half of the kernel_size"
        )
    missing = require_window(name, input, kernel, stride, padding, ceil_mode)
    return *as_pairs(1, kernel, stride), *as_pairs(0, padding, missing)


def _lengthened(x, missing, value):
    """Images with so many rows and columns of `value` after their last."""
    for dim, n in zip((-2, -1), missing, strict=True):
        if n:
            shape = list(x.shape)
            shape[dim] = n
            x = cat([x, full(shape, value, dtype=x.dtype, device=x.device)], dim)
    return x


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
    ceil_mode: whether a last window may reach beyond the padding, if it begins before
    returns: (N, C, H', W') or (C, H', W'), H' = (H + 2 padding - kh) / stride + 1,
        rounded down, or up with ceil_mode
    raises: RuntimeError for shapes that do not fit, NotImplementedError for dilation or
        return_indices other than torch's defaults

    The first of several equal maxima gets the gradient.
    """
    settings = kernel_size, stride, padding, dilation, ceil_mode, return_indices
    return _max_pool("max_pool2d", 2, input, *settings)


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
    settings = kernel_size, stride, padding, dilation, ceil_mode, return_indices
    return _max_pool("max_pool1d", 1, input, *settings)


def _max_pool(name, dims, input, *settings):
    *settings, dilation, ceil_mode, return_indices = settings
    require_plain(name, dilation=dilation)
    require_off(name, return_indices=return_indices)
    *settings, missing = _slid(name, dims, input, *settings, ceil_mode)

    def pooled(x):
        x = _lengthened(x, missing, float("-inf"))
        return apply(ops.MaxPool2d, x, *settings)

    return on_images(pooled, dims, input)


class _Pool(Module):
    """What the modules share: a window, and `_function`, what is computed of it."""

    def __init__(self, kernel_size, stride, padding, ceil_mode):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode

    def extra_repr(self):
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}"
        )


class MaxPool2d(_Pool):
    """The largest value of each window, channel by channel.

    kernel_size: the window, an int or a pair (vertical, horizontal)
    stride: the step between windows; by default windows touch and do not overlap
    padding: rows and columns of -inf around the image, at most half a window
    ceil_mode: whether a last window may reach beyond the padding
    raises: NotImplementedError for dilation or return_indices other than torch's
        defaults

        >>> MaxPool2d(2)
        MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
    """

    _function = staticmethod(max_pool2d)

    def __init__(
        self,
        kernel_size,
        stride=None,
        padding=0,
        dilation=1,
        return_indices=False,
        ceil_mode=False,
    ):
        super().__init__(kernel_size, stride, padding, ceil_mode)
        require_plain(type(self).__name__, dilation=dilation)
        require_off(type(self).__name__, return_indices=return_indices)
        self.dilation = dilation
        self.return_indices = return_indices

    def forward(self, input):
        """input: (N, C, H, W) or (C, H, W); returns (N, C, H', W') or (C, H', W')."""
        settings = self.padding, self.dilation, self.ceil_mode
        return self._function(input, self.kernel_size, self.stride, *settings)

    def extra_repr(self):
        return (
            f"{super().extra_repr()}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(MaxPool2d):
    """The largest value of each window of a series, with the settings of MaxPool2d.

    input: (N, C, L) or (C, L); returns (N, C, L') or (C, L')
    """

    _function = staticmethod(max_pool1d)


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
    ceil_mode: whether a last window may reach beyond the padding; what is beyond counts
        in no division
    count_include_pad: whether what is padded counts in the division
    divisor_override: divide the sum of a window by this instead
    returns: (N, C, H', W') or (C, H', W'), H' = (H + 2 padding - kh) / stride + 1,
        rounded down, or up with ceil_mode
    raises: RuntimeError for shapes that do not fit
    """
    counting = count_include_pad, divisor_override
    settings = kernel_size, stride, padding, ceil_mode
    return _avg_pool("avg_pool2d", 2, input, settings, *counting)


def avg_pool1d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True
):
    """The average of each window of a series: `avg_pool2d` of one row.

    input: (N, C, L) or (C, L); returns (N, C, L') or (C, L')
    """
    settings = kernel_size, stride, padding, ceil_mode
    return _avg_pool("avg_pool1d", 1, input, settings, count_include_pad)


def _avg_pool(name, dims, input, settings, count_include_pad, divisor=None):
    kernel, stride, padding, missing = _slid(name, dims, input, *settings)
    if divisor == 0:
        raise RuntimeError(f"{name} with divisor_override=0: it must not be zero")
    made = {"dtype": input.dtype, "device": input.device}
    share = full((1, 1, *kernel), 1 / (divisor or kernel[0] * kernel[1]), **made)

    def averages(x, padding):
        x = _lengthened(x, missing, 0.0)
        planes = x.reshape(-1, 1, *x.shape[-2:])
        out = apply(ops.Conv2d, planes, share, None, stride, padding, (1, 1))
        return out.reshape(*x.shape[:-2], *out.shape[-2:])

    def averaged(x):
        if divisor or not any(missing if count_include_pad else missing + padding):
            return averages(x, padding)
        if count_include_pad:
            sides = (n + 2 * p for n, p in zip(x.shape[-2:], padding, strict=True))
            counted = averages(ones(1, 1, *sides, **made), (0, 0))
        else:
            counted = averages(ones(1, 1, *x.shape[-2:], **made), padding)
        return averages(x, padding) / counted

    return on_images(averaged, dims, input)


class AvgPool2d(_Pool):
    """The average of each window, channel by channel.

    kernel_size, stride, padding, ceil_mode: as in MaxPool2d, with zeros around the
        image
    count_include_pad: whether what is padded counts in the division
    divisor_override: divide the sum of a window by this instead
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
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input):
        """input: (N, C, H, W) or (C, H, W); returns (N, C, H', W') or (C, H', W')."""
        settings = self.kernel_size, self.stride, self.padding, self.ceil_mode
        counting = self.count_include_pad, self.divisor_override
        return avg_pool2d(input, *settings, *counting)


class AvgPool1d(_Pool):
    """The average of each window of a series, with the settings of AvgPool2d."""

    def __init__(
        self,
        kernel_size,
        stride=None,
        padding=0,
        ceil_mode=False,
        count_include_pad=True,
    ):
        kernel_size = sizes("kernel_size", kernel_size, 1)
        stride = kernel_size if stride is None else sizes("stride", stride, 1)
        super().__init__(kernel_size, stride, sizes("padding", padding, 1), ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, input):
        """input: (N, C, L) or (C, L); returns (N, C, L') or (C, L')."""
        settings = self.kernel_size, self.stride, self.padding, self.ceil_mode
        return avg_pool1d(input, *settings, self.count_include_pad)


def adaptive_avg_pool2d(input, output_size):
    """The averages of windows that cover the image: as many as asked for.

    Along a side of n numbers, window i of m spans floor(i n / m) to ceil((i+1) n / m).
    input: (N, C, H, W) or (C, H, W)
    output_size: (m for the height, m for the width), or one for both; None keeps a size
    returns: (N, C, *output_size) or (C, *output_size)
    """
    require_dims("adaptive_avg_pool2d", 2, input)
    height, width = sizes("output_size", output_size, 2)
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
