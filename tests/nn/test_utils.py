"""Clipped gradients, and parameters as one vector, beside torch's."""

import math

import numpy as np
import pytest
import torch

import minigrad

SIZES = [(3, 4), (5,), (), (2, 2)]
NUMBERS = [np.random.default_rng(i).standard_normal(s) for i, s in enumerate(SIZES)]


def parameters(L):
    """Parameters with gradients, but for the last one."""
    made = [L.nn.Parameter(L.tensor(n)) for n in NUMBERS]
    for p, n in zip(made[:-1], NUMBERS, strict=False):
        p.grad = L.tensor(np.asarray(3 * n))
    return made


def clip_norm(p, bound):
    return lambda L, made: L.nn.utils.clip_grad_norm_(made, bound, norm_type=p)


def clip_value(bound):
    return lambda L, made: L.nn.utils.clip_grad_value_(made, bound)


NORMS = (2.0, 1, 3, 0, 0.5, math.inf, "inf", -math.inf)
CLIPS = [clip_norm(p, bound) for p in NORMS for bound in (0.5, 1e3)]
CLIPS += [clip_value(0.7), clip_value(2)]


@pytest.mark.parametrize("clip", CLIPS)
def test_clipped_gradients_are_torchs(clip):
    both = [(L, parameters(L)) for L in (minigrad, torch)]
    returned = [clip(L, made) for L, made in both]
    if returned[1] is not None:
        assert returned[0].item() == pytest.approx(returned[1].item(), rel=1e-12)
    for a, b in zip(*(made for _, made in both), strict=True):
        if b.grad is None:
            assert a.grad is None
        else:
            np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("L", [minigrad, torch], ids=["minigrad", "torch"])
def test_norm_that_is_not_finite_is_refused_if_asked(L):
    p = L.nn.Parameter(L.zeros(2))
    assert L.nn.utils.clip_grad_norm_(p, 1.0).item() == 0
    p.grad = L.tensor([math.inf, 1.0])
    with pytest.raises(RuntimeError, match="non-finite"):
        L.nn.utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert p.grad.tolist() == [math.inf, 1.0]
    assert L.nn.utils.clip_grad_norm_([p], 1.0).item() == math.inf


def test_parameters_become_a_vector_and_come_back():
    made = parameters(minigrad)
    vector = minigrad.nn.utils.parameters_to_vector(made)
    expected = np.concatenate([n.reshape(-1) for n in NUMBERS])
    np.testing.assert_array_equal(vector.detach().numpy(), expected)
    (vector * vector).sum().backward()
    np.testing.assert_allclose(made[3].grad.numpy(), 2 * NUMBERS[3], rtol=1e-12)
    minigrad.nn.utils.vector_to_parameters(2 * vector.detach(), made)
    for p, n in zip(made, NUMBERS, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), 2 * n)
        assert p.requires_grad
