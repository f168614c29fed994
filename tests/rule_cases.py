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

from minigrad import ops

RNG = np.random.default_rng(0)
ODD = np.array([0, -0.0, 1e-8, -1e-8, 0.5, -1.5, 1, 2, -3, 30, -40, 1e3, -1e3])
WILD = np.array([0, -0.0, 1, -2, 0.5, np.inf, -np.inf, np.nan])
SOME = np.array([1e-8, 0.5, 1, 3, 30, 1e3])


def normal(*shape):
    return np.asarray(RNG.standard_normal(shape))


def positive(*shape):
    return np.asarray(RNG.uniform(0.1, 2, shape))


def whole(*shape):
    """Whole numbers between -2 and 2, so that many tie."""
    return RNG.integers(-2, 3, shape).astype(float)


def every_pair(a, b):
    """Each number of a beside each number of b."""
    return np.repeat(a, len(b)), np.tile(b, len(a))


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


def is_floats(a):
    """Whether a gradient may be asked for this argument."""
    return isinstance(a, np.ndarray) and a.dtype.kind == "f"


# Elementwise.

SHAPES = [normal(3, 4), np.array(0.7), np.zeros((0, 3)), normal(3, 3)]
STRIDED = [normal(4, 3).T, normal(6, 4)[::2, 1::2]]
ONE = [(a,) for a in (*SHAPES, *STRIDED, ODD, WILD)]
POSITIVE = [(np.abs(a, out=a.copy()),) for (a,) in ONE] + [(SOME,)]
TWO = [
    (normal(3, 4), normal(3, 4)),
    (normal(3, 3), normal(3, 3)),
    (normal(3, 1), normal(4)),
    (normal(4), normal(2, 3, 1)),
    (normal(1, 1, 2), normal(3, 1, 1)),
    (normal(), normal(2, 3)),
    (normal(2, 3), normal()),
    (normal(), normal()),
    (normal(2, 3), 2.5),
    (-0.5, normal(2, 3)),
    (np.zeros((0, 3)), normal(1, 3)),
    (normal(2, 1), np.zeros((2, 0))),
    (normal(4, 3).T, normal(6, 4)[::2]),
    every_pair(ODD, ODD),
    every_pair(WILD, WILD),
]
# A negative number to a power that is no whole number is nan, and so is its gradient.
POWERS = [
    (positive(3, 4), normal(3, 4)),
    (positive(3, 3), normal(3, 3)),
    (positive(3, 1), normal(4)),
    (positive(4), normal(2, 3, 1)),
    (positive(), normal(2, 3)),
    (normal(2, 3), 3.0),
    (normal(2, 3), 2),
    (normal(2, 3), 1),
    (normal(2, 3), 0),
    (np.array([0.0, 1.0, 2.0]), 1),
    (np.array([0.0, 1.0, 2.0]), 2),
    (np.array([0.0, -1.0, 2.0]), 0.0),
    (np.zeros((0, 3)), normal(3)),
    every_pair(np.array([0.5, 1, 3]), np.array([0, 1, 2, 3, -1, 0.5, -2])),
    every_pair(np.array([0.0]), np.array([1, 2, 3, 0.5])),
    every_pair(np.array([-1.0, -2]), np.array([1, 2, 3, -1, 0.5, -2])),
]
CHOICES = [
    (RNG.random(a.shape if is_floats(a) else b.shape) < 0.5, a, b)
    for a, b in [*TWO[:2], *TWO[8:10], *TWO[12:]]
] + [
    (np.array([True, False, True]), normal(2, 3), normal(2, 1)),
    (np.array([[True], [False]]), normal(3), normal()),
    (np.array(True), normal(2), normal(2)),
    (np.zeros((0, 2), bool), normal(2), normal(1)),
]

# Reductions: dims are tuples of non-negative ints.

WHOLE = whole(3, 4)
REDUCED = [
    (normal(3, 4), (0, 1), False),
    (normal(3, 4), (1,), False),
    (normal(3, 4), (0,), True),
    (normal(3, 3), (0,), False),
    (normal(3, 3), (1,), False),
    (normal(2, 3, 4), (0, 2), False),
    (normal(2, 3, 4), (0, 2), True),
    (normal(1, 3, 1), (2,), False),
    (np.array(0.7), (), False),
    (np.zeros((0, 3)), (1,), False),
    (normal(4, 3).T, (0,), False),
    (normal(6, 4)[::2, 1::2], (1,), True),
    (WHOLE, (1,), False),
    (WHOLE, (0, 1), True),
    (WHOLE, (0,), False),
    (ODD.reshape(1, -1), (0,), False),
    (WILD.reshape(2, 4), (1,), False),
]
EMPTIED = [(np.zeros((0, 3)), (0,), False), (np.zeros((2, 0)), (0, 1), True)]
ALONG = [(a, dims[0], keep) for a, dims, keep in REDUCED if len(dims) == 1]
SOFT = [(a, dim) for a, dim, _ in ALONG] + [
    (np.array(0.7), 0),
    (1e3 * normal(3, 4), 1),
    (np.array([[0.0, 1e3, -1e3], [np.inf, 1, 2], [-np.inf, 0, -np.inf]]), 1),
    (np.full((2, 3), -np.inf), 0),
    (np.zeros((2, 0)), 1),
    (np.zeros((2, 0)), 0),
    (normal(5), 0),
]

# Keys that read elements: each names its own, some one element several times.

KEYS = [
    (normal(4, 3), (1, ...)),
    (normal(4, 3), (slice(1, 4, 2), ...)),
    (normal(4, 3), (slice(None), -1, ...)),
    (normal(4, 3), (None, slice(0, 2), None, ...)),
    (normal(4, 3), (..., 0)),
    (normal(4, 3), (np.array([0, 2, 2, -1]), ...)),
    (normal(4, 3), (np.array([[0, 0], [3, 0]]), ...)),
    (normal(4, 3), (np.array([0, 0, 3]), np.array([1, 1, 2]), ...)),
    (normal(4, 3), (slice(None), np.array([2, 2]), ...)),
    (normal(4, 3), (slice(1, 3), np.array([1, 0, 1]), ...)),
    (normal(4, 3), (normal(4, 3) > 0, ...)),
    (normal(4, 3), (np.array([True, False, True, True]), ...)),
    (normal(2, 4, 3), (np.array([0, 1]), slice(None), np.array([2, 2]))),
    (normal(3, 3), (np.array([1, 1, 0]), ...)),
    (normal(3, 3), (slice(0, 3), ...)),
    (normal(3, 4).T, (np.array([3, 3]), ...)),
    (normal(4, 3), (np.zeros(0, int), ...)),
    (np.zeros((0, 3)), (slice(0, 2), ...)),
    (np.array(1.5), (...,)),
    (np.array([1.0, np.inf, np.nan, -np.inf]), (np.array([1, 1, 2, 3]), ...)),
]
WRITTEN = [(normal(*a[k].shape), k, a.shape) for a, k in KEYS]
REPLACED = [
    (normal(4, 3), (1, ...), normal(3)),
    (normal(4, 3), (1, ...), normal()),
    (normal(4, 3), (slice(1, 4, 2), ...), normal(2, 3)),
    (normal(4, 3), (slice(1, 4, 2), ...), normal(3)),
    (normal(4, 3), (slice(0, 2), ...), normal(2, 1)),
    (normal(4, 3), (slice(None), -1, ...), normal(4)),
    (normal(4, 3), (np.array([0, 2, 3]), ...), normal(3, 3)),
    (normal(4, 3), (np.array([0, 2]), ...), normal(1, 3)),
    (normal(4, 3), (np.array([0, 3]), np.array([1, 2]), ...), normal(2)),
    (whole(4, 3), (np.arange(12).reshape(4, 3) % 2 == 0, ...), normal(6)),
    (whole(4, 3), (np.arange(12).reshape(4, 3) % 2 == 0, ...), normal()),
    (normal(4, 3), (2, ...), 0.0),
    (normal(3, 3), (slice(0, 3), ...), normal(3, 3)),
    (normal(3, 3), (1, ...), normal(3)),
    (normal(3, 4).T, (slice(1, 3), ...), normal(3, 2).T),
    (normal(4, 3), (slice(0, 2), ...), normal(1, 2, 3)),
    (np.zeros((0, 3)), (slice(0, 2), ...), normal(3)),
    (np.array([np.inf, 1, np.nan]), (slice(0, 2), ...), normal(2)),
]
PICKED = [
    (normal(3, 4), 1, np.array([[0, 0, 3], [1, 2, 2], [3, 3, 3]])),
    (normal(3, 4), 0, np.array([[0, 0, 2, 1], [0, 1, 2, 1]])),
    (normal(3, 4), 1, np.array([[2], [0]])),
    (normal(3, 3), 1, np.array([[0, 0, 1], [1, 1, 1], [2, 0, 2]])),
    (normal(2, 3, 2), 2, np.array([[[0, 0, 1]] * 3] * 2)),
    (normal(4, 3).T, 0, np.array([[0, 2, 2, 1]])),
    (normal(5), 0, np.array([4, 4, 4])),
    (normal(3, 4), 1, np.zeros((3, 0), int)),
    (np.array(0.7), 0, np.array(0)),
    (np.array([[1, np.inf], [np.nan, 2]]), 1, np.array([[1, 1], [0, 0]])),
]
ADDED = [(normal(*i.shape), dim, i, a.shape) for a, dim, i in PICKED]

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
    (normal(2, 3, 5, 6), normal(4, 3, 3, 2), normal(4), (1, 1), (0, 0)),
    (normal(2, 3, 5, 6), normal(4, 3, 3, 2), None, (1, 1), (1, 0)),
    (normal(2, 2, 6, 7), normal(3, 2, 3, 3), normal(3), (2, 1), (1, 2)),
    (normal(2, 2, 6, 7), normal(3, 2, 3, 3), normal(3), (2, 3), (0, 1)),
    (normal(3, 3, 3, 3), normal(3, 3, 3, 3), normal(3), (1, 1), (1, 1)),
    (normal(1, 1, 4, 4), normal(1, 1, 4, 4), normal(1), (1, 1), (0, 0)),
    (normal(2, 1, 5, 5), normal(2, 1, 1, 1), normal(2), (3, 3), (0, 0)),
    (normal(2, 1, 2, 2), normal(1, 1, 5, 5), normal(1), (1, 1), (3, 3)),
    (normal(0, 2, 4, 4), normal(3, 2, 2, 2), normal(3), (1, 1), (0, 0)),
    (normal(6, 5, 3, 2).T, normal(2, 4, 3, 4).T[..., ::2, :], None, (1, 1), (0, 0)),
    (normal(20, 3, 5, 5), normal(2, 3, 3, 3), normal(2), (1, 1), (1, 1)),
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


# torch's functions, where they have another name or other arguments.


def add_at(g, key, shape):
    places = torch.arange(math.prod(shape)).reshape(shape)[key].reshape(-1)
    flat = g.new_zeros(shape).reshape(-1)
    return flat.index_add(0, places, g.reshape(-1)).reshape(shape)


def replace_at(x, key, y):
    out = x.clone()
    out[key] = y
    return out


def conv2d_input(y, w, x_shape, stride, padding):
    sizes = zip(x_shape[2:], y.shape[2:], w.shape[2:], stride, padding, strict=True)
    rest = tuple(n - ((m - 1) * s - 2 * p + k) for n, m, k, s, p in sizes)
    return F.conv_transpose2d(y, w, None, stride, padding, rest)


def conv2d_weight(x, y, w_shape, stride, padding):
    seen = F.unfold(x, w_shape[2:], 1, padding, stride)
    return torch.einsum("nol, nkl -> ok", y.flatten(2), seen).reshape(w_shape)


def unpool(g, flat, x_shape, kernel, stride, padding):
    planes = g.new_zeros(x_shape).flatten(2)
    return planes.scatter_add(2, flat.flatten(2), g.flatten(2)).reshape(x_shape)


def select(x, flat, kernel, stride, padding):
    return x.flatten(2).gather(2, flat.flatten(2)).reshape(flat.shape)


def output_of(x, w, stride, padding):
    """A gradient for the output of a convolution of x with w."""
    shape = F.conv2d(torch.tensor(x), torch.tensor(w), None, stride, padding).shape
    return normal(*shape)


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
    ops.Sqrt: (torch.sqrt, *POSITIVE),
    ops.Sin: (torch.sin, *ONE),
    ops.Cos: (torch.cos, *ONE),
    ops.Tanh: (torch.tanh, *ONE),
    ops.Sigmoid: (torch.sigmoid, *ONE),
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
    ops.MaxPool2d: (F.max_pool2d, *POOLED),
    ops.MaxUnpool2d: (unpool, *UNPOOLED),
    ops.MaxSelect2d: (select, *SELECTED),
}

CASES = {
    op: [Case(op, theirs, args, i) for i, args in enumerate(rows)]
    for op, (theirs, *rows) in ROWS.items()
}
