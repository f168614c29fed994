"""Over shapes, dtypes, keys and programs: arithmetic, reductions, views are torch's."""

import operator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from judge import outcome, pair, same, same_outcome

import minigrad as mg

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


# Views, writes through them, and reads, in any order.

VIEWS = """
{t}.t() | {t}[0] | {t}[-1] | {t}[1:] | {t}[:, 1:] | {t}[..., 0] | {t}[None] | {t}[::2]
{t}.unsqueeze(-1) | {t}.squeeze() | {t}.transpose(0, -1) | {t}.flatten() | {t}.view(-1)
{t}.reshape(-1) | {t}.diagonal() | {t}.narrow(0, 1, 1) | {t}.detach() | {t}.contiguous()
"""
COPIES = "{t} * 1 | {t}[[0]] | {t}[{t} > 0]"
WRITES = """
{t}.mul_(2) | {t}.add_({u}) | {t}.zero_() | {t}.fill_(3) | {t}[0] = 5 | {t}.copy_({u})
{t}[..., 0] = 0.5 | {t}[{t} > 1] = 0.25 | {t} += {u} | {t} *= {u} | {t}[[0]] = 2
{t}[-1] += 1 | {t}.masked_fill_({t} > 1, 0.1) | {t}.exp_() | {t}.clamp_(-1, 1)
{t}[0] = {u}.sum() | {t}.sigmoid_() | {t}.tril_()
"""
READS = "s = s + ({t} * {u}).sum() | s = s + {t}.exp().sum() | s = s + {t}.prod()"


def lines(text):
    return [
        line.strip() for row in text.split("\n") for line in row.split(" | ") if row
    ]


STEPS = [f"new = {line}" for line in lines(VIEWS) + lines(COPIES)]
STEPS += lines(WRITES) + [f"with off: {line}" for line in lines(WRITES)[:6]]
STEPS += lines(READS)
PROGRAMS = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 5), st.integers(0, 5)), max_size=8
)


def written(program):
    """The program as lines about t0, t1, ...; a write reads no other view of itself."""
    memory, text = [0], []
    for step, i, j in program:
        i %= len(memory)
        near = step in STEPS[-len(lines(READS)) :]
        others = [k for k, m in enumerate(memory) if near or k == i or m != memory[i]]
        named = {"t": f"t{i}", "u": f"t{others[j % len(others)]}"}
        if step.startswith("new = "):
            copied = step[6:] in lines(COPIES)
            text.append(f"t{len(memory)}" + step[3:].format(**named))
            memory.append(max(memory) + 1 if copied else memory[i])
        else:
            text.append(step.format(**named))
    return text


def performed(library, text, numbers, device):
    """How far a program comes, all its tensors, and the gradient."""
    x = library.tensor(numbers, device=device, requires_grad=True)
    known = {"t0": x * 1, "s": x.sum(), "off": library.no_grad()}
    for number, line in enumerate([*text, "s.backward()"]):
        try:
            exec(line, known)
        except Exception as error:
            return number, error
    return [known[n] for n in sorted(known) if n[0] == "t"], x.grad


@settings(max_examples=120)
@given(PROGRAMS, DEVICES, SEEDS)
def test_views_and_writes(program, device, seed):
    text = written(program)
    numbers = np.random.default_rng(seed).standard_normal((3, 3))
    theirs = performed(torch, text, numbers, None)
    if isinstance(theirs[0], int) and "by an inplace operation" in str(theirs[1]):
        return  # minigrad keeps a copy of the old numbers, and so need not refuse
    ours = performed(mg, text, numbers, device)
    if isinstance(theirs[0], int):
        assert ours[0] == theirs[0], text
        same_outcome(type(ours[1]), type(theirs[1]))
    else:
        same(ours, theirs, 1e-9, 1e-12)


# Places read and written.

DOTS = st.sampled_from([(), (), (...,)])
PARTS = st.lists(
    st.integers(-3, 2)
    | st.slices(4).filter(lambda part: (part.step or 1) > 0)
    | st.none()
    | st.lists(st.integers(-3, 2), min_size=1, max_size=2)
    | st.lists(st.booleans(), min_size=3, max_size=3),
    max_size=2,
).map(tuple)


@settings(max_examples=60)
@given(arrays.array_shapes(max_side=4), PARTS, DOTS, PARTS, DEVICES, SEEDS)
def test_indexing(shape, before, dots, after, device, seed):
    key = (*before, *dots, *after)
    rng = np.random.default_rng(seed)
    x, tx = pair(rng.standard_normal(shape), device, True)
    y, ty = pair(rng.standard_normal(()), device, True)

    def read(x, y):
        return x[key]

    def write(x, y):
        x = x * 1
        x[key] = y
        return x

    for use in (read, write):
        ours, theirs = outcome(use, x, y), outcome(use, tx, ty)
        same_outcome(ours, theirs)
        if not isinstance(theirs, type):
            g, tg = pair(rng.standard_normal(theirs.shape), device)
            ours.backward(g)
            theirs.backward(tg)
            same(x.grad, tx.grad, 1e-12, 1e-12)
    if ty.grad is not None and y.grad is not None:  # None: nothing was written
        same(y.grad, ty.grad, 1e-12, 1e-12)
    assert y.grad is not None or not ty.grad
