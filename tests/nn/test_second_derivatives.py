"""Second derivatives of the functions of nn, against torch's.

The single idea: the gradient of a random sum of squares of a function's results is
itself a function, which is judged as any other: its value and its gradients.
"""

import numpy as np
import pytest
import torch
from function_cases import CASES
from torch.nn.attention import SDPBackend, sdpa_kernel
from window_cases import WINDOWS

import minigrad
from minigrad.book.check import largest_difference

# torch adds 1e-12 to the denominator of this one's second derivative.
LOOSE = {"binary_cross_entropy": 1e-8, "binary_cross_entropy of shares": 1e-8}


def gradient_of(function, L):
    """The gradients of a random sum of squares of the results, as a function."""

    def gradients(*inputs):
        out = function(L.nn.functional, *inputs)
        numbers = np.random.default_rng(1).uniform(0.5, 2, tuple(out.shape))
        weights = L.tensor(numbers)
        weights = weights.to(out.device)
        floats = [x for x in inputs if x.requires_grad]
        total = (out * out * weights).sum()
        return tuple(L.autograd.grad(total, floats, create_graph=True))

    return gradients


def smooth(case):
    """The case without infinities, or None; away from 0, 1 and 20, where kinks are."""
    arrays = case if isinstance(case, tuple) else (case,)
    if not all(np.isfinite(a).all() for a in arrays):
        return None
    return tuple(
        np.where(np.isin(a, (0, 1, 20)), np.abs(a - 0.25), a)
        if a.dtype.kind == "f"
        else a
        for a in arrays
    )


@pytest.mark.parametrize("name", CASES | WINDOWS)
def test_second_derivative_equals_torchs(name):
    function, cases = (CASES | WINDOWS)[name]
    with sdpa_kernel(SDPBackend.MATH):  # torch's faster ones have no second derivative
        largest_difference(
            name,
            gradient_of(function, minigrad),
            gradient_of(function, torch),
            *filter(None, map(smooth, cases)),
            tolerance=LOOSE.get(name, 1e-10),
        )
