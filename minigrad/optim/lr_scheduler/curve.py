"""Curves: learning rates that change a little in every epoch.

The single idea: the formula of the plan is the function `curve`. Chapter: learning-rate
schedules and tuning.
"""

from types import FunctionType

from .scheduler import CurveLR, LRScheduler


class LambdaLR(LRScheduler):
    r"""The first learning rate times any function of time.

    .. math::

        \eta_t = \eta_0 \, f(t)

    optimizer: the optimizer to steer
    lr_lambda: f, a function of the epoch, or a list of one for each group
    last_epoch: the time of the last step when a run is resumed
    raises: ValueError if there are not as many functions as groups

    It forgets what other schedulers multiplied: it always begins with the first rate.
    """

    def __init__(self, optimizer, lr_lambda, last_epoch=-1):
        count = len(optimizer.param_groups)
        if not isinstance(lr_lambda, list | tuple):
            lr_lambda = [lr_lambda] * count
        if len(lr_lambda) != count:
            raise ValueError(f"Expected {count} lr_lambdas, but got {len(lr_lambda)}")
        self.lr_lambdas = list(lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        self._warn_outside_step()
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * share(self.last_epoch) for base, share in pairs]

    def state_dict(self):
        """All attributes but the optimizer; of the functions only what objects hold."""
        held = [
            None if isinstance(f, FunctionType) else dict(vars(f))
            for f in self.lr_lambdas
        ]
        return {**super().state_dict(), "lr_lambdas": held}

    def load_state_dict(self, state_dict):
        """Take over the attributes, and fill the functions that are objects."""
        functions = self.lr_lambdas
        super().load_state_dict({**state_dict, "lr_lambdas": functions})
        for function, held in zip(functions, state_dict["lr_lambdas"], strict=True):
            if held is not None:
                vars(function).update(held)


class ExponentialLR(CurveLR):
    r"""The learning rate times gamma in every epoch.

    .. math::

        \eta_t = \eta_0 \, \gamma^t

    optimizer: the optimizer to steer
    gamma: the factor of an epoch
    last_epoch: the time of the last step when a run is resumed

    Source: Li and Arora, An Exponential Learning Rate Schedule for Deep Learning
    (2020).
    """

    def __init__(self, optimizer, gamma, last_epoch=-1):
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        return self.gamma**t


class LinearLR(CurveLR):
    r"""A straight line from one share of the learning rate to another: a warm-up.

    .. math::

        \eta_t = \eta_0 \left( a + (b - a) \, \frac{\min(t, T)}{T} \right)

    optimizer: the optimizer to steer
    start_factor: a, above 0 and at most 1
    end_factor: b, in 0..1
    total_iters: T, the epochs from a to b
    last_epoch: the time of the last step when a run is resumed
    raises: ValueError for factors outside these ranges

    Source: Goyal and others, Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour
    (2017), section 2.2.
    """

    def __init__(
        self,
        optimizer,
        start_factor=1.0 / 3,
        end_factor=1.0,
        total_iters=5,
        last_epoch=-1,
    ):
        if not 0 < start_factor <= 1:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less "
                f"or equal to 1, but got {start_factor}"
            )
        if not 0 <= end_factor <= 1:
            raise ValueError(
                "Ending multiplicative factor expected to be between 0 and 1, but got "
                f"{end_factor}"
            )
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        a, b = self.start_factor, self.end_factor
        return a + (b - a) * _share(t, self.total_iters)


class PolynomialLR(CurveLR):
    r"""A power of the time that is left.

    .. math::

        \eta_t = \eta_0 \left( 1 - \frac{\min(t, T)}{T} \right)^k

    optimizer: the optimizer to steer
    total_iters: T, the epochs until the learning rate is 0
    power: k; 1 is a straight line
    last_epoch: the time of the last step when a run is resumed

    Source: Chen and others, DeepLab: Semantic Image Segmentation with Deep
    Convolutional Nets (2018), section 4.1.1.
    """

    def __init__(self, optimizer, total_iters=5, power=1.0, last_epoch=-1):
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        return (1 - _share(t, self.total_iters)) ** self.power


def _share(t, end):
    """How much of the time up to `end` is over; as in torch 0 where that is none."""
    return min(t, end) / end if end else 0.0
