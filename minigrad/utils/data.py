"""Datasets, and the loader that hands them out in batches.

The single idea: a dataset is anything with `len` and indexing; the loader draws an
order of indices, cuts it into batches, and stacks what the dataset returns for each.
The chapter on the CNN uses it.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate, islice

import numpy as np

from minigrad.creation import from_numpy, stack, tensor
from minigrad.dtype import float64
from minigrad.random import randperm
from minigrad.tensor import Tensor

# Datasets.


class Dataset:
    """Base of datasets: write `__getitem__`, which returns a sample, and `__len__`."""

    def __getitem__(self, index):
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__")

    def __add__(self, other):
        return ConcatDataset([self, other])


class TensorDataset(Dataset):
    """Samples that are rows of tensors: dataset[i] is (a[i], b[i], ...).

    tensors: as many as wanted, all with the same first size
    raises: ValueError if the first sizes differ

        >>> TensorDataset(tensor([1, 2, 3]), tensor([10, 20, 30]))[1]
        (tensor(2), tensor(20))
    """

    def __init__(self, *tensors):
        sizes = [len(t) for t in tensors]
        if len(set(sizes)) > 1:
            raise ValueError(
                f"TensorDataset of tensors with first sizes {sizes}: they must be equal"
            )
        self.tensors = tensors

    def __getitem__(self, index):
        return tuple(t[index] for t in self.tensors)

    def __len__(self):
        return len(self.tensors[0])


class Subset(Dataset):
    """The samples of `dataset` at `indices`, in that order."""

    def __init__(self, dataset, indices):
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index):
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self):
        return len(self.indices)


class ConcatDataset(Dataset):
    """The samples of several datasets, one dataset after the other."""

    def __init__(self, datasets):
        self.datasets = list(datasets)
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __getitem__(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} of a dataset of {len(self)} samples")
        index %= len(self)
        which = bisect_right(self.cumulative_sizes, index)
        before = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][index - before]

    def __len__(self):
        return self.cumulative_sizes[-1]


def random_split(dataset, lengths, generator=None):
    """Cut a dataset into random parts that do not overlap.

    lengths: the sizes of the parts, or the shares, which sum to 1
    returns: a list of Subset
    raises: ValueError if the sizes do not sum to the size of the dataset
    """
    n = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = [math.floor(share * n) for share in lengths]
        for i in range(n - sum(lengths)):
            lengths[i % len(lengths)] += 1
    if sum(lengths) != n:
        raise ValueError(
            f"random_split of {n} samples into {list(lengths)}: the lengths sum to "
            f"{sum(lengths)}"
        )
    order = iter(randperm(n, generator=generator).tolist())
    return [Subset(dataset, list(islice(order, length))) for length in lengths]


# Samplers: orders of indices.


class Sampler:
    """Base of samplers: write `__iter__`, which yields indices, and `__len__`."""

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
    """Every index once, in a new random order each time."""

    def __init__(self, data_source, *, generator=None):
        if len(data_source) == 0:
            raise ValueError(
                "RandomSampler of a dataset of 0 samples: there is nothing to draw from"
            )
        self.data_source = data_source
        self.generator = generator

    def __iter__(self):
        yield from randperm(len(self), generator=self.generator).tolist()

    def __len__(self):
        return len(self.data_source)


class BatchSampler(Sampler):
    """Lists of `batch_size` indices; `drop_last` leaves out a shorter last list."""

    def __init__(self, sampler, batch_size, drop_last):
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


# The loader.


class DataLoader:
    """Batches of a dataset, in a new order each time it is iterated over.

    dataset: anything with `len` and indexing
    batch_size: samples in a batch
    shuffle: whether the order is random
    sampler: an order of indices of your own, instead of shuffle
    num_workers: 0; worker processes are not built
    collate_fn: makes a batch of a list of samples; `default_collate` if None
    drop_last: whether to leave out a last batch that is smaller
    generator: where the random order comes from; equal seeds give equal orders
    raises: ValueError for settings that make no sense, NotImplementedError for workers

        >>> squares = TensorDataset(arange(5), arange(5) ** 2)
        >>> for x, y in DataLoader(squares, batch_size=3):
        ...     print(x, y)
        tensor([0, 1, 2]) tensor([0, 1, 4])
        tensor([3, 4]) tensor([ 9, 16])
    """

    def __init__(
        self,
        dataset,
        batch_size=1,
        shuffle=False,
        *,
        sampler=None,
        num_workers=0,
        collate_fn=None,
        drop_last=False,
        generator=None,
    ):
        if not isinstance(batch_size, int) or batch_size <= 0:
            raise ValueError(
                "batch_size should be a positive integer value, but got "
                f"batch_size={batch_size}"
            )
        if num_workers != 0:
            raise NotImplementedError(
                f"DataLoader with num_workers={num_workers}: worker processes are not "
                "built; use num_workers=0"
            )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if sampler is None and shuffle:
            sampler = RandomSampler(dataset, generator=generator)
        self.dataset = dataset
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.drop_last = drop_last
        self.generator = generator
        self.sampler = SequentialSampler(dataset) if sampler is None else sampler
        self.batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)
        self.collate_fn = default_collate if collate_fn is None else collate_fn

    def __iter__(self):
        at_once = self.collate_fn is default_collate and _takes_lists(self.dataset)
        for indices in self.batch_sampler:
            if at_once:
                yield list(self.dataset[indices])
            else:
                yield self.collate_fn([self.dataset[i] for i in indices])

    def __len__(self):
        return len(self.batch_sampler)


def _takes_lists(dataset):
    """Whether `dataset[indices]` is the batch that stacking its samples would make."""
    while type(dataset) is Subset:
        dataset = dataset.dataset
    return type(dataset) is TensorDataset


def default_collate(batch):
    """A batch from a list of samples, stacked along a new first dimension.

    batch: samples of one kind. Tensors, NumPy arrays and numbers become one tensor,
        strings stay a list; dicts, lists and tuples are taken apart and each of their
        places is collated, a tuple giving a list
    raises: TypeError for other kinds, RuntimeError for samples of different sizes

        >>> default_collate([(1, 2.0), (3, 4.0)])
        [tensor([1, 3]), tensor([2., 4.], dtype=torch.float64)]
    """
    sample = batch[0]
    if isinstance(sample, Tensor):
        return stack(batch)
    if isinstance(sample, np.ndarray | np.generic) and sample.dtype.kind in "biuf":
        return stack([from_numpy(np.array(s)) for s in batch])
    if isinstance(sample, float):
        return tensor(batch, dtype=float64)
    if isinstance(sample, int):
        return tensor(batch)
    if isinstance(sample, str | bytes):
        return batch
    if isinstance(sample, Mapping):
        return {key: default_collate([s[key] for s in batch]) for key in sample}
    if isinstance(sample, Sequence):
        if any(len(s) != len(sample) for s in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        places = [default_collate(list(place)) for place in zip(*batch, strict=True)]
        named = isinstance(sample, tuple) and hasattr(sample, "_fields")
        return type(sample)(*places) if named else places
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or "
        f"lists; found {type(sample)}"
    )
