"""`where` with 0 takes a faster way: bit for bit it must give what np.where gives."""

import numpy as np
import pytest

from minigrad.arrays import numpy as xp

AWKWARD = [1.5, -2.0, np.inf, -np.inf, np.nan, 0.0, -0.0, 1e-45]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("other", [0.0, -0.0, 2.0, 0])
@pytest.mark.parametrize(
    "form",
    [lambda a: a, lambda a: a.T, lambda a: a[::2, 1:], lambda a: a[0], lambda a: a[:0]],
)
def test_where_gives_the_bits_of_numpy(form, other, dtype):
    with np.errstate(all="ignore"):
        x = form(np.array([AWKWARD, AWKWARD[::-1]]).repeat(2, 0).astype(dtype))
    for condition in (x > 0, np.arange(x.size).reshape(x.shape) % 2 == 1, np.True_):
        for a, b in ((x, other), (other, x)):
            ours, theirs = xp.where(condition, a, b), np.where(condition, a, b)
            assert ours.dtype == theirs.dtype
            assert ours.shape == theirs.shape
            assert ours.tobytes() == theirs.tobytes()
            assert not np.may_share_memory(ours, x)
