"""What every optimizer has from its base: groups, state, saving, refusals."""

from copy import deepcopy

import numpy as np
import pytest
import torch

import minigrad


def leaf(L, *values):
    return L.tensor(list(values) or [1.0, 2.0], requires_grad=True)


def groups(L):
    return [
        {"params": [leaf(L), leaf(L, 3.0)], "lr": 0.5},
        {"params": leaf(L, 4.0), "momentum": 0.9},
    ]


def settings(optimizer, names):
    return [{n: group[n] for n in names} for group in optimizer.param_groups]


def test_groups_take_their_own_settings_and_the_defaults():
    names = ["lr", "momentum", "weight_decay"]
    ours, theirs = (
        L.optim.SGD(groups(L), lr=0.1, weight_decay=0.2) for L in (minigrad, torch)
    )
    assert settings(ours, names) == settings(theirs, names)
    assert [len(g["params"]) for g in ours.param_groups] == [2, 1]
    ours.add_param_group({"params": leaf(minigrad), "lr": 9.0})
    assert ours.param_groups[2]["lr"] == 9.0
    assert ours.param_groups[2]["weight_decay"] == 0.2


def test_group_steps_with_its_own_settings():
    a, b = leaf(minigrad, 1.0), leaf(minigrad, 1.0)
    optimizer = minigrad.optim.SGD(
        [{"params": [a], "lr": 0.5}, {"params": [b]}], lr=0.1
    )
    (a + b).sum().backward()
    optimizer.param_groups[1]["lr"] = 0.25
    optimizer.step()
    assert [a.item(), b.item()] == [0.5, 0.75]


@pytest.mark.parametrize("kind", ["step", "update"])
def test_own_optimizer_may_be_written(kind):
    class ByStep(minigrad.optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.data.add_(p.grad, alpha=-group["lr"])

    class ByUpdate(minigrad.optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def update(self, p, g, state, *, lr):
            p -= lr * g

    x = leaf(minigrad, 2.0)
    optimizer = {"step": ByStep, "update": ByUpdate}[kind]([x], lr=0.25)
    (x * x).sum().backward()
    optimizer.step()
    assert x.tolist() == [1.0]
    assert x.is_leaf


def test_optimizer_without_formula_is_refused():
    x = leaf(minigrad)
    x.sum().backward()
    with pytest.raises(
        NotImplementedError, match="Optimizer has neither update nor step"
    ):
        minigrad.optim.Optimizer([x], {}).step()


def test_closure_is_called_with_recording_and_its_loss_returned():
    x = leaf(minigrad, 3.0)
    optimizer = minigrad.optim.SGD([x], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    with minigrad.no_grad():
        assert optimizer.step(closure).item() == 9.0
    assert x.tolist() == [0.0]
    assert optimizer.step() is None


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad_forgets_gradients(set_to_none):
    x = leaf(minigrad)
    optimizer = minigrad.optim.SGD([x], lr=0.1)
    x.sum().backward()
    optimizer.zero_grad(set_to_none)
    assert (x.grad is None) if set_to_none else x.grad.tolist() == [0.0, 0.0]


def test_step_is_noticed_by_a_graph_that_kept_the_parameter():
    x = leaf(minigrad)
    kept = (x * x).sum()
    x.grad = minigrad.ones(2)
    minigrad.optim.SGD([x], lr=0.1).step()
    with pytest.raises(RuntimeError, match="changed in place"):
        kept.backward()


def test_step_keeps_the_gradient_and_the_parameters_memory():
    x = leaf(minigrad)
    memory, gradient = x.array, minigrad.tensor([1.0, -1.0])
    x.grad = gradient
    optimizer = minigrad.optim.SGD([x], lr=0.5, momentum=0.9)
    for _ in range(2):
        optimizer.step()
    assert x.array is memory
    assert gradient.tolist() == [1.0, -1.0]


def test_parameter_without_gradient_is_left_alone():
    x, unused = leaf(minigrad), leaf(minigrad)
    optimizer = minigrad.optim.Adam([x, unused])
    x.sum().backward()
    optimizer.step()
    assert unused.tolist() == [1.0, 2.0]
    assert list(optimizer.state) == [x]


def test_state_holds_tensors_that_stay_the_same():
    x = leaf(minigrad)
    optimizer = minigrad.optim.Adam([x])
    x.sum().backward()
    optimizer.step()
    mean = optimizer.state[x]["exp_avg"]
    optimizer.step()
    assert optimizer.state[x]["exp_avg"] is mean
    assert optimizer.state[x]["step"] == 2
    np.testing.assert_allclose(mean.numpy(), [0.19, 0.19], rtol=1e-6)


def test_loaded_state_is_a_copy_in_the_parameters_dtype_and_place():
    x = leaf(minigrad)
    optimizer = minigrad.optim.SGD([x], lr=0.1, momentum=0.9)
    x.sum().backward()
    optimizer.step()
    y = minigrad.tensor([1.0, 2.0], dtype=minigrad.float64, device="torch")
    other = minigrad.optim.SGD([y.requires_grad_()], lr=9.0)
    other.load_state_dict(optimizer.state_dict())
    buffer = other.state[y]["momentum_buffer"]
    assert (buffer.dtype, buffer.device) == (y.dtype, y.device)
    assert other.param_groups[0]["lr"] == 0.1
    assert other.param_groups[0]["params"] == [y]
    twin = minigrad.optim.SGD([leaf(minigrad)], lr=9.0)
    twin.load_state_dict(optimizer.state_dict())
    optimizer.step()
    assert twin.state[twin.param_groups[0]["params"][0]][
        "momentum_buffer"
    ].tolist() == [
        1.0,
        1.0,
    ]


@pytest.mark.parametrize("saved", [7, 7.0, minigrad.tensor(7.0)])
def test_loaded_count_is_of_float32_as_torchs_whatever_was_saved(saved):
    y = minigrad.tensor([1.0], dtype=minigrad.float64, requires_grad=True)
    optimizer = minigrad.optim.Adam([y])
    y.sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    state["state"][0]["step"] = saved
    optimizer.load_state_dict(state)
    optimizer.step()
    count = optimizer.state[y]["step"]
    assert (count.item(), count.dtype) == (8.0, minigrad.float32)


def test_state_dict_numbers_parameters_across_groups():
    ours, theirs = (
        L.optim.SGD(groups(L), lr=0.1).state_dict() for L in (minigrad, torch)
    )
    assert [g["params"] for g in ours["param_groups"]] == [[0, 1], [2]]
    assert [g["params"] for g in theirs["param_groups"]] == [[0, 1], [2]]


def test_parameter_named_twice_is_warned_of_and_stepped_twice_as_by_torch():
    found = []
    for L in (minigrad, torch):
        x = leaf(L)
        with pytest.warns(UserWarning, match="duplicate parameters"):
            optimizer = L.optim.SGD([x, x], lr=0.1)
        x.sum().backward()
        optimizer.step()
        packed = optimizer.state_dict()["param_groups"][0]["params"]
        optimizer.load_state_dict(optimizer.state_dict())
        found.append([packed, x.tolist()])
    assert found[0][0] == found[1][0]
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-6)


def test_repr_lists_the_settings():
    text = repr(minigrad.optim.SGD([leaf(minigrad)], lr=0.1))
    assert text == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.1\n    maximize: False\n"
        "    momentum: 0\n    nesterov: False\n    weight_decay: 0\n)"
    )


def twice(L, kind="groups"):
    x = leaf(L)
    return [{"params": [x]}, {"params": [x]}]


REFUSED = [
    (
        lambda L: L.optim.SGD([], 0.1),
        "SGD got no parameters: pass model.parameters() (a generator is used up after "
        "one pass)",
    ),
    (lambda L: L.optim.Adam(iter(())), "Adam got no parameters"),
    (
        lambda L: L.optim.SGD(leaf(L), 0.1),
        "params argument given to the optimizer should be an iterable of Tensors or ",
    ),
    (
        lambda L: L.optim.SGD([3], 0.1),
        "optimizer can only optimize Tensors, but one of the params is int",
    ),
    (lambda L: L.optim.SGD([leaf(L) * 2], 0.1), "can't optimize a non-leaf Tensor"),
    (
        lambda L: L.optim.SGD(twice(L), 0.1),
        "some parameters appear in more than one parameter group",
    ),
    (
        lambda L: L.optim.SGD([{"params": {leaf(L)}}], 0.1),
        "optimizer parameters need to be organized in ordered collections",
    ),
    (
        lambda L: L.optim.SGD([leaf(L)], 0.1).add_param_group(3),
        "param_group must be a dict, but got <class 'int'>",
    ),
    (lambda L: L.optim.SGD([leaf(L)], -1), "Invalid learning rate: -1"),
    (lambda L: L.optim.SGD([leaf(L)], 1, momentum=-1), "Invalid momentum value: -1"),
    (
        lambda L: L.optim.SGD([leaf(L)], weight_decay=-1),
        "Invalid weight_decay value: -1",
    ),
    (
        lambda L: L.optim.SGD([leaf(L)], 1, nesterov=True),
        "Nesterov momentum requires a momentum and zero dampening",
    ),
    (
        lambda L: L.optim.SGD([leaf(L)], 1, 0.9, 0.1, nesterov=True),
        "Nesterov momentum requires a momentum and zero dampening",
    ),
    (lambda L: L.optim.Adagrad([leaf(L)], -1), "Invalid learning rate: -1"),
    (lambda L: L.optim.Adagrad([leaf(L)], 1, -1), "Invalid lr_decay value: -1"),
    (lambda L: L.optim.Adagrad([leaf(L)], 1, 0, -1), "Invalid weight_decay value: -1"),
    (
        lambda L: L.optim.Adagrad([leaf(L)], 1, 0, 0, -1),
        "Invalid initial_accumulator_value value: -1",
    ),
    (lambda L: L.optim.Adagrad([leaf(L)], 1, 0, 0, 0, -1), "Invalid epsilon value: -1"),
    (lambda L: L.optim.RMSprop([leaf(L)], -1), "Invalid learning rate: -1"),
    (lambda L: L.optim.RMSprop([leaf(L)], 1, -1), "Invalid alpha value: -1"),
    (lambda L: L.optim.RMSprop([leaf(L)], 1, 1, -1), "Invalid epsilon value: -1"),
    (lambda L: L.optim.RMSprop([leaf(L)], 1, 1, 1, -1), "Invalid weight_decay value"),
    (lambda L: L.optim.RMSprop([leaf(L)], 1, 1, 1, 1, -1), "Invalid momentum value"),
    (lambda L: L.optim.AdamW([leaf(L)], weight_decay=-2), "Invalid weight_decay value"),
    (lambda L: L.optim.Adam([leaf(L)], -1), "Invalid learning rate: -1"),
    (lambda L: L.optim.Adam([leaf(L)], float("nan")), "Invalid learning rate: nan"),
    (lambda L: L.optim.Adam([leaf(L)], eps=-1), "Invalid epsilon value: -1"),
    (
        lambda L: L.optim.Adam([leaf(L)], betas=(1, 0.9)),
        "Invalid beta parameter at index 0: 1",
    ),
    (
        lambda L: L.optim.Adam([leaf(L)], betas=(0.1, 2)),
        "Invalid beta parameter at index 1: 2",
    ),
    (
        lambda L: L.optim.Adam([leaf(L)], weight_decay=-2),
        "Invalid weight_decay value: -2",
    ),
    (
        lambda L: L.optim.SGD([leaf(L)]).load_state_dict(
            {"state": {}, "param_groups": []}
        ),
        "loaded state dict has a different number of parameter groups",
    ),
    (
        lambda L: L.optim.SGD([leaf(L)]).load_state_dict(
            {"state": {}, "param_groups": [{"params": [0, 1]}]}
        ),
        "loaded state dict contains a parameter group that doesn't match the size of "
        "optimizer's group",
    ),
]


@pytest.mark.parametrize(
    "act, words", REFUSED, ids=[f"{i} {words}" for i, (_, words) in enumerate(REFUSED)]
)
def test_refusal_has_torchs_class_and_says_what_is_wrong(act, words):
    with pytest.raises(Exception) as theirs:
        act(torch)
    with pytest.raises(theirs.type) as ours:
        act(minigrad)
    assert ours.type is theirs.type
    assert words in str(ours.value)


def test_repr_has_torchs_lines_for_each_group():
    def lines(L):
        a, b = leaf(L), leaf(L)
        groups = [{"params": [a], "lr": 0.5}, {"params": [b]}]
        text = repr(L.optim.SGD(groups, lr=0.1)).splitlines()
        speed = ("foreach", "fused", "differentiable")  # torch's, without mathematics
        return [line for line in text if line.split(":")[0].strip() not in speed]

    assert lines(minigrad) == lines(torch)


@pytest.mark.parametrize("kind", ["SGD", "Adam", "Adagrad", "RMSprop"])
def test_a_tensor_may_be_the_learning_rate(kind):
    ends = []
    for lr in (0.125, minigrad.tensor(0.125)):
        x = leaf(minigrad)
        optimizer = getattr(minigrad.optim, kind)([x], lr=lr)
        for _ in range(3):
            optimizer.zero_grad()
            (x * x).sum().backward()
            optimizer.step()
        ends.append(x.tolist())
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("kind", "settings"),
    [("Adam", {}), ("RMSprop", {}), ("Adagrad", {}), ("SGD", {"momentum": 0.9})],
)
def test_a_model_moved_between_two_steps_is_refused_until_its_state_follows(
    kind, settings
):
    model = minigrad.nn.Linear(2, 2)
    optimizer = getattr(minigrad.optim, kind)(model.parameters(), lr=0.1, **settings)
    model(minigrad.ones(1, 2)).sum().backward()
    optimizer.step()
    before = deepcopy(optimizer.state_dict())
    model.to("torch")
    with pytest.raises(RuntimeError, match="on cpu of a parameter on torch"):
        optimizer.step()
    for number, kept in optimizer.state_dict()["state"].items():
        for name, value in kept.items():
            assert value.equal(before["state"][number][name]), "a refused step counts"
    optimizer.load_state_dict(optimizer.state_dict())
    optimizer.step()
