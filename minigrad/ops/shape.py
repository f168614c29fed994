# fmt: off
"""Operations that only rearrange: each gradient is the inverse rearrangement.

The output of a view op shares memory with x. `put_back` says what x becomes when that
memory has been written to through the output, and holds y there.
Chapter: arrays and their rules.
"""

from .op import Op


class Reshape(Op):
    view = True
    def forward(x, shape): return x.reshape(shape)
    def grad_x(g, x_shape): return g.reshape(x_shape)
    def put_back(xp, x, y, shape): return xp.reshape(y, x.shape)

class Permute(Op):
    view = True
    def forward(xp, x, dims): return xp.permute(x, dims)
    def grad_x(xp, g, dims):
        return xp.permute(g, tuple(sorted(range(len(dims)), key=dims.__getitem__)))
    def put_back(xp, x, y, dims): return Permute.grad_x(xp, y, dims)

class Expand(Op):
    view = True
    def forward(xp, x, shape): return xp.expand(x, shape)
    def grad_x(g): return g                            # the engine sums it back to x

class Flip(Op):
    def forward(xp, x, dims): return xp.flip(x, dims)
    def grad_x(xp, g, dims): return xp.flip(g, dims)

class Diagonal(Op):
    """x[..., i, i] of x with square matrices in its last two dimensions."""
    view = True
    def forward(xp, x): return xp.diagonal(x)
    def grad_x(xp, g, x_shape): return xp.index_add(g, on_diagonal(x_shape), x_shape)
    def put_back(xp, x, y): return xp.set_index(x, on_diagonal(x.shape), y)

def on_diagonal(shape):
    places = list(range(shape[-1]))
    return (..., places, places)

class Cat(Op):
    def forward(xp, dim, *xs): return xp.cat(dim, *xs)
    def grad_xs(g, xs_shape, dim):
        parts, start, before = [], 0, (slice(None),) * dim
        for shape in xs_shape:
            parts.append(g[(*before, slice(start, start + shape[dim]))])
            start += shape[dim]
        return parts
