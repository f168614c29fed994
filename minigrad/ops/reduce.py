# fmt: off
"""Operations that collapse dimensions: each gradient is spread over what was summed.

`dims` is a tuple of non-negative ints. Chapter: arrays and their rules.
"""

from math import prod

from .op import Op


def kept(shape, dims):
    """`shape` with each of `dims` shrunk to 1, as if reduced with keepdim=True."""
    return tuple(1 if i in dims else n for i, n in enumerate(shape))


class Sum(Op):
    def forward(xp, x, dims, keepdim): return xp.sum(x, dims, keepdim)
    def grad_x(xp, g, x_shape, dims):
        return xp.expand(xp.reshape(g, kept(x_shape, dims)), x_shape)

class Mean(Op):
    def forward(xp, x, dims, keepdim): return xp.mean(x, dims, keepdim)
    def grad_x(xp, g, x_shape, dims):
        count = max(prod(x_shape[d] for d in dims), 1)
        return xp.expand(xp.reshape(g / count, kept(x_shape, dims)), x_shape)

class Amax(Op):
    """The largest elements; where several tie, they share the gradient evenly."""
    def forward(xp, x, dims, keepdim): return xp.amax(x, dims, keepdim)
    def grad_x(xp, g, x, out, x_shape, dims):
        shape = kept(x_shape, dims)
        chosen = xp.where(x == xp.reshape(out, shape), 1.0, xp.zeros_like(x))
        return xp.reshape(g, shape) * (chosen / xp.sum(chosen, dims, True))

class Amin(Op):
    def forward(xp, x, dims, keepdim): return xp.amin(x, dims, keepdim)
    grad_x = Amax.grad_x

class Max(Op):
    """The first of the largest elements along one dim, and where it stands (aux)."""
    def forward(xp, x, dim, keepdim): return xp.max_with_indices(x, dim, keepdim)
    def grad_x(xp, g, aux, x_shape, dim):
        return xp.scatter_add(xp.reshape(g, kept(x_shape, (dim,))), dim, aux, x_shape)

class Min(Op):
    def forward(xp, x, dim, keepdim): return xp.min_with_indices(x, dim, keepdim)
    grad_x = Max.grad_x

class LogSumExp(Op):
    """log(sum of exp(x)), computed without overflow."""
    def forward(xp, x, dims, keepdim): return xp.logsumexp(x, dims, keepdim)
    def grad_x(xp, g, x, out, x_shape, dims):
        shape = kept(x_shape, dims)
        return xp.reshape(g, shape) * xp.exp(x - xp.reshape(out, shape))

class Cumsum(Op):
    def forward(xp, x, dim): return xp.cumsum(x, dim)
    def grad_x(xp, g, dim):
        return xp.flip(xp.cumsum(xp.flip(g, (dim,)), dim), (dim,))

class LogSoftmax(Op):
    def forward(xp, x, dim): return xp.log_softmax(x, dim)
    def grad_x(xp, g, out, dim): return g - xp.exp(out) * xp.sum(g, (dim,), True)

class Softmax(Op):
    def forward(xp, x, dim): return xp.softmax(x, dim)
    def grad_x(xp, g, out, dim): return out * (g - xp.sum(g * out, (dim,), True))
