"""Attention: averages whose weights are found by comparing.

The single idea: each query asks all keys how well they fit, softmax turns the answers
into shares, and the result is that mixture of the values.
"""

import math

from minigrad.creation import arange, where

from .checks import require_attention
from .dropout import dropout


def scaled_dot_product_attention(
    query,
    key,
    value,
    attn_mask=None,
    dropout_p=0.0,
    is_causal=False,
    *,
    scale=None,
    enable_gqa=False,
):
    """softmax(scale * Q K^T + mask) V

    query: (..., L, E); key: (..., S, E); value: (..., S, V)
    attn_mask: (..., L, S), bools that say what may be looked at, or numbers to add; a
        query that is left nothing to look at gets 0
    dropout_p: the probability with which a weight is dropped, in evaluation too
    is_causal: whether query i looks at the keys 0..i only
    scale: 1 / sqrt(E) if None
    enable_gqa: whether several heads of queries, dimension -3, share one of keys and
        values: their number must be a multiple of the other
    returns: (..., L, V)
    raises: RuntimeError for a mask together with is_causal, and for shapes and dtypes
        that do not fit

    Source: Vaswani et al., Attention Is All You Need (2017), equation 1; for the shared
    heads, Ainslie et al., GQA (2023).
    """
    require_attention(query, key, value, attn_mask, dropout_p, is_causal)
    if enable_gqa:
        key, value = (_for_each_head(x, query.size(-3)) for x in (key, value))
    if scale is None:
        scale = 1 / math.sqrt(query.shape[-1] or 1)  # a sum of nothing needs no scale
    scores = (query * scale) @ key.transpose(-2, -1)
    if is_causal:
        queries, keys = (arange(n, device=query.device) for n in scores.shape[-2:])
        attn_mask = keys <= queries.unsqueeze(1)
    return dropout(_shares(scores, attn_mask), dropout_p) @ value


def _shares(scores, mask):
    """softmax(scores + mask), and zeros for a query that may look at nothing."""
    if mask is None:
        return scores.softmax(-1)
    is_sum = mask.is_floating_point()
    scores = scores + mask if is_sum else where(mask, scores, -math.inf)
    nothing = (scores == -math.inf).all(-1, keepdim=True)
    return where(nothing, 0.0, where(nothing, 0.0, scores).softmax(-1))


def _for_each_head(x, heads):
    """x with its heads repeated one by one, so that there are `heads` of them."""
    if heads % x.size(-3):
        raise RuntimeError(
            f"scaled_dot_product_attention with enable_gqa of {heads} heads of queries "
            f"and {x.shape[-3]} of keys or values: the first must be a multiple"
        )
    several = (*x.shape[:-2], heads // x.shape[-3], *x.shape[-2:])
    return x.unsqueeze(-3).expand(several).flatten(-4, -3)
