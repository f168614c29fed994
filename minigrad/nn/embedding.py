"""Embedding: a table with one row of numbers, which are learned, for each thing.

The single idea: a row picked by its number is a linear layer whose input is 1 at one
place and 0 elsewhere, without the multiplications.
"""

from minigrad.arguments import at_hand
from minigrad.creation import arange, empty, where
from minigrad.grad_mode import no_grad
from minigrad.operands import require_one_device

from . import init
from .checks import require_off
from .module import Module
from .parameter import Parameter


def embedding(
    input,
    weight,
    padding_idx=None,
    max_norm=None,
    norm_type=2.0,
    scale_grad_by_freq=False,
    sparse=False,
):
    """weight[input]: one row of the table for each number.

    input: whole numbers 0..rows-1, any shape; weight: (rows, columns)
    padding_idx: the row that gets no gradient
    returns: (*input.shape, columns)
    raises: IndexError for a number that is no row, RuntimeError for an input of another
        dtype or a weight that is no matrix, NotImplementedError for max_norm,
        scale_grad_by_freq and sparse
    """
    settings = {"scale_grad_by_freq": scale_grad_by_freq, "sparse": sparse}
    require_off("embedding", max_norm=max_norm, **settings)
    require_one_device("embedding", input, weight)
    if weight.dim() != 2:
        raise RuntimeError(f"embedding with weight of shape {weight.shape}: not 2-D")
    rows = weight.shape[0]
    if input.dtype.name not in ("int64", "int32"):
        raise RuntimeError(
            f"embedding of numbers of dtype {input.dtype}: they must be int64 or "
            "int32; convert them with .long()"
        )
    if at_hand(input.array) and ((input < 0) | (input >= rows)).any().item():
        raise IndexError(
            f"embedding with a number outside 0..{rows - 1}: the table has shape "
            f"{weight.shape}, index out of range"
        )
    out = weight[input.long()]
    if padding_idx is None:
        return out
    padding = input == _row(padding_idx, rows)
    return where(padding.unsqueeze(-1), out.detach(), out)


def _row(padding_idx, rows):
    """The number of the padding row, counted from the front."""
    if not -rows <= padding_idx < rows:
        raise AssertionError(
            f"padding_idx {padding_idx} of a table of {rows} rows: padding_idx must be "
            "within num_embeddings"
        )
    return padding_idx % rows


def one_hot(input, num_classes=-1):
    """1 at the place of each number, 0 elsewhere: (*input.shape, num_classes), int64.

    input: whole numbers 0..num_classes-1, int64; num_classes: -1 for the largest + 1
    raises: RuntimeError for numbers outside, or of another dtype

        >>> one_hot(tensor([0, 2]))
        tensor([[1, 0, 0],
                [0, 0, 1]])
    """
    if input.dtype.name != "int64":
        raise RuntimeError(f"one_hot of numbers of dtype {input.dtype}: use .long()")
    if num_classes == -1 and input.numel():
        num_classes = input.max().item() + 1
    if num_classes <= 0 or ((input < 0) | (input >= num_classes)).any().item():
        raise RuntimeError(
            f"one_hot of shape {input.shape} with {num_classes} classes: there must be "
            f"numbers, from 0 to {num_classes - 1}"
        )
    return (input.unsqueeze(-1) == arange(num_classes, device=input.device)).long()


class Embedding(Module):
    """A table of num_embeddings rows of embedding_dim numbers, picked by number.

    padding_idx: the row that starts as zeros and gets no gradient
    max_norm, norm_type, scale_grad_by_freq, sparse: torch's, which are not built
    raises: NotImplementedError for one of these that is not at its default
    weight: (num_embeddings, embedding_dim), drawn from the normal distribution

    Source: Bengio, Ducharme, Vincent, Jauvin, A Neural Probabilistic Language Model
    (2003), section 2.

        >>> Embedding(10, 3)(tensor([[1, 2], [4, 9]])).shape == (2, 2, 3)
        True
    """

    def __init__(
        self,
        num_embeddings,
        embedding_dim,
        padding_idx=None,
        max_norm=None,
        norm_type=2.0,
        scale_grad_by_freq=False,
        sparse=False,
        device=None,
        dtype=None,
    ):
        super().__init__()
        settings = {"scale_grad_by_freq": scale_grad_by_freq, "sparse": sparse}
        require_off("Embedding", max_norm=max_norm, **settings)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        if padding_idx is not None:
            self.padding_idx = _row(padding_idx, num_embeddings)
        shape = (num_embeddings, embedding_dim)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self):
        """Draw the weight anew; the padding row becomes zeros."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input):
        """input: whole numbers, any shape; returns (*input.shape, embedding_dim)."""
        return embedding(input, self.weight, self.padding_idx)

    def extra_repr(self):
        sizes = f"{self.num_embeddings}, {self.embedding_dim}"
        padding = self.padding_idx
        return sizes if padding is None else f"{sizes}, padding_idx={padding}"
