"""Cosine: learning rates that fall slowly, then fast, then slowly again.

The single idea: half a wave. With restarts the wave begins anew, and a run that had
settled looks around once more. Chapter: learning-rate schedules and tuning.
"""

from math import cos, floor, log, pi

from .scheduler import CurveLR, LRScheduler


class CosineAnnealingLR(CurveLR):
    r"""Half a cosine wave from the first learning rate down to eta_min.

    .. math::

        \eta_t = \eta_{min} + (\eta_0 - \eta_{min}) \,
            \frac{1 + \cos(\pi t / T_{max})}{2}

    optimizer: the optimizer to steer
    T_max: the epochs on the way down; after them the way goes up again
    eta_min: the lowest learning rate
    last_epoch: the time of the last step when a run is resumed

    Source: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts
    (2017), equation 5, without the restarts.
    """

    def __init__(self, optimizer, T_max, eta_min=0.0, last_epoch=-1):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def curve(self, t):
        return (1 + cos(pi * t / self.T_max)) / 2


class CosineAnnealingWarmRestarts(LRScheduler):
    r"""Half a cosine wave, begun anew after T_0, then T_0 T_mult, ... epochs.

    .. math::

        \eta_t = \eta_{min} + (\eta_0 - \eta_{min}) \,
            \frac{1 + \cos(\pi \, T_{cur} / T_i)}{2}

    T_cur: the epochs since the last restart; T_i: those from it to the next

    optimizer: the optimizer to steer
    T_0: the epochs until the first restart
    T_mult: how many times longer each wave is than the one before
    eta_min: the lowest learning rate
    last_epoch: the time of the last step when a run is resumed
    raises: ValueError for a T_0 or T_mult that is no whole number of at least 1

    `step(epoch)` may be called within an epoch, with the time as a fraction. It forgets
    what other schedulers multiplied: it always begins with the first rate.
    Source: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts
    (2017), equation 5.
    """

    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0, last_epoch=-1):
        if not isinstance(T_0, int) or T_0 <= 0:
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if not isinstance(T_mult, int) or T_mult < 1:
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, float | int):
            raise ValueError(
                f"Expected float or int eta_min, but got {eta_min} of type "
                f"{type(eta_min)}"
            )
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        self._warn_outside_step()
        low, share = self.eta_min, (1 + cos(pi * self.T_cur / self.T_i)) / 2
        return [low + (base - low) * share for base in self.base_lrs]

    def step(self, epoch=None):
        """Go on to the next time, or to the time `epoch`, which may be a fraction."""
        self._update_lr(0 if epoch is None and self.last_epoch < 0 else epoch)

    def _update_lr(self, epoch=None):
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        else:
            self._place(epoch)
        self.last_epoch = floor(epoch)
        self._set_lr(self.get_lr)

    def _place(self, epoch):
        """Find the wave of `epoch`: before it were T_0 (1 + k + k^2 + ...) epochs."""
        first, k = self.T_0, self.T_mult
        if k == 1 or epoch < first:
            self.T_cur, self.T_i = epoch % first, first
        else:
            waves = int(log(epoch / first * (k - 1) + 1, k))
            self.T_cur = epoch - first * (k**waves - 1) / (k - 1)
            self.T_i = first * k**waves
