"""The judge is judged: faults planted in every rule, and each of them must be noticed.

A fault that no comparison could notice, because it changes nothing, stands in UNSEEN
with the reason, and is asserted to change nothing. `pytest tests/ops` prints how many.
Faults below the rules are planted in test_faults_below.py.
"""

from inspect import signature

import numpy as np
import pytest
from rule_cases import CASES
from rule_judge import judge, notice, planted

from minigrad import engine, ops
from minigrad.arrays import numpy

# Faults that can be planted in any rule. Each takes the rule, the op and the arguments
# by name, and returns the gradients, a list of them where there are several.


def each(change):
    """The fault that applies `change` to every gradient that the rule returns."""

    def fault(rule, op, named):
        gradient = rule(*named.values())
        if isinstance(gradient, list):
            return [change(part) for part in gradient]
        return change(gradient)

    return fault


def transposed(gradient):
    square = len(gradient.shape) > 1 and gradient.shape[-1] == gradient.shape[-2]
    return gradient.mT if square else gradient


def rolled(gradient):
    if not gradient.shape:
        return gradient
    size = gradient.shape[-1]
    return gradient[(..., np.roll(np.arange(size), 1))]


def only_when(recorded, change):
    """Apply `change` only in the recorded walk, or only in the plain one."""

    def changed(gradient):
        is_recorded = isinstance(gradient, engine.Variable)
        return change(gradient) if is_recorded == recorded else gradient

    return changed


def with_arguments(**changes):
    """The fault that hands the rule other arguments: name -> function of them all."""

    def fault(rule, op, named):
        return rule(*(named | {k: f(named) for k, f in changes.items()}).values())

    return fault


def next_dim(named, dim):
    size = len(named["x_shape"] if "x_shape" in named else named["g"].shape)
    return (dim + 1) % size if size else dim


def next_dims(named):
    """Another dim in place of each; for permute, another order."""
    return tuple(next_dim(named, d) for d in named["dims"])


def turned(name):
    return lambda named: named[name][::-1]


# name: (the arguments a rule must ask for, the fault)
FAULTS = {
    "sign flipped": ([], each(lambda gradient: -gradient)),
    "doubled": ([], each(lambda gradient: 2 * gradient)),
    "off by 1e-6": ([], each(lambda gradient: (1 + 1e-6) * gradient)),
    "zeroed": ([], each(lambda gradient: 0 * gradient)),
    "transposed": ([], each(transposed)),
    "elements rolled": ([], each(rolled)),
    "wrong when recorded": ([], each(only_when(True, lambda gradient: -gradient))),
    "wrong unless recorded": ([], each(only_when(False, lambda gradient: -gradient))),
    "upstream ignored": (["g"], with_arguments(g=lambda named: 0 * named["g"] + 1)),
    "upstream squared": (
        ["g"],
        with_arguments(g=lambda named: named["g"] * named["g"]),
    ),
    "arguments swapped": (
        ["x", "y"],
        with_arguments(x=lambda named: named["y"], y=lambda named: named["x"]),
    ),
    "base and power swapped": (
        ["x", "n"],
        with_arguments(x=lambda named: named["n"], n=lambda named: named["x"]),
    ),
    "wrong axis": (
        ["dim"],
        with_arguments(dim=lambda named: next_dim(named, named["dim"])),
    ),
    "wrong axes": (["dims"], with_arguments(dims=next_dims)),
    "stride turned": (["stride"], with_arguments(stride=turned("stride"))),
    "padding turned": (["padding"], with_arguments(padding=turned("padding"))),
    "condition inverted": (
        ["condition"],
        with_arguments(condition=lambda named: ~named["condition"]),
    ),
}

# Faults of one rule: the mistakes that are made when it is written.
MISTAKES = {
    "Div.y": {
        "x forgotten": lambda g, y: -g / y / y,
        "square forgotten": lambda g, x, y: -g * x / y,
    },
    "Pow.x": {
        "n forgotten": lambda g, x, n: g * x ** (n - 1),
        "slope at n = 0": lambda g, x, n: g * (n * x ** (n - 1)),
        "power not lowered": lambda g, x, n: g * (n * x**n),
    },
    "Pow.n": {
        "branch at x = 0 missing": lambda xp, g, out, x: g * (out * xp.log(x)),
        "log of n": lambda xp, g, out, n: g * (out * xp.log(n)),
    },
    "Log.x": {"not inverted": lambda g, x: g * x},
    "Sqrt.x": {"half forgotten": lambda g, out: g / out},
    "Tanh.x": {"square forgotten": lambda g, out: g * (1 - out)},
    "Sigmoid.x": {"factor forgotten": lambda g, out: g * (1 - out)},
    "Relu.x": {
        "slope at the kink": lambda xp, g, out: xp.where(out < 0, 0.0, g),
        "wrong branch": lambda xp, g, out: xp.where(out > 0, 0.0, g),
    },
    "Abs.x": {"slope at the kink": lambda xp, g, x: xp.where(x < 0, -g, g)},
    "Maximum.x": {
        "all of a tie": lambda xp, g, x, y: xp.where(x < y, 0.0, g),
        "none of a tie": lambda xp, g, x, y: xp.where(x > y, g, 0.0),
    },
    "Minimum.y": {
        "all of a tie": lambda xp, g, x, y: xp.where(y > x, 0.0, g),
        "none of a tie": lambda xp, g, x, y: xp.where(y < x, g, 0.0),
    },
    "Cast.x": {"not cast back": lambda g: g},
    "Move.x": {"not moved back": lambda g: g},
    "Sum.x": {"not spread": lambda g: g},
    "Mean.x": {
        "all elements counted": lambda xp, g, x_shape, dims: ops.Sum.rules[0](
            xp, g / max(int(np.prod(x_shape)), 1), x_shape, dims
        )
    },
    "Amax.x": {
        "a tie not shared": lambda xp, g, x, out, x_shape, dims: (
            xp.reshape(g, ops.reduce.kept(x_shape, dims))
            * xp.where(
                x == xp.reshape(out, ops.reduce.kept(x_shape, dims)),
                1.0,
                xp.zeros_like(x),
            )
        )
    },
    "LogSoftmax.x": {
        "sum forgotten": lambda xp, g, out: g - xp.exp(out) * g,
        "out taken for the softmax": lambda xp, g, out, dim: (
            g - out * xp.sum(g, (dim,), True)
        ),
    },
    "CrossEntropy.x": {
        "1 at the class forgotten": lambda xp, g, x, x_shape, dim: (
            xp.softmax(x, dim) * xp.reshape(g, ops.reduce.kept(x_shape, (dim,)))
        ),
    },
    "Normalize.x": {
        "mean and deviation held fast": lambda xp, g, x, w, dims, eps: (
            (g if w is None else g * w) / ops.norm.standard(xp, x, dims, eps)[1]
        ),
        "weight forgotten": lambda xp, g, x, dims, eps: ops.Normalize.grad_x(
            xp, g, x, None, dims, eps
        ),
    },
    "Normalize.w": {"not standardised": lambda g, x: g * x},
    "Softmax.x": {"diagonal only": lambda g, out: g * out * (1 - out)},
    "Permute.x": {"not inverted": lambda xp, g, dims: xp.permute(g, dims)},
    "Cat.xs": {
        "parts in reverse": lambda g, xs_shape, dim: ops.Cat.grad_xs(
            g, xs_shape[::-1], dim
        )[::-1]
    },
    "SetIndex.x": {"overwritten elements passed": lambda g: g},
    "SetIndex.y": {"kept elements passed": lambda g, y_shape: g},
    "MatMul.a": {
        "b not transposed": lambda g, b: g @ b,
        "factors swapped": lambda g, b: b.mT @ g,
    },
    "MatMul.b": {
        "a not transposed": lambda g, a: a @ g,
        "factors swapped": lambda g, a: g @ a.mT,
    },
    "Linear.x": {"w transposed": lambda g, w: g @ w.mT},
    "Linear.w": {
        "factors swapped": lambda g, x: ops.linalg.rows(x).mT @ ops.linalg.rows(g)
    },
    "Linear.b": {
        "wrong axis": lambda xp, g: xp.sum(ops.linalg.rows(g), (1,), False),
    },
    "Conv2d.x": {
        "channels swapped": lambda xp, g, w, x_shape, stride, padding, dilation: (
            xp.conv2d_input(
                g, xp.permute(w, (1, 0, 2, 3)), x_shape, stride, padding, dilation
            )
        )
    },
    "Conv2d.b": {
        "missing reduction": lambda g: g,
        "wrong axes": lambda xp, g: xp.sum(g, (1, 2, 3), False),
    },
}

ZERO = "the gradient is 0, whatever its sign, its size, its places and g"
OF_ZERO = "this rule gives 0 where the output is 0, as it is here"
MIRROR = "y > x is x < y: the same rule"
VECTOR = "a vector transposed is itself"
FLAT = ["Sign.x", "ZerosLike.x", "Floor.x", "Round.x"]
FLAT += ["FloorDivide.x", "FloorDivide.y"]
UNSEEN = {
    f"{place}: {name}": ZERO
    for place in FLAT
    for name, (needed, _) in FAULTS.items()
    if set(needed) <= {"g"}
} | {
    "ZerosLike.x: the rule of Sigmoid.x": OF_ZERO,
    "ZerosLike.x: the rule of Relu.x": OF_ZERO,
    "Maximum.x: the rule of Minimum.y": MIRROR,
    "Maximum.y: the rule of Minimum.x": MIRROR,
    "Minimum.x: the rule of Maximum.y": MIRROR,
    "Minimum.y: the rule of Maximum.x": MIRROR,
    "Conv2d.b: transposed": VECTOR,
    "Diagonal.x: transposed": "a matrix with a diagonal alone is its transpose",
}


def same_text(a, b):
    """Whether two rules are the same rule under different names."""
    parts = ("co_code", "co_consts", "co_names")
    return all(getattr(a.__code__, p) == getattr(b.__code__, p) for p in parts)


def neighbours(op, rule):
    """The other rules of the same file that could stand here: name -> rule."""
    found = {}
    for other in CASES:
        if other.__module__ == op.__module__ and other.variadic == op.variadic:
            for i, candidate in other.rules.items():
                known = set(signature(candidate).parameters) <= {*op.slots} - {"aux"}
                seen = any(same_text(candidate, r) for r in (rule, *found.values()))
                if known and not seen:
                    found[f"{other.name}.{other.arguments[i]}"] = candidate
    return found


def faulty(fault, rule, op):
    """`rule` with the fault, asking for what `rule` asks for."""
    names = list(signature(rule).parameters)

    def planted_rule(*args):
        return fault(rule, op, dict(zip(names, args, strict=True)))

    planted_rule.__signature__ = signature(rule)
    return planted_rule


def plantings():
    """(op, place of the argument, name of the fault, faulty rule), for every rule."""
    for op in CASES:
        for i, rule in op.rules.items():
            place, asked = f"{op.name}.{op.arguments[i]}", signature(rule).parameters
            for name, (needed, fault) in FAULTS.items():
                if set(needed) <= set(asked):
                    yield op, i, f"{place}: {name}", faulty(fault, rule, op)
            for name, mistake in MISTAKES.get(place, {}).items():
                yield op, i, f"{place}: {name}", mistake
            for name, other in neighbours(op, rule).items():
                yield op, i, f"{place}: the rule of {name}", other


PLANTINGS = list(plantings())


@pytest.mark.parametrize("op, i, fault, rule", PLANTINGS, ids=[p[2] for p in PLANTINGS])
def test_fault_in_a_rule_is_noticed(op, i, fault, rule, monkeypatch):
    monkeypatch.setitem(op.rules, i, rule)
    monkeypatch.setattr(op, "plans", {})
    monkeypatch.setattr(numpy, "FUSED", {})  # kernels would hide the rules
    if fault in UNSEEN:
        assert notice(fault, op) is None, f"noticed, although {UNSEEN[fault]}"
        planted[fault] = UNSEEN[fault]
    else:
        assert notice(fault, op), "the fault was planted, and nothing turned red"


def test_every_mistake_and_every_exception_has_its_place():
    names = {fault for _, _, fault, _ in PLANTINGS}
    assert set(UNSEEN) <= names
    for place, mistakes in MISTAKES.items():
        assert {f"{place}: {name}" for name in mistakes} <= names


@pytest.mark.parametrize("op", CASES, ids=lambda op: op.name)
def test_planting_itself_changes_nothing(op, monkeypatch):
    monkeypatch.setattr(op, "plans", {})
    for i, rule in op.rules.items():
        same = faulty(each(lambda gradient: gradient), rule, op)
        monkeypatch.setitem(op.rules, i, same)
    for case in CASES[op]:
        judge(case, "cpu")
