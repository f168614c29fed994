# fmt: off
"""Losses with rules of their own: the formula's would be slower, or wrong at infinity.

Chapter: losses.
"""

from .op import Op
from .reduce import kept

TINY = 9.999999960041972e-13  # torch's 1e-12, which is a float32


class CrossEntropy(Op):
    """-log softmax(x)[t] along dim, for classes t in the shape of x without dim.

    Its slope is softmax(x), less 1 at t. The exponentials of the value (aux) give it.
    """
    has_aux = True
    def forward(xp, x, t, dim): return xp.cross_entropy(x, t, dim)
    def grad_x(xp, g, x, t, x_shape, dim):
        shape = kept(x_shape, (dim,))
        g, t = xp.reshape(g, shape), t.reshape(shape)
        return xp.softmax(x, dim) * g - xp.scatter_add(g, dim, t, x_shape)


class BinaryCrossEntropy(Op):
    """-(t log x + (1 - t) log(1 - x)), each logarithm -100 at least, as in torch."""
    def forward(xp, x, t):
        return (t - 1) * bounded_log(xp, 1 - x) - t * bounded_log(xp, x)
    def grad_x(xp, g, x, t):
        slope = (1 - x) * x
        return g * (x - t) / xp.where(slope < TINY, TINY, slope)
    def grad_t(xp, g, x): return g * (xp.log(1 - x) - xp.log(x))


def bounded_log(xp, x):
    """log x, or -100 where that is less."""
    y = xp.log(x)
    return xp.where(y < -100, -100.0, y)
