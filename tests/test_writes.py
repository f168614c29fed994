"""Writes in place: the gradient torch gives, or its refusal; views follow."""

import numpy as np
import pytest
import torch
from judge import leaf, on_devices, outcome, pair, same, same_outcome

import minigrad as mg

rng = np.random.default_rng(1)


def exp_then_write(x):
    y = x.exp()
    y.add_(1)
    return y


def factor_written(x):
    y = x * 1
    z = y * y
    y.add_(1)
    return z


def written_through_view(x):
    y = x * 1
    z = y * y
    y[0] = 5.0
    return z


def written_through_detach(x):
    y = x * 1
    z = y.exp()
    z.detach().zero_()
    return z


def written_without_recording(x):
    y = x * 1
    z = y * y
    with (mg if isinstance(x, mg.Tensor) else torch).no_grad():
        y.zero_()
    return z


def unkept_written(x):
    y = x + 1
    z = y + 1
    y.mul_(3)
    return z + y


def data_written(x):
    y = x * 1
    z = y * y
    y.data.mul_(2)  # torch's way round the check
    return z


def view_then_base(x):
    y = x * 1
    v = y[1:]
    y.mul_(2)
    return v.exp()


def view_written(x):
    y = x * 1
    y[1:].mul_(x[:2])
    return y * 1


def view_of_view_written(x):
    y = x * 2
    y.reshape(1, -1)[0, 1:][0].add_(x[0])
    y.mul_(x)
    return y


def two_views(x):
    y = x * 1
    a, b = y[:2], y[1:]
    a.mul_(3)
    b.add_(x[0])
    return a * 2 + b


def transposed_written(x):
    y = (x * x.unsqueeze(1)) * 1
    y.mT[0].copy_(x * 5)
    y.permute(1, 0)[1:, 0].mul_(2)
    return y * y


def own_factor(x):
    y = x * 1
    y *= y
    return y


def kept_factor_of_itself(x):
    y = x * 1
    y *= x
    return y


def leaf_buffer(x):
    buffer = x.detach() * 0
    buffer[1:] = x[1:] * 2
    buffer[0] += x[2]
    return buffer


def view_after_a_read_without_recording(x):
    y = x * 1
    v = y[:2]
    with (mg if isinstance(x, mg.Tensor) else torch).no_grad():
        y.mul_(2)
        v + 1
    return v * 3


def expanded_written(x):
    y = (x * 1)[0].expand(3)
    y.add_(1)
    return y


def mask_written(x):
    y = x * 2
    y[x > 2] = 0.5
    return y * x


def filled(x):
    y = x * 2
    y.zero_()
    return y + 0


def everything_replaced(x):
    y = x * 1
    y[:] = x.exp()
    return y


WRITES = [
    exp_then_write,
    factor_written,
    written_through_view,
    written_through_detach,
    written_without_recording,
    unkept_written,
    data_written,
    view_then_base,
    view_written,
    view_of_view_written,
    two_views,
    transposed_written,
    own_factor,
    kept_factor_of_itself,
    leaf_buffer,
    view_after_a_read_without_recording,
    expanded_written,
    mask_written,
    filled,
    everything_replaced,
]


@on_devices
@pytest.mark.parametrize("program", WRITES, ids=lambda f: f.__name__)
def test_a_write_gives_torchs_gradient_or_its_refusal(program, device):
    x, tx = leaf(device)
    ours, theirs = outcome(program, x), outcome(program, tx)
    if not isinstance(theirs, type):
        same(ours, theirs, 1e-12)
        g, tg = pair(rng.standard_normal(ours.shape), device)
        ours, theirs = outcome(ours.backward, g), outcome(theirs.backward, tg)
    same_outcome(ours, theirs)
    if theirs is None:
        same(x.grad, tx.grad, 1e-12)


def test_the_refusal_names_the_op_and_the_shape():
    x, _ = leaf()
    with pytest.raises(RuntimeError, match=r"Exp kept its output of shape \(3,\)"):
        exp_then_write(x).sum().backward()
    with pytest.raises(
        RuntimeError, match=r"Mul kept an input of shape \(3,\) .*clone"
    ):
        factor_written(x).sum().backward()


def refused_leaf(lib, x):
    x.add_(1)


def refused_view_of_leaf(lib, x):
    x[0] = 1


def allowed_leaf(lib, x):
    with lib.no_grad():
        x.add_(1)
        x[0] = 3


def unrecorded_view(lib, x):
    y = x * 1
    with lib.no_grad():
        v = y[0]
    v.add_(1)


def unrecorded_view_given_history(lib, x):
    y = x.detach() * 1
    with lib.no_grad():
        v = y[:2]
    v.add_(x[:2])


def allowed_unrecorded_view(lib, x):
    y = x.detach() * 1
    with lib.no_grad():
        v = y[0]
    v.add_(1)


@pytest.mark.parametrize(
    "program",
    [
        refused_leaf,
        refused_view_of_leaf,
        allowed_leaf,
        unrecorded_view,
        unrecorded_view_given_history,
        allowed_unrecorded_view,
    ],
    ids=lambda f: f.__name__,
)
def test_leaves_and_unrecorded_views_are_guarded_as_torch_guards_them(program):
    x, tx = leaf()
    same_outcome(outcome(program, mg, x), outcome(program, torch, tx))
    same(x, tx)


def test_a_view_knows_of_its_new_history_whatever_asks_first():
    x, _ = leaf()
    for ask in (
        lambda v: v.requires_grad,
        lambda v: not v.is_leaf,
        lambda v: v.grad_fn is not None,
        lambda v: v.sum().backward() is None,
        lambda v: mg.autograd.grad(v.sum(), x)[0].tolist() == [1, 1, 0],
    ):
        base = mg.zeros(3, dtype=mg.float64)
        v = base[:2]
        assert not v.requires_grad
        base.add_(x)
        assert ask(v)


def test_an_unrecorded_view_never_gets_a_history():
    x, _ = leaf()  # torch says requires_grad=True here, with a grad_fn named Invalid
    with mg.no_grad():
        row = x[:1]
        x *= 2
    assert row.item() == x[0].item()
    assert not row.requires_grad
    assert not (row * 2).requires_grad
