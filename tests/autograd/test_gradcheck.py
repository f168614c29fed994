"""gradcheck and gradgradcheck accept every right rule and see every planted fault."""

from functools import wraps

import numpy as np
import pytest
import torch
from judge import on_devices, outcome, same_outcome

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


def wrong_at(lib, where):
    """A Function of two outputs whose gradient is wrong in one element of one."""

    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * y, (x.exp() * y).sum()

    def backward(ctx, g, h):
        x, y = ctx.saved_tensors
        gx, gy = g * y + h * x.exp() * y, g * x + h * x.exp()
        off = lib.zeros_like(x)
        off[0, 1] = 0.01
        if where == "first output":
            gx = gx + g * off
        elif where == "second output":
            gy = gy + h * off
        elif where == "second derivative":
            gx = gx + (h * y).detach() * off - (h * y) * off
        return gx, gy

    members = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type("Own", (lib.autograd.Function,), members).apply


PLACES = {
    "nowhere": None,
    "first output": r"output 0 at \(0, 1\) by input 0 at \(0, 1\)",
    "second output": r"output 1 at \(\) by input 1 at \(0, 1\)",
    "second derivative": None,
}


@pytest.mark.parametrize("where", PLACES)
def test_one_wrong_element_of_one_output_is_found_as_torch_finds_it(where):
    numbers = rng.uniform(0.5, 2.0, (2, 2, 3))
    verdicts = []
    for lib in (mg, torch):
        x, y = (lib.tensor(n, requires_grad=True) for n in numbers)
        for check in (lib.autograd.gradcheck, lib.autograd.gradgradcheck):
            function = wrong_at(lib, where)
            verdicts.append(check(function, (x, y), raise_exception=False))
        if lib is mg and PLACES[where]:
            with pytest.raises(RuntimeError, match=PLACES[where]):
                gradcheck(wrong_at(mg, where), (x, y))
    once, twice = where in ("nowhere", "second derivative"), where[-10:] != "derivative"
    assert verdicts[:2] == verdicts[2:] == [once, twice]


ROUGH = {
    "rounded": lambda x: x.round(),
    "integers": lambda x: x.long(),
    "integers beside": lambda x: (x * 2, x.long()),
    "a constant": lambda x: x.detach() * 0 + 1,
    "a hidden use": lambda x: x.detach() * 2,
    "a hidden use beside": lambda x: (x * 2, x.detach() * 2),
    "a hidden use within": lambda x: x * x.detach(),
    "in place": lambda x: x.clone().mul_(x),
    "no elements": lambda x: x[:0] * 2,
}


@pytest.mark.parametrize("name", ROUGH)
def test_outputs_without_gradients_are_judged_as_torch_judges_them(name):
    numbers = rng.uniform(1.1, 1.4, 3)
    verdicts = [
        outcome(
            lambda lib=lib: lib.autograd.gradcheck(
                ROUGH[name],
                lib.tensor(numbers, requires_grad=True),
                raise_exception=False,
            )
        )
        for lib in (mg, torch)
    ]
    same_outcome(*verdicts)
    assert verdicts[0] is ("hidden use" not in name or "beside" in name)


TOLERANCES = {
    "as it comes": ({}, False),
    "atol above": ({"atol": 0.045}, True),
    "atol below": ({"atol": 0.035}, False),
    "rtol above": ({"rtol": 0.011}, True),
    "rtol below": ({"rtol": 0.009}, False),
    "a large step": ({"eps": 1e-3}, False),
}


def own_linear(lib, backward):
    """The function 4 x as the library's Function, with this backward."""
    members = {
        "forward": staticmethod(lambda ctx, x: x * 4),
        "backward": staticmethod(lambda ctx, g: backward(g)),
    }
    return type("Own", (lib.autograd.Function,), members).apply


@pytest.mark.parametrize("name", TOLERANCES)
def test_tolerances_are_those_of_torch(name):
    """A gradient of 4.04 where the slope is 4."""
    options, accepted = TOLERANCES[name]
    for lib in (mg, torch):
        x = lib.tensor([1.0, 2.0], dtype=lib.float64, requires_grad=True)
        own = own_linear(lib, lambda g: g * 4.04)
        check = lib.autograd.gradcheck
        assert check(own, x, raise_exception=False, **options) is accepted


def test_a_gradient_that_does_not_move_with_the_one_given_is_found():
    for lib in (mg, torch):
        x = lib.tensor([1.0, 2.0], dtype=lib.float64, requires_grad=True)
        own = own_linear(lib, lambda g: g.detach() * 4)
        assert lib.autograd.gradcheck(own, x)
        assert not lib.autograd.gradgradcheck(own, x, raise_exception=False)


def test_a_backward_that_draws_lots_is_noticed():
    for lib in (mg, torch):
        drawn = iter(range(10**6))
        own = own_linear(lib, lambda g, d=drawn: g * (4 + 1e-9 * next(d)))
        x = lib.tensor([1.0, 2.0], dtype=lib.float64, requires_grad=True)
        check = lib.autograd.gradcheck
        assert check(own, x, nondet_tol=1e-6)
        assert not check(own, x, raise_exception=False)
        if lib is mg:
            with pytest.raises(RuntimeError, match="backward is not deterministic"):
                check(own, x)


@on_devices
def test_gradgradcheck_takes_gradients_to_begin_with(device):
    x, y = leaf(2, 3, device=device), leaf(2, 3, device=device)
    g = leaf(2, device=device)
    assert gradgradcheck(lambda x, y: (x * y).sum(1), (x, y), g)
    starts = [leaf(2, 3, device=device) for _ in range(2)]
    assert gradgradcheck(lambda x, y: (x * y, x.exp()), (x, y), starts)


def test_what_is_not_offered_is_not_accepted():
    x = leaf(2)
    for option in ("fast_mode", "check_undefined_grad", "check_forward_ad"):
        with pytest.raises(TypeError, match=option):
            gradcheck(mg.exp, x, **{option: True})
