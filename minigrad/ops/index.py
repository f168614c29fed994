# fmt: off
"""Reading elements and writing them back: adjoint pairs, each the other's rule.

Where a key names an element twice, reading copies it twice, so writing back adds.
Chapter: arrays and their rules.
"""

from .op import Op


class Index(Op):
    view = True
    def forward(x, key): return x[key]
    def grad_x(xp, g, key, x_shape): return xp.index_add(g, key, x_shape)
    def put_back(xp, x, y, key): return xp.set_index(x, key, y)

class IndexAdd(Op):
    """Zeros of `shape` with x added at `key`."""
    def forward(xp, x, key, shape): return xp.index_add(x, key, shape)
    def grad_x(g, key): return g[key]

class SetIndex(Op):
    """x with the elements at `key` replaced by those of y."""
    def forward(xp, x, key, y): return xp.set_index(x, key, y)
    def grad_x(xp, g, key): return xp.set_index(g, key, 0.0)
    def grad_y(g, key, y_shape):                       # y may begin with dims of size 1
        g = g[key]
        return g.reshape((1,) * (len(y_shape) - len(g.shape)) + tuple(g.shape))

class Gather(Op):
    """out[i, j] = x[i, indices[i, j]] for dim 1, and alike for the others."""
    def forward(xp, x, dim, indices): return xp.gather(x, dim, indices)
    def grad_x(xp, g, dim, indices, x_shape):
        return xp.scatter_add(g, dim, indices, x_shape)

class ScatterAdd(Op):
    """Zeros of `shape`, x[i, j] added at [i, indices[i, j]] for dim 1, and alike."""
    def forward(xp, x, dim, indices, shape):
        return xp.scatter_add(x, dim, indices, shape)
    def grad_x(xp, g, dim, indices): return xp.gather(g, dim, indices)
