"""Losses of classes: how surprised a prediction is by the right class.

The single idea: where the network says how probable each class is, the loss is minus
the logarithm of what it said about the right one. Each function is followed by the
module that holds its settings. The chapter on the CNN explains them.
"""

import math

from minigrad.arguments import at_hand
from minigrad.creation import where

from .checks import (
    require_classes,
    require_reduction,
    require_shares,
    require_smoothing,
)
from .loss import reduced
from .module import Module


def nll_loss(input, target, weight=None, *, ignore_index=-100, reduction="mean"):
    """-weight[target] * input[target]; "mean" divides by the sum of weight[target].

    input: (N, C), (C,) or (N, C, d1, ...), logarithms of probabilities
    target: (N,), () or (N, d1, ...), integer classes 0..C-1
    weight: (C,) or None, which counts all classes the same
    ignore_index: a target that does not count
    returns: (), or the shape of target if reduction="none"
    raises: IndexError for a target outside 0..C-1 that is not ignore_index, ValueError
        or RuntimeError for shapes that do not fit
    """
    settings = weight, reduction, 0.0
    return _class_loss("nll_loss", input, target, ignore_index, *settings)


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
        return nll_loss(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


def cross_entropy(
    input,
    target,
    weight=None,
    *,
    ignore_index=-100,
    reduction="mean",
    label_smoothing=0.0,
):
    """Cross entropy between class scores and classes:  -log softmax(input)[target].

    input: (N, C), (C,) or (N, C, d1, ...), scores before softmax
    target: (N,), () or (N, d1, ...), integer classes 0..C-1; or, in the input's shape,
        the share of each class
    weight, ignore_index, reduction: as in `nll_loss`
    label_smoothing: e in 0..1; every target becomes 1 - e of itself and e / C of each
        class
    returns: (), or the shape of an integer target if reduction="none"
    raises: IndexError for a target outside 0..C-1 that is not ignore_index, ValueError
        or RuntimeError for shapes and settings that do not fit

    Computed as log_softmax then selection, so large scores do not overflow.
    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4;
    for the smoothing, Szegedy et al., Rethinking the Inception Architecture (2016),
    section 7.

        >>> cross_entropy(tensor([[2.0, 2.0, 2.0]]), tensor([0]))
        tensor(1.0986)
    """
    require_smoothing(label_smoothing)
    scores = input.log_softmax(min(input.dim(), 2) - 1)
    settings = weight, reduction, label_smoothing
    if input.shape and target.shape == input.shape:
        return _share_loss(scores, target, *settings)
    return _class_loss("cross_entropy", scores, target, ignore_index, *settings)


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
        return cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


def _share_loss(scores, shares, weight, reduction, smoothing):
    """The loss of log-probabilities against the share of each class."""
    require_shares(shares)
    dim = min(scores.dim(), 2) - 1
    if smoothing:
        shares = shares * (1 - smoothing) + smoothing / scores.shape[dim]
    losses = -(_weighted(scores, weight, dim) * shares).sum(dim)
    return reduced(losses, reduction)


def _class_loss(name, scores, target, ignore_index, weight, reduction, smoothing):
    """The loss of log-probabilities against integer classes.

    With smoothing e:  -(1 - e) weight[t] scores[t] - e / C * sum of weight * scores.
    """
    require_reduction(reduction)
    dim = min(scores.dim(), 2) - 1
    require_classes(name, scores, target, dim)
    classes = scores.shape[dim]
    target, counted = _without_ignored(
        name, target, scores.shape, ignore_index, classes
    )
    weighted = _weighted(scores, weight, dim)
    losses = -weighted.gather(dim, target.long().unsqueeze(dim)).squeeze(dim)
    if smoothing:
        uniform = weighted.sum(dim) * (smoothing / classes)
        losses = losses * (1 - smoothing) - uniform
    if counted is not None:
        losses = where(counted, losses, 0.0)
    if reduction != "mean" or (weight is None and counted is None):
        return reduced(losses, reduction)
    shares = counted if weight is None else weight[target]
    if weight is not None and counted is not None:
        shares = shares * counted
    return losses.sum() / shares.sum()


def _weighted(scores, weight, dim):
    """`scores` times the weight of their class; the classes stand along `dim`."""
    if weight is None:
        return scores
    classes = scores.shape[dim]
    if tuple(weight.shape) != (classes,):
        raise RuntimeError(
            f"weight of shape {tuple(weight.shape)} for {classes} classes: it must "
            f"have shape ({classes},)"
        )
    return scores * weight.reshape(classes, *[1] * (scores.dim() - 1 - dim))


def _without_ignored(name, target, shape, ignore_index, classes):
    """The targets with class 0 for the ignored ones, and which count (None: all)."""
    array = target.array
    if math.prod(array.shape) == 0:
        return target, None
    near = at_hand(array)
    inside = near and array.min() >= 0 and array.max() < classes
    if inside and not 0 <= ignore_index < classes:
        return target, None
    counted = target != ignore_index
    outside = (array < 0) | (array >= classes)
    wrong = array[outside & counted.array] if near else ()
    if len(wrong):
        raise IndexError(
            f"{name} target {int(wrong[0])} is not a class: scores of shape "
            f"{tuple(shape)} have classes 0..{classes - 1}"
        )
    return where(counted, target, 0), counted
