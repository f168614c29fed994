# fmt: off
"""Matrix products. `a` and `b` have two dimensions or more; the leading ones broadcast.

Chapter: arrays and their rules.
"""

from math import prod

from .op import Op


class MatMul(Op):
    def forward(xp, a, b): return xp.matmul(a, b)
    def grad_a(xp, g, b): return xp.matmul(g, b.mT)
    def grad_b(xp, g, a): return xp.matmul(a.mT, g)

class Linear(Op):
    """y = x w^T + b, for x of shape (..., in), w (out, in) and b (out,) or None."""
    def forward(xp, x, w, b): return xp.linear(x, w, b)
    def grad_x(g, w): return g @ w
    def grad_w(g, x): return rows(g).mT @ rows(x)
    def grad_b(g): return g                            # the engine sums it to b's shape


def rows(x):
    """x of shape (..., n) as one matrix of shape (prod(...), n)."""
    return x if len(x.shape) == 2 else x.reshape((prod(x.shape[:-1]), x.shape[-1]))
