"""The functions of minigrad.nn.functional, value and gradients, against torch's."""

import numpy as np
import pytest
import torch

import minigrad
import minigrad.nn.functional as F
from minigrad.book.check import awkward, largest_difference

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.standard_normal(shape)


def classes(*shape):
    return RANDOM.integers(0, 5, shape)


def shares(*shape):
    return np.exp(normal(*shape)) / 4


def image(*shape):
    """Whole numbers, so that windows have ties."""
    return np.round(2 * normal(*shape))


ROWS, TALL = (normal(4, 5), classes(4)), (normal(3, 5, 2, 4), classes(3, 2, 4))
ONE, SOME = (normal(5), classes()), (normal(4, 5), np.array([1, -100, 4, -100]))
HUGE = (1e4 * normal(4, 5), classes(4))
WEIGHT = np.array([5, 2, 0, 1, 3])
WEIGHTED = [(*ROWS, WEIGHT), (*TALL, WEIGHT), (*SOME, WEIGHT), (*ONE, WEIGHT)]
SOFT = [(normal(4, 5), shares(4, 5)), (normal(3, 5, 2), shares(3, 5, 2))]
PAIRS = [(normal(3, 4), normal(3, 4)), (normal(2), normal(2)), (normal(), normal())]

# name: (function of F and arguments, cases)
CASES = {
    "linear": (
        lambda F, x, w, b: F.linear(x, w, b),
        [
            (normal(4, 5), normal(3, 5), normal(3)),
            (normal(2, 4, 5), normal(3, 5), normal(3)),
            (normal(5), normal(3, 5), normal(3)),
            (normal(0, 5), normal(3, 5), normal(3)),
        ],
    ),
    "linear without bias": (
        lambda F, x, w: F.linear(x, w),
        [(normal(4, 5), normal(3, 5)), (normal(4, 5), normal(5))],
    ),
    "conv2d": (
        lambda F, x, w, b: F.conv2d(x, w, b),
        [
            (normal(2, 3, 6, 7), normal(4, 3, 3, 3), normal(4)),
            (normal(3, 6, 7), normal(4, 3, 3, 2), normal(4)),
            (normal(2, 1, 5, 5), normal(1, 1, 5, 5), normal(1)),
        ],
    ),
    "conv2d with stride and padding": (
        lambda F, x, w: F.conv2d(x, w, stride=(2, 1), padding=(0, 2)),
        [(normal(2, 3, 6, 7), normal(4, 3, 3, 3))],
    ),
    "conv2d with stride": (
        lambda F, x, w: F.conv2d(x, w, stride=2, padding=1),
        [
            (normal(2, 3, 6, 7), normal(4, 3, 3, 3)),
            (normal(2, 3, 3, 3), normal(4, 3, 5, 5)),
        ],
    ),
    "conv2d with padding='same'": (
        lambda F, x, w: F.conv2d(x, w, padding="same"),
        [(normal(2, 3, 6, 7), normal(4, 3, 3, 5))],
    ),
    "conv2d with padding='valid'": (
        lambda F, x, w: F.conv2d(x, w, padding="valid"),
        [(normal(2, 3, 6, 7), normal(4, 3, 3, 5))],
    ),
    "max_pool2d": (
        lambda F, x: F.max_pool2d(x, 2),
        [image(2, 3, 6, 7), image(3, 4, 4), normal(2, 3, 6, 6)],
    ),
    "max_pool2d with overlap": (
        lambda F, x: F.max_pool2d(x, (3, 2), stride=(1, 2), padding=1),
        [image(2, 3, 6, 7), -np.abs(normal(2, 1, 5, 5))],
    ),
    "relu": (lambda F, x: F.relu(x), [awkward(), normal(3, 4)]),
    "relu in place": (lambda F, x: F.relu(x * 2, inplace=True), [awkward()]),
    "sigmoid": (lambda F, x: F.sigmoid(x), [awkward()]),
    "tanh": (lambda F, x: F.tanh(x), [awkward()]),
    "softmax": (lambda F, x: F.softmax(x, dim=1), [normal(3, 4), 1e4 * normal(2, 3)]),
    "softmax over dim 0": (lambda F, x: F.softmax(x, 0), [normal(3, 4), normal(3)]),
    "log_softmax": (
        lambda F, x: F.log_softmax(x, dim=-1),
        [normal(3, 4), 1e4 * normal(2, 3)],
    ),
    "cross_entropy": (
        lambda F, x, t: F.cross_entropy(x, t),
        [ROWS, TALL, ONE, SOME, HUGE],
    ),
    "cross_entropy, sum": (
        lambda F, x, t: F.cross_entropy(x, t, reduction="sum"),
        [ROWS, TALL, ONE, SOME],
    ),
    "cross_entropy, none": (
        lambda F, x, t: F.cross_entropy(x, t, reduction="none"),
        [ROWS, TALL, ONE, SOME],
    ),
    "cross_entropy that ignores class 1": (
        lambda F, x, t: F.cross_entropy(x, t, ignore_index=1),
        [(normal(4, 5), np.array([1, 0, 4, 1]))],
    ),
    "cross_entropy with smoothing": (
        lambda F, x, t: F.cross_entropy(x, t, label_smoothing=0.1),
        [ROWS, TALL, ONE, SOME],
    ),
    "cross_entropy with smoothing, sum": (
        lambda F, x, t: F.cross_entropy(x, t, reduction="sum", label_smoothing=1.0),
        [ROWS, SOME],
    ),
    "cross_entropy with weight": (
        lambda F, x, t, w: F.cross_entropy(x, t, w.to(x.dtype)),
        WEIGHTED,
    ),
    "cross_entropy with weight, none": (
        lambda F, x, t, w: F.cross_entropy(x, t, w.to(x.dtype), reduction="none"),
        WEIGHTED,
    ),
    "cross_entropy with weight and smoothing": (
        lambda F, x, t, w: F.cross_entropy(x, t, w.to(x.dtype), label_smoothing=0.3),
        WEIGHTED,
    ),
    "cross_entropy of shares": (lambda F, x, t: F.cross_entropy(x, t), SOFT),
    "cross_entropy of shares, sum": (
        lambda F, x, t: F.cross_entropy(x, t, reduction="sum", label_smoothing=0.2),
        SOFT,
    ),
    "cross_entropy of shares, none": (
        lambda F, x, t: F.cross_entropy(x, t, reduction="none"),
        SOFT,
    ),
    "cross_entropy of shares with weight": (
        lambda F, x, t, w: F.cross_entropy(x, t, w.to(x.dtype), label_smoothing=0.2),
        [(*case, WEIGHT) for case in SOFT],
    ),
    "nll_loss": (lambda F, x, t: F.nll_loss(x, t), [ROWS, TALL, ONE, SOME]),
    "nll_loss, sum": (lambda F, x, t: F.nll_loss(x, t, reduction="sum"), [ROWS, SOME]),
    "nll_loss, none": (
        lambda F, x, t: F.nll_loss(x, t, reduction="none"),
        [TALL, SOME],
    ),
    "nll_loss with weight": (
        lambda F, x, t, w: F.nll_loss(x, t, w.to(x.dtype)),
        WEIGHTED,
    ),
    "mse_loss": (lambda F, x, t: F.mse_loss(x, t), PAIRS),
    "mse_loss, sum": (lambda F, x, t: F.mse_loss(x, t, reduction="sum"), PAIRS),
    "mse_loss, none": (lambda F, x, t: F.mse_loss(x, t, reduction="none"), PAIRS),
}


@pytest.mark.parametrize("name", CASES)
def test_function_equals_torchs(name):
    function, cases = CASES[name]
    theirs = torch.nn.functional
    largest_difference(
        name,
        lambda *inputs: function(F, *inputs),
        lambda *inputs: function(theirs, *inputs),
        *cases,
    )


EMPTY = {
    "no samples": lambda L: (L.zeros(0, 5), L.zeros(0, dtype=L.int64)),
    "all ignored": lambda L: (L.zeros(2, 5), L.tensor([-100, -100])),
}


@pytest.mark.parametrize("case", EMPTY)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_loss_of_nothing_is_torchs(case, reduction):
    ours, theirs = (
        L.nn.functional.cross_entropy(*EMPTY[case](L), reduction=reduction)
        for L in (minigrad, torch)
    )
    np.testing.assert_equal(ours.numpy(), theirs.numpy())


def test_relu_in_place_changes_its_input():
    x = minigrad.tensor([-1.0, 2.0])
    assert F.relu(x, inplace=True) is x
    assert x.tolist() == [0.0, 2.0]


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("dims", range(1, 5))
def test_softmax_without_dim_warns_and_chooses_as_torch(name, dims):
    x = normal(*range(2, 2 + dims))
    with pytest.warns(UserWarning, match=f"Implicit dimension choice for {name}"):
        ours = getattr(F, name)(minigrad.tensor(x))
    with pytest.warns(UserWarning, match=f"Implicit dimension choice for {name}"):
        theirs = getattr(torch.nn.functional, name)(torch.tensor(x))
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12)


def test_softmax_computes_in_the_dtype_asked_for():
    assert (
        F.softmax(minigrad.ones(2), 0, dtype=minigrad.float64).dtype.name == "float64"
    )


def test_mse_loss_of_different_shapes_warns_and_broadcasts():
    x, y = normal(3, 4), normal(4)
    words = r"Using a target size \(\(4,\)\) that is different to the input size"
    with pytest.warns(UserWarning, match=words):
        ours = F.mse_loss(minigrad.tensor(x), minigrad.tensor(y))
    assert ours.item() == pytest.approx(np.mean((x - y) ** 2), rel=1e-12)


@pytest.mark.parametrize("device", ["cpu", "torch"])
def test_classes_may_be_bytes(device):
    scores, target = minigrad.tensor(normal(4, 5), device=device), classes(4)
    expected = F.cross_entropy(scores, minigrad.tensor(target, device=device))
    target = minigrad.tensor(target, dtype=minigrad.uint8, device=device)
    assert F.cross_entropy(scores, target).item() == expected.item()
