"""Adam: steps as large as the signal is clear, each parameter at its own scale.

The single idea: divide the running mean of the gradient by the root of its running mean
square, so that the size of the gradient cancels and its steadiness remains. Chapter:
optimizers.
"""

from math import sqrt

from minigrad.arrays import WORLDS

from .optimizer import Optimizer, counter, require_at_least_zero


class Adam(Optimizer):
    r"""Adaptive moments.

    .. math::

        m &\leftarrow \beta_1 m + (1 - \beta_1) \, g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) \, g^2 \\
        p &\leftarrow p - \eta \, \frac{m / (1 - \beta_1^t)}
            {\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    m and v begin at 0; dividing by 1 - beta^t after t steps makes up for it.

    params: the tensors to change
    lr: the learning rate eta, about the size of one step
    betas: how much of m and of v is kept from step to step, in 0..1
    eps: keeps the quotient finite where the gradient vanishes
    weight_decay: lambda, adds lambda p to the gradient
    amsgrad: divide by the largest v so far
    maximize: step along the gradient instead of against it
    decoupled_weight_decay: shrink p by eta lambda p instead, as AdamW does
    raises: ValueError for settings that make no sense

    The factor 1 - beta_2^t is taken out of the root, which leaves one division of
    arrays. What can be changed in place is: new memory is what a step waits for. Where
    the array library has one kernel for the whole formula, that kernel is used.
    Source: Kingma and Ba, Adam: A Method for Stochastic Optimization (2015), algorithm
    1 and the remark on its order; for amsgrad, in torch's form, Reddi, Kale, Kumar, On
    the Convergence of Adam and Beyond (2018).
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0,
        amsgrad=False,
        *,
        maximize=False,
        decoupled_weight_decay=False,
    ):
        require_at_least_zero({"lr": lr, "eps": eps, "weight_decay": weight_decay})
        for place, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Invalid beta parameter at index {place}: {beta}")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def update(self, p, g, state, **settings):
        xp = WORLDS[type(p)]
        if not state:
            state |= {"step": counter(p), "exp_avg": xp.zeros_like(p)}
            state["exp_avg_sq"] = xp.zeros_like(p)
            if settings["amsgrad"]:
                state["max_exp_avg_sq"] = xp.zeros_like(p)
        state["step"] += 1
        xp.UPDATES.get("Adam", self.formula)(p, g, state, **settings)

    @staticmethod
    def formula(
        p,
        g,
        state,
        *,
        lr,
        betas,
        eps,
        weight_decay,
        amsgrad,
        maximize,
        decoupled_weight_decay,
    ):
        """One step of Adam on the array `p`; `state` already counts it."""
        xp, (beta1, beta2), t = WORLDS[type(p)], betas, float(state["step"])
        m, v = state["exp_avg"], state["exp_avg_sq"]
        if maximize:
            g = -g
        if decoupled_weight_decay:
            p -= lr * weight_decay * p
        elif weight_decay:
            g = g + weight_decay * p
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * (g * g)
        if amsgrad:
            largest = state["max_exp_avg_sq"]
            v = xp.maximum(largest, v, out=largest)
        root = sqrt(1 - beta2**t)
        scale = xp.sqrt(v)
        scale += eps * root
        p -= lr * root / (1 - beta1**t) * m / scale


class AdamW(Adam):
    r"""Adam with a weight decay of its own.

    .. math::

        p \leftarrow p - \eta \lambda p

    comes first, then Adam's step with the gradient as it is. In Adam the decay goes
    through the quotient, where parameters with large gradients lose nearly all of it.

    Arguments: Adam's, with weight_decay, lambda, 0.01 where nothing else is said.
    Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019),
    algorithm 2, in torch's form, where the learning rate scales the decay.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=1e-2,
        amsgrad=False,
        *,
        maximize=False,
    ):
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
        )

    def load_state_dict(self, state_dict):
        """As every optimizer's; the decay stays decoupled, whoever saved."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
