"""The judge is judged: a right function passes, and every kind of fault is seen."""

import json
import math
import re
import sys

import numpy as np
import pytest
import torch

import minigrad
from minigrad import Tensor
from minigrad.book.check import awkward, check, largest_difference
from minigrad.value import Value

RNG = np.random.default_rng(0)
A, B, SQUARE = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2)), RNG.normal(size=(3, 3))


def refused(words, ours, theirs, *cases):
    """Assert that the check fails with these words, and not for another reason."""
    with pytest.raises(AssertionError, match=re.escape(words)):
        check("f", ours, theirs, *cases)


def tanh_with_slope(slope):
    """A scalar tanh whose derivative is `slope` of its value."""
    return lambda x: Value(math.tanh(x.data), (x,), (slope(math.tanh(x.data)),))


def test_line_for_values(capsys):
    check("tanh", Value.tanh, torch.tanh, *awkward().tolist())
    line = "tanh: value and gradient equal torch's on 12 inputs (tolerance 1e-12)\n"
    assert capsys.readouterr().out == line


def test_line_for_two_gradients(capsys):
    check("mul", lambda x, y: x * y, lambda x, y: x * y, (2.0, 3.0))
    line = "mul: value and gradients equal torch's on 1 input (tolerance 1e-12)\n"
    assert capsys.readouterr().out == line


def test_line_without_a_gradient(capsys):
    check("argmax", Tensor.argmax, torch.argmax, A, tolerance=2.5e-10)
    line = "argmax: value equals torch's on 1 input (tolerance 2.5e-10)\n"
    assert capsys.readouterr().out == line


def test_right_functions_pass():
    odd = awkward(np.inf, -np.inf, np.nan)
    check("tanh", Tensor.tanh, torch.tanh, A, odd, np.zeros((0, 3)))
    check("matmul", lambda a, b: a @ b, lambda a, b: a @ b, (A, B), (SQUARE, SQUARE))
    check("max", lambda x: tuple(x.max(1)), lambda x: tuple(x.max(1)), A)
    check("sum", lambda x, d: x.sum(d), lambda x, d: x.sum(d), (A, 0), (A, 1))
    check("pair", lambda x, y: (x * y, x + y), lambda x, y: (x * y, x + y), (2.0, 3.0))


def test_integers_are_passed_without_a_gradient():
    rows = np.array([[0, 3], [1, 1], [2, 0]])
    gather = [lambda x, i: x.gather(1, i)] * 2
    assert largest_difference("gather", *gather, (A, rows)) == 0.0


def test_float_beside_an_array_stays_a_number():
    check("scale", lambda x, c: x * c, lambda x, c: x * c, (A, 2.5))


def test_largest_difference_is_measured():
    def off(x):
        return x * (1 + 1e-9)

    found = largest_difference("scale", off, lambda x: x * 1.0, A, tolerance=1e-8)
    assert 3e-10 < found < 2e-9


@pytest.mark.parametrize(
    ("words", "slope"),
    [
        ("ours is zero everywhere; is a rule missing?", lambda y: 0.0),
        ("ours is minus torch's everywhere; is a sign", lambda y: y * y - 1),
        ("ours is twice torch's everywhere; is a factor", lambda y: 2 * (1 - y * y)),
        ("ours is half of torch's", lambda y: 0.5 * (1 - y * y)),
        ("gradient of argument 0 is", lambda y: 1 + y * y),
    ],
)
def test_wrong_slope_of_a_value(words, slope):
    refused(words, tanh_with_slope(slope), torch.tanh, 0.5, -1.5)


def test_wrong_slope_on_one_input_of_many():
    hard = tanh_with_slope(lambda y: 1 - y * y if abs(y) < 0.9 else 0.0)
    check("tanh", hard, torch.tanh, 0.1, -0.5)
    refused(
        "f, case 2 (-1.5): gradient of argument 0", hard, torch.tanh, 0.1, 0.5, -1.5
    )


def test_wrong_value_of_a_value():
    refused("value is", lambda x: x.tanh() + 1e-9, torch.tanh, 0.5)


def test_tiny_gradient_is_not_taken_for_zero():
    flat = tanh_with_slope(lambda y: 0.0)
    refused("ours is zero everywhere", flat, torch.tanh, 13.0)


def detached(x):
    return (x * 2).detach()


def no_use_of_y(x, y):
    return x * 2


def use_of_y(x, y):
    return x * 2 + 0 * y


@pytest.mark.parametrize(
    ("words", "ours", "theirs", "case"),
    [
        ("0 of 1 results require a gradient", detached, lambda x: x * 2, A),
        ("is None, torch's is not", no_use_of_y, use_of_y, (A, A)),
        ("is not None, torch's is", use_of_y, no_use_of_y, (A, A)),
        (
            "has shape (1, 4), torch's (4,)",
            lambda x: x.sum(0, True),
            lambda x: x.sum(0),
            A,
        ),
        ("is a transpose missing?", lambda x: x.mT * 1, lambda x: x * 1, A),
        ("torch's transposed", lambda x: x.mT * 1, lambda x: x * 1, SQUARE),
        ("dtype float32, torch's float64", lambda x: x.float(), lambda x: x * 1, A),
        ("ours is 12 times torch's", lambda x: x.sum(), lambda x: x.mean(), A),
        ("ours is 1/3 of torch's", lambda x: x.mean(0), lambda x: x.sum(0), A),
        ("1 results, torch has 2", lambda x: x * 1, lambda x: (x * 1, x), A),
        ("(float64 (3, 4)) on 'cpu': value at [", lambda x: x + 1, lambda x: x, A),
    ],
)
def test_wrong_function_of_a_tensor(words, ours, theirs, case):
    refused(words, ours, theirs, case)


class Straight(torch.autograd.Function):
    """x squared, with a gradient that forgets the one that arrives, or has it twice."""

    @staticmethod
    def forward(context, x, power):
        context.save_for_backward(x)
        context.power = power
        return x * x

    @staticmethod
    def backward(context, g):
        (x,) = context.saved_tensors
        return 2 * x * g**context.power, None


@pytest.mark.parametrize(
    ("words", "power"),
    [
        ("ours has the factor g, the gradient that arrives, twice", 0),
        ("lacks the fac", 2),
    ],
)
def test_factor_g_missing_or_doubled(words, power):
    refused(words, lambda x: x * x, lambda x: Straight.apply(x, power), A)


def test_gradient_wrong_in_one_place_is_located():
    mask = np.zeros((3, 4))
    mask[1, 2] = 1.0

    def bent(x):  # the right value, and a slope that is wrong at [1, 2] alone
        return x * 2 + (x - x.detach()) * minigrad.tensor(mask, device=x.device)

    refused("gradient of argument 0 at [1, 2]", bent, lambda x: x * 2, A)


def test_every_device_is_checked():
    def wrong_on_torch(x):
        return x * 2 if x.device.type == "cpu" else x * 3

    refused("on 'torch'", wrong_on_torch, lambda x: x * 2, A)


@pytest.mark.parametrize(
    ("words", "ours", "theirs"),
    [
        ("is -inf, torch's is inf", lambda x: -x, lambda x: x * 1),
        ("is nan, torch's is inf", lambda x: x * 0, lambda x: x * 1),
        ("is inf, torch's is nan", lambda x: x * 1, lambda x: x * 0),
        ("is 1.0, torch's is inf", lambda x: x.tanh(), lambda x: x * 1),
        ("is inf, torch's is 1.0", lambda x: x * 1, torch.tanh),
    ],
)
def test_infinity_and_nan_are_told_apart(words, ours, theirs):
    refused(words, ours, theirs, np.array([np.inf]))


def no_gradient(x):
    return (x * 0).sum()


def total_of_softmax(x):
    return x.softmax(1).sum()


@pytest.mark.parametrize("f", [no_gradient, total_of_softmax])
def test_check_that_cannot_fail_is_refused(f):
    words = "check of f could not fail: torch's gradient of argument 0 is zero"
    with pytest.raises(ValueError, match=words):
        check("f", f, f, A)


def test_one_case_with_a_gradient_is_enough():
    check("relu", Tensor.relu, torch.relu, -np.ones(3), A)


def test_no_cases_are_refused():
    with pytest.raises(ValueError, match="check of f got no inputs"):
        check("f", torch.tanh, torch.tanh)


def test_float32_is_refused():
    with pytest.raises(ValueError, match="float32: its rounding would hide errors"):
        check("f", Tensor.tanh, torch.tanh, A.astype(np.float32))


def test_upstream_gradient_depends_on_name_and_case_alone():
    seen = []

    def spy(x):
        y = x * 1.0
        if isinstance(y, torch.Tensor):
            y.register_hook(lambda g: seen.append(g.numpy().copy()))
        return y

    for name in "f", "f", "g":
        check(name, spy, spy, A, A)
    assert np.array_equal(seen[0], seen[2]) and np.array_equal(seen[1], seen[3])
    assert not np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[4])
    size = np.abs(seen)
    assert size.min() >= 0.5 and size.max() <= 2.0
    assert len(np.unique(np.sign(seen))) == 2


def test_inputs_are_left_alone():
    x = A.copy()
    check("add_", lambda t: (t * 1).add_(1), lambda t: (t * 1).add_(1), x)
    assert np.array_equal(x, A)


def test_awkward_numbers():
    x = awkward(np.inf)
    assert x.dtype == np.float64 and x.shape == (13,)
    assert np.isinf(x[-1]) and np.signbit(x[:2]).tolist() == [False, True]
    assert len(set(x.tolist())) < len(x)


def test_record_is_shown_in_a_notebook(monkeypatch):
    shown = []
    module = sys.modules["minigrad.book.check"]
    monkeypatch.setattr(module, "show", lambda text, **more: shown.append(more))
    check("gather", *[lambda x, i: x.gather(1, i)] * 2, (A, np.array([[0], [1], [2]])))
    check("sum", *[lambda x, dim: x.sum(dim)] * 2, (A, 0))
    records = [more["application/vnd.minigrad.check+json"] for more in shown]
    assert json.loads(json.dumps(records)) == [
        {
            "name": "gather",
            "cases": [["float64 (3, 4)", "int64 (3, 1)"]],
            "gradients": 1,
            "tolerance": 1e-12,
        },
        {
            "name": "sum",
            "cases": [["float64 (3, 4)", "0"]],
            "gradients": 1,
            "tolerance": 1e-12,
        },
    ]
