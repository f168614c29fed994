"""Losses of classes: how surprised a prediction is by the right class.

The single idea: where the network says how probable each class is, the loss is minus
the logarithm of what it said about the right one. Each function is followed by the
module that holds its settings. Chapter: losses.
"""

from minigrad import ops
from minigrad.arguments import at_hand
from minigrad.creation import where
from minigrad.engine import apply
from minigrad.reduction import fractions

from .checks import require_classes, require_shares, require_smoothing, require_weight
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
    dim, target, counted = _classes("nll_loss", input, target, ignore_index)
    losses = -apply(ops.Gather, input, dim, target.unsqueeze(dim)).squeeze(dim)
    shares = _shares(weight, target, input.shape[dim])
    losses = losses if shares is None else losses * shares
    return _averaged(losses, shares, counted, reduction)


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

    Computed from x - max x, so large scores do not overflow. To look at targets on a
    GPU would mean to wait for it: there its own kernels refuse them.
    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4; on
    smoothing, Szegedy et al., Rethinking the Inception Architecture (2016), section 7.

        >>> cross_entropy(tensor([[2.0, 2.0, 2.0]]), tensor([0]))
        tensor(1.0986)
    """
    require_smoothing(label_smoothing)
    if target.shape == input.shape:
        return _share_loss(input, target, weight, reduction, label_smoothing)
    dim, target, counted = _classes("cross_entropy", input, target, ignore_index)
    losses = apply(ops.CrossEntropy, fractions(input, "cross_entropy"), target, dim)
    shares = _shares(weight, target, input.shape[dim])
    losses = losses if shares is None else losses * shares
    if label_smoothing:
        spread = -_weighted(input.log_softmax(dim), weight, dim).mean(dim)
        losses = losses * (1 - label_smoothing) + spread * label_smoothing
    return _averaged(losses, shares, counted, reduction)


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


def _share_loss(input, target, weight, reduction, smoothing):
    """The loss of scores against the share of each class."""
    require_shares(target)
    dim = _dim_of_classes(input)
    if smoothing:
        target = target * (1 - smoothing) + smoothing / input.shape[dim]
    scores = _weighted(input.log_softmax(dim), weight, dim)
    return reduced(-(scores * target).sum(dim), reduction)


def _averaged(losses, shares, counted, reduction):
    """The losses reduced. shares: by what each was weighted; counted: which count."""
    if counted is not None:
        losses = where(counted, losses, 0.0)
        shares = counted if shares is None else shares * counted
    if reduction != "mean" or shares is None:
        return reduced(losses, reduction)
    return losses.sum() / shares.sum()


def _shares(weight, target, classes):
    """The weight of each target, or None without weights."""
    if weight is None:
        return None
    require_weight(weight, classes)
    return weight[target]


def _weighted(scores, weight, dim):
    """`scores` times the weight of their class; the classes stand along `dim`."""
    if weight is None:
        return scores
    require_weight(weight, scores.shape[dim])
    return scores * weight.reshape(-1, *[1] * (scores.dim() - 1 - dim))


def _dim_of_classes(input):
    """1 in a batch, 0 for a single sample."""
    return min(input.dim(), 2) - 1


def _classes(name, input, target, ignore_index):
    """The dim of the classes, the targets with class 0 for the ignored ones, and which
    of them count (None: all)."""
    dim = _dim_of_classes(input)
    require_classes(name, input, target, dim)
    target, classes = target.long(), input.shape[dim]
    array = target.array
    if at_hand(array):  # a look at a GPU's would make us wait
        inside = (array >= 0) & (array < classes)
        if inside.all() and ignore_index not in range(classes):
            return dim, target, None
        wrong = ~inside & (array != ignore_index)
        if wrong.any():
            raise IndexError(
                f"{name} target {int(array[wrong][0])} is not a class: scores of shape "
                f"{tuple(input.shape)} have classes 0..{classes - 1}"
            )
    counted = target != ignore_index
    return dim, where(counted, target, 0), counted
