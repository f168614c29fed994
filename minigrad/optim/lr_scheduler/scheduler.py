"""LRScheduler: what every plan for the learning rate has in common.

The single idea: the learning rate of time t is that of time t - 1 times the growth of a
curve. What other schedulers have multiplied in between stays, so plans can be chained.
Chapter: learning-rate schedules and tuning.
"""

import warnings

from minigrad.optim.optimizer import Optimizer


class LRScheduler:
    """Base of all schedulers: write `get_lr`, as with torch.

    optimizer: the optimizer whose groups' learning rates are set
    last_epoch: the time of the last step when a run is resumed; -1 begins a new one
    raises: TypeError for what is no optimizer; KeyError if a run is resumed with an
        optimizer that no scheduler has had before

    last_epoch: the time t, 0 after the start and one more after each `step`
    base_lrs: the learning rates that the groups began with

        >>> class Halving(LRScheduler):
        ...     def get_lr(self):
        ...         return [lr * 0.5**self.last_epoch for lr in self.base_lrs]
        >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=0.8)
        >>> scheduler = Halving(optimizer)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.2]
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer, last_epoch=-1):
        require_optimizer(optimizer)
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{number}] "
                    "when resuming a scheduler: load the optimizer's state first"
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        vars(optimizer).setdefault("_opt_called", False)  # from now on it is noted
        self._initial_step()

    def _initial_step(self):
        """Come to time 0, or to the time where a resumed run goes on."""
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def get_lr(self):
        """The learning rates of time `last_epoch`, one for each group."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr")

    def get_last_lr(self):
        """The learning rates that were set last, one for each group."""
        return self._last_lr

    def step(self, epoch=None):
        """Go on to the next time, after `optimizer.step()`.

        epoch: the time to go to instead; torch discourages it
        """
        if self._step_count == 1:
            self._warn_of_order()
        self._step_count += 1
        if epoch is not None:
            warn_of_epoch()
        self._update_lr(epoch)

    def _update_lr(self, epoch=None):
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed = getattr(self, "_get_closed_form_lr", self.get_lr)
        self._set_lr(self.get_lr if epoch is None else closed)

    def _set_lr(self, get_lr):
        self._get_lr_called_within_step = True
        try:
            values = get_lr()
        finally:
            self._get_lr_called_within_step = False
        for group, lr in zip(self.optimizer.param_groups, values, strict=True):
            group["lr"] = lr
        self._last_lr = self._current()

    def _current(self):
        return [group["lr"] for group in self.optimizer.param_groups]

    def _warn_outside_step(self):
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use "
                "`get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )

    def _warn_of_order(self):
        if "step" in vars(self.optimizer):
            words = (
                "Seems like `optimizer.step()` has been overridden after the scheduler "
                "was made: call `optimizer.step()` before `lr_scheduler.step()`."
            )
        elif not self.optimizer._opt_called:
            words = (
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: "
                "call them in the opposite order, or the first rate is skipped."
            )
        else:
            return
        warnings.warn(words, UserWarning, stacklevel=3)

    def state_dict(self):
        """All attributes but the optimizer, under torch's names."""
        return {name: v for name, v in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict):
        """Take over the attributes that `state_dict` holds."""
        vars(self).update(state_dict)


class CurveLR(LRScheduler):
    r"""A scheduler that is a curve: write `curve(t)`, the share of the first rate.

    .. math::

        \eta_t = \eta_{min} + (\eta_0 - \eta_{min}) \, f(t)

    as long as nothing else changes the learning rate. What is computed is

    .. math::

        \eta_t = \eta_{min} + (\eta_{t-1} - \eta_{min}) \, \frac{f(t)}{f(t - 1)}

    eta_min: the rate that the curve counts from
    follows: whether the rate of a resumed run already is that of its first time
    """

    eta_min = 0.0
    follows = True

    def curve(self, t):
        """f(t), for t = 0, 1, 2, ..."""
        raise NotImplementedError(f"{type(self).__name__} has no curve")

    def get_lr(self):
        self._warn_outside_step()
        t, low = self.last_epoch, self.eta_min
        if self._is_initial and self.follows and t > 0:
            return self._current()
        now, before = self.curve(t), self.curve(t - 1) if t > 0 else 1.0
        if now == before:
            return self._current()
        if before == 0:  # the curve comes up again
            gains = [(base - low) * now for base in self.base_lrs]
            return [lr + gain for lr, gain in zip(self._current(), gains, strict=True)]
        return [low + (lr - low) * (now / before) for lr in self._current()]

    def _get_closed_form_lr(self):
        low, share = self.eta_min, self.curve(self.last_epoch)
        return [low + (base - low) * share for base in self.base_lrs]


def require_optimizer(optimizer):
    """Refuse what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def per_group(name, value, optimizer):
    """A list with one value for each group, from such a list or from one for all."""
    count = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * count
    if len(value) != count:
        raise ValueError(f"expected {count} values for {name}, got {len(value)}")
    return list(value)


def warn_of_epoch():
    """Warn, as torch does, of a time given to `step`."""
    warnings.warn(
        "The epoch parameter in `scheduler.step()` was not necessary and is being "
        "deprecated where possible: call `scheduler.step()` without it.",
        UserWarning,
        stacklevel=3,
    )
