"""Losses: one number that says how wrong a prediction of numbers is.

The single idea: a loss compares element by element, and an average of that is what
training makes small. Each function is followed by the module that holds its settings.
The losses of classes are in `cross_entropy.py`. Chapter: losses.
"""

import warnings

from minigrad import ops
from minigrad.arguments import at_hand
from minigrad.creation import where
from minigrad.engine import apply

from .activation import logsigmoid
from .checks import require_reduction, require_same_kind
from .module import Module


class _Loss(Module):
    """A loss and how it is reduced: "mean", "sum" or "none"."""

    def __init__(self, *, reduction="mean"):
        super().__init__()
        self.reduction = reduction


def mse_loss(input, target, *, reduction="mean"):
    """(input - target)^2, averaged ("mean"), summed ("sum") or as it is ("none").

    input, target: the same shape; other shapes are broadcast, with a warning
    raises: ValueError for an unknown reduction
    """
    _warn_of_sizes(input, target)
    difference = input - target
    return reduced(difference * difference, reduction)


class MSELoss(_Loss):
    """(input - target)^2, by default averaged over all elements.

    reduction: "mean", "sum" or "none"
    """

    def forward(self, input, target):
        """input, target: the same shape."""
        return mse_loss(input, target, reduction=self.reduction)


def l1_loss(input, target, *, reduction="mean"):
    """|input - target|, reduced as in `mse_loss`."""
    _warn_of_sizes(input, target)
    return reduced((input - target).abs(), reduction)


class L1Loss(_Loss):
    """|input - target|, by default averaged over all elements."""

    def forward(self, input, target):
        """input, target: the same shape."""
        return l1_loss(input, target, reduction=self.reduction)


def smooth_l1_loss(input, target, *, reduction="mean", beta=1.0):
    """d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, for d = input - target.

    raises: RuntimeError for a negative beta

    Source: Girshick, Fast R-CNN (2015), equation 3.
    """
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    _warn_of_sizes(input, target)
    if beta == 0:
        return reduced((input - target).abs(), reduction)
    return reduced(_bowl(input - target, beta) / beta, reduction)


def _bowl(x, width):
    """x^2 / 2 where |x| < width, else width (|x| - width / 2)."""
    far = x.abs() >= width
    small = where(far, 0.0, x)
    return where(far, width * (x.abs() - width / 2), small * small / 2)


class SmoothL1Loss(_Loss):
    """Squares of small differences, absolute values of large ones, averaged.

    beta: where the one becomes the other: see `functional.smooth_l1_loss`
    """

    def __init__(self, *, reduction="mean", beta=1.0):
        super().__init__(reduction=reduction)
        self.beta = beta

    def forward(self, input, target):
        """input, target: the same shape."""
        settings = {"reduction": self.reduction, "beta": self.beta}
        return smooth_l1_loss(input, target, **settings)


def huber_loss(input, target, reduction="mean", delta=1.0):
    """d^2 / 2 where |d| < delta, else delta (|d| - delta / 2), for d = input - target.

    raises: RuntimeError for a delta that is not positive

    Source: Huber, Robust Estimation of a Location Parameter (1964), section 6.
    """
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    _warn_of_sizes(input, target)
    return reduced(_bowl(input - target, delta), reduction)


class HuberLoss(_Loss):
    """Squares of small differences, absolute values of large ones, averaged.

    delta: where the one becomes the other: see `functional.huber_loss`
    """

    def __init__(self, reduction="mean", delta=1.0):
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input, target):
        """input, target: the same shape."""
        return huber_loss(input, target, self.reduction, self.delta)


def binary_cross_entropy(input, target, weight=None, *, reduction="mean"):
    """-(t log x + (1 - t) log(1 - x)), where no logarithm counts for less than -100.

    input: probabilities in 0..1; target: the same shape; weight: broadcast to it
    raises: ValueError for different shapes, RuntimeError for an input outside 0..1

    `binary_cross_entropy_with_logits` of the scores before the sigmoid is exact where
    this one is not.
    """
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input "
            f"size ({input.shape}) is deprecated. Please ensure they have the same "
            "size."
        )
    if at_hand(input.array) and ((input < 0) | (input > 1)).any().item():
        raise RuntimeError(
            "binary_cross_entropy of numbers outside 0..1: all elements of the input "
            "should be between 0 and 1; apply sigmoid, or use "
            "binary_cross_entropy_with_logits"
        )
    require_same_kind("binary_cross_entropy", input, target, weight)
    losses = apply(ops.BinaryCrossEntropy, input, target)
    return reduced(losses if weight is None else losses * weight, reduction)


class BCELoss(_Loss):
    """-(t log x + (1 - t) log(1 - x)), by default averaged over all elements.

    weight: by which the losses are multiplied
    """

    def __init__(self, weight=None, *, reduction="mean"):
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)

    def forward(self, input, target):
        """input: probabilities; target: the same shape."""
        settings = {"weight": self.weight, "reduction": self.reduction}
        return binary_cross_entropy(input, target, **settings)


def binary_cross_entropy_with_logits(
    input, target, weight=None, *, reduction="mean", pos_weight=None
):
    """Binary cross entropy of sigmoid(x), from the scores x:

    (1 - t) x - (1 + (pos_weight - 1) t) log sigmoid(x)

    input: scores; target: the same shape; weight, pos_weight: broadcast to it
    pos_weight: how much a target of 1 counts
    raises: ValueError for different shapes
    """
    if target.shape != input.shape:
        raise ValueError(
            f"Target size ({target.shape}) must be the same as input size "
            f"({input.shape})"
        )
    scores = logsigmoid(input)
    if pos_weight is not None:
        scores = scores * ((pos_weight - 1) * target + 1)
    losses = (1 - target) * input - scores
    return reduced(losses if weight is None else losses * weight, reduction)


class BCEWithLogitsLoss(_Loss):
    """Binary cross entropy of sigmoid(x), from the scores x, averaged.

    weight: by which the losses are multiplied
    pos_weight: how much a target of 1 counts
    """

    def __init__(self, weight=None, *, reduction="mean", pos_weight=None):
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input, target):
        """input: scores; target: the same shape."""
        settings = {"reduction": self.reduction, "pos_weight": self.pos_weight}
        return binary_cross_entropy_with_logits(input, target, self.weight, **settings)


def kl_div(input, target, *, reduction="mean", log_target=False):
    """target * (log target - input): how far the target is from exp(input).

    input: logarithms of probabilities; target: probabilities, or their logarithms if
        log_target
    reduction: "batchmean", which is the divergence: the sum divided by the batch; or
        "mean", over all elements, with a warning; "sum"; "none"

    Source: Kullback and Leibler, On Information and Sufficiency (1951).
    """
    if log_target:
        losses = target.exp() * (target - input)
    else:
        surprise = where(target == 0, 0.0, target * target.log())
        losses = surprise - target * input
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the "
            "support size.'batchmean' divides only by the batch size, and aligns with "
            "the KL div math definition.'mean' will be changed to behave the same as "
            "'batchmean' in the next major release.",
            stacklevel=2,
        )
    if reduction != "batchmean":
        return reduced(losses, reduction)
    return losses.sum() / input.shape[0] if input.dim() else losses


class KLDivLoss(_Loss):
    """target * (log target - input): see `functional.kl_div`.

    log_target: whether the target holds logarithms
    """

    def __init__(self, *, reduction="mean", log_target=False):
        super().__init__(reduction=reduction)
        self.log_target = log_target

    def forward(self, input, target):
        """input: log-probabilities; target: the same shape."""
        settings = {"reduction": self.reduction, "log_target": self.log_target}
        return kl_div(input, target, **settings)


def _warn_of_sizes(input, target):
    if input.shape != target.shape:
        warnings.warn(
            f"Using a target size ({tuple(target.shape)}) that is different to the "
            f"input size ({tuple(input.shape)}). This will likely lead to incorrect "
            "results due to broadcasting. Please ensure they have the same size.",
            stacklevel=3,
        )


def reduced(losses, reduction):
    """The mean of the losses, their sum, or all of them, as `reduction` says."""
    require_reduction(reduction)
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()
