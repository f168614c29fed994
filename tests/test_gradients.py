"""The gradients a walk leaves: whose memory they are, which hooks they pass through."""

import numpy as np
import pytest
from judge import leaf, on_devices, pair, same

import minigrad as mg

rng = np.random.default_rng(1)


# Whose memory .grad is.


def shares(a, b):
    a, b = (t.detach().cpu().numpy() for t in (a, b))
    return np.may_share_memory(a, b)


@on_devices
def test_no_two_gradients_share_memory(device):
    x, _ = leaf(device, (2, 2))
    y, _ = leaf(device, (2, 2))
    g = pair(rng.standard_normal((2, 2)), device)[0]
    before = g.tolist()
    (x + y).backward(g)
    assert (
        not shares(x.grad, y.grad) and not shares(x.grad, g) and not shares(y.grad, g)
    )
    x.grad = y.grad = None
    (x.reshape(4) + y.reshape(4)).reshape(2, 2).backward(g)
    assert not shares(x.grad, y.grad) and not shares(x.grad, g)
    x.grad = None
    x.sum().backward()  # the rule of sum hands on one number, expanded
    x.grad[0, 0] += 1
    assert x.grad.tolist() == [[2, 1], [1, 1]]
    x.backward(g)
    x.backward(g)
    assert g.tolist() == before


@on_devices
def test_the_second_gradient_is_added_in_place(device):
    x, _ = leaf(device)
    (x * 2).sum().backward()
    held = x.grad
    (x * 3).sum().backward()
    assert x.grad is held
    assert held.tolist() == [5, 5, 5]
    held.zero_()
    (x * 4).sum().backward()
    assert held.tolist() == [4, 4, 4]
    x.grad = None
    (x * 1).sum().backward()
    assert held.tolist() == [4, 4, 4]


@on_devices
def test_a_gradient_seen_by_a_hook_stays_what_it_was(device):
    x, _ = leaf(device)
    y = x + 1
    seen = []
    x.register_hook(seen.append)
    y.register_hook(seen.append)
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    assert [g.tolist() for g in seen] == [[1, 1, 1]] * 4
    mine = mg.ones(3, dtype=mg.float64, device=device)
    z, _ = leaf(device)
    z.register_hook(lambda g: mine)
    (z * 2).sum().backward()
    (z * 2).sum().backward()
    assert mine.tolist() == [1, 1, 1] and z.grad.tolist() == [2, 2, 2]


# Hooks.


@on_devices
def test_hooks_run_in_order_replace_and_can_be_removed(device):
    def program(x):
        order = []
        y = x * 3
        x.register_hook(lambda g: order.append("x"))
        y.register_hook(lambda g: order.append("first"))
        second = y.register_hook(lambda g: order.append("second") or g * 10)
        y.register_hook(lambda g: order.append(g.tolist()))
        y.sum().backward(retain_graph=True)
        second.remove()
        second.remove()
        y.sum().backward()
        return order

    x, tx = leaf(device)
    assert program(x) == program(tx)
    same(x.grad, tx.grad)


@on_devices
def test_retain_grad_sees_what_hooks_made_of_it(device):
    def program(x):
        y = x * 3
        y.retain_grad()
        y.register_hook(lambda g: g * 2)
        (y * y).sum().backward()
        return y.grad

    x, tx = leaf(device)
    same(program(x), program(tx), 1e-12)
    same(x.grad, tx.grad, 1e-12)
    x.retain_grad()  # of a leaf: nothing to do
    unretained = x * 2
    unretained.sum().backward()
    assert unretained.grad is None


def test_hooks_need_a_gradient_to_see():
    plain = mg.zeros(2)
    for method in (lambda: plain.register_hook(print), plain.retain_grad):
        with pytest.raises(RuntimeError, match="does not require grad"):
            method()
