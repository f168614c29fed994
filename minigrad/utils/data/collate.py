"""Collating: a batch from a list of samples.

The single idea: samples are stacked place by place, however deep the places lie in
tuples, lists and dicts. Chapter: data: datasets, loaders, transforms.
"""

import copy
import sys
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence

import numpy as np

from minigrad.creation import from_numpy, stack, tensor
from minigrad.dtype import float64
from minigrad.tensor import Tensor


def default_collate(batch):
    """A batch from a list of samples, stacked along a new first dimension.

    batch: samples of one kind. Tensors, torch's too, NumPy arrays and numbers become
        one tensor, strings stay a list; dicts, lists and tuples are taken apart and
        each of their places is collated, a tuple giving a list
    raises: TypeError for other kinds, RuntimeError for samples of different sizes

        >>> default_collate([(1, 2.0), (3, 4.0)])
        [tensor([1, 3]), tensor([2., 4.], dtype=torch.float64)]
    """
    sample = batch[0]
    if isinstance(sample, Tensor):
        return stack(batch)
    if _is_torchs(sample):
        return from_numpy(sys.modules["torch"].stack(tuple(batch)).numpy())
    if isinstance(sample, np.ndarray) and sample.dtype.kind not in "SUO":
        return stack([from_numpy(a) for a in batch])
    if isinstance(sample, np.bool | np.number):
        return tensor(np.array(batch))
    if isinstance(sample, float):
        return tensor(batch, dtype=float64)
    if isinstance(sample, int):
        return tensor(batch)
    if isinstance(sample, str | bytes):
        return batch
    if isinstance(sample, Mapping):
        places = {key: default_collate([s[key] for s in batch]) for key in sample}
        return _like(sample, places)
    if isinstance(sample, Sequence):
        if any(len(s) != len(sample) for s in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        places = zip(*batch, strict=True)
        return _like(sample, [default_collate(place) for place in places])
    found = sample.dtype if isinstance(sample, np.ndarray) else type(sample)
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or "
        f"lists; found {found}"
    )


def default_convert(data):
    """A sample with its NumPy arrays, and torch's tensors, made tensors.

    What else stands in its tuples, lists and dicts stays as it is; a tuple becomes a
    list.

        >>> default_convert((np.arange(3), "three"))
        [tensor([0, 1, 2]), 'three']
    """
    if _is_torchs(data):
        return from_numpy(data.numpy())
    if isinstance(data, np.ndarray) and data.dtype.kind not in "SUO":
        return from_numpy(data)
    if isinstance(data, np.bool | np.number):
        return tensor(data)
    if isinstance(data, Mapping):
        return _like(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _like(data, [default_convert(place) for place in data])
    return data


def _is_torchs(sample):
    """Whether it is a tensor of torch's; there is none unless somebody imported it."""
    return isinstance(sample, getattr(sys.modules.get("torch"), "Tensor", ()))


def _like(sample, places):
    """A container as `sample` is, with other contents; a tuple becomes a list."""
    if isinstance(sample, tuple):
        return type(sample)(*places) if hasattr(sample, "_fields") else places
    try:
        if isinstance(sample, MutableMapping):
            filled = copy.copy(sample)  # it may have more to it than its items
            filled.update(places)
        elif isinstance(sample, MutableSequence):
            filled = copy.copy(sample)
            filled[:] = places
        else:
            filled = type(sample)(places)
    except TypeError:  # a range cannot hold them
        return places
    return filled
