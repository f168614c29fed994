"""The functions of minigrad.nn.functional, value and gradients, against torch's."""

import numpy as np
import pytest
import torch
from function_cases import CASES, classes, normal
from window_cases import WINDOWS

import minigrad
import minigrad.nn.functional as F
from minigrad.book.check import largest_difference


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("name", CASES | WINDOWS)
def test_function_equals_torchs(name):
    function, cases = (CASES | WINDOWS)[name]
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


@pytest.mark.parametrize("place", [0, 1])
def test_batch_norm_notes_that_it_wrote_into_the_running_statistics(place):
    running = [minigrad.zeros(4), minigrad.ones(4)]
    x = minigrad.ones(4, requires_grad=True)
    product = (x * running[place]).sum()
    F.batch_norm(
        minigrad.tensor(normal(3, 4), dtype=minigrad.float32), *running, training=True
    )
    with pytest.raises(RuntimeError, match="changed in place"):
        product.backward()


@pytest.mark.parametrize("device", ["cpu", "torch"])
def test_cross_entropy_refuses_whole_scores(device):
    scores = minigrad.tensor([[3, 1, 2]], device=device)
    with pytest.raises(RuntimeError, match=r"cross_entropy of .* torch.int64: only"):
        F.cross_entropy(scores, minigrad.tensor([2], device=device))


@pytest.mark.parametrize("library", [minigrad, torch])
def test_batch_norm_takes_both_running_statistics_or_none(library):
    x, ones = library.ones(2, 4), library.ones(4)
    for running in (ones, None), (None, ones):
        with pytest.raises(ValueError, match="must either both be None or neither"):
            library.nn.functional.batch_norm(x, *running, training=True)
