"""Dropout: which elements go, and what becomes of those that stay."""

import numpy as np
import pytest
import torch

import minigrad
import minigrad.nn.functional as F
from minigrad.random import coins


@pytest.fixture(autouse=True)
def _same_draws():
    minigrad.manual_seed(0)


@pytest.mark.parametrize("device", ["cpu", "torch"])
@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_elements_stay_with_their_probability_and_are_scaled(p, device):
    x = minigrad.ones(100, 100, device=device, requires_grad=True)
    out = F.dropout(x, p)
    out.backward(minigrad.full((100, 100), 3.0, device=device))
    numbers = out.detach().cpu().numpy()
    kept = numbers != 0
    np.testing.assert_array_equal(numbers[kept], np.float32(1 / (1 - p)))
    assert abs(kept.mean() - (1 - p)) < 4 * np.sqrt(p * (1 - p) / 1e4)
    np.testing.assert_array_equal(x.grad.cpu().numpy(), 3 * numbers)
    assert kept.any(0).all()
    assert kept.any(1).all()


@pytest.mark.parametrize("p", [0.75 / 2**16, 1 - 0.25 / 2**16])
def test_probabilities_finer_than_16_bits_are_kept(p):
    heads = coins((2**12, 2**12), p, "cpu").numpy()
    rare = min(p, 1 - p) * heads.size
    assert abs(heads.sum() - p * heads.size) < 4 * np.sqrt(rare)


def test_channels_stay_or_go_whole():
    out = F.dropout2d(minigrad.ones(50, 40, 3, 2), 0.25).numpy().reshape(2000, 6)
    assert (out == out[:, :1]).all()
    assert set(np.unique(out)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((out[:, 0] == 0).mean() - 0.25) < 0.04


@pytest.mark.parametrize("make", ["Dropout", "Dropout2d"])
def test_evaluation_is_the_identity_and_training_is_not(make):
    layer, x = getattr(minigrad.nn, make)(0.5), minigrad.ones(8, 8, 2, 2)
    assert layer.eval()(x) is x
    assert (layer.train()(x) == 0).any().item()


def test_equal_seeds_draw_equal_masks_and_draws_go_on():
    x = minigrad.ones(1000)
    first, second = F.dropout(x), F.dropout(x)
    minigrad.manual_seed(0)
    assert (F.dropout(x) == first).all().item()
    assert not (first == second).all().item()


def test_in_place_writes_into_the_input():
    x = minigrad.ones(100)
    assert minigrad.nn.Dropout(0.5, inplace=True)(x) is x
    assert set(x.tolist()) == {0.0, 2.0}


@pytest.mark.parametrize(
    ("shape", "words"), [((3, 4), "Received a 2-D input"), ((3, 4, 2), "a 3D input")]
)
def test_channels_of_what_is_no_batch_of_images_are_warned_of(shape, words):
    with pytest.warns(UserWarning, match=words):
        out = F.dropout2d(minigrad.ones(shape), 0.5).numpy()
    assert (out.reshape(12, -1) == out.reshape(12, -1)[:, :1]).all()


@pytest.mark.parametrize("L", [minigrad, torch], ids=["minigrad", "torch"])
@pytest.mark.filterwarnings("ignore:dropout2d")
def test_channels_of_a_vector_are_refused_only_where_some_would_go(L):
    x = L.ones(3)
    assert L.nn.Dropout2d().eval()(x).tolist() == [1.0, 1.0, 1.0]
    assert L.nn.Dropout2d(0.0)(x).tolist() == [1.0, 1.0, 1.0]
    assert L.nn.Dropout2d(1.0)(x).tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(RuntimeError, match="at least"):
        L.nn.Dropout2d()(x)


def test_dtype_is_kept():
    x = minigrad.ones(3, dtype=minigrad.float64)
    assert F.dropout(x, 0.5).dtype is minigrad.float64
