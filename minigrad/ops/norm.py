# fmt: off
"""Normalisation: numbers shifted and scaled to mean 0 and variance 1.

    w y + b,  y = (x - mean) / s,  s = sqrt(variance + eps)

A change of x moves the mean and s as well, so the gradient loses what would only shift
or stretch all of x: its mean, and its part along y. Batch, layer and group
normalisation are this with other dims. Chapter: batch normalisation.
"""

from .op import Op


class Normalize(Op):
    """w y + b, with y of mean 0 and variance 1 over dims; w and b may be None.

    dims: the last ones, with w and b of their sizes; or all but dim 1, with w and b of
    shape (C, 1, ...). running: None, or the averages (mean, variance, momentum) that
    move towards those of x. Mean and 1 / s are kept (aux) for the gradient.
    """
    has_aux = True
    def forward(xp, x, w, b, running, dims, eps):
        return xp.normalize(x, w, b, running, dims, eps)
    def grad_x(xp, g, x, w, dims, eps):
        y, s = standard(xp, x, dims, eps)
        g = g if w is None else g * w
        g = g - xp.mean(g, dims, True)
        return (g - y * xp.mean(g * y, dims, True)) / s
    def grad_w(xp, g, x, dims, eps): return g * standard(xp, x, dims, eps)[0]
    def grad_b(g): return g                            # the engine sums it to b's shape


def standard(xp, x, dims, eps):
    """y and s of the formula."""
    x = x - xp.mean(x, dims, True)
    s = xp.sqrt(xp.mean(x * x, dims, True) + eps)
    return x / s, s
