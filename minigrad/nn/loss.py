"""Losses as modules: one number that says how wrong a prediction is.

The single idea: a loss module only holds the settings of a function of `functional.py`.
The chapter on the CNN uses the cross entropy.
"""

from . import functional as F
from .module import Module


class CrossEntropyLoss(Module):
    """-log softmax(input)[target], the surprise at the right class.

    weight: (C,), how much each class counts; by default all the same
    ignore_index: a target that does not count
    reduction: "mean", "sum" or "none"
    label_smoothing: share of each target spread evenly over all classes, in 0..1

    See `functional.cross_entropy` for shapes and errors.
    """

    def __init__(
        self, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0
    ):
        super().__init__()
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index
        self.reduction = reduction
        self.label_smoothing = label_smoothing

    def forward(self, input, target):
        """input: (N, C, ...) scores; target: (N, ...) classes or (N, C, ...) shares."""
        return F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(Module):
    """-input[target], where the input holds logarithms of probabilities.

    weight, ignore_index, reduction: as in CrossEntropyLoss
    """

    def __init__(self, weight=None, *, ignore_index=-100, reduction="mean"):
        super().__init__()
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index
        self.reduction = reduction

    def forward(self, input, target):
        """input: (N, C, ...) log-probabilities; target: (N, ...) classes."""
        return F.nll_loss(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class MSELoss(Module):
    """(input - target)^2, by default averaged over all elements.

    reduction: "mean", "sum" or "none"
    """

    def __init__(self, *, reduction="mean"):
        super().__init__()
        self.reduction = reduction

    def forward(self, input, target):
        """input, target: the same shape."""
        return F.mse_loss(input, target, reduction=self.reduction)
