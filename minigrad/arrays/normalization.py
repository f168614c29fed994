"""Normalisation over NumPy, piece by piece, so that a piece stays in the cache.

The single idea: what is normalised together is a group, and the array is looked at as
(before, groups, within). The groups are the rows of a layer's input, or the channels of
a batch, in the order in which memory has them. A piece is a few groups: all that is to
be done to it is done, in place, before the next one is fetched. Chapter: batch
normalisation.
"""

from math import prod

import numpy as np

PIECE = 2**19  # numbers, or one group where that is more
SHORT = 16  # where so few numbers of a group lie side by side, it is not cut out


def normalize(x, w, b, running, dims, eps):
    """w (x - mean) / s + b; and what the gradient needs: mean and 1 / s."""
    out, look = _layout(x, dims)
    seen, into, w, b = look(x), look(out), _spread(w, x, dims), _spread(b, x, dims)
    count, one = into[:, :1].size, np.ones(into.shape[2], out.dtype)
    mean, variance = np.empty((2, into.shape[1], 1), out.dtype)
    for part in _pieces(into):
        mean[part] = _total(seen[:, part], one) / count
        z = np.subtract(seen[:, part], mean[part], _room(into[:, part]))
        variance[part] = _total(z, z) / count
        scale = 1 / np.sqrt(variance[part] + eps)
        z *= scale if w is None else scale * w[part]
        np.add(z, 0 if b is None else b[part], into[:, part])
    if running is not None:
        _follow(running, mean[:, 0], variance[:, 0] * (count / (count - 1)))
    return out.astype(x.dtype, copy=False), (mean, 1 / np.sqrt(variance + eps))


def _follow(running, mean, variance):
    """Move the running mean and variance towards those of a batch."""
    running_mean, running_variance, momentum = running
    running_mean *= 1 - momentum
    running_mean += momentum * mean
    running_variance *= 1 - momentum
    running_variance += momentum * variance


def normalize_gradients(g, x, w, aux, dims):
    """The gradients for x, w and b; None for w and b where w is None.

    With z = x - mean, r = 1 / s and h = w g, x gets  r (h - mean(h) - z r^2 mean(h z)).
    """
    out, look = _layout(x, dims)
    given, seen, into, spread_w = look(g), look(x), look(out), _spread(w, x, dims)
    count, one = into[:, :1].size, np.ones(into.shape[2], out.dtype)
    (mean, r), rows = aux, _are_last(dims, x)
    for_w, for_b = np.zeros((2, one.size if rows else len(r)), out.dtype)
    for part in _pieces(into):
        h, scale = given[:, part], r[part]
        z = np.subtract(seen[:, part], mean[part], _room(into[:, part]))
        if w is not None and rows:
            product = h * z
            for_w += scale[:, 0] @ product[0]
            for_b += np.ones_like(scale[:, 0]) @ h[0]
            h = np.multiply(h, spread_w[part], product)
        level, slope = _total(h, one), _total(h, z)
        z *= slope * scale**2 / -count
        z += h
        z -= level / count
        if w is not None and not rows:
            for_w[part], for_b[part] = (slope * scale)[:, 0], level[:, 0]
            scale = scale * spread_w[part]
        np.multiply(z, scale, into[:, part])
    out = out.astype(x.dtype, copy=False)
    if w is None:
        return out, None, None
    return out, *(a.astype(w.dtype).reshape(w.shape) for a in (for_w, for_b))


def _are_last(dims, x):
    """Whether `dims` are the last dims of x; otherwise they are all but dim 1."""
    return dims[0] + len(dims) == x.ndim


def _layout(x, dims):
    """Memory for a result, and how to look at it and at x: (before, groups, within)."""
    kind = np.promote_types(x.dtype, "float32")
    if _are_last(dims, x):
        shape = 1, prod(x.shape[: dims[0]]), prod(x.shape[dims[0] :])
        return np.empty(x.shape, kind), lambda a: a.reshape(shape)
    out = np.empty_like(x, kind)  # in x's order of memory
    axes = sorted(range(x.ndim), key=lambda i: -out.strides[i])
    sizes, place = [x.shape[i] for i in axes], axes.index(1)
    shape = prod(sizes[:place]), sizes[place], prod(sizes[place + 1 :])
    return out, lambda a: a.transpose(axes).reshape(shape)


def _pieces(array):
    """Slices of a few groups each, which together are all of them."""
    before, groups, within = array.shape
    step = max(1, groups if within < SHORT else PIECE // max(1, before * within))
    return [slice(i, i + step) for i in range(0, groups, step)]


def _room(piece):
    """Where to work on a piece: in itself if it is one block, else in new memory."""
    return piece if len(piece) == 1 else None


def _spread(w, x, dims):
    """w or b, in a form that is cut into pieces as the groups are; None for None."""
    if w is None:
        return None
    if not _are_last(dims, x):
        return w.reshape(-1, 1)
    groups = prod(x.shape[: dims[0]])
    return np.broadcast_to(w.reshape(-1), (groups, w.size))


def _total(a, b):
    """The sum of a * b over each group."""
    if a.shape[2] < SHORT:
        return np.einsum("acb -> c", a * b)[:, None]
    return np.vecdot(a, b).sum(0)[:, None]
