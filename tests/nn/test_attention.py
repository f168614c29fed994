"""scaled_dot_product_attention: what it refuses, what it drops.

Its values and derivatives are compared with torch's in function_cases.py.
"""

import numpy as np
import pytest
import torch
from judge import check_refusal

import minigrad


def attend(L, q=(2, 3, 4), k=(2, 5, 4), v=(2, 5, 4), mask=None, **settings):
    arguments = L.ones(q), L.ones(k), L.ones(v)
    return L.nn.functional.scaled_dot_product_attention(*arguments, mask, **settings)


REFUSED = [
    (
        lambda L: attend(L, mask=L.ones(3, 5), is_causal=True),
        "explicit attn_mask should not be set when is_causal=True",
    ),
    (
        lambda L: attend(L, mask=L.ones(3, 5).long()),
        "attn_mask of dtype torch.int64: it must be torch.bool or the dtype of the",
    ),
    (lambda L: attend(L, mask=L.ones(3, 5).double()), "attn_mask of dtype torch.float"),
    (lambda L: attend(L, mask=L.ones(7, 5)), "sizes 3 and 7 in dimension -2"),
    (lambda L: attend(L, q=(4,)), "of shapes (4,), (2, 5, 4), (2, 5, 4): each must"),
    (lambda L: attend(L, k=(2, 5, 3)), "the inner sizes 4 and 3 must be equal"),
    (
        lambda L: L.nn.functional.scaled_dot_product_attention(
            L.ones(3, 4), L.ones(3, 4).double(), L.ones(3, 4)
        ),
        "of dtypes torch.float32, torch.float64, torch.float32",
    ),
    (
        lambda L: L.nn.functional.scaled_dot_product_attention(
            *[L.ones(2, 2).int()] * 3
        ),
        "of dtypes torch.int32, torch.int32, torch.int32",
    ),
    (lambda L: attend(L, dropout_p=1.5), "dropout probability has to be between 0"),
    (
        lambda L: attend(L, (1, 5, 3, 4), (1, 2, 3, 4), (1, 2, 3, 4), enable_gqa=True),
        "enable_gqa of 5 heads of queries and 2 of keys or values",
    ),
    (
        lambda L: attend(L, (1, 1, 3, 4), (1, 2, 3, 4), (1, 2, 3, 4), enable_gqa=True),
        "enable_gqa of 1 heads of queries and 2 of keys or values",
    ),
    (
        lambda L: attend(L, (3, 4), (3, 4), (3, 4), enable_gqa=True),
        "size over dim -3 of a tensor with 2 dimensions",
    ),
    (
        lambda L: L.nn.functional.scaled_dot_product_attention(
            *[L.ones(2, 2)] * 3, None, 0.0, False, 0.5
        ),
        "takes from 3 to 6 positional arguments but 7 were given",
    ),
]


@pytest.mark.parametrize("act, words", REFUSED, ids=[words for _, words in REFUSED])
def test_refusal_has_torchs_class_and_names_the_sizes(act, words):
    check_refusal(act, words)


@pytest.mark.parametrize("shapes", [((3, 0), (5, 0), (5, 2)), ((3, 4), (0, 4), (0, 4))])
def test_nothing_to_compare_is_torchs(shapes):
    ours, theirs = (attend(L, *shapes) for L in (minigrad, torch))
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_dropout_drops_weights_and_keeps_their_mean():
    minigrad.manual_seed(0)
    out = attend(minigrad, (400, 4), (500, 4), (500, 1), dropout_p=0.75).numpy()
    assert len(np.unique(out)) > 50
    assert out.mean() == pytest.approx(1, abs=0.02)  # the standard error is 0.004
    assert out.std() == pytest.approx(np.sqrt(3 / 500), rel=0.15)
    assert attend(minigrad, dropout_p=1.0).sum().item() == 0
