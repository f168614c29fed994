"""Each optimizer's formula: twenty steps in float64 are torch's to 1e-10."""

import numpy as np
import pytest
import torch

import minigrad

# name: (class, settings)
RUNS = {
    "SGD": ("SGD", {"lr": 0.1}),
    "momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}),
    "dampening": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    "nesterov": ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
    "SGD, decay": ("SGD", {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1}),
    "SGD, maximize": ("SGD", {"lr": 1e-3, "maximize": True, "weight_decay": 0.1}),
    "Adam": ("Adam", {"lr": 0.05}),
    "Adam, defaults": ("Adam", {}),
    "Adam, betas": ("Adam", {"lr": 0.05, "betas": (0.5, 0.7)}),
    "Adam, eps": ("Adam", {"lr": 0.05, "eps": 0.1}),
    "Adam, decay": ("Adam", {"lr": 0.05, "weight_decay": 0.2}),
    "Adam, amsgrad": ("Adam", {"lr": 0.05, "betas": (0.5, 0.6), "amsgrad": True}),
    "Adam, maximize": ("Adam", {"lr": 0.05, "maximize": True, "weight_decay": 0.2}),
}
BEGIN = np.random.default_rng(0).standard_normal((2, 5))
SCALE = np.array([0.1, 0.3, 1.0, 2.0, 4.0])


def begin(L, device="cpu"):
    """Two leaves of library L, a row of BEGIN each, and a third that is not used."""
    arrays = [*BEGIN, BEGIN[0]]
    return [L.tensor(a, device=device, requires_grad=True) for a in arrays]


def loss_of(L, params):
    """Curved, of a different slope in every direction and at every step."""
    scale = L.tensor(SCALE, device=params[0].device)
    a, b, _ = params
    return (
        (scale * (a - 1) * (a - 1)).sum() + (a * b).tanh().sum() + (b * b * b * b).sum()
    )


def walk(L, optimizer, params, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(L, params).backward()
        optimizer.step()


def assert_equal(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(
            a.detach().cpu().numpy(), b.detach().numpy(), rtol=1e-10, atol=1e-10
        )


@pytest.mark.parametrize("device", ["cpu", "torch"])
@pytest.mark.parametrize("name", RUNS)
def test_steps_equal_torchs(name, device):
    kind, settings = RUNS[name]
    ours, theirs = begin(minigrad, device), begin(torch)
    mine = getattr(minigrad.optim, kind)(ours, **settings)
    right = getattr(torch.optim, kind)(theirs, **settings)
    walk(minigrad, mine, ours, 20)
    walk(torch, right, theirs, 20)
    assert_equal(ours, theirs)
    assert ours[2].tolist() == BEGIN[0].tolist()
    assert (ours[0].detach().cpu().numpy() != BEGIN[0]).all()


def to_torch(state_dict):
    return _converted(state_dict, lambda t: torch.tensor(t.numpy()), minigrad.Tensor)


def to_minigrad(state_dict):
    return _converted(
        state_dict, lambda t: minigrad.tensor(np.array(t.numpy())), torch.Tensor
    )


def _converted(state_dict, convert, kind):
    state = {
        number: {k: convert(v) if isinstance(v, kind) else v for k, v in kept.items()}
        for number, kept in state_dict["state"].items()
    }
    return {"state": state, "param_groups": state_dict["param_groups"]}


@pytest.mark.parametrize("name", RUNS)
def test_state_continues_in_torch_and_back(name):
    kind, settings = RUNS[name]
    ours, theirs, again = begin(minigrad), begin(torch), begin(minigrad)
    first = getattr(minigrad.optim, kind)(ours, **settings)
    walk(minigrad, first, ours, 5)
    with torch.no_grad():
        for p, mine in zip(theirs, ours, strict=True):
            p.copy_(torch.tensor(mine.detach().numpy()))
    second = getattr(torch.optim, kind)(theirs)
    second.load_state_dict(to_torch(first.state_dict()))
    walk(torch, second, theirs, 5)
    third = getattr(minigrad.optim, kind)(again)
    third.load_state_dict(to_minigrad(second.state_dict()))
    for p, right in zip(again, theirs, strict=True):
        p.data.copy_(minigrad.tensor(right.detach().numpy()))
    walk(minigrad, third, again, 5)
    walk(torch, second, theirs, 5)
    walk(minigrad, first, ours, 10)
    assert_equal(again, theirs)
    assert_equal(ours, theirs)


@pytest.mark.parametrize("name", RUNS)
def test_state_has_torchs_names_and_shapes(name):
    kind, settings = RUNS[name]
    shapes = []
    for L in (minigrad, torch):
        params = begin(L)
        optimizer = getattr(L.optim, kind)(params, **settings)
        walk(L, optimizer, params, 1)
        state = optimizer.state_dict()["state"]
        shapes.append(
            {n: {k: np.shape(v) for k, v in kept.items()} for n, kept in state.items()}
        )
    for kept in shapes[1].values():
        if kept.get("momentum_buffer", 0) == ():  # torch notes None where there is none
            del kept["momentum_buffer"]
    assert shapes[0] == {
        n: kept for n, kept in shapes[1].items() if kept or n in shapes[0]
    }


def test_steps_in_float32_stay_in_float32():
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    for optimizer in (minigrad.optim.SGD([x], 0.1, 0.9), minigrad.optim.Adam([x])):
        (x * x).sum().backward()
        optimizer.step()
        kept = [v for v in optimizer.state[x].values() if hasattr(v, "dtype")]
        assert {t.dtype for t in [x, *kept]} == {minigrad.float32}


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_diverging_steps_are_silent_and_end_as_torchs(kind):
    found = []
    for L in (minigrad, torch):
        x = L.tensor([1e30, -1.0], requires_grad=True)
        optimizer = getattr(L.optim, kind)([x], lr=1e30)
        for _ in range(4):
            optimizer.zero_grad()
            (x * x).sum().backward()
            optimizer.step()
        found.append(x.detach().numpy())
    assert not np.isfinite(found[1]).all()
    np.testing.assert_allclose(*found, rtol=1e-5)
