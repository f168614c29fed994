"""Samplers: in which order the samples of a dataset are taken.

The single idea: an order is an iterable of indices, drawn anew each time it is iterated
over; a batch is a list of the next few. Chapter: data: datasets, loaders, transforms.
"""

from itertools import islice
from types import GenericAlias

import numpy as np

from minigrad.creation import as_tensor
from minigrad.dtype import float64
from minigrad.random import Generator, default_generator, randint, randperm


class Sampler:
    """Base of samplers: write `__iter__`, which yields indices, and `__len__`."""

    __class_getitem__ = classmethod(GenericAlias)

    def __iter__(self):
        raise NotImplementedError(f"{type(self).__name__} has no __iter__")


class SequentialSampler(Sampler):
    """0, 1, 2, ..."""

    def __init__(self, data_source):
        self.data_source = data_source

    def __iter__(self):
        return iter(range(len(self.data_source)))

    def __len__(self):
        return len(self.data_source)


class RandomSampler(Sampler):
    """Every index once in a new random order each time, or indices drawn evenly.

    data_source: anything with `len`
    replacement: draw each index from all, whether or not it was drawn before
    num_samples: how many indices; len(data_source) if None. Without replacement, more
        than len(data_source) are several orders one after the other
    generator: where the order comes from; if None a new one, seeded by the default's
    raises: TypeError if replacement is not a bool; ValueError if there is nothing to
        draw
    """

    def __init__(
        self, data_source, replacement=False, num_samples=None, generator=None
    ):
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(
                "replacement should be a boolean value, but got "
                f"replacement={replacement}"
            )
        _require_count("num_samples", self.num_samples)

    @property
    def num_samples(self):
        """How many indices are drawn: of a dataset that may have grown meanwhile."""
        if self._num_samples is None:
            return len(self.data_source)
        return self._num_samples

    def __iter__(self):
        generator = self.generator
        if generator is None:
            generator = Generator().manual_seed(draw_seed())
        n = len(self.data_source)
        block = min(n, 1024) if self.replacement else n
        left = self.num_samples
        while left > 0:
            if self.replacement:
                order = randint(0, n, (min(block, left),), generator=generator)
            else:
                order = randperm(n, generator=generator)
            yield from order.tolist()[:left]
            left -= block

    def __len__(self):
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """The given indices, each once, in a new random order each time."""

    def __init__(self, indices, generator=None):
        self.indices = indices
        self.generator = generator

    def __iter__(self):
        order = randperm(len(self.indices), generator=self.generator)
        return (self.indices[i] for i in order.tolist())

    def __len__(self):
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """Indices drawn with chances in proportion to weights.

    weights: one number, at least 0, for each index; they need not sum to 1
    num_samples: how many indices
    replacement: draw each from all; otherwise none is drawn twice
    generator: where the draws come from
    raises: ValueError for weights that are not a vector, or settings of the wrong kind;
        RuntimeError, when iterated over, for weights that are no chances, or too few of
        them above 0

        >>> list(WeightedRandomSampler([0.0, 3.0, 0.0], 4))
        [1, 1, 1, 1]
    """

    def __init__(self, weights, num_samples, replacement=True, generator=None):
        _require_count("num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(
                "replacement should be a boolean value, but got "
                f"replacement={replacement}"
            )
        self.weights = as_tensor(weights, dtype=float64)
        if self.weights.ndim != 1:
            raise ValueError(
                "weights should be a 1d sequence but given weights have shape "
                f"{tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self):
        weights = self.weights.detach().cpu().numpy()
        self._require_chances(weights)
        rng = (self.generator or default_generator).numpy
        return iter(
            rng.choice(
                len(weights), self.num_samples, self.replacement, weights / sum(weights)
            ).tolist()
        )

    def _require_chances(self, weights):
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise RuntimeError(
                "WeightedRandomSampler: weights contain inf, nan or a number below 0"
            )
        positive = np.count_nonzero(weights)
        needed = 1 if self.replacement else self.num_samples
        if positive < needed:
            raise RuntimeError(
                f"WeightedRandomSampler cannot draw {self.num_samples} samples from "
                f"{positive} weights above 0 with replacement={self.replacement}: at "
                f"least {needed} must be above 0"
            )

    def __len__(self):
        return self.num_samples


class BatchSampler(Sampler):
    """Lists of `batch_size` indices; `drop_last` leaves out a shorter last list.

    raises: ValueError for settings of the wrong kind

        >>> list(BatchSampler(range(7), batch_size=3, drop_last=False))
        [[0, 1, 2], [3, 4, 5], [6]]
    """

    def __init__(self, sampler, batch_size, drop_last):
        _require_count("batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(
                f"drop_last should be a boolean value, but got drop_last={drop_last}"
            )
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self):
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self):
        full, rest = divmod(len(self.sampler), self.batch_size)
        return full if self.drop_last or not rest else full + 1


def draw_seed(generator=None):
    """A random seed for other generators."""
    return int((generator or default_generator).numpy.integers(2**63))


def _require_count(name, value):
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(
            f"{name} should be a positive integer value, but got {name}={value}"
        )
