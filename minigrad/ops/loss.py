# fmt: off
"""Losses whose gradient is not what their formula would give, next to infinity.

Chapter: losses.
"""

from .op import Op

TINY = 9.999999960041972e-13  # torch's 1e-12, which is a float32


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
