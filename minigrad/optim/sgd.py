"""SGD: step against the gradient, with momentum if wanted.

The single idea: a heavy ball rolls over small bumps. The chapter on optimizers explains
it.
"""

from minigrad.arrays import WORLDS

from .optimizer import Optimizer


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
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
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
            if "momentum_buffer" in state:
                v = state["momentum_buffer"]
                v *= momentum
                v += (1 - dampening) * g if dampening else g
            else:
                v = state["momentum_buffer"] = WORLDS[type(g)].copy(g)
            g = g + momentum * v if nesterov else v
        p -= lr * g
