"""Activations: functions of one element, and softmax, that bend what passes through.

The single idea: between two linear layers something must bend, or both are one linear
layer. Each function is followed by the module that holds its settings. None computes a
number that overflows and is thrown away: it would come back as nan in the gradient.
Chapter: activations.
"""

import math

from minigrad.creation import full, where
from minigrad.functions import is_floating_point

from .checks import require_same_kind
from .module import Module
from .parameter import Parameter


class _Elementwise(Module):
    """A function of each element, which may write its result into the input."""

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


def _placed(out, input, inplace):
    return input.copy_(out) if inplace else out


def _require_fractions(name, input):
    if not is_floating_point(input):
        raise NotImplementedError(f"{name} of dtype {input.dtype}: use .float() first")


def relu(input, inplace=False):
    """max(x, 0), elementwise; inplace=True writes it into the input."""
    return _placed(input.relu(), input, inplace)


class ReLU(_Elementwise):
    """max(x, 0), elementwise.

    inplace: whether to write the result into the input
    Source: Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann
    Machines (2010).
    """

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return relu(input, self.inplace)


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """x where x > 0, else negative_slope * x."""
    _require_fractions("leaky_relu", input)
    return _placed(where(input > 0, input, input * negative_slope), input, inplace)


class LeakyReLU(Module):
    """x where x > 0, else negative_slope * x: a little passes everywhere.

    Source: Maas, Hannun, Ng, Rectifier Nonlinearities Improve Neural Network Acoustic
    Models (2013).
    """

    def __init__(self, negative_slope=0.01, inplace=False):
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self):
        return f"negative_slope={self.negative_slope}" + ", inplace=True" * self.inplace


def prelu(input, weight):
    """x where x > 0, else weight * x.

    weight: one number, or one for each channel (dim 1 of the input)
    raises: RuntimeError where the weights are not as many as the channels, or of
        another dtype than the input
    """
    require_same_kind("prelu", input, weight)
    channels = input.shape[1] if input.dim() > 1 else 1
    if weight.dim() > 1 or weight.numel() not in (1, channels):
        raise RuntimeError(
            f"prelu of {channels} channels with weight of shape {weight.shape}: it "
            f"must have shape (1,) or ({channels},)"
        )
    if weight.numel() > 1:
        weight = weight.reshape(channels, *[1] * (input.dim() - 2))
    elif weight.dim() == 1:
        weight = weight.reshape(())
    positive = input > 0
    return where(positive, input, weight * where(positive, 0.0, input))


class PReLU(Module):
    """x where x > 0, else weight * x, with a slope that is learned.

    num_parameters: 1, or the number of channels
    init: the slope at first
    Source: He, Zhang, Ren, Sun, Delving Deep into Rectifiers (2015), section 2.1.
    """

    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        slopes = full((num_parameters,), float(init), device=device, dtype=dtype)
        self.weight = Parameter(slopes)

    def forward(self, input):
        """input: (N, C, ...) or any shape for one parameter; returns the same shape."""
        return prelu(input, self.weight)

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"


def elu(input, alpha=1.0, inplace=False):
    """x where x > 0, else alpha * (exp(x) - 1)."""
    _require_fractions("elu", input)
    negative = input <= 0
    bent = where(negative, input, 0.0).expm1() * alpha
    return _placed(where(negative, bent, input), input, inplace)


class ELU(Module):
    """x where x > 0, else alpha * (exp(x) - 1): smooth at 0 for alpha = 1.

    Source: Clevert, Unterthiner, Hochreiter, Fast and Accurate Deep Network Learning by
    Exponential Linear Units (2016).
    """

    def __init__(self, alpha=1.0, inplace=False):
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return elu(input, self.alpha, self.inplace)

    def extra_repr(self):
        return f"alpha={self.alpha}" + ", inplace=True" * self.inplace


_SELU_SCALE, _SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848


def selu(input, inplace=False):
    """scale * elu(x, alpha), with the two numbers that keep mean 0 and variance 1."""
    return _placed(elu(input, _SELU_ALPHA) * _SELU_SCALE, input, inplace)


class SELU(_Elementwise):
    """scale * elu(x, alpha), with the two numbers that keep mean 0 and variance 1.

    Source: Klambauer, Unterthiner, Mayr, Hochreiter, Self-Normalizing Neural Networks
    (2017), equation 2.
    """

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return selu(input, self.inplace)


def silu(input, inplace=False):
    """x * sigmoid(x)."""
    _require_fractions("silu", input)
    return _placed(input * input.sigmoid(), input, inplace)


class SiLU(_Elementwise):
    """x * sigmoid(x), elementwise.

    Source: Elfwing, Uchibe, Doya, Sigmoid-Weighted Linear Units (2018).
    """

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return silu(input, self.inplace)


def sigmoid(input):
    """1 / (1 + exp(-x)), elementwise."""
    return input.sigmoid()


class Sigmoid(Module):
    """1 / (1 + exp(-x)), elementwise: between 0 and 1."""

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return sigmoid(input)


def logsigmoid(input):
    """log(sigmoid(x)) = min(x, 0) - log(1 + exp(-|x|)), which cannot overflow."""
    _require_fractions("logsigmoid", input)
    negative = input < 0
    return where(negative, input, 0.0) - _log1p_exp(where(negative, input, -input))


class LogSigmoid(Module):
    """log(sigmoid(x)), elementwise: below 0."""

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return logsigmoid(input)


def softplus(input, beta=1.0, threshold=20.0):
    """log(1 + exp(beta x)) / beta; x itself where beta x > threshold."""
    _require_fractions("softplus", input)
    linear = input * beta > threshold
    bent = _log1p_exp(where(linear, 0.0, input) * beta) / beta
    return where(linear, input, bent)


class Softplus(Module):
    """log(1 + exp(beta x)) / beta, elementwise: a smooth ReLU.

    threshold: where beta x is above it, the result is x itself
    Source: Dugas, Bengio, Belisle, Nadeau, Garcia, Incorporating Second-Order
    Functional Knowledge for Better Option Pricing (2000).
    """

    def __init__(self, beta=1.0, threshold=20.0):
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return softplus(input, self.beta, self.threshold)

    def extra_repr(self):
        return f"beta={self.beta}, threshold={self.threshold}"


def _log1p_exp(x):
    """log(1 + exp(x)), for x that is not large."""
    return x.exp().log1p()


def tanh(input):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise."""
    return input.tanh()


class Tanh(Module):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise: between -1 and 1."""

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return tanh(input)


def softsign(input):
    """x / (1 + |x|)."""
    return input / (1 + input.abs())


class Softsign(Module):
    """x / (1 + |x|), elementwise: between -1 and 1."""

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return softsign(input)


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """x between min_val and max_val, which it does not leave. The bounds are flat."""
    if min_val > max_val:
        raise ValueError(
            f"hardtanh from {min_val} to {max_val}: min_val must not be above max_val"
        )
    out = where(input <= min_val, min_val, where(input >= max_val, max_val, input))
    return _placed(out, input, inplace)


class Hardtanh(Module):
    """x between min_val and max_val, elementwise."""

    def __init__(self, min_val=-1.0, max_val=1.0, inplace=False):
        super().__init__()
        if min_val >= max_val:
            raise AssertionError(
                f"Hardtanh from {min_val} to {max_val}: max_val must be above min_val"
            )
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self):
        bounds = f"min_val={self.min_val}, max_val={self.max_val}"
        return bounds + ", inplace=True" * self.inplace


def gelu(input, approximate="none"):
    """x * P(N <= x) for a standard normal N.

    approximate: "none", or "tanh" for
        x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
    raises: RuntimeError for any other

    Source: Hendrycks and Gimpel, Gaussian Error Linear Units (2016).
    """
    _require_fractions("gelu", input)
    if approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (input + 0.044715 * input * input * input)
        return 0.5 * input * (1 + inner.tanh())
    if approximate != "none":
        raise RuntimeError("approximate argument must be either none or tanh.")
    return input * (0.5 * (1 + (input * math.sqrt(0.5)).erf()))


class GELU(Module):
    """x * P(N <= x) for a standard normal N, elementwise: see `functional.gelu`."""

    def __init__(self, approximate="none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return gelu(input, self.approximate)

    def extra_repr(self):
        return f"approximate={self.approximate!r}"
