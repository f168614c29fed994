"""Each optimizer's formula: forty steps in float64 are torch's to 1e-12."""

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
    "Adam, maximize": ("Adam", {"lr": 1e-3, "maximize": True, "weight_decay": 0.2}),
    "Adam, decoupled": (
        "Adam",
        {"lr": 0.05, "decoupled_weight_decay": True, "weight_decay": 0.3},
    ),
    "AdamW": ("AdamW", {"lr": 0.05}),
    "AdamW, all": (
        "AdamW",
        {
            "lr": 0.02,
            "betas": (0.7, 0.8),
            "eps": 1e-3,
            "weight_decay": 0.3,
            "amsgrad": True,
        },
    ),
    "AdamW, maximize": ("AdamW", {"lr": 1e-3, "maximize": True}),
    "Adagrad": ("Adagrad", {"lr": 0.1}),
    "Adagrad, defaults": ("Adagrad", {}),
    "Adagrad, lr_decay": ("Adagrad", {"lr": 0.1, "lr_decay": 0.3}),
    "Adagrad, decay": ("Adagrad", {"lr": 0.1, "weight_decay": 0.2, "eps": 0.1}),
    "Adagrad, start": (
        "Adagrad",
        {"lr": 0.1, "initial_accumulator_value": 0.7, "maximize": True},
    ),
    "RMSprop": ("RMSprop", {"lr": 0.02}),
    "RMSprop, defaults": ("RMSprop", {}),
    "RMSprop, alpha": ("RMSprop", {"lr": 0.02, "alpha": 0.5, "eps": 0.1}),
    "RMSprop, momentum": ("RMSprop", {"lr": 0.01, "momentum": 0.9}),
    "RMSprop, centered": ("RMSprop", {"lr": 0.01, "centered": True, "eps": 0.01}),
    "RMSprop, all": (
        "RMSprop",
        {
            "lr": 0.01,
            "alpha": 0.7,
            "eps": 0.01,
            "weight_decay": 0.1,
            "momentum": 0.5,
            "centered": True,
        },
    ),
    "RMSprop, maximize": ("RMSprop", {"lr": 1e-3, "maximize": True}),
}
BEGIN = np.random.default_rng(0).standard_normal((2, 5))
SCALE = np.array([0.1, 0.3, 1.0, 2.0, 4.0])


KINDS = ["SGD", "Adagrad", "RMSprop", "Adam", "AdamW"]


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
            a.detach().cpu().numpy(), b.detach().numpy(), rtol=1e-12, atol=1e-12
        )


@pytest.mark.parametrize("device", ["cpu", "torch"])
@pytest.mark.parametrize("name", RUNS)
def test_steps_equal_torchs(name, device):
    kind, settings = RUNS[name]
    ours, theirs = begin(minigrad, device), begin(torch)
    mine = getattr(minigrad.optim, kind)(ours, **settings)
    right = getattr(torch.optim, kind)(theirs, **settings)
    walk(minigrad, mine, ours, 40)
    walk(torch, right, theirs, 40)
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


@pytest.mark.parametrize("device", ["cpu", "torch"])
@pytest.mark.parametrize("name", RUNS)
def test_state_continues_in_torch_and_back(name, device):
    kind, settings = RUNS[name]
    ours, theirs, again = begin(minigrad, device), begin(torch), begin(minigrad, device)
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
def test_state_has_torchs_names_shapes_and_counts(name):
    kind, settings = RUNS[name]
    shapes = []
    for L in (minigrad, torch):
        params = begin(L)
        optimizer = getattr(L.optim, kind)(params, **settings)
        walk(L, optimizer, params, 3)
        state = optimizer.state_dict()["state"]
        shapes.append(
            {
                n: {
                    k: float(v) if k == "step" else np.shape(v) for k, v in kept.items()
                }
                for n, kept in state.items()
            }
        )
    for kept in shapes[1].values():
        if kept.get("momentum_buffer", 0) == ():  # torch notes None where there is none
            del kept["momentum_buffer"]
    shapes[1].pop(2, None)  # torch's Adagrad has state without a gradient too
    assert shapes[0] == {n: kept for n, kept in shapes[1].items() if kept}


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


@pytest.mark.parametrize("device", ["cpu", "torch"])
@pytest.mark.parametrize("kind", KINDS)
def test_groups_and_missing_gradients_are_as_torchs(kind, device):
    def run(L, place):
        a, b, c = begin(L, place)
        groups = [{"params": [a], "lr": 0.05}, {"params": [b], "weight_decay": 0.1}]
        optimizer = getattr(L.optim, kind)(groups, lr=0.01)
        walk(L, optimizer, [a, b, c], 3)
        b.requires_grad_(False)
        walk(L, optimizer, [a, b, c], 3)  # b.grad is None
        optimizer.add_param_group({"params": [c], "lr": 0.2})
        b.requires_grad_()
        for _ in range(3):
            optimizer.zero_grad()
            (loss_of(L, [a, b, c]) + (c * c * c).sum()).backward()
            optimizer.step()
        a.data = a.data * 2  # the memory is another
        walk(L, optimizer, [a, b, c], 3)
        return a, b, c

    assert_equal(run(minigrad, device), run(torch, None))


@pytest.mark.parametrize("device", ["cpu", "torch"])
@pytest.mark.parametrize("kind", KINDS)
def test_parameter_that_is_one_number_is_stepped_and_saved_as_by_torch(kind, device):
    def run(L, place):
        def start():
            x = L.tensor(2.0, device=place, dtype=L.float64, requires_grad=True)
            settings = {"momentum": 0.9} if kind == "SGD" else {}
            return x, getattr(L.optim, kind)([x], lr=0.1, **settings)

        def steps(x, optimizer):
            for _ in range(5):
                optimizer.zero_grad()
                (x * x).backward()
                optimizer.step()

        x, optimizer = start()
        steps(x, optimizer)
        y, other = start()
        y.data = x.data * 1
        other.load_state_dict(optimizer.state_dict())
        steps(y, other)
        return [x, y]

    assert_equal(run(minigrad, device), run(torch, None))


@pytest.mark.parametrize("kind", ["Adam", "AdamW"])
@pytest.mark.parametrize("turned", ["nothing", "parameter", "gradient"])
@pytest.mark.parametrize("amsgrad", [False, True])
def test_kernel_is_the_formula_however_memory_lies(kind, turned, amsgrad, monkeypatch):
    begins, slopes = np.random.default_rng(1).standard_normal((2, 3, 4))

    def run():
        x, g = (minigrad.tensor(a, device="torch") for a in (begins, slopes))
        across = [minigrad.tensor(a.T, device="torch").T for a in (begins, slopes)]
        x = (across[0] if turned == "parameter" else x).detach().requires_grad_()
        g = across[1] if turned == "gradient" else g
        assert x.array.is_contiguous() == (turned != "parameter")
        optimizer = getattr(minigrad.optim, kind)(
            [x], 0.1, weight_decay=0.2, amsgrad=amsgrad
        )
        for scale in (1.0, -2.0, 0.5, 0.1):
            x.grad = g * scale
            optimizer.step()
        state = optimizer.state[x]
        return [x, *(state[name] for name in sorted(state))]

    with_kernel = run()
    monkeypatch.setattr("minigrad.arrays.torch.UPDATES", {})
    formula = run()
    assert len(formula) == 4 + amsgrad
    assert_equal(with_kernel, [torch.tensor(t.detach().numpy()) for t in formula])


@pytest.mark.parametrize("kind", KINDS)
def test_steps_follow_a_model_that_moved(kind):
    x = minigrad.nn.Parameter(minigrad.tensor([1.0, -2.0], dtype=minigrad.float64))
    model = minigrad.nn.Module()
    model.x = x
    optimizer = getattr(minigrad.optim, kind)(model.parameters(), lr=0.1)
    model.to("torch")
    for _ in range(3):
        optimizer.zero_grad()
        (x * x).sum().backward()
        optimizer.step()
    y = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    right = getattr(torch.optim, kind)([y], lr=0.1)
    for _ in range(3):
        right.zero_grad()
        (y * y).sum().backward()
        right.step()
    assert str(x.device) == "torch"
    assert_equal([x], [y])


def test_decay_of_adamw_stays_decoupled_whoever_saved():
    for L in (minigrad, torch):
        x = L.ones(2).requires_grad_()
        other = L.optim.AdamW([x])
        other.load_state_dict(L.optim.Adam([x]).state_dict())
        assert other.param_groups[0]["decoupled_weight_decay"]
        assert other.param_groups[0]["weight_decay"] == 0
