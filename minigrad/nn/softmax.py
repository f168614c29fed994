"""Softmax and its logarithm: scores turned into probabilities.

The single idea: exp makes every score positive, dividing by the sum makes them add up
to 1. Each function is followed by the module that holds its settings. Chapter: losses.
"""

import warnings

from .module import Module


def softmax(input, dim=None, *, dtype=None):
    """exp(x) / sum of exp(x) along `dim`: positive numbers that sum to 1.

    dim=None takes dim 0 for 0, 1 or 3 dimensions and 1 otherwise, with a warning.
    """
    dim = _implicit_dim("softmax", input) if dim is None else dim
    return input.softmax(dim, dtype)


class Softmax(Module):
    """exp(x) / sum of exp(x) along `dim`: positive numbers that sum to 1.

    dim: along which the results belong together; None as in `functional.softmax`
    """

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return softmax(input, self.dim)

    def extra_repr(self):
        return f"dim={self.dim}"


def log_softmax(input, dim=None, *, dtype=None):
    """x - log(sum of exp(x)) along `dim`, where large x do not overflow."""
    dim = _implicit_dim("log_softmax", input) if dim is None else dim
    return input.log_softmax(dim, dtype)


class LogSoftmax(Module):
    """x - log(sum of exp(x)) along `dim`: the logarithm of softmax.

    dim: along which the results belong together; None as in `functional.log_softmax`
    """

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return log_softmax(input, self.dim)

    def extra_repr(self):
        return f"dim={self.dim}"


def _implicit_dim(name, input):
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to "
        "include dim=X as an argument.",
        stacklevel=3,
    )
    return 0 if input.dim() in (0, 1, 3) else 1
