"""Sequential: one plan for the learning rate after another.

The single idea: at a milestone the next plan begins at its own time 0. Chapter:
learning-rate schedules and tuning.
"""

from bisect import bisect_right

from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler


class SequentialLR(LRScheduler):
    r"""Several schedulers in turn: a warm-up, say, and then a fall.

    .. math::

        \eta_t = \eta^{(i)}_{t - m_i}, \qquad m_i \le t < m_{i+1}, \quad m_0 = 0

    optimizer: the optimizer to steer
    schedulers: the schedulers, each made for the same optimizer
    milestones: m_1, m_2, ..., the times at which the second, third ... begins
    last_epoch: the time before the first step
    raises: ValueError if the milestones are not one fewer than the schedulers, or a
        scheduler steers another optimizer or is a ReduceLROnPlateau; TypeError for what
        is no scheduler

    Source: Goyal and others, Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour
    (2017), section 2.2, where a linear warm-up is followed by stairs.
    """

    def __init__(self, optimizer, schedulers, milestones, last_epoch=-1):
        _require_fit(optimizer, schedulers, milestones)
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self._take_back()
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def _take_back(self):
        """Undo the first step that each scheduler took when it was made."""
        for scheduler in self._schedulers:
            if isinstance(scheduler, SequentialLR):
                scheduler._take_back()
            else:
                scheduler.last_epoch -= 1

    def step(self):
        """Go on to the next time, which may be another scheduler's time 0."""
        self.last_epoch += 1
        place = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[place]
        if place and self._milestones[place - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    def state_dict(self):
        """All attributes but the optimizer, with the states of the schedulers."""
        states = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": states}

    def load_state_dict(self, state_dict):
        """Take over the attributes, and each scheduler its own state."""
        schedulers = self._schedulers
        super().load_state_dict({**state_dict, "_schedulers": schedulers})
        for scheduler, state in zip(schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)


def _require_fit(optimizer, schedulers, milestones):
    """Refuse schedulers that cannot take turns."""
    if not schedulers:
        raise ValueError("SequentialLR expects at least one scheduler, but got none")
    for place, scheduler in enumerate(schedulers):
        if not hasattr(scheduler, "optimizer"):
            raise TypeError(
                f"SequentialLR got no scheduler at index {place}: it should have "
                "`optimizer` as its attribute"
            )
        if isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError(
                "SequentialLR does not support ReduceLROnPlateau, whose step needs a "
                f"value, but got one at index {place}"
            )
        if scheduler.optimizer is not optimizer:
            raise ValueError(
                "SequentialLR expects all schedulers to belong to the same optimizer, "
                f"but {type(scheduler).__name__} at index {place} has another"
            )
    if len(milestones) != len(schedulers) - 1:
        raise ValueError(
            f"SequentialLR of {len(schedulers)} schedulers and {len(milestones)} "
            "milestones: there must be one scheduler more than milestones"
        )
