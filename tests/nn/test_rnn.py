"""Recurrent cells against torch's: values, first and second derivatives, refusals."""

import numpy as np
import pytest
import torch
from judge import check_refusal, on_devices

import minigrad
from minigrad.book.check import awkward, largest_difference

RANDOM = np.random.default_rng(5)
STATES = {"RNNCell": (1, 1), "LSTMCell": (2, 4), "GRUCell": (1, 3)}  # states, parts
NAMES = "weight_ih", "weight_hh", "bias_ih", "bias_hh"
SETTINGS = [
    *(("RNNCell", {}), ("RNNCell", {"nonlinearity": "relu"}), ("LSTMCell", {})),
    *(("GRUCell", {}), ("LSTMCell", {"bias": False}), ("GRUCell", {"bias": False})),
]
each_setting = pytest.mark.parametrize(
    "name, settings", SETTINGS, ids=lambda s: str(s or "")
)


def cell_of(L, name, settings, weights):
    """A cell whose parameters are the given tensors themselves."""
    cell = getattr(L.nn, name)(3, 2, **settings)
    for parameter, value in zip(NAMES, weights, strict=False):
        delattr(cell, parameter)
        setattr(cell, parameter, value)
    return cell


def run_of(L, name, settings):
    """The cell as a function of input, states and parameters."""
    count = STATES[name][0]

    def run(x, *rest):
        states = rest[:count] if count > 1 else rest[0]
        return cell_of(L, name, settings, rest[count:])(x, states)

    return run


def gradients_of(L, run):
    """The gradients of a random sum of squares of the results, as a function."""

    def gradients(*inputs):
        out = run(*inputs)
        total, rng = 0.0, np.random.default_rng(6)
        for part in out if isinstance(out, tuple) else (out,):
            numbers = L.tensor(rng.uniform(0.5, 2, tuple(part.shape)))
            total = total + (part * part * numbers.to(part.device)).sum()
        found = L.autograd.grad(total, inputs, create_graph=True)
        return tuple(g.clone() for g in found)  # both biases may have one and the same

    return gradients


def case(name, settings, lead, draw=RANDOM.standard_normal):
    """Arrays for input, states and parameters; `lead` is the shape of the batch."""
    states, parts = STATES[name]
    shapes = [(*lead, 3), *[(*lead, 2)] * states]
    shapes += [(2 * parts, 3), (2 * parts, 2)]
    shapes += [(2 * parts,)] * 2 if settings.get("bias", True) else []
    return tuple(draw(shape) for shape in shapes)


def wild(shape):
    """Numbers at which tanh and sigmoid saturate, and zeros of both signs."""
    return RANDOM.choice(awkward(1e4), shape)


@each_setting
def test_cell_equals_torchs(name, settings):
    cases = [case(name, settings, lead) for lead in ((4,), (), (0,))]
    if settings.get("nonlinearity") != "relu":
        cases.append(case(name, settings, (7,), wild))
    ours, theirs = (run_of(L, name, settings) for L in (minigrad, torch))
    largest_difference(name, ours, theirs, *cases)
    ours, theirs = gradients_of(minigrad, ours), gradients_of(torch, theirs)
    largest_difference(f"gradient of {name}", ours, theirs, *cases[:3], tolerance=1e-10)


@on_devices
@each_setting
@pytest.mark.parametrize("lead", [(4,), ()])
def test_no_state_is_a_state_of_zeros(name, settings, lead, device):
    cell = getattr(minigrad.nn, name)(3, 2, **settings).double().to(device)
    x = minigrad.tensor(RANDOM.standard_normal((*lead, 3)), device=device)
    zeros = minigrad.zeros(*lead, 2, dtype=x.dtype, device=device)
    ours, theirs = cell(x), cell(x, (zeros, zeros) if name == "LSTMCell" else zeros)
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype is x.dtype
        assert a.tolist() == b.tolist()


@each_setting
def test_names_shapes_and_repr_are_torchs(name, settings):
    ours, theirs = (getattr(L.nn, name)(3, 5, **settings) for L in (minigrad, torch))
    assert repr(ours) == repr(theirs)
    shapes = [(k, tuple(v.shape)) for k, v in theirs.state_dict().items()]
    assert [(k, v.shape) for k, v in ours.state_dict().items()] == shapes
    assert ours.bias == theirs.bias


@pytest.mark.parametrize("name", STATES)
def test_all_parameters_begin_within_the_same_bound(name):
    minigrad.manual_seed(0)
    cell = getattr(minigrad.nn, name)(100, 16)
    for parameter in cell.parameters():
        assert 0.85 / 4 < parameter.abs().max().item() < 1 / 4


def test_a_sequence_is_learned_as_with_torch():
    x, t = RANDOM.standard_normal((6, 4, 3)), RANDOM.standard_normal((6, 4, 2))

    def losses(L, cell):
        optimizer, values = L.optim.SGD(cell.parameters(), lr=0.3), []
        for _ in range(10):
            states, loss = None, 0.0
            for step, target in zip(L.tensor(x), L.tensor(t), strict=True):
                states = cell(step, states)
                loss = loss + (states[0] - target).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            values.append(loss.item())
        return values

    theirs = torch.nn.LSTMCell(3, 2).double()
    ours = minigrad.nn.LSTMCell(3, 2, dtype=minigrad.float64)
    begin = {k: minigrad.tensor(v.numpy()) for k, v in theirs.state_dict().items()}
    ours.load_state_dict(begin)
    expected = losses(torch, theirs)
    assert expected[-1] < expected[0]
    np.testing.assert_allclose(losses(minigrad, ours), expected, rtol=1e-10)


def cell(L, name="RNNCell", **settings):
    return getattr(L.nn, name)(3, 2, **settings)


REFUSED = [
    (
        lambda L: cell(L, "GRUCell")(L.zeros(1, 2, 3)),
        "GRUCell: Expected input to be 1D or 2D, got 3D instead",
    ),
    (
        lambda L: cell(L)(L.zeros(1, 3), L.zeros(1, 1, 2)),
        "RNNCell: Expected hidden to be 1D or 2D, got 3D instead",
    ),
    (lambda L: cell(L)(L.zeros(1, 4)), "linear of shapes (1, 4) and (2, 3)"),
    (
        lambda L: cell(L)(L.zeros(2, 3), L.zeros(1, 2)),
        "RNNCell of input of shape (2, 3) with a state of shape (1, 2): the state must "
        "have shape (2, 2)",
    ),
    (
        lambda L: cell(L, "LSTMCell")(L.zeros(3), (L.zeros(2), L.zeros(1, 2))),
        "LSTMCell of input of shape (3,) with a state of shape (1, 2)",
    ),
    (
        lambda L: cell(L, "LSTMCell")(L.zeros(1, 3), L.zeros(1, 2)),
        "LSTMCell with a state of type Tensor",
    ),
    (
        lambda L: cell(L, "LSTMCell")(L.zeros(1, 3), (L.zeros(1, 2),)),
        "LSTMCell with 1 states: it expects two",
    ),
    (
        lambda L: cell(L, nonlinearity="sin")(L.zeros(1, 3)),
        "Unknown nonlinearity: sin; it must be tanh or relu",
    ),
    (lambda L: cell(L)(L.zeros(1, 3).double()), "linear of input of dtype torch.float"),
]


@pytest.mark.parametrize("act, words", REFUSED, ids=[words for _, words in REFUSED])
def test_refusal_has_torchs_class_and_names_the_sizes(act, words):
    check_refusal(act, words)
