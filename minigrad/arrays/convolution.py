"""Convolution and max pooling for NumPy, with their adjoints.

The single idea: keep the batch last. Callers see arrays of shape (N, C, H, W); in
memory they lie as (C, H, W, N). Then each shifted copy of the images moves long runs of
numbers, and a row of the output is one large matrix product.
Chapter: convolution and pooling.

    wide        (H, C kw, W' N): the rows of x, for each kernel column j shifted by j
    wide[h:h+kh]   one below the other, these are the windows of the output's row h:
                they need no copy, as rows that follow each other in memory
    out[h]      = w as a matrix (O, kh C kw) times wide[h:h+kh]

The gradient of w is the product of the other two. That of x stacks the rows of g in
the same way, and adds up the products of all kernel columns, each shifted by j.

Sources: Chellapilla, Puri and Simard, High performance convolutional neural networks
for document processing (2006), for the matrix of columns; Dumoulin and Visin, A guide
to convolution arithmetic for deep learning (2016), for the gradient of the input.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

CACHE = 8 << 20  # bytes of rows that are stacked at a time
NARROW = 128  # products with fewer columns are slow: take all rows at once
ORDER = np.empty((2, 2, 2, 2)).transpose(3, 0, 1, 2)  # `empty_like` this: batch last


def conv2d(x, w, b, stride, padding, dilation):
    """Return out[n, o] = b[o] + sum over c of the correlation of x[n, c] with w[o, c].

    Shapes: x (N, C, H, W), w (O, C, kh, kw), b (O,) or None,
    out (N, O, h, w) with h = (H + 2 ph - (kh - 1) dh - 1) // sh + 1.
    """
    size = _count_windows(x.shape, _spans(w.shape, dilation), stride, padding)
    out = np.empty_like(ORDER, x.dtype, shape=(len(x), len(w), *size))
    matrix = w.transpose(0, 2, 1, 3).reshape(len(w), -1)
    for rows, windows in _windows(x, w.shape, size, stride, padding, dilation):
        part = _shaped_as(windows, _batch_last(out)[:, rows])
        np.matmul(matrix, windows, out=part)
        if b is not None:
            part += b[:, None]
    return out


def conv2d_weight(x, g, w_shape, stride, padding, dilation):
    """Return the gradient of `conv2d` with respect to w: g times the windows of x."""
    o, c, kh, kw = w_shape
    total, g = np.zeros((o, kh * c * kw), g.dtype), _batch_last(g)
    settings = g.shape[1:3], stride, padding, dilation
    for rows, windows in _windows(x, w_shape, *settings):
        gradients = _shaped_as(windows, g[:, rows])
        for gradient, seen in zip(gradients, windows, strict=True):
            total += gradient @ seen.T
    return total.reshape(o, kh, c, kw).transpose(0, 2, 1, 3).copy()


def conv2d_input(g, w, x_shape, stride, padding, dilation):
    """Return the gradient of `conv2d` with respect to x, given that of its output.

    A row of x meets the kernel's rows in reverse. Spread the rows of g by the stride:
    then the kernel, turned upside down, sees in kh of them whatever a row of x was in.
    """
    (o, c, kh, kw), (height, width) = w.shape, x_shape[2:]
    out, g = np.zeros_like(ORDER, g.dtype, shape=x_shape), _batch_last(g)
    matrix = w[:, :, ::-1].transpose(3, 1, 2, 0).reshape(kw * c, kh * o)
    reach = (kh - 1) * dilation[0]
    for first, last in _parts(height, reach + 1, g[:, 0].nbytes):
        tall = np.zeros((last - first + reach, o, *g.shape[2:]), g.dtype)
        start = reach - padding[0] - first
        source, target = _meet(g.shape[1], len(tall), start, stride[0])
        tall[target] = g[:, source].swapaxes(0, 1)
        stacks = _stacks(tall, kh, 1, dilation[0])
        parts = np.split(_batch_last(out)[:, first:last], len(stacks), 1)
        for part, stack in zip(parts, stacks, strict=True):
            products = matrix @ stack
            products = products.reshape(kw, c, part.shape[1], *g.shape[2:])
            for j, product in enumerate(products):
                start = j * dilation[1] - padding[1]
                source, target = _meet(g.shape[2], width, start, stride[1])
                part[:, :, target] += product[:, :, source]
    return out


def _windows(x, w_shape, size, stride, padding, dilation):
    """Yield (rows of the output, what the kernel sees there as a stack of matrices)."""
    x, (_, c, kh, kw) = _batch_last(x), w_shape
    row, span = (c, kw, size[1], x.shape[3]), (kh - 1) * dilation[0] + 1
    for first, last in _parts(size[0], span, np.prod(row) * x.itemsize):
        wide = np.zeros(((last - first - 1) * stride[0] + span, *row), x.dtype)
        start = first * stride[0] - padding[0]
        target, source = _meet(len(wide), x.shape[1], start, 1)
        seen = x[:, source].swapaxes(0, 1)
        for j in range(kw):
            start = j * dilation[1] - padding[1]
            to, of = _meet(size[1], x.shape[2], start, stride[1])
            wide[target, :, j, to] = seen[:, :, of]
        yield slice(first, last), _stacks(wide, kh, stride[0], dilation[0])


def _parts(rows, span, row_bytes):
    """Yield (first, last) of as many rows as fit into the cache."""
    step = max(span, CACHE // max(1, row_bytes))
    for first in range(0, rows, step):
        yield first, min(first + step, rows)


def _stacks(rows, kh, step, apart):
    """Return matrices of kh rows each, one below the other; a copy if `apart` > 1.

    The k-th begins at row k step; its rows are `apart`.

    rows: (rows, any dimensions, W', N); returns (matrices, their rows, their columns).
    """
    rows = rows.reshape(len(rows), math.prod(rows.shape[1:-2]), -1 if rows.size else 0)
    stacks = sliding_window_view(rows, (kh - 1) * apart + 1, 0)[::step, ..., ::apart]
    stacks = stacks.transpose(0, 3, 1, 2)
    count, _, depth, columns = stacks.shape
    if columns < NARROW:
        stacks = stacks.transpose(1, 2, 0, 3)
        return stacks.reshape(1, kh * depth, count * columns)
    return stacks.reshape(count, kh * depth, columns)


def _shaped_as(stacks, a):
    """View a (O, rows, W', N) as matrices (O, columns), one for each of the stacks."""
    return a.reshape(len(a), len(stacks), stacks.shape[2]).swapaxes(0, 1)


def _meet(n, end, start, step):
    """Return the i < n with 0 <= start + step i < end, and these places, as slices."""
    low = max(0, -(start // step))
    high = max(low, min(n, -((start - end) // step)))
    return slice(low, high), slice(start + step * low, start + step * high, step)


def max_pool2d(x, kernel, stride, padding):
    """Return the maximum of each window, and the number of the element that won.

    The first of equal maxima wins; nan beats every number, and the last nan wins.
    """
    size = _count_windows(x.shape, kernel, stride, padding)
    result = np.empty_like(ORDER, x.dtype, shape=(*x.shape[:2], *size))
    winner = _first_inside(x.shape, kernel, stride, padding, size)
    out = _batch_last(result)
    elements = _elements(_pad(x, padding, -np.inf), kernel, stride, size)
    out[...] = elements[0]
    for k, seen in enumerate(elements[1:], 1):
        wins = ~(seen <= out)  # and what comes after nan: that is put right below
        np.maximum(winner, wins * winner.dtype.type(k), out=winner)
        np.maximum(out, seen, out=out)
    if np.isnan(out).any():
        for k, seen in enumerate(elements):
            winner[np.isnan(seen)] = k
    return result, winner


def max_unpool2d(g, winner, x_shape, kernel, stride, padding):
    """Return the gradient of `max_pool2d`: g at the winners, 0 elsewhere."""
    (height, width), (ph, pw) = x_shape[2:], padding
    size = height + 2 * ph, width + 2 * pw
    out = np.zeros_like(ORDER, g.dtype, shape=(*x_shape[:2], *size))
    elements = _elements(_batch_last(out), kernel, stride, winner.shape[1:3])
    apart, g = stride[0] >= kernel[0] and stride[1] >= kernel[1], _batch_last(g)
    for k, seen in enumerate(elements):
        if apart:  # nothing to add up: 0.8 of the time
            keep(winner == k, g, out=seen)
        else:
            seen += keep(winner == k, g)
    return out[:, :, ph : ph + height, pw : pw + width] if ph or pw else out


def max_select2d(x, winner, kernel, stride, padding):
    """Return the winners' elements of x: the adjoint of `max_unpool2d`."""
    elements = _elements(_pad(x, padding, 0), kernel, stride, winner.shape[1:3])
    out = sum(keep(winner == k, seen) for k, seen in enumerate(elements))
    return out.transpose(3, 0, 1, 2)


def keep(mask, values, out=None):
    """Values under the mask, 0 elsewhere: a product of bits, because 0 * inf is nan."""
    bits = f"i{values.itemsize}"
    out = None if out is None else out.view(bits)
    return np.multiply(values.view(bits), mask, out=out).view(values.dtype)


def _elements(x, kernel, stride, size):
    """The first element of every window, then the second of every window ... (views)"""
    (sh, sw), (h, w) = stride, size
    starts = np.ndindex(*kernel)
    return [x[:, i : i + sh * h : sh, j : j + sw * w : sw] for i, j in starts]


def _first_inside(x_shape, kernel, stride, padding, size):
    """Name, for every window, its first element that is not padding."""
    axes = zip(size, stride, padding, strict=True)
    i, j = (np.maximum(0, p - s * np.arange(n)) for n, s, p in axes)
    first = i[:, None] * kernel[1] + j
    dtype = np.min_scalar_type(kernel[0] * kernel[1])
    out = np.empty((x_shape[1], *size, x_shape[0]), dtype)
    out[...] = first[..., None]
    return out


def _pad(x, padding, fill):
    (n, c, height, width), (ph, pw) = x.shape, padding
    if not ph and not pw:
        return _batch_last(x)
    out = np.full((c, height + 2 * ph, width + 2 * pw, n), fill, x.dtype)
    out[:, ph : ph + height, pw : pw + width] = _batch_last(x)
    return out


def _spans(w_shape, dilation):
    return [(k - 1) * d + 1 for k, d in zip(w_shape[2:], dilation, strict=True)]


def _count_windows(x_shape, kernel, stride, padding):
    axes = zip(x_shape[2:], kernel, stride, padding, strict=True)
    return [(n + 2 * p - k) // s + 1 for n, k, s, p in axes]


def _batch_last(x):
    """View or copy x as (C, H, W, N), with that order in memory."""
    last = x.transpose(1, 2, 3, 0)
    if last.flags.c_contiguous:
        return last
    out = np.empty(last.shape, last.dtype)
    for i in range(0, len(x), 32):  # a line of the cache at a time
        out[..., i : i + 32] = last[..., i : i + 32]
    return out
