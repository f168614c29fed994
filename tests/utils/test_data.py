"""Datasets and the loader, beside torch's where the order is not random."""

from collections import namedtuple

import numpy as np
import pytest
import torch
from torch.utils import data as theirs

import minigrad
from minigrad.utils import data as ours

Point = namedtuple("Point", "x y")


def plain(batch):
    """Nested tensors as (dtype, list), so that both libraries' batches compare."""
    if isinstance(batch, minigrad.Tensor | torch.Tensor):
        return str(batch.dtype), batch.tolist()
    if isinstance(batch, dict):
        return {k: plain(v) for k, v in batch.items()}
    if isinstance(batch, tuple | list):
        return type(batch).__name__, [plain(v) for v in batch]
    return batch


# library -> a list of samples
SAMPLES = {
    "tensors": lambda L: [L.ones(2) * i for i in range(5)],
    "ints": lambda L: [0, 1, 2, 3, 4],
    "bools": lambda L: [True, False, True],
    "floats": lambda L: [0.5, 1.5, 2.5],
    "strings": lambda L: ["a", "b", "c"],
    "bytes": lambda L: [b"a", b"b", b"c"],
    "arrays": lambda L: [np.arange(3.0) + i for i in range(5)],
    "0-d arrays": lambda L: [np.array(i) for i in range(5)],
    "NumPy numbers": lambda L: [np.float32(i) for i in range(5)],
    "tuples": lambda L: [(i, float(i), L.ones(1) * i) for i in range(5)],
    "lists": lambda L: [[i, -i] for i in range(5)],
    "dicts": lambda L: [{"x": i, "y": {"z": [i]}} for i in range(5)],
    "named tuples": lambda L: [Point(i, L.zeros(2)) for i in range(5)],
    "pairs as in MNIST": lambda L: [
        (np.full((1, 2, 2), i, "float32"), i) for i in range(5)
    ],
}


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("kind", SAMPLES)
def test_batches_equal_torchs(kind, drop_last):
    batches = []
    for L, data in ((minigrad, ours), (torch, theirs)):
        loader = data.DataLoader(SAMPLES[kind](L), batch_size=2, drop_last=drop_last)
        batches.append([plain(batch) for batch in loader])
        assert len(loader) == len(batches[-1])
    assert batches[0] == batches[1]


def rows(L, data):
    return data.TensorDataset(L.arange(7), L.arange(14).reshape(7, 2) * 0.5)


def evens(L, data):
    return data.Subset(rows(L, data), [0, 2, 4, 6])


DATASETS = {
    "TensorDataset": rows,
    "Subset": evens,
    "Subset of a Subset": lambda L, data: data.Subset(evens(L, data), [3, 1]),
    "ConcatDataset": lambda L, data: rows(L, data) + evens(L, data),
    "Subset of a ConcatDataset": lambda L, data: data.Subset(
        data.ConcatDataset([rows(L, data), rows(L, data)]), [8, 1, -1]
    ),
}


@pytest.mark.parametrize("device", ["cpu", "torch"])
@pytest.mark.parametrize("name", DATASETS)
def test_dataset_equals_torchs(name, device):
    mine, right = DATASETS[name](minigrad, ours), DATASETS[name](torch, theirs)
    if device == "torch":
        for dataset in (getattr(mine, "dataset", mine),):
            if isinstance(dataset, ours.TensorDataset):
                dataset.tensors = tuple(t.to("torch") for t in dataset.tensors)
    assert len(mine) == len(right)
    for i in (0, 1, len(right) - 1, -1, -len(right)):
        assert plain(mine[i]) == plain(right[i])
    loaders = (
        ours.DataLoader(mine, batch_size=2),
        theirs.DataLoader(right, batch_size=2),
    )
    batches, expected = ([plain(batch) for batch in loader] for loader in loaders)
    assert batches == expected


@pytest.mark.parametrize("name", ["TensorDataset", "Subset", "Subset of a Subset"])
def test_batch_read_at_once_is_the_batch_of_its_samples(name):
    dataset = DATASETS[name](minigrad, ours)
    samples = [dataset[i] for i in range(len(dataset))]
    at_once = ours.DataLoader(dataset, batch_size=3)
    one_by_one = ours.DataLoader(samples, batch_size=3)
    for a, b in zip(at_once, one_by_one, strict=True):
        assert plain(a) == plain(b)


def test_batch_is_read_at_once():
    class Counted(minigrad.Tensor):
        reads = 0

        def __getitem__(self, key):
            Counted.reads += 1
            return super().__getitem__(key)

    rows = Counted([0.0, 1.0, 2.0, 3.0])
    list(ours.DataLoader(ours.TensorDataset(rows), batch_size=2))
    assert Counted.reads == 2


def test_own_dataset_above_a_tensor_dataset_is_asked_for_each_sample():
    class Doubled(ours.TensorDataset):
        def __getitem__(self, index):
            (x,) = super().__getitem__(index)
            return x * 2

    loader = ours.DataLoader(Doubled(minigrad.arange(3)), batch_size=3)
    assert [batch.tolist() for batch in loader] == [[0, 2, 4]]


def orders(seed, epochs=2, **settings):
    loader = ours.DataLoader(
        range(20),
        batch_size=3,
        shuffle=True,
        generator=minigrad.Generator().manual_seed(seed),
        **settings,
    )
    return [[i for batch in loader for i in batch.tolist()] for _ in range(epochs)]


def test_shuffled_order_follows_the_seed_and_changes_each_epoch():
    first, second = orders(1)
    assert orders(1) == [first, second]
    assert orders(2) != [first, second]
    assert first != second
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != sorted(first)
    assert len(orders(1, drop_last=True)[0]) == 18


def test_shuffle_without_generator_follows_manual_seed():
    loader = ours.DataLoader(range(20), batch_size=20, shuffle=True)
    found = []
    for _ in range(2):
        minigrad.manual_seed(5)
        found.append(next(iter(loader)).tolist())
    assert found[0] == found[1] != list(range(20))


def test_own_sampler_and_collate_fn_are_used():
    loader = ours.DataLoader("abcd", 3, sampler=[3, 1, 0, 2], collate_fn="".join)
    assert list(loader) == ["dba", "c"]


SPLITS = {
    "sizes": [2, 3, 5],
    "shares": [0.5, 0.25, 0.25],
    "shares that do not divide": [0.33, 0.33, 0.34],
    "all": [10],
}


@pytest.mark.parametrize("name", SPLITS)
def test_random_split_has_torchs_sizes_and_no_overlap(name):
    parts = ours.random_split(
        range(10), SPLITS[name], minigrad.Generator().manual_seed(0)
    )
    expected = [len(p) for p in theirs.random_split(range(10), SPLITS[name])]
    assert [len(p) for p in parts] == expected
    assert sorted(i for part in parts for i in part.indices) == list(range(10))


class Alone:
    """A sample that cannot be stacked."""


REFUSED = [
    (
        lambda L, data: data.DataLoader([1], batch_size=0),
        "batch_size should be a positive integer value, but got batch_size=0",
    ),
    (
        lambda L, data: data.DataLoader([1], shuffle=True, sampler=[0]),
        "sampler option is mutually exclusive with shuffle",
    ),
    (
        lambda L, data: data.DataLoader([], shuffle=True),
        "RandomSampler of a dataset of 0 samples",
    ),
    (
        lambda L, data: list(data.DataLoader([Alone()])),
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or "
        "lists; found <class",
    ),
    (
        lambda L, data: list(data.DataLoader([L.ones(2), L.ones(3)], 2)),
        "stack of shapes (2,), (3,): they must be equal",
    ),
    (
        lambda L, data: list(data.DataLoader([(1, 2), (1, 2, 3)], 2)),
        "each element in list of batch should be of equal size",
    ),
    (
        lambda L, data: data.random_split(range(5), [2, 2]),
        "random_split of 5 samples into [2, 2]: the lengths sum to 4",
    ),
    (lambda L, data: data.Dataset()[0], "Dataset has no __getitem__"),
]


@pytest.mark.parametrize("act, words", REFUSED, ids=[words for _, words in REFUSED])
def test_refusal_has_torchs_class_and_says_what_is_wrong(act, words):
    with pytest.raises(Exception) as right:
        act(torch, theirs)
    with pytest.raises(right.type) as mine:
        act(minigrad, ours)
    assert mine.type is right.type
    assert words in str(mine.value)


def test_what_differs_from_torch_is_refused():
    with pytest.raises(ValueError, match=r"first sizes \[2, 3\]: they must be equal"):
        ours.TensorDataset(minigrad.ones(2), minigrad.ones(3))
    with pytest.raises(
        NotImplementedError, match="num_workers=2: worker processes are"
    ):
        ours.DataLoader([1], num_workers=2)
    with pytest.raises(IndexError, match="index 9 of a dataset of 7 samples"):
        ours.ConcatDataset([rows(minigrad, ours)])[9]
