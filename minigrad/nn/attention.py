"""Attention: averages whose weights are found by comparing.

The single idea: each query asks all keys how well they fit, softmax turns the answers
into shares, and the result is that mixture of the values. The chapter on attention
explains it.
"""

import math

from minigrad.creation import arange, where

from .dropout import dropout


def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, *, scale=None
):
    """softmax(scale * Q K^T + mask) V

    query: (..., L, E); key: (..., S, E); value: (..., S, V)
    attn_mask: (..., L, S), bools that say what may be looked at, or numbers to add; a
        query that may look at nothing gets zeros
    dropout_p: the probability with which a weight is dropped, in evaluation too
    is_causal: whether query i looks at the keys 0..i only
    scale: 1 / sqrt(E) if None
    returns: (..., L, V)
    raises: RuntimeError for a mask together with is_causal, and for dtypes or
        dimensions that do not fit

    Source: Vaswani et al., Attention Is All You Need (2017), equation 1.
    """
    _require_fit(query, key, value, attn_mask, is_causal)
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = (query * scale) @ key.transpose(-2, -1)
    if is_causal:
        queries, keys = (arange(n, device=query.device) for n in scores.shape[-2:])
        scores = where(keys <= queries.unsqueeze(1), scores, -math.inf)
    if attn_mask is None:
        weights = scores.softmax(-1)
    else:
        weights = _masked_softmax(scores, attn_mask)
    return dropout(weights, dropout_p) @ value


def _masked_softmax(scores, mask):
    """Softmax of what the mask leaves: zeros, not nan, where that is nothing."""
    if mask.is_floating_point():
        scores = scores + mask
    else:
        scores = where(mask, scores, -math.inf)
    nothing = (scores == -math.inf).all(-1, keepdim=True)
    return where(nothing, 0.0, where(nothing, 0.0, scores).softmax(-1))


def _require_fit(query, key, value, mask, is_causal):
    dtypes = [t.dtype.name for t in (query, key, value)]
    if len(set(dtypes)) > 1 or min(t.dim() for t in (query, key, value)) < 2:
        raise RuntimeError(
            f"scaled_dot_product_attention of shapes {query.shape}, {key.shape} and "
            f"{value.shape}, dtypes {', '.join(dtypes)}: they need two dimensions at "
            "least and one dtype"
        )
    if mask is not None and is_causal:
        raise RuntimeError(
            "scaled_dot_product_attention with attn_mask and is_causal=True: explicit "
            "attn_mask should not be set when is_causal=True; give one of them"
        )
    if mask is not None and mask.dtype.name not in ("bool", dtypes[0]):
        raise RuntimeError(
            f"scaled_dot_product_attention with attn_mask of dtype {mask.dtype}: it "
            f"must hold bools or numbers of the query's dtype, {query.dtype}"
        )
