"""Convolution and max pooling for NumPy, with their adjoints.

The single idea: keep the batch last. Callers see arrays of shape (N, C, H, W); in
memory they lie as (C, H, W, N). Then each shifted copy of the images moves long runs
of numbers, and a convolution is a few large matrix products of the kernel with what
it sees. Chapter: convolution.

Sources: Chellapilla, Puri and Simard, High performance convolutional neural networks
for document processing (2006), for the matrix of columns; Dumoulin and Visin, A guide
to convolution arithmetic for deep learning (2016), for the gradient of the input.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

DEPTH = 32  # products that sum fewer terms are slow: take all kernel rows at once
CACHE = 8 << 20  # bytes of columns built at a time


def conv2d(x, w, b, stride, padding):
    """Return out[n, o] = b[o] + sum over c of the correlation of x[n, c] with w[o, c].

    Shapes: x (N, C, H, W), w (O, C, kh, kw), b (O,) or None,
    out (N, O, h, w) with h = (H + 2 ph - kh) // sh + 1.
    """
    size = _count_windows(x.shape, w.shape[2:], stride, padding)
    return _correlate(x, w, b, size, padding, (1, 1), stride)


def conv2d_input(g, w, x_shape, stride, padding):
    """Return the gradient of `conv2d` with respect to x, given that of its output.

    An element of x meets the entries of the kernel in reverse: so spread g by the
    stride and correlate it with the kernel turned by 180 degrees.
    """
    turned = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    start = [k - 1 - p for k, p in zip(w.shape[2:], padding, strict=True)]
    return _correlate(g, turned, None, x_shape[2:], start, stride, (1, 1))


def conv2d_weight(x, g, w_shape, stride, padding):
    """Return the gradient of `conv2d` with respect to w: g times the columns of x."""
    x, g, size = _batch_last(x), _batch_last(g), g.shape[2:]
    grad = np.zeros(w_shape, g.dtype)
    for part in _parts(x, w_shape, size):
        flat = g[..., part].reshape(len(g), -1)
        placing = w_shape, size, padding, (1, 1), stride
        for rows, columns in _columns(x[..., part], *placing):
            grad[:, :, rows] += (flat @ columns.T).reshape(grad[:, :, rows].shape)
    return grad


def _correlate(x, w, b, size, start, spread, stride):
    """Multiply w with the windows of x, laid out by `_place`; add b."""
    x = _batch_last(x)
    out = np.empty((len(w), *size, x.shape[3]), x.dtype)
    for part in _parts(x, w.shape, size):
        total = 0 if b is None else b[:, None]
        placing = w.shape, size, start, spread, stride
        for rows, columns in _columns(x[..., part], *placing):
            product = w[:, :, rows].reshape(len(w), -1) @ columns
            product += total
            total = product
        out[..., part] = total.reshape(out[..., part].shape)
    return _batch_first(out)


def _rows_at_once(w_shape):
    return w_shape[2] if w_shape[1] * w_shape[3] < DEPTH else 1


def _parts(x, w_shape, size):
    """Yield slices of the batch whose columns fit into the cache."""
    entries = _rows_at_once(w_shape) * w_shape[1] * w_shape[3] * size[0] * size[1]
    step = max(1, CACHE // (entries * x.itemsize))
    for first in range(0, x.shape[3], step):
        yield slice(first, first + step)


def _columns(x, w_shape, size, start, spread, stride):
    """Yield (kernel rows, what these rows see at every position of the output).

    The columns are widened along W only: as H comes before W, each kernel row sees one
    slice of them, and no copy is needed when the stride is 1.
    """
    (kh, kw), (sh, sw), rows = w_shape[2:], stride, _rows_at_once(w_shape)
    ground = (size[0] - 1) * sh + kh, (size[1] - 1) * sw + kw
    placed = _place(x, ground, start, spread)
    windows = sliding_window_view(placed, (rows, kw), (1, 2))[:, :, ::sw]
    columns = np.ascontiguousarray(windows.transpose(0, 4, 5, 1, 2, 3))
    for i in range(0, kh, rows):
        seen = columns[:, :, :, i : i + sh * size[0] : sh]
        yield slice(i, i + rows), seen.reshape(len(x) * rows * kw, -1)


def max_pool2d(x, kernel, stride, padding):
    """Return the maximum of each window, and the number of the element that won.

    The first of equal maxima wins; nan beats every number, and the last nan wins.
    """
    size = _count_windows(x.shape, kernel, stride, padding)
    winner = _first_inside(x.shape, kernel, stride, padding, size)
    elements = _elements(_pad(x, padding, -np.inf), kernel, stride, size)
    out = next(elements)[1].copy()
    for k, seen in elements:
        wins = (seen > out) | (seen != seen)
        np.maximum(winner, wins * winner.dtype.type(k), out=winner)
        np.maximum(out, seen, out=out)
    return _batch_first(out), winner


def max_unpool2d(g, winner, x_shape, kernel, stride, padding):
    """Return the gradient of `max_pool2d`: g at the winners, 0 elsewhere."""
    (n, c, height, width), (ph, pw) = x_shape, padding
    out = np.zeros((c, height + 2 * ph, width + 2 * pw, n), g.dtype)
    g = np.ascontiguousarray(_batch_last(g))
    for k, seen in _elements(out, kernel, stride, winner.shape[1:3]):
        seen += _keep(winner == k, g)
    return _batch_first(out[:, ph : ph + height, pw : pw + width])


def max_select2d(x, winner, kernel, stride, padding):
    """Return the winners' elements of x: the adjoint of `max_unpool2d`."""
    out = np.zeros(winner.shape, x.dtype)
    for k, seen in _elements(_pad(x, padding, 0), kernel, stride, winner.shape[1:3]):
        out += _keep(winner == k, seen)
    return _batch_first(out)


def _elements(x, kernel, stride, size):
    """Yield, for the k-th place in a window, that element of every window (a view)."""
    (sh, sw), (h, w) = stride, size
    for k, (i, j) in enumerate(np.ndindex(*kernel)):
        yield k, x[:, i : i + sh * h : sh, j : j + sw * w : sw]


def _first_inside(x_shape, kernel, stride, padding, size):
    """Name, for every window, its first element that is not padding."""
    axes = zip(size, stride, padding, strict=True)
    i, j = (np.maximum(0, p - s * np.arange(n)) for n, s, p in axes)
    first = i[:, None] * kernel[1] + j
    dtype = np.min_scalar_type(kernel[0] * kernel[1])
    shape = (x_shape[1], *size, x_shape[0])
    return np.broadcast_to(first[..., None], shape).astype(dtype, order="C")


def _keep(mask, values):
    """Values under the mask, 0 elsewhere: a product of bits, because 0 * inf is nan."""
    bits = f"i{values.itemsize}"
    return (values.view(bits) * mask).view(values.dtype)


def _pad(x, padding, fill):
    if not any(padding):
        return np.ascontiguousarray(_batch_last(x))
    size = [n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True)]
    return _place(_batch_last(x), size, padding, (1, 1), fill)


def _place(x, size, start, spread, fill=0):
    """Lay x on a ground of `fill`, element i at start + spread * i.

    Padding has a start > 0; what falls outside of the ground is dropped.
    """
    out = np.full((len(x), *size, x.shape[3]), fill, x.dtype)
    source, target = [], []
    for n, end, a, s in zip(x.shape[1:3], size, start, spread, strict=True):
        low = max(0, -(a // s))  # the first i with a + s * i >= 0
        high = max(low, min(n, -((a - end) // s)))  # the first i beyond the end
        source.append(slice(low, high))
        target.append(slice(a + s * low, a + s * high, s))
    out[:, *target] = x[:, *source]
    return out


def _count_windows(x_shape, kernel, stride, padding):
    axes = zip(x_shape[2:], kernel, stride, padding, strict=True)
    return [(n + 2 * p - k) // s + 1 for n, k, s, p in axes]


def _batch_last(x):
    return x.transpose(1, 2, 3, 0)


def _batch_first(x):
    return x.transpose(3, 0, 1, 2)
