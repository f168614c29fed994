# fmt: off
"""Normalisation: numbers shifted and scaled to mean 0 and variance 1.

    y = (x - mean) / s,  s = sqrt(variance + eps)

A change of x moves the mean and s as well, so the gradient loses what would only shift
or stretch all of x: its mean, and its part along y. Batch, layer and group
normalisation are this with other dims. Chapter: normalisation.
"""

from .op import Op


class Normalize(Op):
    def forward(xp, x, dims, eps):
        x = x - xp.mean(x, dims, True)
        return x / deviation(xp, x, dims, eps)
    def grad_x(xp, g, x, out, dims, eps):
        s = deviation(xp, x - xp.mean(x, dims, True), dims, eps)
        g = g - xp.mean(g, dims, True)
        return (g - out * xp.mean(g * out, dims, True)) / s


def deviation(xp, centred, dims, eps):
    """sqrt(variance + eps) of numbers whose mean is 0."""
    return xp.sqrt(xp.mean(centred * centred, dims, True) + eps)
