"""The arrays on which ops are compared with torch: ordinary ones and awkward ones.

rule_cases.py makes the table of them. Random numbers are drawn in the order of this
file, so a new row goes to the end of its list or into a list of its own.
"""

import numpy as np

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
