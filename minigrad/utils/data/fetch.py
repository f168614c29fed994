"""Fetching: what makes a batch of a task, here or in a worker process.

The single idea: a task is a list of indices, or one index where samples are not
batched; for a stream it only says how many samples come next. Chapter: data: datasets,
loaders, transforms.
"""

from itertools import islice

from .collate import default_collate
from .dataset import IterableDataset, Subset, TensorDataset, samples


def fetcher(dataset, batched, collate_fn, drop_last):
    """The function from a task to a batch; it raises StopIteration at a stream's end.

    batched: whether a task is a list
    drop_last: whether a stream's shorter last batch is left out
    """
    if isinstance(dataset, IterableDataset):
        return _from_stream(iter(dataset), batched, collate_fn, drop_last)
    if not batched:
        return lambda index: collate_fn(dataset[index])
    if collate_fn is default_collate and _takes_lists(dataset):
        return lambda indices: list(dataset[indices])
    return lambda indices: collate_fn(samples(dataset, indices))


def _from_stream(stream, batched, collate_fn, drop_last):
    if not batched:
        return lambda index: collate_fn(next(stream))

    def fetch(indices):
        batch = list(islice(stream, len(indices)))
        if not batch or (drop_last and len(batch) < len(indices)):
            raise StopIteration
        return collate_fn(batch)

    return fetch


def _takes_lists(dataset):
    """Whether `dataset[indices]` is the batch that stacking its samples would make."""
    while type(dataset) is Subset:
        dataset = dataset.dataset
    return type(dataset) is TensorDataset
