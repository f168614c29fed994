"""Every op in every world against torch: values, first and second derivatives.

The cases are in rule_cases.py, the judge in rule_judge.py. That the judge notices a
wrong rule is asserted in test_faults.py. `pytest tests/ops` prints the figures.
"""

from inspect import signature

import numpy as np
import pytest
import torch
from rule_cases import CASES, Case
from rule_judge import (
    computed,
    expected,
    given,
    judge,
    largest,
    relative_difference,
    torch_given,
)

from minigrad import arrays, engine, ops

WORLDS = {"cpu": arrays.world_of("cpu"), "torch": arrays.world_of("torch")}
FUSED = [(device, key) for device, xp in WORLDS.items() for key in xp.FUSED]
OPS = [op for op in ops.Op.__subclasses__() if op.__module__.startswith("minigrad.")]


def named(op):
    return op.name


@pytest.mark.parametrize("op", OPS, ids=named)
def test_op_has_cases_with_each_argument_that_has_a_rule(op):
    assert getattr(ops, op.name) is op
    reached = {i for case in CASES[op] for mask in case.masks() for i in mask}
    first = len(op.arguments) - 1
    assert {min(i, first) if op.variadic else i for i in reached} == set(op.rules)


@pytest.mark.parametrize("device", WORLDS)
@pytest.mark.parametrize("op", CASES, ids=named)
def test_op_agrees_with_torch(op, device):
    for case in CASES[op]:
        found = judge(case, device)
        largest[device] = np.maximum(largest.get(device, 0), found)


@pytest.mark.parametrize("device", WORLDS)
@pytest.mark.parametrize("op", CASES, ids=named)
def test_op_stays_in_float32(op, device):
    for case in CASES[op]:
        judge(case, device, "float32", case.masks()[:1])


@pytest.mark.parametrize("device", WORLDS)
def test_powers_of_zero_agree_with_torch_to_first_order(device):
    """To second order both have infinities and nan, but not in the same places."""
    powers = np.array([0.0, 1, 2, 0.5, -1, -2])
    case = Case(ops.Pow, torch.pow, (np.zeros(6), powers), number=0)
    ours = computed(case, (0, 1), device, "float64")
    theirs = expected(case, (0, 1), "float64")
    for order in (0, 1):
        for a, b in zip(ours[order], theirs[order], strict=True):
            assert relative_difference(a, b) == 0


@pytest.mark.parametrize("device", WORLDS)
@pytest.mark.parametrize("op", CASES, ids=named)
def test_op_leaves_its_arguments_alone(op, device):
    for case in CASES[op]:
        before = [a.copy() if isinstance(a, np.ndarray) else a for a in case.args]
        computed(case, case.masks()[0], device, "float64")
        for a, b in zip(case.args, before, strict=True):
            np.testing.assert_equal(a, b)


# The kernels that a world has for whole rules.


def rules_behind(key):
    """The op of a fused kernel, and the written rules it stands for."""
    name, _, argument = key.partition(".")
    op = getattr(ops, name)
    places = [op.arguments.index(argument)] if argument else list(op.rules)
    return op, [op.rules[i] for i in places]


@pytest.mark.parametrize("device, key", FUSED)
def test_fused_kernel_equals_the_written_rules(device, key, monkeypatch):
    op, _ = rules_behind(key)
    fused = WORLDS[device].FUSED
    kernel, called = fused[key], []

    def noting(*args):
        called.append(key)
        return kernel(*args)

    noting.__signature__ = signature(kernel)
    for case in CASES[op]:
        first = []
        for kernels in ({**fused, key: noting}, {}):
            monkeypatch.setattr(WORLDS[device], "FUSED", kernels)
            monkeypatch.setattr(op, "plans", {})
            first.append(computed(case, case.masks()[0], device, "float64")[1])
        for fast, written in zip(*first, strict=True):
            assert relative_difference(fast, written, str(case)) < 1e-13
    assert called


@pytest.mark.parametrize("device, key", FUSED)
def test_fused_kernel_asks_only_for_what_is_kept(device, key):
    op, rules = rules_behind(key)
    asked = {name for rule in rules for name in signature(rule).parameters}
    asked |= {"aux"} if op.has_aux else set()
    assert set(signature(WORLDS[device].FUSED[key]).parameters) <= asked


# Memory: a node keeps what its rules ask for, and nothing else.

# What torch keeps and we do not. add_at is ours: torch has no such function.
ONLY_IN_TORCH = {
    ops.Gather: 1,  # x, of which it needs the shape
    ops.MaxPool2d: 1,  # x, of which it needs the shape
    ops.MaxSelect2d: 1,  # as for gather
    ops.IndexAdd: 2,
    ops.FloorDivide: 2,  # both, for a gradient that is 0
    ops.Normalize: 1,  # b, which no gradient needs
    ops.BinaryCrossEntropy: 4,  # logarithms, sums: the formula is written out
}


def count(kept):
    """How many arrays there are in `kept`, also inside keys."""
    if isinstance(kept, tuple | list):
        return sum(map(count, kept))
    return int(hasattr(kept, "shape"))


def kept_by_us(case, mask):
    """How many arguments and outputs the node keeps, and how many arrays as aux."""
    args = [given(a, WORLDS["cpu"], "float64") for a in case.args]
    for i in mask:
        args[i].requires_grad_()
    node = engine.apply(case.op, *args).node
    return count([*node.args, node.out]), count(node.aux)


def kept_by_torch(case, mask):
    args = [torch_given(a, WORLDS["torch"], "float64") for a in case.args]
    for i in mask:
        args[i].requires_grad_()
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(kept.append, kept.append):
        case.theirs(*args)
    return len(kept)


def asked_for(case, mask):
    """How many arrays the rules for the arguments in `mask` name."""
    op, last = case.op, len(case.op.arguments) - 1
    rules = [op.rules[min(i, last)] for i in mask]
    names = {name for rule in rules for name in signature(rule).parameters}
    by_name = dict(zip(op.arguments, case.args, strict=False))
    arrays_named = [by_name[n] for n in names if n in by_name]
    opaque = sum(callable(a) and a.__name__ == "where_they_stood" for a in arrays_named)
    return count(arrays_named) + opaque + ("out" in names)


@pytest.mark.parametrize("op", CASES, ids=named)
def test_node_keeps_exactly_what_its_rules_ask_for(op):
    for case in CASES[op]:
        for mask in case.masks():
            kept, aux = kept_by_us(case, mask)
            assert kept == asked_for(case, mask), (case, mask)
            assert bool(aux) == case.op.has_aux, (case, mask)


@pytest.mark.parametrize("op", CASES, ids=named)
def test_node_keeps_no_more_than_torch(op):
    case = CASES[op][0]
    for mask in case.masks():
        assert sum(kept_by_us(case, mask)) <= kept_by_torch(case, mask), mask
    all_of_them = case.masks()[0]
    more = kept_by_torch(case, all_of_them) - sum(kept_by_us(case, all_of_them))
    assert more == ONLY_IN_TORCH.get(op, 0)


UNCLEAR = [lambda g, n: g, lambda x, out: x, lambda x, aux: x, lambda x, x_shape: x]


@pytest.mark.parametrize("forward", UNCLEAR)
def test_op_refuses_an_argument_that_rules_could_not_name(forward):
    with pytest.raises(TypeError, match=r"Odd.forward\(\w, \w+\) has an argument"):
        type("Odd", (ops.Op,), {"forward": forward})


def test_missing_rule_is_named():
    class Half(ops.Op):
        def forward(x, n):
            return x / n

        def grad_x(g, n):
            return g / n

    x, n = (engine.result(np.array(a)) for a in (3.0, 2.0))
    n.requires_grad_()
    with pytest.raises(
        NotImplementedError, match=r"Half has no gradient rule for .*'n'"
    ):
        engine.apply(Half, x, n)
