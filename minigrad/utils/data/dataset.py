"""Datasets: where samples come from.

The single idea: a dataset is anything with `len` and indexing, or, if its samples can
only be had one after another, anything that can be iterated over. Chapter: data:
datasets, loaders, transforms.
"""

import math
import warnings
from bisect import bisect_right
from itertools import accumulate, islice
from types import GenericAlias

from minigrad.random import randperm


class Dataset:
    """Base of datasets: write `__getitem__`, which returns a sample, and `__len__`.

    Write `__getitems__` too, which returns a list of samples for a list of indices, if
    many are faster to read at once; the loader then calls it.
    """

    __class_getitem__ = classmethod(GenericAlias)  # Dataset[int] is for type checkers

    def __getitem__(self, index):
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__")

    def __add__(self, other):
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """Base of datasets that are streams: write `__iter__`, which yields samples.

    Every worker of a loader iterates over a copy of its own, from the beginning: ask
    `get_worker_info()` which part of the stream is this worker's, or each sample comes
    once from each.

        >>> class Squares(IterableDataset):
        ...     def __iter__(self):
        ...         return (i * i for i in range(5))
        >>> list(DataLoader(Squares(), batch_size=3))
        [tensor([0, 1, 4]), tensor([ 9, 16])]
    """

    def __iter__(self):
        raise NotImplementedError(f"{type(self).__name__} has no __iter__")

    def __add__(self, other):
        return ChainDataset([self, other])


class TensorDataset(Dataset):
    """Samples that are rows of tensors: dataset[i] is (a[i], b[i], ...).

    tensors: as many as wanted, all with the same first size
    raises: AssertionError if the first sizes differ

        >>> TensorDataset(tensor([1, 2, 3]), tensor([10, 20, 30]))[1]
        (tensor(2), tensor(20))
    """

    def __init__(self, *tensors):
        sizes = [len(t) for t in tensors]
        if len(set(sizes)) > 1:
            raise AssertionError(
                f"TensorDataset of tensors with first sizes {sizes}: they must be equal"
            )
        self.tensors = tensors

    def __getitem__(self, index):
        return tuple(t[index] for t in self.tensors)

    def __len__(self):
        return len(self.tensors[0])


class Subset(Dataset):
    """The samples of `dataset` at `indices`, in that order.

    raises: NotImplementedError for a subclass with a `__getitem__` of its own and no
        `__getitems__`, which the loader calls
    """

    def __init__(self, dataset, indices):
        own = type(self)
        if (
            own.__getitem__ is not Subset.__getitem__
            and own.__getitems__ is Subset.__getitems__
        ):
            raise NotImplementedError(
                f"{own.__name__} overrides __getitem__ but not __getitems__, which the "
                "loader calls: write it too, for example as "
                "`return [self[i] for i in indices]`"
            )
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index):
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices):
        """The samples at several places, read at once if the dataset can."""
        return samples(self.dataset, [self.indices[i] for i in indices])

    def __len__(self):
        return len(self.indices)


class ConcatDataset(Dataset):
    """The samples of several datasets, one dataset after the other.

    raises: AssertionError for no datasets, or for an IterableDataset among them
    """

    def __init__(self, datasets):
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError(
                "ConcatDataset: datasets should not be an empty iterable"
            )
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            raise AssertionError(
                "ConcatDataset does not support IterableDataset: chain them with `+`"
            )
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __getitem__(self, index):
        n = len(self)
        if index < -n:
            raise ValueError(
                f"index {index} of a dataset of {n} samples: absolute value of index "
                "should not exceed dataset length"
            )
        if index >= n:
            raise IndexError(f"index {index} of a dataset of {n} samples")
        index %= n
        which = bisect_right(self.cumulative_sizes, index)
        before = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][index - before]

    def __len__(self):
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset):
    """The samples of several IterableDatasets, one stream after the other.

    raises: AssertionError, when iterated over, for a dataset of another kind
    """

    def __init__(self, datasets):
        self.datasets = datasets

    def __iter__(self):
        for dataset in self._streams():
            yield from dataset

    def __len__(self):
        return sum(map(len, self._streams()))

    def _streams(self):
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError(
                    "ChainDataset only supports IterableDataset, found "
                    f"{type(dataset).__name__}"
                )
            yield dataset


def samples(dataset, indices):
    """The samples at `indices`, in a list."""
    at_once = getattr(dataset, "__getitems__", None)
    return at_once(indices) if at_once else [dataset[i] for i in indices]


def random_split(dataset, lengths, generator=None):
    """Cut a dataset into random parts that do not overlap.

    lengths: the sizes of the parts, or the shares, which sum to 1; what a share leaves
        over after rounding down goes to the first parts, one sample each
    returns: a list of Subset
    raises: ValueError if the sizes do not sum to the size of the dataset, or if a share
        is below 0; warns of a share that is too small for a sample

        >>> [len(part) for part in random_split(range(10), [0.75, 0.25])]
        [8, 2]
    """
    n = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _sizes(lengths, n)
    if sum(lengths) != n:
        raise ValueError(
            f"random_split of {n} samples into {list(lengths)}: the lengths sum to "
            f"{sum(lengths)}"
        )
    order = iter(randperm(n, generator=generator).tolist())
    return [Subset(dataset, list(islice(order, length))) for length in lengths]


def _sizes(shares, n):
    """How many of n samples each share is."""
    for i, share in enumerate(shares):
        if not 0 <= share <= 1:
            raise ValueError(
                f"random_split: fraction {share} at index {i} is not between 0 and 1"
            )
    sizes = [math.floor(share * n) for share in shares]
    for i in range(n - sum(sizes)):
        sizes[i % len(sizes)] += 1
    for i, size in enumerate(sizes):
        if size == 0:
            warnings.warn(
                f"random_split of {n} samples: the length of the split at index {i} is "
                "0, which might result in an empty dataset",
                stacklevel=3,
            )
    return sizes
