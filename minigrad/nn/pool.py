"""MaxPool2d: of every window of an image, the largest value.

The single idea: where exactly something was seen matters less than that it was seen.
The chapter on the CNN explains it; the mathematics is in `ops/pool.py`.
"""

from . import functional as F
from .checks import require_off, require_plain
from .module import Module


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
        return F.max_pool2d(input, self.kernel_size, self.stride, self.padding)

    def extra_repr(self):
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )
