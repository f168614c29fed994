"""RMSprop: steps of about the same size, however steep the slope.

The single idea: divide the gradient by the root of the running mean of its square,
which forgets what is long past, as Adagrad's sum does not. Chapter: optimizers.
"""

from minigrad.arrays import WORLDS

from .optimizer import Optimizer, counter, require_at_least_zero


class RMSprop(Optimizer):
    r"""Division by the root of a mean square.

    .. math::

        v &\leftarrow \alpha v + (1 - \alpha) \, g^2 \\
        p &\leftarrow p - \eta \, \frac{g}{\sqrt{v} + \epsilon}

    With momentum mu the quotient is first collected, b <- mu b + quotient, and p moves
    by eta b. v, b and a begin at 0.

    params: the tensors to change
    lr: the learning rate eta
    alpha: how much of v is kept from step to step
    eps: keeps the quotient finite where the gradient vanishes
    weight_decay: lambda, adds lambda p to the gradient
    momentum: mu, the share of the last velocity b that is kept
    centered: divide by the standard deviation: v - a^2 in place of v, where a is the
        running mean of g
    maximize: step along the gradient instead of against it
    raises: ValueError for a setting below 0

    Source: Tieleman and Hinton, Lecture 6.5 of Neural Networks for Machine Learning
    (2012); centered: Graves, Generating Sequences with Recurrent Neural Networks
    (2013), equations 38 to 45, in torch's form.
    """

    def __init__(
        self,
        params,
        lr=1e-2,
        alpha=0.99,
        eps=1e-8,
        weight_decay=0,
        momentum=0,
        centered=False,
        *,
        maximize=False,
    ):
        defaults = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
        }
        require_at_least_zero(defaults)
        flags = {"centered": centered, "maximize": maximize}
        super().__init__(params, {**defaults, **flags})

    def update(
        self, p, g, state, *, lr, alpha, eps, weight_decay, momentum, centered, maximize
    ):
        xp = WORLDS[type(p)]
        if not state:
            state |= {"step": counter(p), "square_avg": xp.zeros_like(p)}
            if momentum:
                state["momentum_buffer"] = xp.zeros_like(p)
            if centered:
                state["grad_avg"] = xp.zeros_like(p)
        state["step"] += 1
        v = state["square_avg"]
        if maximize:
            g = -g
        if weight_decay:
            g = g + weight_decay * p
        v *= alpha
        v += (1 - alpha) * (g * g)
        if centered:
            a = state["grad_avg"]
            a += (1 - alpha) * (g - a)
            v = v - a * a
        quotient = g / (xp.sqrt(v) + eps)
        if momentum:
            b = state["momentum_buffer"]
            b *= momentum
            b += quotient
            quotient = b
        p -= lr * quotient
