"""gradcheck and gradgradcheck accept every right rule and see every planted fault."""

from functools import wraps

import numpy as np
import pytest
from judge import on_devices

import minigrad as mg
from minigrad import ops
from minigrad.autograd import gradcheck, gradgradcheck

rng = np.random.default_rng(3)


def leaf(*shape, device="cpu"):
    numbers = rng.uniform(0.5, 2.0, shape)
    return mg.tensor(numbers, device=device, requires_grad=True)


FUNCTIONS = {
    "Mul": (lambda x, y: x * y, 2),
    "Div": (lambda x, y: x / y, 2),
    "Pow": (lambda x, y: x**y, 2),
    "Exp": (lambda x: x.exp(), 1),
    "Log": (lambda x: x.log(), 1),
    "Tanh": (lambda x: x.tanh(), 1),
    "Sigmoid": (lambda x: x.sigmoid(), 1),
    "Sqrt": (lambda x: x.sqrt(), 1),
    "MatMul": (lambda x, y: x @ y.mT, 2),
    "LogSoftmax": (lambda x: x.log_softmax(1), 1),
    "Softmax": (lambda x: x.softmax(0), 1),
}


@on_devices
@pytest.mark.parametrize("name", FUNCTIONS)
def test_right_rules_are_accepted(name, device):
    function, arity = FUNCTIONS[name]
    inputs = [leaf(2, 3, device=device) for _ in range(arity)]
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)


@on_devices
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_rule_that_is_one_per_cent_off_is_refused(name, device, monkeypatch):
    function, arity = FUNCTIONS[name]
    op = getattr(ops, name)
    inputs = [leaf(2, 3, device=device) for _ in range(arity)]
    for place, rule in op.rules.items():
        monkeypatch.setitem(op.rules, place, scaled(rule))
        monkeypatch.setattr(op, "plans", {})
        monkeypatch.setattr("minigrad.arrays.torch.FUSED", {})
        assert not gradcheck(function, inputs, raise_exception=False)
        words = rf"gradcheck: output 0 at .* by input {place} at \(0, 0\)"
        with pytest.raises(RuntimeError, match=words):
            gradcheck(function, inputs)
        monkeypatch.undo()
        assert gradcheck(function, inputs)


def scaled(rule):
    """`rule` with its gradient 1 % too large, asking for the same names."""

    @wraps(rule)
    def too_large(*needs):
        return rule(*needs) * 1.01

    return too_large


@on_devices
def test_gradgradcheck_sees_a_rule_that_is_right_once_and_wrong_twice(
    device, monkeypatch
):
    def grad_x(g, out):
        return g * frozen(1 - out * out)  # the slope of tanh, taken for a constant

    def frozen(x):
        return x.detach() if isinstance(x, mg.Tensor) else x

    monkeypatch.setitem(ops.Tanh.rules, 0, grad_x)
    monkeypatch.setattr(ops.Tanh, "plans", {})
    monkeypatch.setattr("minigrad.arrays.torch.FUSED", {})
    x = leaf(3, device=device)
    assert gradcheck(mg.tanh, x)
    assert not gradgradcheck(mg.tanh, x, raise_exception=False)
    with pytest.raises(RuntimeError, match="gradcheck: output 0"):
        gradgradcheck(mg.tanh, x)


@on_devices
def test_inputs_without_gradient_are_left_alone(device):
    x, fixed = leaf(2, 3, device=device), leaf(2, 3, device=device).detach()
    index = mg.tensor([1, 0, 1], device=device)
    assert gradcheck(lambda x, w, i: (x * w)[i], (x, fixed, index))
    assert gradgradcheck(lambda x, w, i: (x * x * w)[i], (x, fixed, index))
    with pytest.raises(ValueError, match="needs an input with requires_grad=True"):
        gradcheck(lambda x: x * 2, fixed)


def test_an_unused_input_has_slope_zero_and_a_hidden_use_is_seen():
    x, y = leaf(3), leaf(3)
    assert gradcheck(lambda x, y: x * 2, (x, y))
    assert gradcheck(lambda x, y: x.detach() * 0 + 1, (x, y))
    assert not gradcheck(lambda x, y: x.detach() * y, (x, y), raise_exception=False)


def test_a_kink_is_told_from_a_slope():
    kink = mg.tensor([0.0, 1.0], dtype=mg.float64, requires_grad=True)
    assert not gradcheck(mg.relu, kink, raise_exception=False)
    assert gradcheck(mg.relu, leaf(3))
    assert gradcheck(lambda x: x.amax(1), leaf(2, 3))


def test_inputs_and_their_gradients_are_left_as_they_were():
    x = leaf(3)
    before = x.tolist()
    gradcheck(lambda x: x * x, x)
    gradgradcheck(lambda x: x * x, x)
    assert x.tolist() == before
    assert x.grad is None


def test_single_precision_is_refused_because_differences_need_digits():
    x = mg.ones(3, requires_grad=True)
    with pytest.raises(ValueError, match="gradcheck needs float64"):
        gradcheck(lambda x: x * x, x)
