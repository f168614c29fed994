"""Plateau: a learning rate that falls when nothing gets better any more.

The single idea: no plan, only patience. Chapter: learning-rate schedules and tuning.
"""

from math import inf

from .scheduler import LRScheduler, per_group, require_optimizer, warn_of_epoch


class ReduceLROnPlateau(LRScheduler):
    r"""The learning rate times `factor` after `patience` epochs without progress.

    .. math::

        \eta \leftarrow \max(\eta \, c, \eta_{min})
        \quad \text{if the last } k + 1 \text{ epochs brought no better value}

    Better than the best so far, with threshold h: in mode "min" below best (1 - h), or
    best - h if threshold_mode is "abs"; in mode "max" above best (1 + h), or best + h.

    optimizer: the optimizer to steer
    mode: "min" for a loss, "max" for a score
    factor: c, below 1
    patience: k, the epochs without progress that are borne
    threshold: h
    threshold_mode: "rel" or "abs"
    cooldown: the epochs after a reduction in which nothing is counted
    min_lr: eta_min, a number, or a list of one for each group
    eps: a smaller change of the learning rate is not made
    raises: ValueError for settings that make no sense

    `step(value)` takes the value that should get better.
    Source: Bengio, Practical Recommendations for Gradient-Based Training of Deep
    Architectures (2012), section 3.1, on adapting the rate to the validation error.
    """

    def __init__(
        self,
        optimizer,
        mode="min",
        factor=0.1,
        patience=10,
        threshold=1e-4,
        threshold_mode="rel",
        cooldown=0,
        min_lr=0,
        eps=1e-8,
    ):
        if factor >= 1.0:
            raise ValueError(f"Factor should be < 1.0, but got {factor}")
        require_optimizer(optimizer)
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode} is unknown: it must be 'min' or 'max'")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f"threshold mode {threshold_mode} is unknown: it must be 'rel' or 'abs'"
            )
        self.optimizer = optimizer
        self.factor, self.patience, self.cooldown = factor, patience, cooldown
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr
        self.min_lrs = per_group("min_lr", min_lr, optimizer)
        self.eps = eps
        self.mode_worse = inf if mode == "min" else -inf
        self.last_epoch = 0
        self._last_lr = self._current()
        self._reset()

    def _reset(self):
        """Forget all values seen so far."""
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    @property
    def in_cooldown(self):
        return self.cooldown_counter > 0

    def step(self, metrics, epoch=None):
        """Note the value of an epoch, and reduce the learning rate if it is time.

        metrics: the value, a number or a tensor with one element
        epoch: the time; torch discourages it
        """
        if epoch is not None:
            warn_of_epoch()
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        value = float(metrics)
        if self._is_better(value, self.best):
            self.best = value
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._current()

    def _is_better(self, value, best):
        sign = -1 if self.mode == "min" else 1
        relative = self.threshold_mode == "rel"
        margin = sign * self.threshold
        bound = best * (1 + margin) if relative else best + margin
        return value < bound if self.mode == "min" else value > bound

    def _reduce_lr(self):
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"the optimizer has {len(groups)} parameter groups and min_lrs "
                    f"{len(self.min_lrs)} values: add one to min_lrs for each new group"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, lowest in zip(groups, self.min_lrs, strict=True):
            lr = max(group["lr"] * self.factor, lowest)
            if group["lr"] - lr > self.eps:
                group["lr"] = lr
