"""T0: what an operation costs beside its arithmetic.

The single idea: on 4x4 matrices the arithmetic takes next to nothing, so the time of a
chain of a thousand operations, forward and backward, is the library's own.
"""

from functools import partial

import numpy as np
import torch

import minigrad

from .measure import Case

LENGTH = 1000
CHAINS = {
    "add": [lambda xp, x, shift, scale, turn: x + shift],
    "mul": [lambda xp, x, shift, scale, turn: x * scale],
    "tanh": [lambda xp, x, shift, scale, turn: xp.tanh(x)],
    "matmul": [lambda xp, x, shift, scale, turn: x @ turn],
}
CHAINS["all four"] = [step for (step,) in CHAINS.values()]
GOALS = {"minigrad cpu": (0.8, 0.6), "minigrad torch": (1.3, 1.05)}


def cases(quick):
    for name, steps in CHAINS.items():
        yield Case(
            f"T0 {name}, 4x4, per op",
            contenders(steps),
            GOALS if name == "all four" else {},
            unit="us",
            scale=1e6 / LENGTH,
            rounds=25,
        )


def contenders(steps):
    return {
        "torch": partial(like_torch, torch, "cpu", steps),
        "minigrad cpu": partial(like_torch, minigrad, "cpu", steps),
        "minigrad torch": partial(like_torch, minigrad, "torch", steps),
        "autograd": partial(hips_autograd, steps),
        "mygrad": partial(mygrad, steps),
    }


def numbers():
    """x, three parameters, and the upstream gradient.

    They leave a chain about as large as x, as numbers too small for a float32's full
    precision are slow to compute with.
    """
    rng = np.random.default_rng(0)
    x, shift, noise, matrix, g = rng.standard_normal((5, 4, 4))
    turn, _ = np.linalg.qr(matrix)
    numbers = 0.01 * x, 0.01 * shift, 1 + 0.001 * noise, turn, g
    return [a.astype(np.float32) for a in numbers]


def chain(xp, steps, x, *parameters):
    for _ in range(LENGTH // len(steps)):
        for step in steps:
            x = step(xp, x, *parameters)
    return x


def like_torch(library, device, steps):
    *inputs, g = (library.tensor(a, device=device) for a in numbers())
    for tensor in inputs:
        tensor.requires_grad_()

    def work():
        for tensor in inputs:
            tensor.grad = None
        chain(library, steps, *inputs).backward(g)
        return inputs[0].grad

    return work


def hips_autograd(steps):
    import autograd.numpy
    from autograd import make_vjp

    *inputs, g = numbers()
    pull = make_vjp(lambda inputs: chain(autograd.numpy, steps, *inputs))

    def work():
        backward, _ = pull(tuple(inputs))
        return backward(g)[0]

    return work


def mygrad(steps):
    import mygrad

    *inputs, g = numbers()
    inputs = [mygrad.tensor(a) for a in inputs]

    def work():
        chain(mygrad, steps, *inputs).backward(g)
        return inputs[0].grad

    return work
