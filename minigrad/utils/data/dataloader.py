"""The loader: batches of a dataset, one after another.

The single idea: a sampler says which samples, a fetcher makes a batch of them, and
whether this happens here or in worker processes changes nothing but the time it takes.
Chapter: data: datasets, loaders, transforms.
"""

import os
import warnings
from itertools import repeat
from types import GenericAlias

from .collate import default_collate, default_convert
from .dataset import IterableDataset
from .fetch import fetcher
from .sampler import BatchSampler, RandomSampler, SequentialSampler, draw_seed

FIXED = {"batch_size", "batch_sampler", "sampler", "drop_last", "dataset"}
FIXED |= {"persistent_workers"}


class DataLoader:
    """Batches of a dataset, in a new order each time it is iterated over.

    dataset: anything with `len` and indexing, torchvision's datasets too, or an
        IterableDataset
    batch_size: samples in a batch; None hands out samples, each through collate_fn
    shuffle: whether the order is random
    sampler: an order of indices of your own, instead of shuffle
    batch_sampler: an order of lists of indices, instead of the four settings around it
    num_workers: how many processes fetch batches ahead; 0 fetches here, when asked.
        Worth it where samples take long to read or to transform: a process costs some
        0.1 s to start and each batch a copy. The batches and their order are the same
    collate_fn: makes a batch of a list of samples; `default_collate` if None
    pin_memory: no memory is pinned; True gives a warning
    drop_last: whether to leave out a last batch that is smaller
    timeout: seconds to wait for a batch from a worker; 0 waits as long as it takes
    worker_init_fn: called in each worker with its number, before anything is fetched
    multiprocessing_context: how processes start, "fork", "spawn" or "forkserver", or a
        context of `multiprocessing`. But for "fork", what they are given is pickled
    generator: where the random order comes from, and the seeds of the workers (their
        number is added); equal seeds give equal epochs
    prefetch_factor: batches that each worker is ahead; 2 if None
    persistent_workers: keep the processes from one epoch to the next
    raises: ValueError for settings that make no sense. When iterated over: what the
        dataset raises, in a worker too, with its traceback as the message; RuntimeError
        if a worker dies, or takes longer than `timeout`

        >>> squares = TensorDataset(arange(5), arange(5) ** 2)
        >>> for x, y in DataLoader(squares, batch_size=3):
        ...     print(x, y)
        tensor([0, 1, 2]) tensor([0, 1, 4])
        tensor([3, 4]) tensor([ 9, 16])
    """

    __class_getitem__ = classmethod(GenericAlias)
    _pool = None  # persistent workers, while no iteration has them

    def __init__(
        self,
        dataset,
        batch_size=1,
        shuffle=None,
        sampler=None,
        batch_sampler=None,
        num_workers=0,
        collate_fn=None,
        pin_memory=False,
        drop_last=False,
        timeout=0,
        worker_init_fn=None,
        multiprocessing_context=None,
        generator=None,
        *,
        prefetch_factor=None,
        persistent_workers=False,
    ):
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        _check_order(dataset, batch_size, shuffle, sampler, batch_sampler, drop_last)
        if batch_sampler is not None:
            batch_size = None
        if sampler is None:
            sampler = _default_sampler(dataset, shuffle, generator)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.dataset, self.collate_fn = dataset, collate_fn
        self.sampler, self.batch_sampler = sampler, batch_sampler
        self.batch_size, self.drop_last = batch_size, drop_last
        self.generator, self.pin_memory = generator, pin_memory
        self.num_workers, self.timeout = num_workers, timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = _context(multiprocessing_context, num_workers)
        self.prefetch_factor = prefetch_factor or (2 if num_workers else None)
        self.persistent_workers = persistent_workers

    def __setattr__(self, name, value):
        if name in FIXED and name in vars(self):
            raise ValueError(
                f"{name} attribute should not be set after {type(self).__name__} is "
                "initialized: make a new one"
            )
        super().__setattr__(name, value)

    def __iter__(self):
        if self.pin_memory:
            warnings.warn(
                "'pin_memory' argument is set as true, but memory is not pinned here: "
                "leave it out",
                stacklevel=2,
            )
        seed = draw_seed(self.generator)  # always, so that workers change no order
        if self.num_workers == 0:
            return _Here(self)
        from .pool import WithWorkers  # here, for `import minigrad` to be quick

        return WithWorkers(self, seed)

    def __len__(self):
        if not isinstance(self.dataset, IterableDataset):
            return len(self.tasks)
        length = len(self.dataset)
        if self.batch_size is None:
            return length
        full, rest = divmod(length, self.batch_size)
        return full if self.drop_last or not rest else full + 1

    @property
    def tasks(self):
        """The order of what `fetcher` makes batches of."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def settings(self):
        """The arguments of `fetcher` after the dataset."""
        return self.batch_sampler is not None, self.collate_fn, self.drop_last


class _Here:
    """An iteration without workers."""

    def __init__(self, loader):
        if loader.timeout:
            raise AssertionError(
                f"DataLoader with timeout={loader.timeout} and num_workers=0: only "
                "workers can be waited for"
            )
        self.tasks = iter(loader.tasks)
        self.fetch = fetcher(loader.dataset, *loader.settings())

    def __iter__(self):
        return self

    def __next__(self):
        return self.fetch(next(self.tasks))


def _check_workers(num_workers, timeout, prefetch_factor, persistent_workers):
    if num_workers < 0:
        raise ValueError(
            "num_workers option should be non-negative; use num_workers=0 to disable "
            "multiprocessing."
        )
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing: let "
            "num_workers > 0, or leave it out"
        )
    if prefetch_factor is not None and prefetch_factor < 1:
        raise ValueError(
            f"prefetch_factor option should be positive, but got {prefetch_factor}"
        )
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")
    cores = _cores()
    if num_workers > cores:
        warnings.warn(
            f"This DataLoader will create {num_workers} worker processes in total, "
            f"and this process may use {cores} cores: more workers than cores may be "
            "slower",
            stacklevel=3,
        )


def _cores():
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_order(dataset, batch_size, shuffle, sampler, batch_sampler, drop_last):
    if isinstance(dataset, IterableDataset):
        asked = {"shuffle": shuffle or None, "sampler": sampler}
        for name, value in (asked | {"batch_sampler": batch_sampler}).items():
            if value is not None:
                raise ValueError(
                    f"DataLoader with IterableDataset: expected unspecified {name} "
                    f"option, but got {name}={value}"
                )
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None and (
        batch_size != 1 or shuffle or sampler is not None or drop_last
    ):
        raise ValueError(
            "batch_sampler option is mutually exclusive with batch_size, shuffle, "
            "sampler, and drop_last"
        )
    if batch_size is None and drop_last:
        raise ValueError(
            "batch_size=None option disables auto-batching and is mutually exclusive "
            "with drop_last"
        )


def _default_sampler(dataset, shuffle, generator):
    if isinstance(dataset, IterableDataset):
        return repeat(0)  # until the stream ends
    if shuffle:
        return RandomSampler(dataset, generator=generator)
    return SequentialSampler(dataset)


def _context(context, num_workers):
    """The context of `multiprocessing` that is asked for by name, or itself."""
    if context is None:
        return None
    if num_workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading "
            "(num_workers > 0), but got num_workers=0"
        )
    from .pool import context_of

    return context_of(context)
