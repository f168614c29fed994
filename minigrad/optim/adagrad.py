"""Adagrad: the more a parameter has moved, the smaller its steps become.

The single idea: divide each gradient by the root of the sum of all its squares so far,
so that rare features learn as much from one example as common ones do from many.
Chapter: optimizers.
"""

from minigrad.arrays import WORLDS

from .optimizer import Optimizer, counter, require_at_least_zero


class Adagrad(Optimizer):
    r"""Adaptive gradients.

    .. math::

        s &\leftarrow s + g^2 \\
        p &\leftarrow p - \frac{\eta}{1 + (t - 1) \, \delta} \,
            \frac{g}{\sqrt{s} + \epsilon}

    params: the tensors to change
    lr: the learning rate eta
    lr_decay: delta, by how much the learning rate shrinks with each step t = 1, 2, ...
    weight_decay: lambda, adds lambda p to the gradient
    initial_accumulator_value: the first s
    eps: keeps the quotient finite where the gradient has always been 0
    maximize: step along the gradient instead of against it
    raises: ValueError for a setting below 0

    Source: Duchi, Hazan, Singer, Adaptive Subgradient Methods for Online Learning and
    Stochastic Optimization (2011), with diagonal matrices.
    """

    def __init__(
        self,
        params,
        lr=1e-2,
        lr_decay=0,
        weight_decay=0,
        initial_accumulator_value=0,
        eps=1e-10,
        *,
        maximize=False,
    ):
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "eps": eps,
        }
        require_at_least_zero(defaults)
        super().__init__(params, {**defaults, "maximize": maximize})

    def update(
        self,
        p,
        g,
        state,
        *,
        lr,
        lr_decay,
        weight_decay,
        initial_accumulator_value,
        eps,
        maximize,
    ):
        xp = WORLDS[type(p)]
        if not state:
            start = xp.zeros_like(p)
            start += initial_accumulator_value
            state |= {"step": counter(p), "sum": start}
        if maximize:
            g = -g
        if weight_decay:
            g = g + weight_decay * p
        if lr_decay:  # the only use of the count, for which a GPU must be waited for
            lr = lr / (1 + float(state["step"]) * lr_decay)
        state["step"] += 1
        s = state["sum"]
        s += g * g
        p -= lr * g / (xp.sqrt(s) + eps)
