"""Stairs: learning rates that stay, drop, and stay again.

The single idea: a large rate crosses the country, a small one settles in the valley.
Chapter: learning-rate schedules and tuning.
"""

from bisect import bisect_right
from collections import Counter

from .scheduler import CurveLR


class StepLR(CurveLR):
    r"""The learning rate times gamma every `step_size` epochs.

    .. math::

        \eta_t = \eta_0 \, \gamma^{\lfloor t / s \rfloor}

    optimizer: the optimizer to steer
    step_size: s, the epochs between two drops
    gamma: the factor of a drop
    last_epoch: the time of the last step when a run is resumed

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 8.3.1, on why
    the rate must fall; as used by He and others, Deep Residual Learning (2016).
    """

    follows = False

    def __init__(self, optimizer, step_size, gamma=0.1, last_epoch=-1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        return self.gamma ** (t // self.step_size)


class MultiStepLR(CurveLR):
    r"""The learning rate times gamma at each of the milestones.

    .. math::

        \eta_t = \eta_0 \, \gamma^{n(t)}, \qquad
        n(t) = \text{the number of milestones} \le t

    optimizer: the optimizer to steer
    milestones: the times of the drops; one named twice counts twice
    gamma: the factor of a drop
    last_epoch: the time of the last step when a run is resumed

    Source: He, Zhang, Ren, Sun, Deep Residual Learning for Image Recognition (2016),
    section 4.2.
    """

    follows = False

    def __init__(self, optimizer, milestones, gamma=0.1, last_epoch=-1):
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), t)


class ConstantLR(CurveLR):
    r"""A smaller learning rate for the first `total_iters` epochs.

    .. math::

        \eta_t = \begin{cases} \eta_0 \, c & t < T \\ \eta_0 & t \ge T \end{cases}

    optimizer: the optimizer to steer
    factor: c, in 0..1
    total_iters: T, the number of epochs at the smaller rate
    last_epoch: the time of the last step when a run is resumed
    raises: ValueError for a factor outside 0..1

    Source: He, Zhang, Ren, Sun, Deep Residual Learning for Image Recognition (2016),
    section 4.2, the warm-up of the network with 110 layers.
    """

    follows = False

    def __init__(self, optimizer, factor=1.0 / 3, total_iters=5, last_epoch=-1):
        if not 0 <= factor <= 1:
            raise ValueError(
                "Constant multiplicative factor expected to be between 0 and 1, but "
                f"got {factor}"
            )
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        return self.factor if t < self.total_iters else 1.0
