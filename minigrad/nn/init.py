"""Initial values: fill a tensor before training.

The single idea: the spread of the first weights decides whether signals grow or fade
from layer to layer, so it is chosen from how many inputs meet in one output. Every
function fills its tensor in place, without history, and returns it.
"""

import math
import warnings

from minigrad.grad_mode import no_grad

__all__ = [
    "calculate_gain",
    "constant_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def uniform_(tensor, a=0.0, b=1.0, generator=None):
    """Draw from the uniform distribution on [a, b)."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor, mean=0.0, std=1.0, generator=None):
    """Draw from the normal distribution of that mean and standard deviation."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def constant_(tensor, val):
    """Set every element to `val`."""
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor):
    """Set every element to 1."""
    return constant_(tensor, 1.0)


def zeros_(tensor):
    """Set every element to 0."""
    return constant_(tensor, 0.0)


def xavier_uniform_(tensor, gain=1.0, generator=None):
    """Uniform in +-gain * sqrt(6 / (fan_in + fan_out)).

    Keeps the variance of signals both forward and backward, as far as one can.
    Source: Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward
    Neural Networks (2010), equation 16.
    """
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor, gain=1.0, generator=None):
    """Normal with standard deviation gain * sqrt(2 / (fan_in + fan_out)).

    Source: Glorot and Bengio (2010), equation 12.
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def kaiming_uniform_(
    tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None
):
    """Uniform in +-gain * sqrt(3 / fan): see `kaiming_normal_`."""
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None
):
    """Normal with standard deviation gain / sqrt(fan).

    a: slope of the leaky ReLU that follows, for the gain
    mode: "fan_in" keeps the variance of signals, "fan_out" that of gradients
    nonlinearity: what follows the layer; see `calculate_gain`
    raises: ValueError for an unknown mode or a tensor with fewer than 2 dimensions

    Source: He, Zhang, Ren, Sun, Delving Deep into Rectifiers (2015), equations 10
    and 14.
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def calculate_gain(nonlinearity, param=None):
    """The factor by which the standard deviation makes up for a nonlinearity.

    nonlinearity: "linear", "conv2d" and the like, "sigmoid", "tanh", "relu",
        "leaky_relu" (param: its slope, 0.01 if None) or "selu"
    raises: ValueError for any other

        >>> calculate_gain("tanh")
        1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {slope} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return _GAINS[nonlinearity]


_LINEAR = ("linear", "conv1d", "conv2d", "conv3d")
_GAINS = dict.fromkeys((*_LINEAR, "sigmoid"), 1)
_GAINS |= {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}


def _calculate_fan_in_and_fan_out(tensor):
    """How many inputs meet in one output of the layer, and outputs in one input."""
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 "
            "dimensions"
        )
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _xavier_std(tensor, gain):
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return gain * math.sqrt(2.0 / float(fan_in + fan_out))


def _kaiming_std(tensor, a, mode, nonlinearity):
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=4)
        return 0.0
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    fans = {"fan_in": fan_in, "fan_out": fan_out}
    if mode.lower() not in fans:
        raise ValueError(f"Mode {mode} not supported, please use one of {list(fans)}")
    return calculate_gain(nonlinearity, a) / math.sqrt(fans[mode.lower()])
