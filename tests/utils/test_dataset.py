"""Datasets beside torch's: the same samples, lengths and refusals."""

import pytest
import torch
from loader_cases import Rows, plain
from torch.utils import data as theirs

import minigrad
from minigrad.utils import data as ours


def rows(L, data):
    return data.TensorDataset(L.arange(7), L.arange(14).reshape(7, 2) * 0.5)


def evens(L, data):
    return data.Subset(rows(L, data), [0, 2, 4, 6])


class AtOnce:
    """A dataset that reads several samples at once."""

    asked = ()

    def __len__(self):
        return 6

    def __getitem__(self, i):
        raise AssertionError("asked for one sample")

    def __getitems__(self, indices):
        self.asked = indices
        return [10 * i for i in indices]


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


def test_batch_of_a_tensor_dataset_is_one_read():
    class Counted(minigrad.Tensor):
        reads = 0

        def __getitem__(self, key):
            Counted.reads += 1
            return super().__getitem__(key)

    tensor = Counted([0.0, 1.0, 2.0, 3.0])
    list(ours.DataLoader(ours.TensorDataset(tensor), batch_size=2))
    assert Counted.reads == 2


def test_own_dataset_above_a_tensor_dataset_is_asked_for_each_sample():
    class Doubled(ours.TensorDataset):
        def __getitem__(self, index):
            (x,) = super().__getitem__(index)
            return x * 2

    loader = ours.DataLoader(Doubled(minigrad.arange(3)), batch_size=3)
    assert [batch.tolist() for batch in loader] == [[0, 2, 4]]


@pytest.mark.parametrize("data", [theirs, ours], ids=["torch", "minigrad"])
def test_dataset_with_getitems_is_asked_for_a_batch(data):
    dataset = AtOnce()
    batches = list(data.DataLoader(dataset, batch_size=4))
    assert [batch.tolist() for batch in batches] == [[0, 10, 20, 30], [40, 50]]
    assert dataset.asked == [4, 5]
    part = data.DataLoader(data.Subset(dataset, [5, 1]), batch_size=2)
    assert [batch.tolist() for batch in part] == [[50, 10]]


SPLITS = {
    "sizes": [2, 3, 5],
    "a size of 0": [0, 10],
    "shares": [0.5, 0.25, 0.25],
    "shares that do not divide": [0.33, 0.33, 0.34],
    "one share": [1.0],
    "all": [10],
}


@pytest.mark.parametrize("name", SPLITS)
def test_random_split_has_torchs_sizes_and_no_overlap(name):
    parts = ours.random_split(
        range(10), SPLITS[name], minigrad.Generator().manual_seed(0)
    )
    expected = [len(p) for p in theirs.random_split(range(10), SPLITS[name])]
    assert [len(p) for p in parts] == expected
    order = [i for part in parts for i in part.indices]
    assert sorted(order) == list(range(10)) != order


@pytest.mark.parametrize("own", [False, True])
def test_random_split_follows_the_generator(own):
    found = []
    for seed in (1, 1, 2):
        minigrad.manual_seed(0 if own else seed)
        generator = minigrad.Generator().manual_seed(seed) if own else None
        found.append(ours.random_split(range(20), [10, 10], generator)[0].indices)
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("data", [theirs, ours], ids=["torch", "minigrad"])
def test_random_split_warns_of_a_share_without_samples(data):
    with pytest.warns(UserWarning, match="split at index 1 is 0"):
        data.random_split(range(2), [0.99, 0.01])


def stream(data, *numbers):
    class Numbers(data.IterableDataset):
        def __iter__(self):
            return iter(numbers)

        def __len__(self):
            return len(numbers)

    return Numbers()


@pytest.mark.parametrize("batch_size", [None, 1, 2, 5, 9])
@pytest.mark.parametrize("chained", [False, True])
def test_streams_equal_torchs(chained, batch_size):
    results = []
    for data in (theirs, ours):
        dataset = stream(data, 1, 2, 3, 4, 5)
        if chained:
            dataset = dataset + stream(data, 6) + stream(data)
        for drop_last in (False, True)[: 1 if batch_size is None else 2]:
            loader = data.DataLoader(dataset, batch_size, drop_last=drop_last)
            results.append([len(loader), *map(plain, loader)])
            assert results[-1][1:] == [plain(b) for b in loader]  # a second epoch
    half = len(results) // 2
    assert results[:half] == results[half:]


def without_getitems(data):
    class Half(data.Subset):
        def __getitem__(self, index):
            return index

    return Half([1], [0])


# what -> (what is done, what the message says)
REFUSED = {
    "uneven tensors": (
        lambda L, data: data.TensorDataset(L.ones(2), L.ones(3)),
        "first sizes [2, 3]: they must be equal",
    ),
    "concat of nothing": (
        lambda L, data: data.ConcatDataset([]),
        "datasets should not be an empty iterable",
    ),
    "concat of a stream": (
        lambda L, data: data.ConcatDataset([[1], stream(data, 1)]),
        "ConcatDataset does not support IterableDataset",
    ),
    "concat beyond its end": (
        lambda L, data: rows(L, data).__add__([1])[9],
        "index 9 of a dataset of 8 samples",
    ),
    "concat before its start": (
        lambda L, data: data.ConcatDataset([[1, 2]])[-3],
        "absolute value of index should not exceed dataset length",
    ),
    "chain of no stream": (
        lambda L, data: list(data.ChainDataset([[1]])),
        "ChainDataset only supports IterableDataset, found list",
    ),
    "length of such a chain": (
        lambda L, data: len(data.ChainDataset([[1]])),
        "ChainDataset only supports IterableDataset",
    ),
    "split of another size": (
        lambda L, data: data.random_split(range(5), [2, 2]),
        "random_split of 5 samples into [2, 2]: the lengths sum to 4",
    ),
    "split with a share below 0": (
        lambda L, data: data.random_split(range(5), [1.5, -0.5]),
        "fraction 1.5 at index 0 is not between 0 and 1",
    ),
    "subset without getitems": (
        lambda L, data: without_getitems(data),
        "Half overrides __getitem__ but not __getitems__",
    ),
    "no getitem": (
        lambda L, data: data.Dataset()[0],
        "Dataset has no __getitem__",
    ),
    "no length": (lambda L, data: len(data.Dataset()), "has no len()"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refusal_has_torchs_class_and_says_what_is_wrong(what):
    act, words = REFUSED[what]
    with pytest.raises(Exception) as right:
        act(torch, theirs)
    with pytest.raises(right.type) as mine:
        act(minigrad, ours)
    assert mine.type is right.type
    assert words in str(mine.value)


def test_stream_without_iter_says_so():
    with pytest.raises(NotImplementedError, match="IterableDataset has no __iter__"):
        iter(ours.DataLoader(ours.IterableDataset()))


def test_datasets_can_be_named_with_the_type_of_their_samples():
    class Typed(ours.Dataset[int]):
        pass

    assert issubclass(Typed, ours.Dataset)
    assert ours.Sampler[int] and ours.DataLoader[int] and ours.IterableDataset[int]


def test_torchs_own_wrappers_are_taken():
    inner = theirs.TensorDataset(torch.arange(6), torch.arange(6) * 0.5)
    for dataset in (inner, theirs.Subset(inner, [5, 0, 2]), inner + inner):
        got = [plain(batch) for batch in ours.DataLoader(dataset, 2)]
        assert got == [plain(batch) for batch in theirs.DataLoader(dataset, 2)]
    assert isinstance(
        ours.DataLoader(inner, 2).__iter__().__next__()[0], minigrad.Tensor
    )
    assert len(ours.Subset(Rows(), [1])) == 1
