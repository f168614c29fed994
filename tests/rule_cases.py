"""The cases on which each op is compared with torch: ordinary and awkward arguments.

One table, CASES: op -> (torch's function, arguments of the op, more arguments, ...).
Arrays of floats are arguments that a gradient may be asked for, an array of bools is a
condition, and a function is called with the world to make what only that world knows.
"""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
import torch.nn.functional as F
from rule_arrays import (
    ADDED,
    ALONG,
    CHOICES,
    EMPTIED,
    KEYS,
    ONE,
    PICKED,
    POSITIVE,
    POWERS,
    REDUCED,
    REPLACED,
    RNG,
    SHAPES,
    SOFT,
    TWO,
    WHOLE,
    WILD,
    WRITTEN,
    every_pair,
    is_floats,
    normal,
    positive,
    whole,
)

from minigrad import ops


@dataclass(frozen=True, eq=False)
class Case:
    """One row of the table: an op, torch's function, and arguments for both."""

    op: type
    theirs: object
    args: tuple
    number: int

    def __str__(self):
        return f"{self.op.name}-{self.number}"

    def masks(self):
        """Every choice of arguments that need a gradient, all of them first."""
        floats = [i for i, a in enumerate(self.args) if is_floats(a)]
        sizes = range(len(floats), 0, -1)
        return [mask for size in sizes for mask in combinations(floats, size)]


# Matrix products.

MATRICES = [
    (normal(3, 4), normal(4, 2)),
    (normal(3, 3), normal(3, 3)),
    (normal(2, 3, 4), normal(2, 4, 5)),
    (normal(2, 3, 4), normal(4, 5)),
    (normal(3, 4), normal(2, 4, 5)),
    (normal(2, 1, 3, 4), normal(3, 4, 2)),
    (normal(0, 4), normal(4, 2)),
    (normal(3, 0), normal(0, 2)),
    (normal(4, 3).T, normal(5, 4).T),
    (normal(6, 4)[::2], normal(4, 6)[:, ::3]),
    (1e3 * normal(2, 3), 1e-3 * normal(3, 2)),
]
LAYERS = [
    (normal(4, 5), normal(3, 5), normal(3)),
    (normal(4, 5), normal(3, 5), None),
    (normal(3, 3), normal(3, 3), normal(3)),
    (normal(2, 4, 5), normal(3, 5), normal(3)),
    (normal(2, 4, 5), normal(3, 5), None),
    (normal(5), normal(3, 5), normal(3)),
    (normal(0, 5), normal(3, 5), normal(3)),
    (normal(5, 4).T, normal(5, 3).T, normal(6)[::2]),
]

# Convolution and pooling: stride and padding are pairs.

FILTERED = [
    (normal(2, 3, 5, 6), normal(4, 3, 3, 2), normal(4), (1, 1), (0, 0), (1, 1)),
    (normal(2, 3, 5, 6), normal(4, 3, 3, 2), None, (1, 1), (1, 0), (1, 1)),
    (normal(2, 2, 6, 7), normal(3, 2, 3, 3), normal(3), (2, 1), (1, 2), (1, 1)),
    (normal(2, 2, 6, 7), normal(3, 2, 3, 3), normal(3), (2, 3), (0, 1), (1, 1)),
    (normal(3, 3, 3, 3), normal(3, 3, 3, 3), normal(3), (1, 1), (1, 1), (1, 1)),
    (normal(1, 1, 4, 4), normal(1, 1, 4, 4), normal(1), (1, 1), (0, 0), (1, 1)),
    (normal(2, 1, 5, 5), normal(2, 1, 1, 1), normal(2), (3, 3), (0, 0), (1, 1)),
    (normal(2, 1, 2, 2), normal(1, 1, 5, 5), normal(1), (1, 1), (3, 3), (1, 1)),
    (normal(0, 2, 4, 4), normal(3, 2, 2, 2), normal(3), (1, 1), (0, 0), (1, 1)),
    (
        normal(6, 5, 3, 2).T,
        normal(2, 4, 3, 4).T[..., ::2, :],
        None,
        (1, 1),
        (0, 0),
        (1, 1),
    ),
    (normal(20, 3, 5, 5), normal(2, 3, 3, 3), normal(2), (1, 1), (1, 1), (1, 1)),
    (normal(2, 1, 7, 6), normal(3, 1, 3, 2), normal(3), (2, 1), (1, 1), (1, 1)),
    (normal(2, 3, 8, 9), normal(4, 3, 3, 2), normal(4), (1, 1), (1, 0), (2, 3)),
    (normal(2, 1, 9, 8), normal(3, 1, 3, 3), normal(3), (2, 3), (2, 1), (3, 2)),
    (normal(3, 2, 6, 6), normal(2, 2, 3, 3), None, (1, 2), (2, 3), (2, 2)),
]
POOLED = [
    (normal(2, 3, 4, 6), (2, 2), (2, 2), (0, 0)),
    (normal(2, 3, 5, 5), (3, 2), (1, 2), (1, 0)),
    (whole(2, 2, 6, 6), (3, 3), (1, 1), (0, 0)),
    (whole(2, 2, 6, 6), (2, 2), (2, 2), (0, 0)),
    (whole(2, 2, 5, 6) - 3, (3, 3), (2, 2), (1, 1)),
    (np.zeros((1, 2, 4, 4)), (3, 3), (1, 1), (1, 1)),
    (normal(3, 3, 3, 3), (1, 1), (1, 1), (0, 0)),
    (normal(0, 2, 4, 4), (2, 2), (2, 2), (0, 0)),
    (normal(6, 5, 3, 2).T, (2, 2), (1, 2), (0, 0)),
    (RNG.choice(WILD, (2, 2, 5, 5)), (2, 2), (1, 1), (1, 1)),
    (np.full((1, 1, 3, 3), -np.inf), (2, 2), (1, 1), (1, 1)),
]


def windows(x, *window):
    """What max_pool2d returns with the maxima: where they stood, in the world's way."""

    def where_they_stood(xp, dtype):
        return xp.max_pool2d(xp.asarray(x), *window)[1]

    return where_they_stood


def pooled_shape(x, kernel, stride, padding):
    return F.max_pool2d(torch.tensor(x), kernel, stride, padding).shape


UNPOOLED = [
    (normal(*pooled_shape(x, *w)), windows(x, *w), x.shape, *w) for x, *w in POOLED
]
SELECTED = [(normal(*x.shape), windows(x, *w), *w) for x, *w in POOLED]


# Drawn last: rows added later.

HALVES = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.49, 1e15 + 0.5])
DIVIDED = [
    *TWO[:9],
    *TWO[10:12],
    (normal(4, 3).T, positive(3, 4)),
    (5 * whole(3, 4), positive(4)),
]
DIVIDED += [every_pair(np.array([7.0, -7, 0.5, 0]), np.array([2, -2, 0.3, -1e3]))]
BOUNDED = [(a, n) for (a,) in ONE for n in (0.5, 0)] + [(WHOLE, 1.0), (WHOLE, -1)]
INFINITE = [(np.array([[0, np.inf], [-np.inf, -np.inf], [1e3, -1e3]]), (1,), False)]
SQUARES = [(normal(3, 3),), (normal(2, 4, 4),), (np.zeros((2, 0, 0)),)]
SQUARES += [
    (normal(6, 6)[::2, 1::2],),
    (normal(1, 1),),
    (normal(3, 3).T,),
]

# Normalisation over the last dims, or over all but dim 1; running statistics: None.

AS_LAYER, AS_BATCH = (normal(4), normal(4)), (normal(3, 1, 1), normal(3, 1, 1))
NORMALIZED = [
    (normal(3, 4), *AS_LAYER, None, (1,), 1e-5),
    (normal(2, 3, 4, 5), *AS_BATCH, None, (0, 2, 3), 1e-5),
    (normal(3, 3), normal(3), normal(3), None, (1,), 1e-5),
    (normal(5, 4), normal(4), normal(4), None, (0,), 1e-5),
    (normal(2, 3, 20), normal(3, 1), normal(3, 1), None, (0, 2), 0.5),
    (normal(2, 3, 4), normal(3, 4), None, None, (1, 2), 0.5),
    (normal(2, 3, 4, 5), AS_BATCH[0], None, None, (0, 2, 3), 1e-5),
    (normal(4, 3).T, None, None, None, (1,), 1e-5),
    (normal(5, 4, 3, 2).T, None, None, None, (0, 2, 3), 1e-5),
    (normal(4, 6, 3, 5).transpose(3, 2, 0, 1), *AS_BATCH, None, (0, 2, 3), 1e-5),
    (normal(6, 3, 4, 20)[::2, :, ::3], *AS_BATCH, None, (0, 2, 3), 1e-5),
    (np.ones((2, 3)), None, None, None, (1,), 1e-5),
    (normal(3, 1), None, None, None, (1,), 1e-5),
    (normal(0, 4), *AS_LAYER, None, (1,), 1e-5),
    (30 + normal(2, 20), normal(20), normal(20), None, (1,), 1e-5),
]

# The scores of classes along a dim, and the classes that are right.

CLASSIFIED = [
    (normal(4, 5), np.array([1, 0, 4, 4]), 1),
    (normal(4, 4), np.array([1, 0, 3, 3]), 1),
    (normal(5), np.array(2), 0),
    (normal(3, 5, 2), RNG.integers(0, 5, (3, 2)), 1),
    (normal(3, 5, 2, 4).transpose(3, 1, 0, 2), RNG.integers(0, 5, (4, 3, 2)), 1),
    (normal(4, 1), np.zeros(4, int), 1),
    (normal(0, 5), np.zeros(0, int), 1),
    (1e4 * normal(4, 5), np.array([1, 0, 4, 4]), 1),
    (np.array([[0, -np.inf, 1], [0, -np.inf, 1]]), np.array([0, 2]), 1),
]


# torch's functions, where they have another name or other arguments.


def add_at(g, key, shape):
    places = torch.arange(math.prod(shape)).reshape(shape)[key].reshape(-1)
    flat = g.new_zeros(shape).reshape(-1)
    return flat.index_add(0, places, g.reshape(-1)).reshape(shape)


def replace_at(x, key, y):
    out = x.clone()
    out[key] = y
    return out


def conv2d_input(y, w, x_shape, stride, padding, dilation):
    settings = stride, padding, dilation
    sizes = zip(x_shape[2:], y.shape[2:], w.shape[2:], *settings, strict=True)
    rest = (n - ((m - 1) * s - 2 * p + (k - 1) * d + 1) for n, m, k, s, p, d in sizes)
    return F.conv_transpose2d(y, w, None, stride, padding, tuple(rest), 1, dilation)


def conv2d_weight(x, y, w_shape, stride, padding, dilation):
    seen = F.unfold(x, w_shape[2:], dilation, padding, stride)
    return torch.einsum("nol, nkl -> ok", y.flatten(2), seen).reshape(w_shape)


def unpool(g, flat, x_shape, kernel, stride, padding):
    planes = g.new_zeros(x_shape).flatten(2)
    return planes.scatter_add(2, flat.flatten(2), g.flatten(2)).reshape(x_shape)


def select(x, flat, kernel, stride, padding):
    return x.flatten(2).gather(2, flat.flatten(2)).reshape(flat.shape)


def output_of(x, w, *settings):
    """A gradient for the output of a convolution of x with w."""
    return normal(*F.conv2d(torch.tensor(x), torch.tensor(w), None, *settings).shape)


def chance(*shape):
    """Probabilities that are not near 0 or 1."""
    return np.asarray(0.1 + 0.8 * np.abs(np.sin(normal(*shape))))


def normalize(x, w, b, running, dims, eps):
    if dims[0] + len(dims) == x.ndim:
        return F.layer_norm(x, [x.shape[d] for d in dims], w, b, eps)
    flat = [None if a is None else a.flatten() for a in (w, b)]
    return F.batch_norm(x, None, None, *flat, training=True, eps=eps)


def cross_entropy(x, t, dim):
    return F.cross_entropy(x, t, reduction="none")


def floor_divide(x, y):
    """torch.floor_divide with a gradient, which that lacks."""
    return torch.div(x, y, rounding_mode="floor")


def here(xp, dtype):
    return "cpu" if xp.__name__.endswith("numpy") else "torch"


def elsewhere(xp, dtype):
    return "torch" if here(xp, dtype) == "cpu" else "cpu"


def same(xp, dtype):
    return dtype


def other(xp, dtype):
    return "float32" if dtype == "float64" else "float64"


ROWS = {
    ops.Add: (torch.add, *TWO),
    ops.Sub: (torch.sub, *TWO),
    ops.Mul: (torch.mul, *TWO),
    ops.Div: (torch.true_divide, *TWO),
    ops.Neg: (torch.neg, *ONE),
    ops.Pow: (torch.pow, *POWERS),
    ops.Exp: (torch.exp, *ONE),
    ops.Log: (torch.log, *POSITIVE),
    ops.Expm1: (torch.expm1, *ONE),
    ops.Log1p: (torch.log1p, *POSITIVE),
    ops.Log2: (torch.log2, *POSITIVE),
    ops.Log10: (torch.log10, *POSITIVE),
    ops.Sqrt: (torch.sqrt, *POSITIVE),
    ops.Sin: (torch.sin, *ONE),
    ops.Cos: (torch.cos, *ONE),
    ops.Tanh: (torch.tanh, *ONE),
    ops.Sigmoid: (torch.sigmoid, *ONE),
    ops.Erf: (torch.erf, *ONE),
    ops.Floor: (torch.floor, *ONE, (HALVES,)),
    ops.Round: (torch.round, *ONE, (HALVES,)),
    ops.FloorDivide: (floor_divide, *DIVIDED),
    ops.Remainder: (torch.remainder, *DIVIDED),
    ops.ClampMin: (torch.clamp_min, *BOUNDED),
    ops.ClampMax: (torch.clamp_max, *BOUNDED),
    ops.Relu: (torch.relu, *ONE),
    ops.Abs: (torch.abs, *ONE),
    ops.Sign: (torch.sign, *ONE),
    ops.Maximum: (torch.maximum, *TWO[:8], *TWO[10:], (WHOLE, whole(3, 4))),
    ops.Minimum: (torch.minimum, *TWO[:8], *TWO[10:], (WHOLE, whole(3, 4))),
    ops.Where: (torch.where, *CHOICES),
    ops.ZerosLike: (torch.zeros_like, *ONE),
    ops.Copy: (torch.clone, *ONE),
    ops.Cast: (
        lambda x, dtype, source: x.to(getattr(torch, dtype)),
        *((a, other, same) for a in SHAPES),
        (normal(3, 4), same, same),
    ),
    ops.Move: (lambda x, *places: x, *((a, elsewhere, here) for a in SHAPES)),
    ops.Sum: (torch.sum, *REDUCED, *EMPTIED),
    ops.Mean: (torch.mean, *REDUCED, *EMPTIED),
    ops.Amax: (torch.amax, *REDUCED),
    ops.Max: (lambda *a: torch.max(*a).values, *ALONG, (np.array(0.7), 0, False)),
    ops.Amin: (torch.amin, *REDUCED),
    ops.Min: (lambda *a: torch.min(*a).values, *ALONG, (np.array(0.7), 0, False)),
    ops.LogSumExp: (torch.logsumexp, *REDUCED[:11], *REDUCED[12:], *INFINITE),
    ops.Cumsum: (torch.cumsum, *((a, dim) for a, dim, _ in ALONG)),
    ops.LogSoftmax: (torch.log_softmax, *SOFT),
    ops.Softmax: (torch.softmax, *SOFT),
    ops.Reshape: (
        torch.reshape,
        *((normal(3, 4), s) for s in [(2, 6), (12,), (2, 1, 6), (3, 4)]),
        (normal(3, 3), (9,)),
        (normal(4, 3).T, (2, 6)),
        (np.zeros((0, 3)), (3, 0)),
        (np.array(1.5), (1, 1)),
        (np.array([1.5]), ()),
    ),
    ops.Permute: (
        torch.permute,
        (normal(3, 4), (1, 0)),
        (normal(2, 3, 4), (1, 2, 0)),
        (normal(3, 3, 3), (2, 0, 1)),
        (normal(2, 3, 4), (0, 2, 1)),
        (normal(6, 4)[::2], (1, 0)),
        (np.zeros((0, 3)), (1, 0)),
        (np.array(1.5), ()),
    ),
    ops.Expand: (
        lambda x, shape: x.expand(shape),
        (normal(3, 1), (3, 4)),
        (normal(3), (2, 4, 3)),
        (normal(1, 3, 1), (2, 3, 4)),
        (normal(), (2, 3)),
        (normal(2, 3), (2, 3)),
        (normal(3, 3), (2, 3, 3)),
        (normal(2, 1), (2, 0)),
    ),
    ops.Flip: (
        torch.flip,
        *((a, dims) for a, dims, _ in REDUCED if a.shape),
        (normal(3, 4), ()),
    ),
    ops.Diagonal: (lambda x: x.diagonal(0, -2, -1), *SQUARES),
    ops.Cat: (
        lambda dim, *xs: torch.cat(xs, dim),
        (0, normal(2, 3), normal(4, 3)),
        (1, normal(2, 3), normal(2, 1), normal(2, 2)),
        (0, normal(3, 3), normal(3, 3)),
        (0, normal(2)),
        (1, np.zeros((2, 0)), normal(2, 2)),
        (1, normal(3, 2).T, normal(6, 3)[::3]),
    ),
    ops.Index: (lambda x, key: x[key], *KEYS),
    ops.IndexAdd: (add_at, *WRITTEN),
    ops.SetIndex: (replace_at, *REPLACED),
    ops.Gather: (torch.gather, *PICKED),
    ops.ScatterAdd: (
        lambda g, dim, i, shape: g.new_zeros(shape).scatter_add(dim, i, g),
        *ADDED,
    ),
    ops.MatMul: (torch.matmul, *MATRICES),
    ops.Linear: (F.linear, *LAYERS),
    ops.Conv2d: (F.conv2d, *FILTERED),
    ops.Conv2dInput: (
        conv2d_input,
        *((output_of(x, w, *sp), w, x.shape, *sp) for x, w, _, *sp in FILTERED),
    ),
    ops.Conv2dWeight: (
        conv2d_weight,
        *((x, output_of(x, w, *sp), w.shape, *sp) for x, w, _, *sp in FILTERED),
    ),
    ops.Normalize: (normalize, *NORMALIZED),
    ops.CrossEntropy: (cross_entropy, *CLASSIFIED),
    ops.BinaryCrossEntropy: (
        lambda x, t: -(t * torch.log(x) + (1 - t) * torch.log(1 - x)),
        *((chance(*s), chance(*s)) for s in [(3, 4), (5,), (3, 3), ()]),
        (chance(4, 3).T, chance(6, 4)[::2]),
    ),
    ops.MaxPool2d: (F.max_pool2d, *POOLED),
    ops.MaxUnpool2d: (unpool, *UNPOOLED),
    ops.MaxSelect2d: (select, *SELECTED),
}

CASES = {
    op: [Case(op, theirs, args, i) for i, args in enumerate(rows)]
    for op, (theirs, *rows) in ROWS.items()
}
