"""autograd.backward and grad beside torch's, and hooks that wait for a .grad."""

import pytest
import torch
from judge import leaf, on_devices, outcome, pair, same_outcome

import minigrad as mg


def program(lib, x, y):
    return x * y, (x + y).exp(), (x * x).sum()


BACKWARDS = {
    "several": lambda b, ts, g, x: b(ts, (g, g * 2, None)),
    "one": lambda b, ts, g, x: b(ts[0], g),
    "one in a list": lambda b, ts, g, x: b([ts[0]], [g]),
    "one number": lambda b, ts, g, x: b(ts[2]),
    "one twice": lambda b, ts, g, x: b([ts[0], ts[0]], [g, g]),
    "twice": lambda b, ts, g, x: (b(ts[0], g, True), b(ts[:2], (g, g))),
    "for one input": lambda b, ts, g, x: b(ts[:2], (g, g), inputs=x),
    "for inputs": lambda b, ts, g, x: b(ts[:2], (g, g), inputs=[x, x]),
    "recorded": lambda b, ts, g, x: b(ts[:2], (g, g), create_graph=True),
    "no gradient": lambda b, ts, g, x: b(ts[0]),
    "too few": lambda b, ts, g, x: b(ts[:2], (g,)),
    "wrong shape": lambda b, ts, g, x: b(ts[2], g),
    "no inputs": lambda b, ts, g, x: b(ts[2], inputs=[]),
    "an input apart": lambda b, ts, g, x: b(ts[2], inputs=[x.detach()]),
    "no history": lambda b, ts, g, x: b(ts[2].detach()),
}


@on_devices
@pytest.mark.filterwarnings("ignore:Using backward.. with create_graph")
@pytest.mark.parametrize("name", BACKWARDS)
def test_backward_leaves_torchs_gradients(name, device):
    (x, tx), (y, ty), (g, tg) = (leaf(device) for _ in range(3))
    results = []
    for lib, a, b, start in ((mg, x, y, g), (torch, tx, ty, tg)):
        backward = BACKWARDS[name]
        tensors = program(lib, a, b)
        found = outcome(backward, lib.autograd.backward, tensors, start.detach(), a)
        results.append(found if isinstance(found, type) else (a.grad, b.grad))
    same_outcome(*results, 1e-12)


GRADS = {
    "unused": lambda grad, x, y: grad(x.sum(), [x, y]),
    "unused and allowed": lambda grad, x, y: grad(x.sum(), [x, y], allow_unused=True),
    "unused and zeros": lambda grad, x, y: grad(
        x.sum(), [x, y], materialize_grads=True
    ),
    "unused, refused and zeros": lambda grad, x, y: grad(
        x.sum(), [x, y], allow_unused=False, materialize_grads=True
    ),
    "no inputs": lambda grad, x, y: grad(x.sum(), []),
    "none among the gradients": lambda grad, x, y: grad(
        [x * y, x.sum()], [x], [y.detach(), None]
    ),
    "too few gradients": lambda grad, x, y: grad([x, y], x, (y.detach(),)),
}


@on_devices
@pytest.mark.parametrize("name", GRADS)
def test_grad_takes_torchs_arguments(name, device):
    (x, tx), (y, ty) = leaf(device), leaf(device)
    ours = outcome(GRADS[name], mg.autograd.grad, x, y)
    theirs = outcome(GRADS[name], torch.autograd.grad, tx, ty)
    same_outcome(ours, theirs, 1e-12)


def test_batches_of_gradients_are_refused():
    x = mg.ones(2, requires_grad=True)
    with pytest.raises(NotImplementedError, match="there is no vmap"):
        mg.autograd.grad(x * 2, x, mg.ones(3, 2), is_grads_batched=True)


def test_words():
    x = mg.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="1 tensors and 2 gradients to begin with"):
        mg.autograd.backward(x * 2, (x, x))
    with pytest.raises(RuntimeError, match=r"backward\(\) with no inputs"):
        x.sum().backward(inputs=[])
    with pytest.raises(RuntimeError, match=r"input 0 of backward\(\) does not require"):
        x.sum().backward(inputs=[x.detach()])
    with pytest.raises(ValueError, match="zeros can only be given for an unused input"):
        GRADS["unused, refused and zeros"](mg.autograd.grad, x, x)


# Hooks that wait for a .grad.


@on_devices
@pytest.mark.filterwarnings("ignore:Using backward.. with create_graph")
def test_a_hook_may_wait_until_grad_is_complete(device):
    def program(lib, x):
        seen = []

        def note(leaf):
            assert leaf is x
            seen.append((leaf.grad.tolist(), lib.is_grad_enabled()))

        handle = x.register_post_accumulate_grad_hook(note)
        x.register_hook(lambda g: seen.append("before") or g * 2)
        (x * x + x).sum().backward()
        (x * x).sum().backward()
        (x * 3).sum().backward(create_graph=True)
        lib.autograd.grad((x * x).sum(), x)
        handle.remove()
        (x * x).sum().backward()
        return seen

    numbers = [1.0, 2.0]
    x, tx = pair(numbers, device, True)
    found = program(mg, x)
    assert found == program(torch, tx)
    assert found.count("before") == 5


def test_a_hook_that_waits_may_use_the_gradient_up():
    for lib in (mg, torch):
        x = lib.ones(2, requires_grad=True)

        def step(leaf, lib=lib):
            with lib.no_grad():
                leaf -= 0.5 * leaf.grad
            leaf.grad = None

        x.register_post_accumulate_grad_hook(step)
        for _ in range(2):
            (x * x).sum().backward()
        assert x.tolist() == [0, 0]
        assert x.grad is None


def test_only_leaves_that_require_grad_can_wait():
    for lib in (mg, torch):
        x = lib.ones(2, requires_grad=True)
        for t in (x * 2, x.detach()):
            with pytest.raises(RuntimeError):
                t.register_post_accumulate_grad_hook(print)


def test_handles_take_their_hook_off_at_the_end_of_a_block():
    for lib in (mg, torch):
        x, seen = lib.ones(2, requires_grad=True), []
        with x.register_hook(seen.append):
            x.sum().backward()
        x.sum().backward()
        assert len(seen) == 1


def test_whole_numbers_have_no_history():
    for lib in (mg, torch):
        x = lib.ones(2, requires_grad=True)
        assert not x.long().requires_grad
        assert not x.to(lib.bool).requires_grad
        assert x.double().requires_grad
