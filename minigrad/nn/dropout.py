"""Dropout: in training, random elements are set to zero.

The single idea: a network that cannot rely on any one element spreads what it knows.
What stays is divided by the chance of staying, so that the expected sum is the same and
nothing needs to be done in evaluation. Chapter: dropout.
"""

import warnings

from minigrad.creation import zeros_like
from minigrad.random import coins

from .module import Module


def dropout(input, p=0.5, training=True, inplace=False):
    """x / (1 - p), or 0 with probability p; x itself if not training.

    The draws come from the default generator, one for each element.
    raises: ValueError for p outside 0..1

    Source: Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting (2014).
    """
    return _dropped(input, input.shape, p, training, inplace)


def dropout2d(input, p=0.5, training=True, inplace=False):
    """`dropout` of whole channels: one draw for each (N, C) of (N, C, H, W).

    Source: Tompson et al., Efficient Object Localization Using Convolutional Networks
    (2015).
    """
    if input.dim() not in (3, 4):
        warnings.warn(
            f"dropout2d: Received a {input.dim()}-D input to dropout2d, which is "
            "deprecated and will result in an error in a future release. To retain the "
            "behavior and silence this warning, please use dropout instead. Note that "
            "dropout2d exists to provide channel-wise dropout on inputs with 2 spatial "
            "dimensions, a channel dimension, and an optional batch dimension (i.e. 3D "
            "or 4D inputs).",
            stacklevel=2,
        )
    if input.dim() == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-"
            "wise 1D dropout behavior is desired - input is interpreted as shape (N, "
            "C, L), where C is the channel dim. This behavior will change in a future "
            "release to interpret the input as one without a batch dimension, i.e. "
            "shape (C, H, W). To maintain the 1D channel-wise dropout behavior, please "
            "switch to using dropout1d instead.",
            stacklevel=2,
        )
    if input.dim() < 2 and training and 0 < p < 1:
        raise RuntimeError(
            f"dropout2d of shape {input.shape}: the input must have the dimensions "
            "batch and channels at least"
        )
    shape = input.shape[:2] + (1,) * (input.dim() - 2)
    return _dropped(input, shape, p, training, inplace)


def _dropped(input, shape, p, training, inplace):
    """`input` times a mask of `shape`: 0 with probability p, else 1 / (1 - p)."""
    _require_probability(p)
    if not training or p == 0:
        return input
    if p == 1:
        mask = zeros_like(input)
    else:
        mask = coins(shape, 1 - p, input.device).to(input.dtype) / (1 - p)
    return input.mul_(mask) if inplace else input * mask


def _require_probability(p):
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


class Dropout(Module):
    """In training each element is 0 with probability p, else divided by 1 - p.

    >>> Dropout(0.2).eval()(ones(3))
    tensor([1., 1., 1.])
    """

    def __init__(self, p=0.5, inplace=False):
        super().__init__()
        _require_probability(p)
        self.p = p
        self.inplace = inplace

    def forward(self, input):
        """input: any shape; returns the same shape."""
        return dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self):
        return f"p={self.p}, inplace={self.inplace}"


class Dropout2d(Dropout):
    """In training each channel is 0 with probability p, else divided by 1 - p."""

    def forward(self, input):
        """input: (N, C, H, W); returns the same shape."""
        return dropout2d(input, self.p, self.training, self.inplace)
