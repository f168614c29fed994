"""One cycle: the learning rate rises to its largest value, then falls far below.

The single idea: a rate that would diverge at the start, and keep the end from settling,
regularises in between. Chapter: learning-rate schedules and tuning.
"""

from math import cos, pi

from .scheduler import LRScheduler, per_group, require_optimizer


class OneCycleLR(LRScheduler):
    r"""One cycle up and down over the whole training; step it after every batch.

    .. math::

        \eta_t = a(\eta_{start}, \eta_{end}, q), \qquad
        a_{cos}(x, y, q) = y + (x - y) \, \frac{1 + \cos \pi q}{2}, \qquad
        a_{linear}(x, y, q) = x + (y - x) \, q

    where q in 0..1 is how much of its phase is over. The first phase, `pct_start` of
    all steps, leads from max_lr / div_factor up to max_lr, the second down to max_lr /
    (div_factor final_div_factor). With three phases the second is as long as the first
    and leads back to where it began. Momentum goes the other way.

    optimizer: the optimizer to steer
    max_lr: the largest learning rate, a number, or a list of one for each group
    total_steps: the steps of the whole cycle; or epochs times steps_per_epoch
    pct_start: the share of the first phase, a float in 0..1
    anneal_strategy: "cos" or "linear"
    cycle_momentum: whether momentum, or the first beta, is steered too
    base_momentum, max_momentum: its smallest and largest value
    div_factor, final_div_factor: see above
    three_phase: see above
    last_epoch: the time of the last step when a run is resumed
    raises: ValueError for settings that make no sense, and after the last step

    Source: Smith and Topin, Super-Convergence: Very Fast Training of Neural Networks
    Using Large Learning Rates (2018); Smith, A Disciplined Approach to Neural Network
    Hyper-Parameters (2018), sections 4.1 and 4.3.
    """

    def __init__(
        self,
        optimizer,
        max_lr,
        total_steps=None,
        epochs=None,
        steps_per_epoch=None,
        pct_start=0.3,
        anneal_strategy="cos",
        cycle_momentum=True,
        base_momentum=0.85,
        max_momentum=0.95,
        div_factor=25.0,
        final_div_factor=1e4,
        three_phase=False,
        last_epoch=-1,
    ):
        require_optimizer(optimizer)
        self.optimizer = optimizer
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(
                f"Expected float between 0 and 1 pct_start, but got {pct_start}"
            )
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                "anneal_strategy must be one of 'cos' or 'linear', instead got "
                f"{anneal_strategy}"
            )
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        self._anneal_func_type = anneal_strategy
        self.cycle_momentum = cycle_momentum
        fresh = last_epoch == -1
        self._begin_lr(max_lr, div_factor, final_div_factor, fresh)
        if cycle_momentum:
            self._begin_momentum(base_momentum, max_momentum, fresh)
        super().__init__(optimizer, last_epoch)

    def _begin_lr(self, max_lr, div_factor, final_div_factor, fresh):
        largest = per_group("max_lr", max_lr, self.optimizer)
        for group, lr in zip(self.optimizer.param_groups, largest, strict=True):
            if fresh:
                group["initial_lr"] = lr / div_factor
                group["max_lr"] = lr
                group["min_lr"] = group["initial_lr"] / final_div_factor

    def _begin_momentum(self, base_momentum, max_momentum, fresh):
        defaults = self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ValueError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option "
                "enabled"
            )
        self.use_beta1 = "betas" in defaults
        highs = per_group("max_momentum", max_momentum, self.optimizer)
        lows = per_group("base_momentum", base_momentum, self.optimizer)
        groups = self.optimizer.param_groups
        for group, high, low in zip(groups, highs, lows, strict=True):
            if fresh:
                self._set_momentum(group, high)
                group["max_momentum"] = high
                group["base_momentum"] = low

    def _set_momentum(self, group, momentum):
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum

    def get_lr(self):
        self._warn_outside_step()
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"Tried to step {self.last_epoch} times. The specified number of total "
                f"steps is {self.total_steps}"
            )
        phase, q = self._phase()
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                self._set_momentum(group, self._between(group, phase, "momentum", q))
        return [self._between(group, phase, "lr", q) for group in groups]

    def _phase(self):
        """The phase that the present step lies in, and how much of it is over."""
        start = 0.0
        for phase in self._schedule_phases:
            end = phase["end_step"]
            if self.last_epoch <= end or phase is self._schedule_phases[-1]:
                return phase, (self.last_epoch - start) / (end - start)
            start = end

    def _between(self, group, phase, what, q):
        """The learning rate or momentum of the present step: a(x, y, q)."""
        x, y = group[phase[f"start_{what}"]], group[phase[f"end_{what}"]]
        if self._anneal_func_type == "cos":
            return y + (x - y) * (1 + cos(pi * q)) / 2
        return x + (y - x) * q


def _total(total_steps, epochs, steps_per_epoch):
    """The number of steps, from itself or from epochs times steps per epoch."""
    given = {"total_steps": total_steps}
    if total_steps is None:
        given = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    total = 1
    for name, value in given.items():
        if value is None:
            raise ValueError(
                "You must define either total_steps OR (epochs AND steps_per_epoch)"
            )
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"Expected positive integer {name}, but got {value}")
        total *= value
    return total


def _phases(total, share, three):
    """The phases: where each ends, and between which settings of a group it leads."""
    lr = ["initial_lr", "max_lr", *["initial_lr"] * three, "min_lr"]
    momentum = ["max_momentum", "base_momentum", *["max_momentum"] * (1 + three)]
    ends = [share * total - 1, *[2 * share * total - 2] * three, total - 1]
    return [
        {
            "end_step": end,
            "start_lr": lr[i],
            "end_lr": lr[i + 1],
            "start_momentum": momentum[i],
            "end_momentum": momentum[i + 1],
        }
        for i, end in enumerate(ends)
    ]
