"""Batches and converted samples, beside torch's."""

from collections import OrderedDict, UserList, namedtuple
from types import MappingProxyType

import numpy as np
import pytest
import torch
from loader_cases import plain
from torch.utils import data as theirs

import minigrad
from minigrad.utils import data as ours

Point = namedtuple("Point", "x y")


class Alone:
    """A sample that cannot be stacked."""


# library -> a list of samples
SAMPLES = {
    "tensors": lambda L: [L.ones(2) * i for i in range(5)],
    "0-d tensors": lambda L: [L.tensor(i) for i in range(5)],
    "empty tensors": lambda L: [L.ones(0, 2)] * 3,
    "ints": lambda L: [0, 1, 2, 3, 4],
    "bools": lambda L: [True, False, True],
    "floats": lambda L: [0.5, 1.5, 2.5],
    "inf and nan": lambda L: [float("inf"), -0.0, 1e300],
    "strings": lambda L: ["a", "b", "c"],
    "bytes": lambda L: [b"a", b"b", b"c"],
    "arrays": lambda L: [np.arange(3.0) + i for i in range(5)],
    "arrays back to front": lambda L: [np.arange(6.0).reshape(2, 3).T] * 3,
    "0-d arrays": lambda L: [np.array(i) for i in range(5)],
    "arrays of bools": lambda L: [np.array([True, False])] * 2,
    "float16 arrays": lambda L: [np.ones(2, np.float16)] * 2,
    "NumPy numbers": lambda L: [np.float32(i) for i in range(5)],
    "NumPy float64": lambda L: [np.float64(i) for i in range(3)],
    "NumPy bools": lambda L: [np.bool(True), np.bool(False)],
    "NumPy strings": lambda L: [np.str_("a"), np.str_("b")],
    "tuples": lambda L: [(i, float(i), L.ones(1) * i) for i in range(5)],
    "tuples with names": lambda L: [("a", 1), ("b", 2), ("c", 3)],
    "lists": lambda L: [[i, -i] for i in range(5)],
    "ranges": lambda L: [range(3)] * 3,
    "own lists": lambda L: [UserList([i, -i]) for i in range(5)],
    "dicts": lambda L: [{"x": i, "y": {"z": [i]}} for i in range(5)],
    "ordered dicts": lambda L: [OrderedDict(b=i, a=-i) for i in range(5)],
    "frozen dicts": lambda L: [MappingProxyType({"x": i}) for i in range(3)],
    "named tuples": lambda L: [Point(i, L.zeros(2)) for i in range(5)],
    "pairs as in MNIST": lambda L: [
        (np.full((1, 2, 2), i, "float32"), i) for i in range(5)
    ],
    "torch's tensors": lambda L: [(torch.full((1, 2), float(i)), i) for i in range(5)],
    "torch's deep down": lambda L: [{"x": [torch.tensor([i])]} for i in range(5)],
    "torch's parameters, frozen": lambda L: (
        [torch.nn.Parameter(torch.ones(2), requires_grad=False)] * 2
    ),
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


@pytest.mark.parametrize("kind", SAMPLES)
def test_samples_converted_equal_torchs(kind):
    for mine, right in zip(SAMPLES[kind](minigrad), SAMPLES[kind](torch), strict=True):
        got, expected = ours.default_convert(mine), theirs.default_convert(right)
        assert plain(got) == plain(expected)


def test_all_tensors_of_a_batch_are_minigrads():
    batch = ours.default_collate(SAMPLES["torch's tensors"](torch))
    assert all(type(t) is minigrad.Tensor and str(t.device) == "cpu" for t in batch)
    assert type(ours.default_convert(torch.ones(2))) is minigrad.Tensor


def test_batch_of_arrays_has_memory_of_its_own():
    sample = np.zeros(2)
    batch = ours.default_collate([sample])
    sample[0] = 1
    assert batch.tolist() == [[0.0, 0.0]]


def test_batch_of_tensors_keeps_their_device_and_history():
    w = minigrad.ones(2, device="torch", requires_grad=True)
    batch = ours.default_collate([w * 2, w * 3])
    assert str(batch.device) == "torch"
    batch.sum().backward()
    assert w.grad.tolist() == [5.0, 5.0]


REFUSED = {
    "objects": (
        lambda L: [Alone()],
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or "
        "lists; found <class",
    ),
    "nothing": (lambda L: [None, None], "found <class 'NoneType'>"),
    "arrays of strings": (lambda L: [np.array(["a"])], "found <U1"),
    "tensors of two shapes": (
        lambda L: [L.ones(2), L.ones(3)],
        "stack of shapes (2,), (3,): they must be equal",
    ),
    "arrays of two shapes": (lambda L: [np.ones(2), np.ones(3)], "must be equal"),
    "tuples of two lengths": (
        lambda L: [[1, 2], [1, 2, 3]],
        "each element in list of batch should be of equal size",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refusal_has_torchs_class_and_says_what_is_wrong(what):
    samples, words = REFUSED[what]
    with pytest.raises(Exception) as right:
        theirs.default_collate(samples(torch))
    with pytest.raises(right.type) as mine:
        ours.default_collate(samples(minigrad))
    assert mine.type is right.type
    assert words in str(mine.value)


def test_torchs_tensor_with_a_history_is_refused():
    with pytest.raises(RuntimeError, match="requires grad"):
        ours.default_collate([torch.ones(2, requires_grad=True)])


def test_images_are_for_a_transform_or_a_collate_fn():
    image = pytest.importorskip("PIL.Image").new("L", (2, 2))
    for data in (ours, theirs):
        with pytest.raises(TypeError, match=r"found <class 'PIL\.Image\.Image'>"):
            data.default_collate([image, image])
    loader = ours.DataLoader([image, image], 2, collate_fn=lambda images: images)
    assert next(iter(loader)) == [image, image]
