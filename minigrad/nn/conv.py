"""Conv2d: the same small weighted sum at every place of an image.

The single idea: a linear layer that looks at one window and is slid over all of them,
so that its few weights serve every position. The chapter on the CNN explains it; the
mathematics is in `ops/conv.py`, the fast way to compute it in `arrays/`.
"""

from minigrad.creation import empty

from . import functional as F
from .checks import conv_padding, pair, require_plain
from .linear import reset
from .module import Module
from .parameter import Parameter


class Conv2d(Module):
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
                f"conv2d with padding_mode={padding_mode!r}: only 'zeros' is built"
            )
        require_plain("conv2d", dilation=dilation, groups=groups)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = pair("kernel_size", kernel_size)
        self.stride = pair("stride", stride)
        self.padding = conv_padding(padding, self.kernel_size, self.stride)
        if isinstance(padding, str):
            self.padding = padding
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
        """input: (N, C, H, W) or (C, H, W); returns (N, C', H', W') or (C', H', W')."""
        return F.conv2d(input, self.weight, self.bias, self.stride, self.padding)

    def extra_repr(self):
        settings = (
            f"{self.in_channels}, {self.out_channels}, "
            f"kernel_size={self.kernel_size}, stride={self.stride}"
        )
        if self.padding != (0, 0):
            settings += f", padding={self.padding}"
        return settings if self.bias is not None else settings + ", bias=False"
