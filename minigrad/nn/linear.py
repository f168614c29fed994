"""Linear: the layer x W^T + b, and the layer that does nothing.

The single idea: every output is a weighted sum of all inputs, plus a number. Chapter:
what a network computes.
"""

import math

from minigrad import ops
from minigrad.creation import empty
from minigrad.engine import apply

from . import init
from .checks import require_linear
from .module import Module
from .parameter import Parameter


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


class Linear(Module):
    """y = x W^T + b.

    in_features, out_features: the last size of input and output
    bias: whether there is a b
    weight: (out_features, in_features), uniform in +-1/sqrt(in_features) at first
    bias: (out_features,), the same

    Source of the first values: LeCun, Bottou, Orr, Mueller, Efficient BackProp
    (1998), section 4.6.

        >>> Linear(4, 2)
        Linear(in_features=4, out_features=2, bias=True)
    """

    def __init__(self, in_features, out_features, bias=True, device=None, dtype=None):
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        add_parameters(self, (out_features, in_features), bias, device, dtype)

    def reset_parameters(self):
        """Draw weight and bias anew."""
        reset(self.weight, self.bias)

    def forward(self, input):
        """input: (..., in_features); returns (..., out_features)."""
        return linear(input, self.weight, self.bias)

    def extra_repr(self):
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


def add_parameters(module, shape, bias, device, dtype):
    """Give a module its weight of `shape`, and a bias if it has one, and draw them."""
    made = {"device": device, "dtype": dtype}
    module.weight = Parameter(empty(shape, **made))
    bias = Parameter(empty(shape[0], **made)) if bias else None
    module.register_parameter("bias", bias)
    module.reset_parameters()


def reset(weight, bias):
    """Draw weight and bias uniformly in +-1/sqrt(fan_in), where fan_in inputs meet."""
    init.kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        fan_in, _ = init._calculate_fan_in_and_fan_out(weight)
        bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
        init.uniform_(bias, -bound, bound)


class Identity(Module):
    """y = x, whatever the arguments it is made with.

    >>> Identity(54, unused=0.1)
    Identity()
    """

    def __init__(self, *args, **kwargs):
        super().__init__()

    def forward(self, input):
        """input: anything; returns it."""
        return input
