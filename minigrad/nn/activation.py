"""Activations as modules: functions of one element that have no parameters.

The single idea: between two linear layers something must bend, or both are one linear
layer. The formulas and their gradients are in `ops/elementwise.py`. The chapter on the
CNN shows what is lost without them.
"""

from . import functional as F
from .module import Module


class ReLU(Module):
    """max(x, 0), elementwise.

    inplace: whether to write the result into the input
    Source: Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann
    Machines (2010).
    """

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return F.relu(input, self.inplace)

    def extra_repr(self):
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """1 / (1 + exp(-x)), elementwise: between 0 and 1."""

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return F.sigmoid(input)


class Tanh(Module):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise: between -1 and 1."""

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return F.tanh(input)
