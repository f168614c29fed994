"""Attention: averages whose weights are found by comparing.

The single idea: each query asks all keys how well they fit, softmax turns the answers
into shares, and the result is that mixture of the values. The chapter on attention
explains it.
"""

import math

from minigrad.creation import arange, where

from .dropout import dropout


def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None
):
    """softmax(scale * Q K^T + mask) V

    query: (..., L, E); key: (..., S, E); value: (..., S, V)
    attn_mask: (..., L, S), bools that say what may be looked at, or numbers to add;
        each query must be left something to look at
    dropout_p: the probability with which a weight is dropped, in evaluation too
    is_causal: whether query i looks at the keys 0..i only
    scale: 1 / sqrt(E) if None
    returns: (..., L, V)
    raises: RuntimeError for a mask together with is_causal

    Source: Vaswani et al., Attention Is All You Need (2017), equation 1.
    """
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = (query * scale) @ key.transpose(-2, -1)
    if is_causal and attn_mask is not None:
        raise RuntimeError(
            "scaled_dot_product_attention with attn_mask and is_causal=True: explicit "
            "attn_mask should not be set when is_causal=True; give one of them"
        )
    if is_causal:
        queries, keys = (arange(n, device=query.device) for n in scores.shape[-2:])
        attn_mask = keys <= queries.unsqueeze(1)
    if attn_mask is not None and attn_mask.is_floating_point():
        scores = scores + attn_mask
    elif attn_mask is not None:
        scores = where(attn_mask, scores, -math.inf)
    return dropout(scores.softmax(-1), dropout_p) @ value
