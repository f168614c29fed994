"""NumPy's normalisation in many pieces, and the averages that follow the batches."""

import numpy as np
import pytest
import torch
from rule_cases import CASES
from rule_judge import judge
from torch.nn import functional

from minigrad import ops
from minigrad.arrays import normalization


@pytest.mark.parametrize("numbers", [1, 50])
@pytest.mark.parametrize("case", CASES[ops.Normalize], ids=str)
def test_pieces_of_any_size_give_the_same(case, numbers, monkeypatch):
    monkeypatch.setattr(normalization, "PIECE", numbers)
    monkeypatch.setattr(normalization, "SHORT", 1)
    judge(case, "cpu")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 2, 20)])
def test_running_statistics_follow_as_in_torch(shape, dtype):
    rng = np.random.default_rng(0)
    x, mean, variance = (
        rng.standard_normal(s).astype(dtype) ** 2 for s in (shape, 3, 3)
    )
    theirs = [torch.tensor(a) for a in (x, mean, variance)]
    functional.batch_norm(*theirs, training=True, momentum=0.3)
    dims = (0, *range(2, x.ndim))
    normalization.normalize(x, None, None, (mean, variance, 0.3), dims, 1e-5)
    closeness = {"rtol": 1e-5 if dtype == "float32" else 1e-12}
    np.testing.assert_allclose(mean, theirs[1], **closeness)
    np.testing.assert_allclose(variance, theirs[2], **closeness)


def test_half_precision_is_summed_in_single():
    x = np.full((2, 4096), 20, "float16")
    x[:, ::2] = 24
    out, (mean, r) = normalization.normalize(x, None, None, None, (1,), 0.0)
    assert out.dtype == x.dtype
    np.testing.assert_array_equal(np.abs(out), 1)
    np.testing.assert_array_equal(mean, 22)
    np.testing.assert_array_equal(r, 0.5)
