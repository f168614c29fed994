"""T3: single layers, forward and backward.

The single idea: a layer is a function of tensors. The input, the parameters and the
gradient that comes from above are the same for all, and the first input's gradient is
compared.
"""

from functools import partial

import numpy as np
import torch

import minigrad

from .measure import Case

IMAGES = (64, 32, 28, 28)
# name: (shapes of the inputs, layer, goals on cpu and torch)
LAYERS = {
    "matmul 1024^3": (
        [(1024, 1024), (1024, 1024)],
        lambda lib, a, b: a @ b,
        ((1.02, 1.02), (1.02, 1.02)),
    ),
    "broadcast add 4096x1024": (
        [(4096, 1024), (1024,)],
        lambda lib, a, b: a + b,
        ((1.0, 1.0), (1.05, 1.05)),
    ),
    "max pool 64x16x28x28": (
        [(64, 16, 28, 28)],
        lambda lib, x: lib.nn.functional.max_pool2d(x, 2),
        ((0.5, 0.5), (0.3, 0.3)),
    ),
    "max pool 64x32x14x14": (
        [(64, 32, 14, 14)],
        lambda lib, x: lib.nn.functional.max_pool2d(x, 2),
        ((0.5, 0.5), (0.3, 0.3)),
    ),
    "conv 1->16 5x5, 28x28": (
        [(16, 1, 5, 5), (16,)],
        lambda lib, w, b, x: lib.nn.functional.conv2d(x, w, b, padding=2),
        ((0.5, 0.5), (0.6, 0.6)),
    ),
    "conv 16->32 5x5, 14x14": (
        [(64, 16, 14, 14), (32, 16, 5, 5), (32,)],
        lambda lib, x, w, b: lib.nn.functional.conv2d(x, w, b, padding=2),
        ((1.5, 1.5), (1.02, 1.02)),
    ),
    "dropout 4096x1024": (
        [(4096, 1024)],
        lambda lib, x: lib.nn.functional.dropout(x, 0.5),
        ((0.35, 0.35), (0.5, 0.5)),
    ),
    "cross-entropy 4096x1000": (
        [(4096, 1000)],
        lambda lib, x, t: lib.nn.functional.cross_entropy(x, t),
        ((1.3, 1.3), (1.05, 1.05)),
    ),
    "batchnorm 64x32x28x28": (
        [IMAGES, (32,), (32,)],
        lambda lib, x, w, b: lib.nn.functional.batch_norm(
            x, None, None, w, b, training=True
        ),
        ((1.4, 1.4), (1.05, 1.05)),
    ),
    "layernorm 64x32x28x28, last two": (
        [IMAGES, (28, 28), (28, 28)],
        lambda lib, x, w, b: lib.nn.functional.layer_norm(x, (28, 28), w, b),
        ((2.6, 2.6), (1.05, 1.05)),
    ),
}


def fixed(name):
    """Arguments that need no gradient: images into the first layer, or classes."""
    rng = np.random.default_rng(1)
    if name.startswith("conv 1->"):
        return [rng.standard_normal((64, 1, 28, 28)).astype(np.float32)]
    return [rng.integers(0, 1000, 4096)] if name.startswith("cross") else []


def cases(quick):
    for name, (shapes, layer, (cpu, on_torch)) in LAYERS.items():
        make = partial(passes, shapes, layer, fixed(name))
        yield Case(
            f"T3 {name}",
            {
                "torch": partial(make, torch, "cpu"),
                "minigrad cpu": partial(make, minigrad, "cpu"),
                "minigrad torch": partial(make, minigrad, "torch"),
            },
            {"minigrad cpu": cpu, "minigrad torch": on_torch},
            check=share_of_zeros if name.startswith("dropout") else np.asarray,
            tolerance=1e-2 if name.startswith("dropout") else 1e-3,
        )


def share_of_zeros(gradient):
    return np.mean(gradient == 0)


def passes(shapes, layer, others, library, device):
    """A forward and a backward pass, which returns the gradient of the first input."""
    rng = np.random.default_rng(0)
    tensor = partial(library.tensor, device=device)
    inputs = [tensor(rng.standard_normal(s).astype(np.float32)) for s in shapes]
    for x in inputs:
        x.requires_grad_()
    others = [tensor(a) for a in others]
    shape = tuple(layer(library, *inputs, *others).shape)
    g = tensor(rng.standard_normal(shape).astype(np.float32))

    def work():
        for x in inputs:
            x.grad = None
        layer(library, *inputs, *others).backward(g)
        return inputs[0].grad

    return work
