"""The scalar core: every operation against torch, and the walk that is backward."""

import doctest
import gc
import itertools
import math
import operator
import random

import numpy as np
import pytest
import torch

from minigrad import value
from minigrad.value import Value

AWKWARD = [0.0, -0.0, 1e-8, -1e-8, 0.5, -1.5, 1.0, -1.0, 2.0, 3.0, -3.0, 30.0, -40.0]
AWKWARD += [710.0, -710.0, 1e3, -1e3, 1e200, -1e200, math.inf, -math.inf, math.nan]

ONE = ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "neg"]
TWO = ["add", "sub", "mul", "truediv", "pow"]


def function(name):
    """The operation of that name, for Values and for torch tensors."""
    if hasattr(operator, name):
        return getattr(operator, name)
    return lambda x: getattr(x, name)()


def agree(f, numbers, gradient=-1.7):
    """Assert that value and gradients of f equal torch's, nan and inf included."""
    ours = [Value(x) for x in numbers]
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]
    result, truth = f(*ours), f(*theirs)
    result.backward(gradient)
    truth.backward(torch.tensor(gradient, dtype=torch.float64))
    np.testing.assert_allclose(
        [result.data, *(x.grad for x in ours)],
        [truth.item(), *(x.grad.item() if x.grad is not None else 0 for x in theirs)],
        rtol=1e-13,
        atol=1e-17,
        err_msg=str(numbers),
    )


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("x", AWKWARD)
def test_function_equals_torch(name, x):
    agree(function(name), [x])


@pytest.mark.parametrize("name", TWO)
def test_operator_equals_torch(name):
    for numbers in itertools.product(AWKWARD, AWKWARD):
        agree(function(name), numbers)


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize(
    "number", [0.7, -2, 3, np.float32(0.5), np.float64(-1.5), True]
)
def test_operator_takes_numbers_on_either_side(name, number):
    f, plain = function(name), float(number)
    agree(lambda x: f(x, number if isinstance(x, Value) else plain), [1.3])
    agree(lambda x: f(number if isinstance(x, Value) else plain, x), [1.3])


@pytest.mark.parametrize("x", [0.0, -2.0, 3.0])
@pytest.mark.parametrize("n", [0, 1, 2, 3, -1, 0.5])
def test_power_by_a_number_equals_torch(x, n):
    agree(lambda v: v**n, [x])


def test_power_by_a_number_has_one_input():
    x = Value(-2.0)
    assert (x**2).inputs == (x,)


@pytest.mark.parametrize(
    ("name", "i"), [(n, 0) for n in ONE] + [(n, i) for n in TWO for i in (0, 1)]
)
@pytest.mark.parametrize("factor", [-1.0, 2.0, 0.0])
def test_planted_fault_is_seen(name, i, factor, monkeypatch):
    method = f"__{name}__" if hasattr(operator, name) else name
    right = getattr(Value, method)

    def wrong(*arguments):
        y = right(*arguments)
        slopes = list(y.slopes)
        slopes[i] *= factor
        return Value(y.data, y.inputs, slopes)

    numbers = [0.7] if name in ONE else [0.7, 1.3]
    agree(function(name), numbers)
    monkeypatch.setattr(Value, method, wrong)
    with pytest.raises(AssertionError):
        agree(function(name), numbers)


def test_random_expressions_equal_torch():
    rng = random.Random(0)

    def grow(leaves, steps):
        pool = list(leaves)
        for name, i, j in steps:
            f = function(name)
            x, y = pool[i % len(pool)], pool[j % len(pool)]
            pool.append(f(x, y) if name in TWO else f(x))
        return sum(pool[-5:], start=pool[0])

    names = ["add", "sub", "mul", "tanh", "sigmoid", "sin", "cos", "relu"]
    for _ in range(50):
        steps = [
            (rng.choice(names), rng.randrange(99), rng.randrange(99)) for _ in range(30)
        ]
        agree(lambda *v, s=steps: grow(v, s), [rng.gauss(0, 1) for _ in range(4)])


def test_value_used_on_several_paths_gets_the_sum():
    x = Value(3.0)
    a = x * x
    b = a + x
    c = a * b  # x reaches c by five paths
    c.backward()
    assert x.grad == 4 * 27 + 3 * 9
    assert (a.grad, b.grad) == (12 + 9, 9)


def test_backward_adds_to_what_is_there():
    x = Value(3.0)
    y = x * x + 2 * x
    y.backward()
    y.backward()
    assert x.grad == 16.0
    assert y.grad == 2.0
    (5 * x).backward(gradient=-2)
    assert x.grad == 6.0


def test_backward_of_an_inner_value_leaves_the_rest_alone():
    x = Value(3.0)
    a = x * x
    b = a * 2
    a.backward()
    assert (x.grad, b.grad) == (6.0, 0.0)


def test_backward_of_a_leaf():
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0


def test_own_operation_from_inputs_and_slopes():
    x, y = Value(3.0), Value(4.0)
    norm = Value(math.hypot(3, 4), (x, y), (3 / 5, 4 / 5))
    (2 * norm).backward()
    assert (x.grad, y.grad) == pytest.approx((1.2, 1.6))


@pytest.mark.parametrize("slopes", [(1.0,), (1.0, 1.0, 1.0)])
def test_inputs_and_slopes_of_different_lengths_are_refused(slopes):
    with pytest.raises(ValueError, match=f"2 inputs and {len(slopes)} slopes"):
        Value(1.0, (Value(2.0), Value(3.0)), slopes)


def test_walk_begins_anew_after_one_that_was_cut_short():
    x = Value(3.0)
    y = Value(9.0, (x, 5), (6.0, 1.0)) + x  # 5 cannot hold what a walk notes
    with pytest.raises(AttributeError):
        y.backward()
    x.grad = 0.0
    (x * x + x).backward()
    assert x.grad == 7.0


def test_chain_of_a_million():
    x = y = Value(1.0)
    for _ in range(500_000):
        y = (y + 1e-6) * 1.000001
    y.backward()
    assert x.grad == pytest.approx(1.000001**500_000)


def test_graph_is_freed_by_reference_counts_alone():
    def alive():
        return sum(type(thing) is Value for thing in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = alive()
        y = Value(0.5)
        for _ in range(20_000):
            y = y.tanh() + 0.5
        y.backward()
        assert alive() - before == 60_001
        del y
        assert alive() == before
    finally:
        gc.enable()


def test_data_is_a_float():
    for number in 3, True, np.float32(3), np.int64(3):
        assert type(Value(number).data) is float


@pytest.mark.parametrize("other", ["3", None, [1.0], np.ones(2), torch.ones(())])
def test_operator_refuses_what_is_not_a_number(other):
    words = "the other operand must be a Value or a number; arrays need"
    with pytest.raises(TypeError, match=words):
        Value(2.0) + other
    with pytest.raises(TypeError, match=words):
        Value(2.0) ** other


def test_numpy_on_the_left_leaves_the_operation_to_value():
    assert isinstance(np.float64(2.0) * Value(3.0), Value)
    with pytest.raises(TypeError, match="arrays need"):
        np.ones(2) * Value(3.0)


def test_repr():
    x = Value(0.1 + 0.2)
    (x * 2).backward()
    assert repr(x) == "Value(0.3, grad=2)"


def test_doctest():
    assert doctest.testmod(value) == (0, 4)
