"""autograd.Function beside torch's: outputs, gradients and memory."""

import gc
import weakref

import numpy as np
import pytest
import torch
from judge import both_backward, leaf, on_devices, outcome, pair, same, same_outcome
from own_functions import (
    both,
    cube_backward,
    cube_forward,
    function,
    two_backward,
    two_forward,
)

import minigrad as mg

rng = np.random.default_rng(5)


# What is computed and what comes back.


@on_devices
def test_own_cube_has_the_gradients_of_all_orders(device):
    ours, theirs = both(cube_forward, cube_backward)
    x, tx = leaf(device)
    g, tg = pair(rng.standard_normal(3), device)

    def program(lib, own, x, g):
        y = own.apply(x * 1, 2.0)
        (first,) = lib.autograd.grad(y, x, g, create_graph=True)
        (second,) = lib.autograd.grad(first, x, g, create_graph=True)
        (third,) = lib.autograd.grad(second, x, g)
        return y, first, second, third

    same(program(mg, ours, x, g), program(torch, theirs, tx, tg), 1e-12)


def exp_forward(ctx, x):
    out = x.exp()
    ctx.save_for_backward(None, out)
    return out


def exp_backward(ctx, g):
    nothing, out = ctx.saved_tensors
    assert nothing is None
    return g * out


@on_devices
def test_a_saved_output_keeps_its_history(device):
    ours, theirs = both(exp_forward, exp_backward)
    x, tx = leaf(device)
    for lib, own, a in ((mg, ours, x), (torch, theirs, tx)):
        (first,) = lib.autograd.grad(own.apply(a).sum(), a, create_graph=True)
        (first * first).sum().backward()
    same(x.grad, tx.grad, 1e-12)


@on_devices
@pytest.mark.parametrize("used", [(0,), (1,), (0, 1), (1, 1, 0)])
def test_several_outputs_are_differentiated_together(device, used):
    ours, theirs = both(two_forward, two_backward)
    (x, tx), (y, ty) = leaf(device), leaf(device)
    for lib, own, a, b in ((mg, ours, x, y), (torch, theirs, tx, ty)):
        outputs = own.apply(a * 1, b)
        assert not outputs[2].requires_grad
        assert outputs[3] == "word"
        total = sum((outputs[k] * (i + 2)).sum() for i, k in enumerate(used))
        first = lib.autograd.grad(total, [a, b], create_graph=True)
        (sum((g * g).sum() for g in first) + total).backward()
    same([x.grad, y.grad], [tx.grad, ty.grad], 1e-12)


def test_backward_is_called_once_for_all_outputs():
    calls = []

    def backward(ctx, *gradients):
        calls.append([g.tolist() for g in gradients])
        return gradients[0] + gradients[1]

    x = mg.ones(2, requires_grad=True)
    own = function(mg, lambda ctx, x: (x * 1, x * 1, x * 1), backward)
    a, b, _ = own.apply(x)
    (a * 2 + b * 3).sum().backward()
    assert calls == [[[2.0, 2.0], [3.0, 3.0], [0.0, 0.0]]]
    assert x.grad.tolist() == [5.0, 5.0]


@on_devices
def test_setup_context_sees_inputs_with_their_defaults(device):
    seen = []

    def forward(x, y, power=2):
        return x**power * y

    def setup(ctx, inputs, output):
        x, y, power = inputs
        seen.append((power, tuple(output.shape)))
        ctx.save_for_backward(x, y)
        ctx.power = power

    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * y * ctx.power * x ** (ctx.power - 1), g * x**ctx.power, None

    (x, tx), (y, ty) = leaf(device), leaf(device)
    ours, theirs = both(forward, backward, setup)
    for own, a, b in ((ours, x, y), (theirs, tx, ty)):
        (own.apply(a, b) + own.apply(a, y=b, power=3)).sum().backward()
    same([x.grad, y.grad], [tx.grad, ty.grad], 1e-12)
    assert seen == [(2, (3,)), (3, (3,))] * 2


NEEDS = {
    "both": lambda lib, x, y: (x, y),
    "first": lambda lib, x, y: (x, y.detach()),
    "computed": lambda lib, x, y: (x.detach(), y * 2),
    "none": lambda lib, x, y: (x.detach(), 3),
}


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("name", NEEDS)
def test_needs_input_grad_is_torchs(name, recorded):
    seen = []
    for lib in (mg, torch):

        def forward(ctx, x, y, lib=lib):
            seen.append((ctx.needs_input_grad, lib.is_grad_enabled()))
            return x * y

        x = lib.ones(2, requires_grad=True)
        own = function(lib, forward, None)
        with lib.set_grad_enabled(recorded):
            y = own.apply(*NEEDS[name](lib, x, lib.ones(2, requires_grad=True)))
        seen.append(y.requires_grad)
    assert seen[:2] == seen[2:]


def test_none_is_no_gradient_and_goes_no_further():
    for lib in (mg, torch):
        own = function(lib, lambda ctx, x, y: x * y, lambda ctx, g: (g, None))
        x, y = (lib.ones(2, requires_grad=True) for _ in range(2))
        own.apply(x, y).sum().backward()
        assert x.grad.tolist() == [1, 1]
        assert y.grad is None
        (found,) = lib.autograd.grad(own.apply(x, y).sum(), y, allow_unused=True)
        assert found is None
        with pytest.raises(RuntimeError):
            lib.autograd.grad(own.apply(x, y).sum(), y)


@on_devices
@pytest.mark.parametrize("shape", [(1,), (1, 3), (4, 3), ()])
def test_a_gradient_may_have_a_shape_that_the_argument_broadcasts_to(device, shape):
    x, tx = leaf(device, shape)
    y, ty = leaf(device, (4, 3))
    ours, theirs = both(lambda ctx, x, y: x + y, lambda ctx, g: (g * 2, None))
    both_backward(ours.apply(x, y), theirs.apply(tx, ty), device)
    same(x.grad, tx.grad, 1e-12)


def test_a_gradient_takes_the_dtype_of_its_argument():
    for lib in (mg, torch):
        x = lib.ones(2, requires_grad=True)
        own = function(lib, lambda ctx, x: x * 1, lambda ctx, g: g.double() > 0)
        own.apply(x).sum().backward()
        assert x.grad.dtype is lib.float32
        assert x.grad.tolist() == [1, 1]


@pytest.mark.parametrize("materialized", [True, False])
def test_materialize_grads_chooses_between_zeros_and_none(materialized):
    seen = []
    for lib in (mg, torch):

        def forward(ctx, x):
            ctx.set_materialize_grads(materialized)
            return x * 1, x * 2

        def backward(ctx, g, h):
            seen.append(g if g is None else g.tolist())
            return h * 2

        x = lib.ones(2, requires_grad=True)
        function(lib, forward, backward).apply(x)[1].sum().backward()
        seen.append(x.grad.tolist())
    assert seen[:2] == seen[2:] == [[0, 0] if materialized else None, [2, 2]]


def test_outputs_can_be_marked_as_not_differentiable():
    for lib in (mg, torch):

        def forward(ctx, x):
            places, kept = x.argmax(), x * 3
            ctx.mark_non_differentiable(places, kept, x)
            return x * 2, places, kept, x

        def backward(ctx, *gradients):
            return gradients[0] * 2 + gradients[2] + gradients[3]

        x = lib.ones(2, requires_grad=True)
        y, *others = function(lib, forward, backward).apply(x)
        assert y.requires_grad
        assert not any(o.requires_grad for o in others)
        y.sum().backward()
        assert x.grad.tolist() == [2, 2]


# Memory that is shared or changed in place.


@on_devices
@pytest.mark.parametrize("view", [True, False])
def test_an_input_changed_in_place_is_marked_and_returned(device, view):
    def forward(ctx, x, y):
        x.mul_(y)
        ctx.mark_dirty(x)
        ctx.save_for_backward(x, y)
        return x

    def backward(ctx, g):
        product, y = ctx.saved_tensors
        return g * y, g * product / y

    ours, theirs = both(forward, backward)
    (x, tx), (y, ty) = leaf(device), leaf(device)
    for lib, own, a, b in ((mg, ours, x, y), (torch, theirs, tx, ty)):
        z = a * 1
        if view:
            part = z[1:]
            assert own.apply(part, b[1:]) is part
        else:
            assert own.apply(z, b) is z
        first = lib.autograd.grad((z * z).sum(), [a, b], create_graph=True)
        sum((g * g).sum() for g in first).backward()
    same([x.grad, y.grad], [tx.grad, ty.grad], 1e-12)


def test_an_input_returned_as_it_is_becomes_another_tensor():
    for lib in (mg, torch):
        own = function(lib, lambda ctx, x: x, lambda ctx, g: g * 3)
        x = lib.ones(2, requires_grad=True)
        y = own.apply(x)
        y.sum().backward()
        assert y is not x
        assert x.grad.tolist() == [3, 3]
        with lib.no_grad():
            assert not own.apply(x).requires_grad
        assert x.is_leaf and x.requires_grad


def test_an_input_without_gradient_that_is_returned_stays_without():
    for lib in (mg, torch):
        own = function(lib, lambda ctx, x, y: y, lambda ctx, g: (g * 3, None))
        x, y = lib.ones(2, requires_grad=True), lib.ones(2)
        own.apply(x, y).sum().backward()
        assert not y.requires_grad
        assert x.grad.tolist() == [3, 3]


def test_a_tensor_of_someone_elses_may_be_returned():
    x, w = (mg.ones(2, requires_grad=True) for _ in range(2))
    y = function(mg, lambda ctx, x: w, lambda ctx, g: g * 3).apply(x)
    y.sum().backward()
    assert w.is_leaf and w.grad is None
    assert x.grad.tolist() == [3, 3]


@on_devices
def test_saved_tensors_that_were_changed_in_place_are_noticed(device):
    def change_input(own, x):
        z = x * 1
        y = own.apply(z, 1)
        z.add_(1)
        y.sum().backward()

    def change_output(own, x):
        y = own.apply(x)
        y.add_(1)
        y.sum().backward()

    def change_another(own, x):
        y = own.apply(x * 1, 1)
        y.add_(1)
        y.sum().backward()
        return x.grad

    for change, methods in (
        (change_input, (cube_forward, cube_backward)),
        (change_output, (exp_forward, exp_backward)),
        (change_another, (cube_forward, cube_backward)),
    ):
        (x, tx), (ours, theirs) = leaf(device), both(*methods)
        same_outcome(outcome(change, ours, x), outcome(change, theirs, tx), 1e-12)
    x, _ = leaf(device)
    with pytest.raises(
        RuntimeError, match=r"OwnBackward kept a tensor of shape \(3,\)"
    ):
        change_input(function(mg, cube_forward, cube_backward), x)


def test_a_saved_output_that_a_recorded_walk_used_is_still_watched():
    for lib in (mg, torch):
        x = lib.ones(2, requires_grad=True)
        y = function(lib, exp_forward, exp_backward).apply(x)
        start = lib.ones(2, requires_grad=True)
        (first,) = lib.autograd.grad(y, x, start, create_graph=True)
        lib.autograd.grad(first.sum(), start, retain_graph=True)
        y.add_(1)
        with pytest.raises(RuntimeError):
            lib.autograd.grad(first.sum(), start)


def test_what_backward_returns_stays_its_own():
    kept = mg.ones(2)
    own = function(mg, lambda ctx, x: x * 1, lambda ctx, g: kept)
    x = mg.ones(2, requires_grad=True)
    for _ in range(2):
        own.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 2]
    assert kept.tolist() == [1, 1]


# Life and death.


def test_a_second_backward_is_refused_if_something_was_saved():
    for lib in (mg, torch):
        x = lib.ones(2, requires_grad=True)
        y = function(lib, cube_forward, cube_backward).apply(x, 1).sum()
        y.backward(retain_graph=True)
        y.backward()
        with pytest.raises(RuntimeError):
            y.backward()
        y = function(lib, lambda ctx, x: x * 2, lambda ctx, g: g * 2).apply(x).sum()
        y.backward()
        y.backward()


def test_calls_die_without_the_collector_and_saved_tensors_with_the_walk():
    gc.collect()
    gc.disable()
    try:
        x = mg.ones(2, requires_grad=True)
        cube = function(mg, cube_forward, cube_backward)
        two = function(mg, two_forward, two_backward)
        exp = function(mg, exp_forward, exp_backward)
        z = x * 1
        kept = weakref.ref(z.array)
        y = cube.apply(z, 2)
        middle = weakref.ref(y)
        a, b, *_ = two.apply(y, exp.apply(y))
        dead = [weakref.ref(t) for t in (a, b)]
        total = (a * b).sum()
        del z, y, a, b
        (g,) = mg.autograd.grad(total, x, create_graph=True)
        g.sum().backward(retain_graph=True)
        del g
        assert gc.collect() == 0
        assert kept() is not None
        total.backward()
        assert kept() is None
        del total
        assert [ref() for ref in (middle, *dead)] == [None] * 3
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_calls_that_nobody_walked_die_too():
    exp = function(mg, exp_forward, exp_backward)
    cube = function(mg, cube_forward, cube_backward)
    gc.collect()
    gc.disable()
    try:
        x = mg.ones(2, requires_grad=True)
        z = x * 1
        y = exp.apply(z)
        z.add_(cube.apply(z, 2))
        dead = [weakref.ref(t) for t in (y, z)]
        del y, z
        assert [ref() for ref in dead] == [None] * 2
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_what_was_not_saved_is_not_kept():
    x = mg.ones(2, requires_grad=True)
    z = x * 1
    gone = weakref.ref(z)
    y = function(mg, lambda ctx, x: x * 2, lambda ctx, g: g * 2).apply(z)
    del z
    assert gone() is None
    y.sum().backward()
    assert x.grad.tolist() == [2, 2]
