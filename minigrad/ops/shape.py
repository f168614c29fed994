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

class Cat(Op):
    def forward(xp, dim, *xs): return xp.cat(dim, *xs)
    def grad_xs(g, xs_shape, dim):
        parts, start, before = [], 0, (slice(None),) * dim
        for shape in xs_shape:
            parts.append(g[(*before, slice(start, start + shape[dim]))])
            start += shape[dim]
        return parts
