"""What autograd.Function refuses, beside torch, and the names it goes by."""

import numpy as np
import pytest
import torch
from judge import leaf, on_devices, outcome, same, same_outcome
from own_functions import (
    both,
    cube_forward,
    function,
    two_backward,
    two_forward,
)

import minigrad as mg
from minigrad.autograd.function import once_differentiable

rng = np.random.default_rng(5)


RETURNS = {
    "too few": (lambda g: (g,), "OwnBackward returned 1 of the 2 gradients"),
    "too many": (lambda g: (g, None, g), "OwnBackward returned 3 of the 2 gradients"),
    "a list": (lambda g: [g, None], "OwnBackward returned 1 of the 2 gradients"),
    "extra none": (lambda g: (g, None, None), None),
    "for a number": (lambda g: (g, g), "returned a gradient for argument 1"),
    "wrong shape": (
        lambda g: (g[:2], None),
        r"gradient 0 with shape \(2,\) on .* for an argument of shape \(3,\)",
    ),
    "too few dimensions": (
        lambda g: (g.sum(0), None),
        r"gradient 0 with shape \(\) on .* for an argument of shape \(3,\)",
    ),
    "no tensor": (lambda g: (3, None), "OwnBackward returned gradient 0 of type int"),
}


@on_devices
@pytest.mark.parametrize("name", RETURNS)
def test_gradients_that_do_not_fit_are_refused_where_torch_refuses(name, device):
    returned, words = RETURNS[name]
    ours, theirs = both(lambda ctx, x, n: x * n, lambda ctx, g: returned(g))
    (x, tx), results = leaf(device), []
    for own, a in ((ours, x), (theirs, tx)):
        y = own.apply(a, 2).sum()
        results.append(outcome(y.backward))
    same_outcome(*results)
    if words:
        with pytest.raises(RuntimeError, match=words):
            ours.apply(x, 2).sum().backward()


def test_a_gradient_on_another_device_is_refused():
    own = function(mg, lambda ctx, x: x * 2, lambda ctx, g: g.to("torch"))
    with pytest.raises(RuntimeError, match=r"gradient 0 .* on torch for an .* on cpu"):
        own.apply(mg.ones(2, requires_grad=True)).sum().backward()


def not_returned(ctx, x):
    ctx.mark_dirty(x)
    return x * 2


def dirty_leaf(ctx, x):
    ctx.mark_dirty(x)
    return x.add_(1)


def saving_a_number(ctx, x):
    ctx.save_for_backward(x, 3)
    return x * 2


def failing(ctx, x):
    raise KeyError("forward")


MISUSES = {
    "dirty and not returned": (not_returned, "marked dirty and is no output"),
    "dirty leaf": (dirty_leaf, "a leaf that requires grad cannot be changed in place"),
    "saving a number": (saving_a_number, "save_for_backward.* argument 1 of type int"),
    "a failing forward": (failing, "forward"),
}


@pytest.mark.parametrize("name", MISUSES)
def test_misuse_of_ctx_is_refused_where_torch_refuses(name):
    forward, words = MISUSES[name]
    ours, theirs = both(forward, lambda ctx, g: g)
    results = [
        outcome(own.apply, lib.ones(2, requires_grad=True))
        for own, lib in ((ours, mg), (theirs, torch))
    ]
    same_outcome(*results)
    with pytest.raises(Exception, match=words):
        ours.apply(mg.ones(2, requires_grad=True))
    assert mg.is_grad_enabled()


def test_forward_and_backward_must_be_written():
    for lib in (mg, torch):
        x = lib.ones(2, requires_grad=True)
        with pytest.raises(NotImplementedError):
            type("Own", (lib.autograd.Function,), {}).apply(x)
        half = {"forward": staticmethod(lambda ctx, x: x * 2)}
        y = type("Own", (lib.autograd.Function,), half).apply(x)
        with pytest.raises(NotImplementedError):
            y.sum().backward()


def test_an_output_that_is_a_view_of_an_input_is_not_changed_in_place():
    for lib in (mg, torch):
        for forward in (lambda ctx, x: x, lambda ctx, x: x[:1]):
            own = function(lib, forward, lambda ctx, g: g)
            y = own.apply(lib.ones(1, requires_grad=True))
            with pytest.raises(RuntimeError):
                y.add_(1)


def test_once_differentiable_gives_a_gradient_and_no_more():
    for lib, once in ((mg, once_differentiable), (torch, None)):
        once = once or torch.autograd.function.once_differentiable

        @once
        def backward(ctx, g, lib=lib):
            assert not lib.is_grad_enabled()
            (x,) = ctx.saved_tensors
            return 3 * x * x * ctx.factor * g, None

        own = function(lib, cube_forward, backward)
        x = lib.ones(2, requires_grad=True)
        own.apply(x, 2).sum().backward()
        assert x.grad.tolist() == [6, 6]
        g = lib.ones(2, requires_grad=True)
        (first,) = lib.autograd.grad(own.apply(x, 2), x, g, create_graph=True)
        assert first.tolist() == [6, 6]
        with pytest.raises(RuntimeError, match=r"@?once_differentiable"):
            first.sum().backward()
        (first,) = lib.autograd.grad(own.apply(x, 2).sum(), x, create_graph=True)
        assert not first.requires_grad


@on_devices
def test_names_are_torchs_and_hooks_see_the_outputs(device):
    (x, tx), (ours, theirs) = leaf(device), both(two_forward, two_backward)
    seen = []
    for own, a in ((ours, x), (theirs, tx)):
        y, z, *_ = own.apply(a, a)
        for t in (y, z):
            t.register_hook(lambda g: g * 2)
        z.retain_grad()
        assert y.grad_fn.name() == z.grad_fn.name() == "OwnBackward"
        assert "grad_fn=<OwnBackward>" in repr(y)
        (y * 3 + z).sum().backward()
        seen.append(z.grad)
    same([x.grad, seen[0]], [tx.grad, seen[1]], 1e-12)
