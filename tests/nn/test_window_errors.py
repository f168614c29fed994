"""Windows that do not fit are refused as in torch, with words that name the sizes."""

import pytest
from judge import check_refusal


def conv(L, x, w, *bias, **settings):
    return L.nn.functional.conv2d(L.zeros(*x), L.zeros(*w), *bias, **settings)


def conv1d(L, x, w, *bias, **settings):
    return L.nn.functional.conv1d(L.zeros(*x), L.zeros(*w), *bias, **settings)


# what is done in library L; part of minigrad's words. The class is what torch raises.
REFUSED = [
    (
        lambda L: L.nn.functional.avg_pool2d(L.zeros(1, 1, 2, 2), 3),
        "avg_pool2d with kernel (3, 3) on an image of (2, 2)",
    ),
    (
        lambda L: L.nn.functional.avg_pool2d(L.zeros(1, 1, 4, 4), 3, padding=2),
        "avg_pool2d with padding (2, 2) and kernel_size (3, 3)",
    ),
    (
        lambda L: L.nn.functional.avg_pool2d(L.zeros(1, 4, 4), 2, divisor_override=0),
        "avg_pool2d with divisor_override=0",
    ),
    (
        lambda L: L.nn.functional.max_pool1d(L.zeros(4), 2),
        "max_pool1d of shape (4,): the input must have the dimensions channels",
    ),
    (
        lambda L: L.nn.functional.conv1d(L.zeros(1, 1, 8), L.zeros(1, 1, 2, 2)),
        "conv1d with weight of shape (1, 1, 2, 2): it must have the dimensions output "
        "channels, input channels and length",
    ),
    (
        lambda L: conv1d(L, (2, 3, 8), (4, 2, 3)),
        "conv1d of 3 input channels with weight of shape (4, 2, 3): the weight is made "
        "for 2 channels",
    ),
    (
        lambda L: conv1d(L, (2, 3, 8), (4, 3, 9)),
        "conv1d with kernel (9,) on an image of (8,) (with padding)",
    ),
    (
        lambda L: conv1d(L, (8,), (4, 3, 9)),
        "conv1d of shape (8,): the input must have the dimensions channels and length",
    ),
    (
        lambda L: conv1d(L, (2, 3, 8), (4, 3, 3), L.zeros(3)),
        "conv1d with weight of shape (4, 3, 3) and bias of shape (3,): the bias must",
    ),
    (
        lambda L: conv1d(L, (2, 3, 8), (4, 3, 3), stride=(1, 2)),
        "stride (1, 2): it must be an int or a tuple of length 1",
    ),
    (
        lambda L: L.nn.functional.avg_pool1d(L.zeros(2, 3, 4), 5),
        "avg_pool1d with kernel (5,) on an image of (4,) (with padding)",
    ),
    (
        lambda L: L.nn.functional.max_pool1d(L.zeros(2, 3, 4), 2, padding=2),
        "max_pool1d with padding (2,) and kernel_size (2,)",
    ),
    (
        lambda L: L.nn.functional.max_pool2d(L.zeros(2, 2, 2), 4, 1, ceil_mode=True),
        "max_pool2d with kernel (4, 4) on an image of (2, 2)",
    ),
    (
        lambda L: conv(L, (1, 3, 8, 8), (16, 1, 5, 5)),
        "conv2d of 3 input channels with weight of shape (16, 1, 5, 5): the weight is "
        "made for 1 channel",
    ),
    (
        lambda L: conv(L, (1, 1, 3, 3), (16, 1, 5, 5)),
        "conv2d with kernel (5, 5) on an image of (3, 3) (with padding): the "
        "kernel must not be larger",
    ),
    (
        lambda L: conv(L, (1, 1), (16, 1, 5, 5)),
        "conv2d of shape (1, 1): the input must",
    ),
    (
        lambda L: conv(L, (1, 1, 8, 8), (16, 1, 5)),
        "conv2d with weight of shape (16, 1, 5): it must have the dimensions",
    ),
    (
        lambda L: conv(L, (1, 1, 8, 8), (16, 1, 5, 5), L.zeros(3)),
        "conv2d with weight of shape (16, 1, 5, 5) and bias of shape (3,): the "
        "bias must have shape (16,)",
    ),
    (
        lambda L: conv(L, (1, 1, 8, 8), (16, 1, 5, 5), stride=0),
        "conv2d with stride (0, 0) and padding (0, 0): the stride must be positive",
    ),
    (
        lambda L: conv(L, (1, 1, 8, 8), (16, 1, 5, 5), padding=-1),
        "conv2d with stride (1, 1) and padding (-1, -1): the stride must be positive",
    ),
    (
        lambda L: conv(L, (1, 1, 8, 8), (16, 1, 5, 5), padding=(1, 2, 3)),
        "padding (1, 2, 3): it must be an int or a tuple of length 2",
    ),
    (
        lambda L: L.nn.functional.conv2d(
            L.zeros(1, 1, 8, 8, dtype=L.float64), L.zeros(1, 1, 5, 5)
        ),
        "conv2d of input of dtype torch.float64 with a parameter of dtype torch.float",
    ),
    (
        lambda L: L.nn.Conv2d(1, 1, 3, padding="wide"),
        "padding 'wide': it must be ints, 'valid' or 'same'",
    ),
    (
        lambda L: L.nn.Conv2d(1, 1, 3, padding="same", stride=2),
        "padding='same' with stride (2, 2): the stride must be 1",
    ),
    (
        lambda L: conv(L, (1, 1, 8, 8), (1, 1, 3, 3), padding="same", stride=2),
        "padding='same' with stride (2, 2): the stride must be 1",
    ),
    (
        lambda L: conv(L, (1, 1, 8, 8), (1, 1, 3, 3), padding="wide"),
        "padding 'wide': it must be ints, 'valid' or 'same'",
    ),
    (
        lambda L: conv(L, (1, 1, 8, 8), (1, 1, 3, 3), dilation=0),
        "conv2d with dilation (0, 0): it must be positive",
    ),
    (
        lambda L: conv(L, (1, 1, 8, 8), (1, 1, 3, 3), dilation=4),
        "conv2d with kernel (9, 9) on an image of (8, 8) (with padding)",
    ),
    (
        lambda L: conv(L, (1, 3, 8, 8), (4, 3, 3, 3), groups=2),
        "conv2d of 3 input channels with weight of shape (4, 3, 3, 3) and groups=2: "
        "the weight is made for 6 channels",
    ),
    (
        lambda L: conv(L, (1, 6, 8, 8), (3, 3, 3, 3), groups=2),
        "conv2d with weight of shape (3, 3, 3, 3) and groups=2: the 3 output channels "
        "must be divisible by groups",
    ),
    (
        lambda L: conv(L, (1, 6, 8, 8), (4, 3, 3, 3), groups=0),
        "and groups=0: the 4 output channels must be divisible by groups, a positive",
    ),
    (
        lambda L: L.nn.Conv2d(3, 4, 3, groups=2),
        "Conv2d(3, 4) with groups=2: both must be divisible by groups",
    ),
    (
        lambda L: L.nn.Conv1d(4, 3, 3, groups=2),
        "Conv1d(4, 3) with groups=2: both must be divisible by groups",
    ),
    (
        lambda L: L.nn.Conv2d(4, 4, 3, groups=0),
        "Conv2d(4, 4) with groups=0: both must be divisible by groups, a positive",
    ),
    (
        lambda L: L.nn.functional.max_pool2d(L.zeros(1, 1, 2, 2), 3),
        "max_pool2d with kernel (3, 3) on an image of (2, 2)",
    ),
    (
        lambda L: L.nn.functional.max_pool2d(L.zeros(1, 1, 4, 4), 3, padding=2),
        "max_pool2d with padding (2, 2) and kernel_size (3, 3): the padding must be at "
        "most half",
    ),
    (
        lambda L: L.nn.functional.max_pool2d(L.zeros(4, 4), 3),
        "max_pool2d of shape (4, 4): the input must have the dimensions",
    ),
]


@pytest.mark.parametrize("act, words", REFUSED, ids=[words for _, words in REFUSED])
def test_refusal_has_torchs_class_and_names_the_sizes(act, words):
    check_refusal(act, words)
