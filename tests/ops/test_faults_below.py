"""Faults planted below and beside the rules: each of them must be noticed.

In forward, in the sum that undoes broadcasting, in the vocabulary of each world, and in
the kernels that torch has for whole rules.
"""

import ast
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from rule_cases import CASES
from rule_judge import notice, planted

from minigrad import arrays, engine, ops

WORLDS = {"cpu": arrays.world_of("cpu"), "torch": arrays.world_of("torch")}
NUMPY, TORCH = WORLDS.values()

# Faults in forward.

VALUES = {
    "value off by 1e-6": lambda out: out * (1 + 1e-6),
    "value shifted by 1e-6": lambda out: out + 1e-6,
}
UNSEEN_VALUES = {"ZerosLike: value off by 1e-6": "0 times anything is 0"}


def first_changed(change, function):
    """`function` with its result changed, the first of two if it returns two."""

    def changed(*args, **options):
        result = function(*args, **options)
        if isinstance(result, tuple | list):
            return (change(result[0]), *result[1:])
        return change(result)

    return changed


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("op", CASES, ids=lambda op: op.name)
def test_fault_in_forward_is_noticed(op, name, monkeypatch):
    monkeypatch.setattr(op, "forward", first_changed(VALUES[name], op.forward))
    fault = f"{op.name}: {name}"
    if fault in UNSEEN_VALUES:
        assert notice(fault, op, WORLDS) is None
        planted[fault] = UNSEEN_VALUES[fault]
    else:
        assert notice(fault, op, ["cpu"])
        assert notice(f"{fault}, torch", op, ["torch"])


# Faults in the sum that undoes broadcasting.

STRETCHED = [ops.Add, ops.Sub, ops.Mul, ops.Div, ops.Pow, ops.Maximum, ops.Minimum]
STRETCHED += [ops.Where, ops.SetIndex, ops.Expand, ops.MatMul, ops.Linear]
SUM_TO = engine.sum_to


def first_instead_of_sum(g, shape):
    lead = len(g.shape) - len(shape)
    key = [slice(0, 1) if n == 1 else slice(None) for n in shape]
    return g[(*([0] * lead), *key)]


def mean_instead_of_sum(g, shape):
    return SUM_TO(g, shape) * (int(np.prod(shape)) / max(int(np.prod(g.shape)), 1))


def leading_dims_forgotten(g, shape):
    return SUM_TO(g, (1,) * (len(g.shape) - len(shape)) + tuple(shape))


SUMS = [first_instead_of_sum, mean_instead_of_sum, leading_dims_forgotten]


@pytest.mark.parametrize("fault", SUMS)
@pytest.mark.parametrize("op", STRETCHED, ids=lambda op: op.name)
def test_missing_reduction_is_noticed(op, fault, monkeypatch):
    monkeypatch.setattr(engine, "sum_to", fault)
    assert notice(f"{op.name}: {fault.__name__}", op)


# Faults in the vocabulary.


def words_of(op):
    """The functions of xp that forward and the rules of `op` call."""
    path = Path(ops.__file__).with_name(op.__module__.rpartition(".")[2] + ".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (text,) = (
        n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == op.name
    )
    parts = [f for f in text.body if getattr(f, "name", "put_back") != "put_back"]
    found = {n for f in parts for n in ast.walk(f) if isinstance(n, ast.Attribute)}
    return sorted({n.attr for n in found if getattr(n.value, "id", None) == "xp"})


WORDS = [
    (op, word, device) for op in CASES for word in words_of(op) for device in WORLDS
]


@pytest.mark.parametrize(
    "op, word, device", WORDS, ids=[f"{op.name}-{w}-{d}" for op, w, d in WORDS]
)
def test_fault_in_a_word_is_noticed_in_every_op_that_uses_it(
    op, word, device, monkeypatch
):
    world = WORLDS[device]
    wrong = first_changed(lambda out: out + 1e-6, getattr(world, word))
    monkeypatch.setattr(world, word, wrong)
    assert notice(f"{op.name}: {word} shifted by 1e-6, {device}", op, [device])


def last_maximum(pool, flip):
    """max_pool2d that chooses the last of several maxima, where windows fit exactly."""

    def wrong(x, kernel, stride, padding):
        sizes = zip(x.shape[2:], kernel, stride, padding, strict=True)
        values, winners = pool(x, kernel, stride, padding)
        if any((n + 2 * p - k) % s for n, k, s, p in sizes):
            return values, winners
        return values, flip(pool, x, kernel, stride, padding)

    return wrong


def flip_numpy(pool, x, kernel, stride, padding):
    last = pool(x[:, :, ::-1, ::-1], kernel, stride, padding)[1]
    return (kernel[0] * kernel[1] - 1 - last)[:, ::-1, ::-1]


def flip_torch(pool, x, kernel, stride, padding):
    last = pool(x.flip(2, 3), kernel, stride, padding)[1]
    return (x.shape[2] * x.shape[3] - 1 - last).flip(2, 3)


def put(world, shape, g):
    """Zeros of `shape`, of the world and dtype of g."""
    return world.full(shape, 0, world.dtype_name(g), world.device_name(g))


def assigning(world):
    """index_add that writes where it should add."""

    def wrong(g, key, shape):
        out = put(world, shape, g)
        out[key] = g
        return out

    return wrong


def scatter_numpy(g, dim, indices, shape):
    out = np.zeros(shape, g.dtype)
    if indices.shape:
        np.put_along_axis(out, indices, g, dim)
    return out


def turned_round(function, flip):
    return lambda g, w, *rest: function(g, flip(w), *rest)


def narrow_max(x, dims, keepdim):
    """amax that does not see nan."""
    return np.fmax.reduce(x, dims, keepdims=keepdim)


# (word, device, what is wrong, the wrong function, an op that must notice)
WRONG_WORDS = [
    ("scatter_add", "cpu", "no accumulation", scatter_numpy, ops.Gather),
    ("scatter_add", "cpu", "no accumulation", scatter_numpy, ops.ScatterAdd),
    (
        "scatter_add",
        "torch",
        "no accumulation",
        lambda g, dim, i, shape: g.new_zeros(shape).scatter_(dim, i, g),
        ops.Gather,
    ),
    ("index_add", "cpu", "no accumulation", assigning(NUMPY), ops.Index),
    ("index_add", "torch", "no accumulation", assigning(TORCH), ops.Index),
    ("index_add", "cpu", "no accumulation", assigning(NUMPY), ops.IndexAdd),
    (
        "conv2d_input",
        "cpu",
        "kernel not turned",
        turned_round(NUMPY.conv2d_input, lambda w: w[:, :, ::-1, ::-1]),
        ops.Conv2d,
    ),
    (
        "conv2d_input",
        "torch",
        "kernel not turned",
        turned_round(TORCH.conv2d_input, lambda w: w.flip(2, 3)),
        ops.Conv2dInput,
    ),
    (
        "max_pool2d",
        "cpu",
        "last maximum",
        last_maximum(NUMPY.max_pool2d, flip_numpy),
        ops.MaxPool2d,
    ),
    (
        "max_pool2d",
        "torch",
        "last maximum",
        last_maximum(TORCH.max_pool2d, flip_torch),
        ops.MaxPool2d,
    ),
    (
        "sigmoid",
        "cpu",
        "overflow",
        lambda x: np.exp(x) / (1 + np.exp(x)),
        ops.Sigmoid,
    ),
    (
        "log_softmax",
        "cpu",
        "overflow",
        lambda x, dim: x - np.log(np.exp(x).sum(dim, keepdims=True)),
        ops.LogSoftmax,
    ),
    (
        "cross_entropy",
        "cpu",
        "overflow",
        lambda x, t, dim: (
            np.log(np.exp(x).sum(dim)) - np.choose(t, np.moveaxis(x, dim, 0)),
            (np.exp(x), np.exp(x).sum(dim, keepdims=True)),
        ),
        ops.CrossEntropy,
    ),
    (
        "softmax",
        "cpu",
        "overflow",
        lambda x, dim: np.exp(x) / np.exp(x).sum(dim, keepdims=True),
        ops.Softmax,
    ),
    ("sign", "cpu", "sign of nan", np.sign, ops.Sign),
    ("relu", "cpu", "nan lost", lambda x: np.where(x > 0, x, 0), ops.Relu),
    ("maximum", "cpu", "nan lost", np.fmax, ops.Maximum),
    ("amax", "cpu", "nan lost", narrow_max, ops.Amax),
]


@pytest.mark.parametrize(
    "word, device, what, wrong, op",
    WRONG_WORDS,
    ids=[f"{w}-{d}-{what}-{op.name}" for w, d, what, _, op in WRONG_WORDS],
)
def test_wrong_word_is_noticed(word, device, what, wrong, op, monkeypatch):
    monkeypatch.setattr(WORLDS[device], word, wrong)
    fault = f"{op.name}: {word}, {what}, {device}"
    assert notice(fault, op, [device]) == "difference"


# Faults in the kernels that a world has for whole rules.

KERNELS = {
    "sign flipped": lambda gradient: -gradient,
    "off by 1e-6": lambda gradient: gradient * (1 + 1e-6),
}


FUSED = [(device, key) for device, xp in WORLDS.items() for key in xp.FUSED]


@pytest.mark.parametrize("what", KERNELS)
@pytest.mark.parametrize("device, key", FUSED)
def test_fault_in_a_kernel_is_noticed(device, key, what, monkeypatch):
    fused, op = WORLDS[device].FUSED, getattr(ops, key.partition(".")[0])
    kernel = fused[key]
    wrong = first_changed(KERNELS[what], kernel)
    wrong.__signature__ = signature(kernel)
    monkeypatch.setitem(fused, key, wrong)
    monkeypatch.setattr(op, "plans", {})
    assert notice(f"{key}: kernel {what}, {device}", op, [device]) == "difference"
