"""Cases in which functions of minigrad.nn.functional are compared with torch's."""

import numpy as np

from minigrad.book.check import awkward

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.standard_normal(shape)


def classes(*shape):
    return RANDOM.integers(0, 5, shape)


def shares(*shape):
    return np.exp(normal(*shape)) / 4


def chances(*shape):
    return RANDOM.random(shape)


ROWS, TALL = (normal(4, 5), classes(4)), (normal(3, 5, 2, 4), classes(3, 2, 4))
ONE, SOME = (normal(5), classes()), (normal(4, 5), np.array([1, -100, 4, -100]))
HUGE = (1e4 * normal(4, 5), classes(4))
WEIGHT = np.array([5, 2, 0, 1, 3])
WEIGHTED = [(*ROWS, WEIGHT), (*TALL, WEIGHT), (*SOME, WEIGHT), (*ONE, WEIGHT)]
SOFT = [(normal(4, 5), shares(4, 5)), (normal(3, 5, 2), shares(3, 5, 2))]
PAIRS = [(normal(3, 4), normal(3, 4)), (normal(2), normal(2)), (normal(), normal())]

WIDE, INFINITE = awkward(1e4, -1e4), np.array([np.inf, -np.inf, np.nan, 0.3])
DISTANT = [*PAIRS, (WIDE, np.zeros(14)), (INFINITE, np.zeros(4))]
CHANCES = [(chances(3, 4), classes(3, 4) % 2), (chances(4), classes(4) % 2)]
CHANNELS = (normal(4, 3, 2, 2), normal(3), normal(3))
ONE_BLIND = np.array([[True] * 5, [False] * 5, [True, False, True, True, False]])
BLINDED = np.where(ONE_BLIND, 0.5, -np.inf)

# name: (function of F and arguments, cases)
FORBIDDEN = np.where(np.eye(3, 5) == np.eye(3, 5)[1], -np.inf, normal(3, 5))
CASES = {
    "leaky_relu": (lambda F, x: F.leaky_relu(x), [WIDE, INFINITE, normal(3, 4)]),
    "leaky_relu with slope, in place": (
        lambda F, x: F.leaky_relu(x * 2, 0.3, inplace=True),
        [WIDE, INFINITE],
    ),
    "prelu": (
        lambda F, x, w: F.prelu(x, w),
        [
            (WIDE, np.array([0.2])),
            (normal(), np.array(0.2)),
            (INFINITE, np.array([-0.2])),
            (np.array([np.inf, 0.3, -0.2]), np.array([-0.2])),
            CHANNELS[:2],
            (normal(2, 3), normal(3)),
        ],
    ),
    "elu": (lambda F, x: F.elu(x), [WIDE, INFINITE]),
    "elu with alpha": (lambda F, x: F.elu(x * 2, 0.3, True), [WIDE, INFINITE]),
    "selu": (lambda F, x: F.selu(x), [WIDE, INFINITE]),
    "silu": (lambda F, x: F.silu(x), [WIDE, INFINITE]),
    "gelu": (lambda F, x: F.gelu(x), [WIDE, normal(3, 4)]),
    "gelu, tanh": (lambda F, x: F.gelu(x, approximate="tanh"), [WIDE, normal(3, 4)]),
    "softplus": (lambda F, x: F.softplus(x), [WIDE, INFINITE, awkward(20.0, 20.1)]),
    "softplus with beta": (lambda F, x: F.softplus(x, 2, 3), [WIDE, INFINITE]),
    "softsign": (lambda F, x: F.softsign(x), [WIDE, INFINITE]),
    "hardtanh": (lambda F, x: F.hardtanh(x), [awkward(1.0, -1.0, 1e4), INFINITE]),
    "hardtanh with bounds": (
        lambda F, x: F.hardtanh(x * 2, -0.5, 3.0, inplace=True),
        [awkward(1.5, -0.25)],
    ),
    "logsigmoid": (lambda F, x: F.logsigmoid(x), [WIDE, INFINITE]),
    "embedding": (
        lambda F, w, i: F.embedding(i, w),
        [(normal(5, 3), classes(4)), (normal(5, 3), classes(2, 3))],
    ),
    "embedding with padding": (
        lambda F, w, i: F.embedding(i, w, padding_idx=-4),
        [(normal(5, 3), np.array([[1, 0, 1], [4, 4, 2]]))],
    ),
    "scaled_dot_product_attention": (
        lambda F, q, k, v: F.scaled_dot_product_attention(q, k, v),
        [
            (normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 6)),
            (normal(2, 2, 3, 4), normal(2, 2, 3, 4), normal(2, 2, 3, 4)),
        ],
    ),
    "scaled_dot_product_attention, causal": (
        lambda F, q, k, v: F.scaled_dot_product_attention(
            q, k, v, is_causal=True, scale=0.3
        ),
        [(normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 4))],
    ),
    "scaled_dot_product_attention with mask": (
        lambda F, q, k, v, m: F.scaled_dot_product_attention(q, k, v, m),
        [
            (normal(3, 4), normal(5, 4), normal(5, 4), normal(3, 5)),
            (normal(3, 4), normal(5, 4), normal(5, 4), normal(3, 5) > -0.5),
            (normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 4), ONE_BLIND),
            (normal(3, 4), normal(5, 4), normal(5, 4), BLINDED),
        ],
    ),
    "scaled_dot_product_attention with shared heads": (
        lambda F, q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True),
        [
            (normal(6, 3, 4), normal(2, 5, 4), normal(2, 5, 4)),
            (normal(2, 4, 3, 4), normal(2, 2, 5, 4), normal(2, 1, 5, 4)),
        ],
    ),
    "scaled_dot_product_attention where a query may look at nothing": (
        lambda F, q, k, v, m: F.scaled_dot_product_attention(q, k, v, m),
        [
            (normal(3, 4), normal(5, 4), normal(5, 4), FORBIDDEN > 0),
            (normal(3, 4), normal(5, 4), normal(5, 4), FORBIDDEN),
            (normal(2, 4), normal(3, 4), normal(3, 4), np.zeros((2, 3)) > 0),
        ],
    ),
    "batch_norm in training": (
        lambda F, x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        [
            CHANNELS,
            (normal(5, 3), normal(3), normal(3)),
            (30 + normal(5, 3, 2), normal(3), normal(3)),
            (np.ones((5, 3)), normal(3), normal(3)),
            (1e4 * normal(1, 3, 2), normal(3), normal(3)),
        ],
    ),
    "batch_norm without weight": (
        lambda F, x: F.batch_norm(x, None, None, training=True, eps=0.1),
        [CHANNELS[0]],
    ),
    "batch_norm in evaluation": (
        lambda F, x, w, b, s: F.batch_norm(x, s.to(x.dtype), 2 * s.to(x.dtype), w, b),
        [(*CHANNELS, np.array([1, 2, 3]))],
    ),
    "layer_norm": (
        lambda F, x, w, b: F.layer_norm(x, w.shape, w, b),
        [
            (normal(4, 5), normal(5), normal(5)),
            (1e4 * normal(4, 2, 5), normal(2, 5), normal(2, 5)),
            (normal(5), normal(5), normal(5)),
            (normal(0, 5), normal(5), normal(5)),
        ],
    ),
    "layer_norm without weight": (
        lambda F, x: F.layer_norm(x, (5,), eps=0.1),
        [normal(4, 5)],
    ),
    "group_norm": (
        lambda F, x, w, b: F.group_norm(x, 2, w, b),
        [
            (normal(3, 4, 2, 2), normal(4), normal(4)),
            (1e4 * normal(3, 4), normal(4), normal(4)),
            (normal(2, 6, 5), normal(6), normal(6)),
        ],
    ),
    "group_norm without weight": (
        lambda F, x: F.group_norm(x, 4, eps=0.1),
        [normal(3, 4, 2)],
    ),
    "dropout in evaluation": (
        lambda F, x: F.dropout(x, 0.3, training=False),
        [WIDE],
    ),
    "dropout of nothing": (lambda F, x: F.dropout2d(x, 0.0), [normal(2, 3, 2, 2)]),
    "dropout of everything": (
        lambda F, x: x + F.dropout(x, 1.0),
        [WIDE, INFINITE],
    ),
    "linear": (
        lambda F, x, w, b: F.linear(x, w, b),
        [
            (normal(4, 5), normal(3, 5), normal(3)),
            (normal(2, 4, 5), normal(3, 5), normal(3)),
            (normal(5), normal(3, 5), normal(3)),
            (normal(0, 5), normal(3, 5), normal(3)),
        ],
    ),
    "linear without bias": (
        lambda F, x, w: F.linear(x, w),
        [(normal(4, 5), normal(3, 5)), (normal(4, 5), normal(5))],
    ),
    "relu": (lambda F, x: F.relu(x), [awkward(), normal(3, 4)]),
    "relu in place": (lambda F, x: F.relu(x * 2, inplace=True), [awkward()]),
    "sigmoid": (lambda F, x: F.sigmoid(x), [awkward()]),
    "tanh": (lambda F, x: F.tanh(x), [awkward()]),
    "softmax": (lambda F, x: F.softmax(x, dim=1), [normal(3, 4), 1e4 * normal(2, 3)]),
    "softmax over dim 0": (lambda F, x: F.softmax(x, 0), [normal(3, 4), normal(3)]),
    "log_softmax": (
        lambda F, x: F.log_softmax(x, dim=-1),
        [normal(3, 4), 1e4 * normal(2, 3)],
    ),
    "cross_entropy": (
        lambda F, x, t: F.cross_entropy(x, t),
        [ROWS, TALL, ONE, SOME, HUGE],
    ),
    "cross_entropy, sum": (
        lambda F, x, t: F.cross_entropy(x, t, reduction="sum"),
        [ROWS, TALL, ONE, SOME],
    ),
    "cross_entropy, none": (
        lambda F, x, t: F.cross_entropy(x, t, reduction="none"),
        [ROWS, TALL, ONE, SOME],
    ),
    "cross_entropy that ignores class 1": (
        lambda F, x, t: F.cross_entropy(x, t, ignore_index=1),
        [(normal(4, 5), np.array([1, 0, 4, 1]))],
    ),
    "cross_entropy with smoothing": (
        lambda F, x, t: F.cross_entropy(x, t, label_smoothing=0.1),
        [ROWS, TALL, ONE, SOME],
    ),
    "cross_entropy with smoothing, sum": (
        lambda F, x, t: F.cross_entropy(x, t, reduction="sum", label_smoothing=1.0),
        [ROWS, SOME],
    ),
    "cross_entropy with weight": (
        lambda F, x, t, w: F.cross_entropy(x, t, w.to(x.dtype)),
        WEIGHTED,
    ),
    "cross_entropy with weight, none": (
        lambda F, x, t, w: F.cross_entropy(x, t, w.to(x.dtype), reduction="none"),
        WEIGHTED,
    ),
    "cross_entropy with weight and smoothing": (
        lambda F, x, t, w: F.cross_entropy(x, t, w.to(x.dtype), label_smoothing=0.3),
        WEIGHTED,
    ),
    "cross_entropy of shares": (lambda F, x, t: F.cross_entropy(x, t), SOFT),
    "cross_entropy of shares, sum": (
        lambda F, x, t: F.cross_entropy(x, t, reduction="sum", label_smoothing=0.2),
        SOFT,
    ),
    "cross_entropy of shares, none": (
        lambda F, x, t: F.cross_entropy(x, t, reduction="none"),
        SOFT,
    ),
    "cross_entropy of shares with weight": (
        lambda F, x, t, w: F.cross_entropy(x, t, w.to(x.dtype), label_smoothing=0.2),
        [(*case, WEIGHT) for case in SOFT],
    ),
    "nll_loss": (lambda F, x, t: F.nll_loss(x, t), [ROWS, TALL, ONE, SOME]),
    "nll_loss, sum": (lambda F, x, t: F.nll_loss(x, t, reduction="sum"), [ROWS, SOME]),
    "nll_loss, none": (
        lambda F, x, t: F.nll_loss(x, t, reduction="none"),
        [TALL, SOME],
    ),
    "nll_loss with weight": (
        lambda F, x, t, w: F.nll_loss(x, t, w.to(x.dtype)),
        WEIGHTED,
    ),
    "l1_loss": (lambda F, x, t: F.l1_loss(x, t), DISTANT),
    "l1_loss, none": (lambda F, x, t: F.l1_loss(x, t, reduction="none"), DISTANT),
    "smooth_l1_loss": (lambda F, x, t: F.smooth_l1_loss(x, t), DISTANT),
    "smooth_l1_loss with beta, none": (
        lambda F, x, t: F.smooth_l1_loss(x, t, reduction="none", beta=0.5),
        DISTANT,
    ),
    "smooth_l1_loss with beta 0, sum": (
        lambda F, x, t: F.smooth_l1_loss(x, t, reduction="sum", beta=0),
        DISTANT,
    ),
    "huber_loss": (lambda F, x, t: F.huber_loss(x, t), DISTANT),
    "huber_loss with delta, none": (
        lambda F, x, t: F.huber_loss(x, t, "none", 0.5),
        DISTANT,
    ),
    "binary_cross_entropy": (
        lambda F, x, t: F.binary_cross_entropy(x, t.to(x.dtype)),
        [*CHANCES, (np.array([0.0, 1.0, 1.0, 0.0]), np.array([0, 1, 0, 1]))],
    ),
    "binary_cross_entropy of shares": (
        lambda F, x, t, w: F.binary_cross_entropy(
            x, t, w.to(x.dtype), reduction="none"
        ),
        [(chances(3, 5), chances(3, 5), WEIGHT)],
    ),
    "binary_cross_entropy_with_logits": (
        lambda F, x, t: F.binary_cross_entropy_with_logits(x, t),
        [(WIDE, chances(14)), (normal(3, 4), chances(3, 4)), (INFINITE, chances(4))],
    ),
    "binary_cross_entropy_with_logits with weights": (
        lambda F, x, t, w, p: F.binary_cross_entropy_with_logits(
            x, t, w.to(x.dtype), reduction="sum", pos_weight=p.to(x.dtype)
        ),
        [(normal(3, 5), chances(3, 5), WEIGHT, WEIGHT + 1)],
    ),
    "kl_div": (
        lambda F, x, t: F.kl_div(x, t, reduction="batchmean"),
        [(normal(3, 4), chances(3, 4)), (WIDE, chances(14))],
    ),
    "kl_div with target 0": (
        lambda F, x, t: F.kl_div(x, t, reduction="none"),
        [(normal(3), np.array([0.0, 0.5, 1.0]))],
    ),
    "kl_div of logarithms": (
        lambda F, x, t: F.kl_div(x, t, reduction="sum", log_target=True),
        [(normal(3, 4), normal(3, 4))],
    ),
    "mse_loss": (lambda F, x, t: F.mse_loss(x, t), PAIRS),
    "mse_loss, sum": (lambda F, x, t: F.mse_loss(x, t, reduction="sum"), PAIRS),
    "mse_loss, none": (lambda F, x, t: F.mse_loss(x, t, reduction="none"), PAIRS),
}
