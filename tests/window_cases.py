"""Cases in which convolution and pooling are compared with torch's."""

import numpy as np
from function_cases import normal


def image(*shape):
    """Whole numbers, so that windows have ties."""
    return np.round(2 * normal(*shape))


WINDOWS = {
    "avg_pool2d": (
        lambda F, x: F.avg_pool2d(x, 2),
        [normal(2, 3, 6, 7), normal(3, 4, 4)],
    ),
    "avg_pool2d with overlap": (
        lambda F, x: F.avg_pool2d(x, (3, 2), stride=(1, 2), padding=1),
        [normal(2, 3, 6, 7)],
    ),
    "avg_pool2d without padding in the count": (
        lambda F, x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
        [normal(2, 3, 6, 7)],
    ),
    "avg_pool2d with divisor": (
        lambda F, x: F.avg_pool2d(x, 3, 2, divisor_override=5),
        [normal(2, 3, 6, 7)],
    ),
    "avg_pool1d": (
        lambda F, x: F.avg_pool1d(x, 3, 2, 1, count_include_pad=False),
        [normal(2, 3, 7), normal(3, 5)],
    ),
    "max_pool1d": (
        lambda F, x: F.max_pool1d(x, 3, 2, 1),
        [image(2, 3, 7), image(3, 5)],
    ),
    "adaptive_avg_pool2d": (
        lambda F, x: F.adaptive_avg_pool2d(x, (3, 2)),
        [normal(2, 3, 7, 5), normal(3, 6, 4), normal(1, 2, 2, 1)],
    ),
    "adaptive_avg_pool2d to one": (
        lambda F, x: F.adaptive_avg_pool2d(x, 1),
        [normal(2, 3, 7, 5)],
    ),
    "adaptive_avg_pool2d of width only": (
        lambda F, x: F.adaptive_avg_pool2d(x, (None, 2)),
        [normal(2, 3, 4, 5)],
    ),
    "conv1d": (
        lambda F, x, w, b: F.conv1d(x, w, b, stride=2, padding=1),
        [
            (normal(2, 3, 7), normal(4, 3, 3), normal(4)),
            (normal(3, 6), normal(4, 3, 2), normal(4)),
        ],
    ),
    "conv1d with padding='same'": (
        lambda F, x, w: F.conv1d(x, w, padding="same"),
        [(normal(2, 3, 7), normal(4, 3, 5))],
    ),
    "conv2d": (
        lambda F, x, w, b: F.conv2d(x, w, b),
        [
            (normal(2, 3, 6, 7), normal(4, 3, 3, 3), normal(4)),
            (normal(3, 6, 7), normal(4, 3, 3, 2), normal(4)),
            (normal(2, 1, 5, 5), normal(1, 1, 5, 5), normal(1)),
        ],
    ),
    "conv2d with stride and padding": (
        lambda F, x, w: F.conv2d(x, w, stride=(2, 1), padding=(0, 2)),
        [(normal(2, 3, 6, 7), normal(4, 3, 3, 3))],
    ),
    "conv2d with stride": (
        lambda F, x, w: F.conv2d(x, w, stride=2, padding=1),
        [
            (normal(2, 3, 6, 7), normal(4, 3, 3, 3)),
            (normal(2, 3, 3, 3), normal(4, 3, 5, 5)),
        ],
    ),
    "conv2d with padding='same'": (
        lambda F, x, w: F.conv2d(x, w, padding="same"),
        [(normal(2, 3, 6, 7), normal(4, 3, 3, 5))],
    ),
    "conv2d with padding='valid'": (
        lambda F, x, w: F.conv2d(x, w, padding="valid"),
        [(normal(2, 3, 6, 7), normal(4, 3, 3, 5))],
    ),
    "max_pool2d": (
        lambda F, x: F.max_pool2d(x, 2),
        [image(2, 3, 6, 7), image(3, 4, 4), normal(2, 3, 6, 6)],
    ),
    "max_pool2d with overlap": (
        lambda F, x: F.max_pool2d(x, (3, 2), stride=(1, 2), padding=1),
        [image(2, 3, 6, 7), -np.abs(normal(2, 1, 5, 5))],
    ),
    "conv2d with dilation": (
        lambda F, x, w, b: F.conv2d(x, w, b, (1, 2), (2, 1), (3, 2)),
        [
            (normal(2, 3, 8, 9), normal(4, 3, 3, 2), normal(4)),
            (normal(1, 9, 6), normal(4, 1, 3, 3), normal(4)),
        ],
    ),
    "conv2d with groups": (
        lambda F, x, w, b: F.conv2d(x, w, b, padding=1, groups=3),
        [
            (normal(2, 6, 5, 4), normal(9, 2, 3, 3), normal(9)),
            (normal(3, 5, 4), normal(3, 1, 3, 2), normal(3)),
        ],
    ),
    "conv2d with padding='same' and dilation": (
        lambda F, x, w: F.conv2d(x, w, padding="same", dilation=2),
        [(normal(2, 3, 6, 7), normal(4, 3, 2, 5))],
    ),
    "conv2d with padding='same' and an even kernel": (
        lambda F, x, w: F.conv2d(x, w, padding="same", dilation=(1, 3)),
        [
            (normal(2, 3, 6, 7), normal(4, 3, 2, 5)),
            (normal(2, 3, 6, 11), normal(4, 3, 3, 4)),
            (normal(3, 6, 5), normal(4, 3, 4, 2)),
        ],
    ),
    "conv1d with padding='same' and an even kernel": (
        lambda F, x, w: F.conv1d(x, w, padding="same"),
        [(normal(2, 3, 6), normal(4, 3, 4))],
    ),
    "conv1d with dilation and groups": (
        lambda F, x, w: F.conv1d(x, w, None, 2, 3, 2, 2),
        [(normal(2, 4, 9), normal(6, 2, 3)), (normal(2, 8), normal(2, 1, 2))],
    ),
    "max_pool2d in ceil_mode": (
        lambda F, x: F.max_pool2d(x, 2, ceil_mode=True),
        [image(2, 3, 5, 7), image(3, 4, 5), image(1, 1, 1, 1)],
    ),
    "max_pool2d in ceil_mode, with padding": (
        lambda F, x: F.max_pool2d(x, (3, 2), (2, 3), 1, ceil_mode=True),
        [image(2, 3, 6, 7), image(2, 3, 5, 6), -np.abs(normal(2, 1, 4, 5))],
    ),
    "max_pool1d in ceil_mode": (
        lambda F, x: F.max_pool1d(x, 3, 2, 1, ceil_mode=True),
        [image(2, 3, 7), image(3, 6)],
    ),
    "avg_pool2d in ceil_mode": (
        lambda F, x: F.avg_pool2d(x, (3, 2), (2, 3), 1, ceil_mode=True),
        [normal(2, 3, 6, 7), normal(3, 5, 6), normal(1, 1, 4, 4)],
    ),
    "avg_pool2d in ceil_mode, without padding in the count": (
        lambda F, x: F.avg_pool2d(x, 3, 2, 1, True, count_include_pad=False),
        [normal(2, 3, 6, 7), normal(3, 4, 5)],
    ),
    "avg_pool2d in ceil_mode, with divisor": (
        lambda F, x: F.avg_pool2d(x, 2, ceil_mode=True, divisor_override=3),
        [normal(2, 3, 5, 7)],
    ),
    "avg_pool1d in ceil_mode": (
        lambda F, x: F.avg_pool1d(x, 3, 2, 1, True),
        [normal(2, 3, 6), normal(3, 7)],
    ),
}
