"""Over shapes and dtypes: broadcasting arithmetic and reductions are torch's."""

import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from judge import outcome, pair, same, same_outcome

SHAPES = arrays.mutually_broadcastable_shapes(
    num_shapes=2, max_dims=3, max_side=3, min_side=0
)
DTYPES = st.sampled_from(["bool", "uint8", "int32", "int64", "float32", "float64"])
DEVICES = st.sampled_from(["cpu", "torch"])
OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "lt", "eq"]
REDUCTIONS = [
    "sum",
    "mean",
    "prod",
    "var",
    "std",
    "amax",
    "amin",
    "max",
    "min",
    "argmax",
    "argmin",
    "any",
    "all",
]
SEEDS = st.integers(0, 1000)


def numbers(seed, shape, dtype):
    """Numbers from 1 to 4, some with fractions where the dtype has them."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.integers(4, 17, shape) / 4).astype(dtype)


@pytest.mark.filterwarnings("ignore:.*degrees of freedom")
@settings(max_examples=200)
@given(SHAPES, DTYPES, DTYPES, st.sampled_from(OPERATORS), DEVICES, SEEDS)
def test_broadcasting_arithmetic(shapes, left, right, name, device, seed):
    a, b = shapes.input_shapes
    x, tx = pair(numbers(seed, a, left), device, left[0] == "f")
    y, ty = pair(numbers(seed + 1, b, right), device, right[0] == "f")
    op = getattr(operator, name)
    ours, theirs = outcome(op, x, y), outcome(op, tx, ty)
    same_outcome(ours, theirs, 1e-6)
    if name != "floordiv" and getattr(theirs, "requires_grad", False):
        g, tg = pair(numbers(seed + 2, ours.shape, str(ours.dtype)[6:]), device)
        ours.backward(g)
        theirs.backward(tg)
        for leaf, their_leaf in ((x, tx), (y, ty)):
            if their_leaf.grad is not None:
                same(leaf.grad, their_leaf.grad, 1e-4, 1e-5)


@pytest.mark.filterwarnings("ignore:.*degrees of freedom")
@settings(max_examples=200)
@given(
    arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    DTYPES,
    st.sampled_from(REDUCTIONS),
    st.none() | st.integers(-3, 2),
    st.booleans(),
    DEVICES,
    SEEDS,
)
def test_reductions(shape, dtype, name, dim, keepdim, device, seed):
    x, tx = pair(numbers(seed, shape, dtype), device, dtype[0] == "f")
    given_dims = {} if dim is None else {"dim": dim, "keepdim": keepdim}

    def reduce(tensor):
        out = getattr(tensor, name)(**given_dims)
        return out[0] if isinstance(out, tuple) else out

    ours, theirs = outcome(reduce, x), outcome(reduce, tx)
    same_outcome(ours, theirs, 1e-5, 1e-6)
    if getattr(theirs, "requires_grad", False):
        g, tg = pair(numbers(seed + 1, ours.shape, dtype), device)
        ours.backward(g)
        theirs.backward(tg)
        same(x.grad, tx.grad, 1e-4, 1e-5)
