"""Flatten: several dimensions read as one.

The single idea: a linear layer wants rows, so the channels, height and width of an
image are laid out behind one another. Chapter: a CNN on MNIST.
"""

from .module import Module


class Flatten(Module):
    """Dimensions start_dim..end_dim become one.

    >>> Flatten()(zeros(8, 3, 5, 5)).shape == (8, 75)
    True
    """

    def __init__(self, start_dim=1, end_dim=-1):
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input):
        """input: (N, d1, d2, ...); by default returns (N, d1 * d2 * ...)."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self):
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
