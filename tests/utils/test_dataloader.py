"""The loader without workers: orders, settings and refusals, beside torch's."""

import copy
import os
import subprocess
import sys

import numpy as np
import pytest
from chapters import ROOT
from loader_cases import Rows, plain
from torch.utils import data as theirs

import minigrad
from minigrad.utils import data as ours


def seeded(seed):
    return minigrad.Generator().manual_seed(seed)


def orders(seed, epochs=2, **settings):
    loader = ours.DataLoader(
        range(20), batch_size=3, shuffle=True, generator=seeded(seed), **settings
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


def test_order_goes_on_from_a_saved_state():
    generator = seeded(1)
    loader = ours.DataLoader(range(20), 20, shuffle=True, generator=generator)
    list(loader)
    state = generator.get_state()
    second = next(iter(loader)).tolist()
    generator.manual_seed(9)
    generator.set_state(state)
    assert next(iter(loader)).tolist() == second


SETTINGS = {
    "own sampler": {"batch_size": 3, "sampler": [3, 1, 0, 2]},
    "own batch_sampler": {"batch_sampler": [[3, 1], [0], [2, 2, 2]]},
    "no batches": {"batch_size": None},
    "no batches, own sampler": {"batch_size": None, "sampler": [3, 1]},
    "own collate_fn": {"batch_size": 3, "collate_fn": lambda batch: len(batch)},
    "no batches, own collate_fn": {"batch_size": None, "collate_fn": str},
    "drop_last": {"batch_size": 3, "drop_last": True},
    "larger than all": {"batch_size": 9},
    "larger than all, drop_last": {"batch_size": 9, "drop_last": True},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_batches_equal_torchs(name):
    mine, right = (
        data.DataLoader(Rows(4), **SETTINGS[name]) for data in (ours, theirs)
    )
    expected = [plain(batch) for batch in right]
    assert [plain(batch) for batch in mine] == expected
    assert [plain(batch) for batch in mine] == expected  # again
    assert len(mine) == len(right) == len(expected)


ATTRIBUTES = (
    "batch_size drop_last num_workers timeout prefetch_factor persistent_workers "
    "pin_memory generator worker_init_fn multiprocessing_context"
)


@pytest.mark.parametrize("settings", [{}, {"batch_sampler": [[0]]}, {"num_workers": 1}])
@pytest.mark.parametrize("name", ATTRIBUTES.split())
def test_attributes_equal_torchs(name, settings):
    mine, right = (data.DataLoader([1], **settings) for data in (ours, theirs))
    assert getattr(mine, name) == getattr(right, name)


def test_samplers_can_be_asked_for():
    loader = ours.DataLoader(range(5), 2, shuffle=True)
    assert type(loader.sampler) is ours.RandomSampler
    assert type(loader.batch_sampler) is ours.BatchSampler
    assert loader.collate_fn is ours.default_collate
    assert ours.DataLoader([1], None).collate_fn is ours.default_convert


def test_an_iteration_goes_on_after_an_error_as_torchs():
    class Faulty(Rows):
        def __getitem__(self, i):
            return 1 // (i - 1)

    for data in (theirs, ours):
        iteration = iter(data.DataLoader(Faulty(3)))
        assert next(iteration).tolist() == [-1]
        with pytest.raises(ZeroDivisionError):
            next(iteration)
        assert next(iteration).tolist() == [1]
        with pytest.raises(StopIteration):
            next(iteration)


def test_two_iterations_of_one_loader_are_apart():
    loader = ours.DataLoader(range(4), 2)
    pairs = [(a.tolist(), b.tolist()) for a, b in zip(loader, loader, strict=True)]
    assert pairs == [([0, 1], [0, 1]), ([2, 3], [2, 3])]


def stream(data):
    class Stream(data.IterableDataset):
        def __iter__(self):
            return iter([1])

    return Stream()


# what -> (what is done, whether the message is torch's to the letter)
REFUSED = {
    "batch_size=0": (lambda d: d.DataLoader([1], batch_size=0), True),
    "batch_size=1.0": (lambda d: d.DataLoader([1], batch_size=1.0), True),
    "shuffle and sampler": (lambda d: d.DataLoader([1], 1, True, [0]), True),
    "shuffle of nothing": (lambda d: d.DataLoader([], shuffle=True), True),
    "num_workers=-1": (lambda d: d.DataLoader([1], num_workers=-1), True),
    "timeout=-1": (lambda d: d.DataLoader([1], timeout=-1), True),
    "timeout here": (lambda d: iter(d.DataLoader([1], timeout=1)), False),
    "prefetch here": (lambda d: d.DataLoader([1], prefetch_factor=2), False),
    "prefetch_factor=-1": (
        lambda d: d.DataLoader([1], num_workers=1, prefetch_factor=-1),
        False,
    ),
    "persistent here": (lambda d: d.DataLoader([1], persistent_workers=True), True),
    "context here": (
        lambda d: d.DataLoader([1], multiprocessing_context="spawn"),
        True,
    ),
    "no such context": (
        lambda d: d.DataLoader([1], num_workers=1, multiprocessing_context="knife"),
        True,
    ),
    "no context": (
        lambda d: d.DataLoader([1], num_workers=1, multiprocessing_context=3),
        True,
    ),
    "drop_last of no batches": (
        lambda d: d.DataLoader([1], batch_size=None, drop_last=True),
        False,
    ),
    "batch_sampler and batch_size": (
        lambda d: d.DataLoader([1], batch_size=2, batch_sampler=[[0]]),
        True,
    ),
    "batch_sampler and shuffle": (
        lambda d: d.DataLoader([1], shuffle=True, batch_sampler=[[0]]),
        True,
    ),
    "batch_sampler and sampler": (
        lambda d: d.DataLoader([1], sampler=[0], batch_sampler=[[0]]),
        True,
    ),
    "batch_sampler and drop_last": (
        lambda d: d.DataLoader([1], drop_last=True, batch_sampler=[[0]]),
        True,
    ),
    "shuffled stream": (lambda d: d.DataLoader(stream(d), shuffle=True), True),
    "stream and sampler": (lambda d: d.DataLoader(stream(d), sampler=[0]), True),
    "stream and batch_sampler": (
        lambda d: d.DataLoader(stream(d), batch_sampler=[[0]]),
        True,
    ),
    "length of a stream": (lambda d: len(d.DataLoader(stream(d))), True),
    "dataset without length": (
        lambda d: list(d.DataLoader(d.Dataset())),
        False,
    ),
    "dataset without getitem": (
        lambda d: list(d.DataLoader(d.Dataset(), sampler=[0])),
        False,
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refusal_has_torchs_class_and_says_what_is_wrong(what):
    act, same_words = REFUSED[what]
    with pytest.raises(Exception) as right:
        act(theirs)
    with pytest.raises(right.type) as mine:
        act(ours)
    assert mine.type is right.type
    if same_words:
        words = [" ".join(str(e.value).replace(",", "").split()) for e in (mine, right)]
        assert words[0] == words[1]
    assert str(mine.value)


@pytest.mark.parametrize("data", [theirs, ours], ids=["torch", "minigrad"])
def test_what_was_settled_stays(data):
    loader = data.DataLoader([1])
    for name in ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset"):
        with pytest.raises(ValueError, match=f"{name} attribute should not be set"):
            setattr(loader, name, 2)
    loader.collate_fn = list
    assert next(iter(loader)) == [1]
    assert next(iter(copy.copy(loader))) == [1]


def test_pinned_memory_is_warned_of():
    with pytest.warns(UserWarning, match="'pin_memory' argument is set as true"):
        next(iter(ours.DataLoader([1], pin_memory=True)))


@pytest.mark.parametrize("data", [theirs, ours], ids=["torch", "minigrad"])
def test_more_workers_than_cores_are_warned_of(data):
    with pytest.warns(UserWarning, match="will create 9999 worker processes in total"):
        data.DataLoader([1], num_workers=9999)


@pytest.fixture(scope="module")
def mnist():
    """torchvision's MNIST, or where there are no files its stand-in for tests."""
    datasets = pytest.importorskip("torchvision").datasets
    root = os.environ.get("MINIGRAD_DATA")
    if root:
        return datasets.MNIST(root)
    return datasets.FakeData(50, (1, 28, 28), 10)


@pytest.mark.parametrize("kind", ["tensors", "arrays", "images"])
def test_torchvisions_datasets_are_taken_as_they_are(mnist, kind):
    from torchvision import transforms

    mnist = copy.copy(mnist)
    mnist.transform = {
        "tensors": transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
        ),
        "arrays": np.array,
        "images": None,
    }[kind]
    settings = {"collate_fn": list} if kind == "images" else {}
    for dataset in (mnist, ours.Subset(mnist, [5, 3, 9]), theirs.Subset(mnist, [4])):
        loaders = (
            data.DataLoader(
                dataset, 8, sampler=range(min(len(dataset), 20)), **settings
            )
            for data in (ours, theirs)
        )
        for batch, expected in zip(*loaders, strict=True):
            if kind == "images":
                assert [label for _, label in batch] == [label for _, label in expected]
            else:
                assert plain(batch) == plain(expected)
                assert {type(part) for part in batch} == {minigrad.Tensor}


BAR = """
from tqdm import tqdm
from minigrad.utils.data import DataLoader
assert len(list(tqdm(DataLoader(range(9), 2)))) == 5
"""


@pytest.mark.parametrize("disable", ["", "1"])
def test_a_bar_knows_how_many_batches_there_are_and_can_be_silenced(disable):
    env = {**os.environ, "TQDM_DISABLE": disable}
    command = [sys.executable, "-c", BAR]
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "")
    assert ("5/5" in run.stderr) != bool(disable)


@pytest.mark.parametrize("name", ["Makefile", "book/execute.py"])
def test_no_bar_is_stored_or_compared_in_a_chapter(name):
    assert "TQDM_DISABLE" in (ROOT / name).read_text(encoding="utf-8")
