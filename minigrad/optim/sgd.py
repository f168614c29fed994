"""SGD: step against the gradient, with momentum if wanted.

The single idea: a heavy ball rolls over small bumps. Chapter: optimizers.
"""

from minigrad.arrays import WORLDS

from .optimizer import Optimizer, require_at_least_zero


class SGD(Optimizer):
    r"""Stochastic gradient descent.

    .. math::

        v \leftarrow \mu v + (1 - d) \, g, \qquad p \leftarrow p - \eta \, v

    With Nesterov's momentum p moves by g + mu v instead. The first v is g.

    params: the tensors to change
    lr: the learning rate eta
    momentum: mu, the share of the last velocity v that is kept
    dampening: d, by how much a new gradient counts less
    weight_decay: lambda, adds lambda p to the gradient
    nesterov: look ahead along the velocity
    maximize: step along the gradient instead of against it
    raises: ValueError for settings that make no sense

    Source: Sutskever, Martens, Dahl, Hinton, On the Importance of Initialization and
    Momentum in Deep Learning (2013), in torch's form, where the learning rate stands
    outside the velocity.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        momentum=0,
        dampening=0,
        weight_decay=0,
        nesterov=False,
        *,
        maximize=False,
    ):
        require_at_least_zero(
            {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        )
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def update(
        self, p, g, state, *, lr, momentum, dampening, weight_decay, nesterov, maximize
    ):
        if maximize:
            g = -g
        if weight_decay:
            g = g + weight_decay * p
        if momentum:
            v = state.get("momentum_buffer")
            if v is None:
                v = state["momentum_buffer"] = WORLDS[type(g)].copy(g)
            else:
                v *= momentum
                v += (1 - dampening) * g if dampening else g
            g = g + momentum * v if nesterov else v
        p -= lr * g
