"""Samplers: the orders they give, their chances, and torch's refusals."""

from collections import Counter

import pytest
import torch
from torch.utils import data as theirs

import minigrad
from minigrad.utils import data as ours


def seeded(seed=0):
    return minigrad.Generator().manual_seed(seed)


def test_sequential_sampler_counts():
    assert list(ours.SequentialSampler("abc")) == [0, 1, 2]


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("size", [1, 3, 7, 8])
def test_batch_sampler_equals_torchs(size, drop_last):
    mine, right = (
        data.BatchSampler(range(7), size, drop_last) for data in (ours, theirs)
    )
    assert list(mine) == list(right) == list(mine)
    assert len(mine) == len(right) == len(list(right))


RANDOM = {
    "RandomSampler": lambda g: ours.RandomSampler(range(20), generator=g),
    "part": lambda g: ours.RandomSampler(range(20), num_samples=7, generator=g),
    "several": lambda g: ours.RandomSampler(range(5), num_samples=12, generator=g),
    "replacement": lambda g: ours.RandomSampler(range(20), True, generator=g),
    "many": lambda g: ours.RandomSampler(range(20), True, 2500, generator=g),
    "SubsetRandomSampler": lambda g: ours.SubsetRandomSampler(range(50, 70), g),
    "WeightedRandomSampler": lambda g: ours.WeightedRandomSampler(
        range(20), 9, generator=g
    ),
    "weights, all once": lambda g: ours.WeightedRandomSampler(
        [0.0, *[1.0] * 19], 19, False, generator=g
    ),
}


@pytest.mark.parametrize("name", RANDOM)
def test_random_order_follows_the_seed_and_is_new_each_time(name):
    one, same, other = (RANDOM[name](seeded(seed)) for seed in (1, 1, 2))
    first = list(one)
    assert len(first) == len(one)
    assert first == list(same) != list(other)
    assert list(one) == list(same) != first
    orders = []
    for _ in range(2):
        minigrad.manual_seed(3)
        orders.append(list(RANDOM[name](None)))
    assert orders[0] == orders[1]
    assert list(RANDOM[name](None)) != orders[0]


@pytest.mark.parametrize("name", RANDOM)
def test_random_order_is_drawn_from_what_it_should_be(name):
    order = list(RANDOM[name](seeded()))
    counts = Counter(order)
    expected = {
        "RandomSampler": (set(range(20)), 20),
        "part": (set(range(20)), 7),
        "several": (set(range(5)), 5),
        "replacement": (set(range(20)), None),
        "many": (set(range(20)), None),
        "SubsetRandomSampler": (set(range(50, 70)), 20),
        "WeightedRandomSampler": (set(range(1, 20)), None),
        "weights, all once": (set(range(1, 20)), 19),
    }
    allowed, distinct = expected[name]
    assert set(order) <= allowed
    assert all(type(i) is int for i in order)
    if distinct is not None:
        assert len(counts) == distinct
    if name == "replacement":
        assert len(counts) < len(order)
    if name == "several":  # two whole orders, and the beginning of a third
        assert sorted(order[:5]) == sorted(order[5:10]) == list(range(5))
        assert order[:5] != order[5:10]


def test_draws_of_others_do_not_change_an_order_that_has_begun():
    minigrad.manual_seed(4)
    undisturbed = list(ours.RandomSampler(range(50), True, 3000))
    minigrad.manual_seed(4)
    order = iter(ours.RandomSampler(range(50), True, 3000))
    begun = [next(order)]
    minigrad.rand(1)
    assert begun + list(order) == undisturbed


def test_weights_are_the_chances():
    n = 20_000
    counts = Counter(ours.WeightedRandomSampler([1, 2, 0, 5], n, generator=seeded()))
    for i, share in enumerate([1 / 8, 2 / 8, 0, 5 / 8]):
        assert abs(counts[i] / n - share) < 0.015
    firsts = Counter(
        next(iter(ours.WeightedRandomSampler([1, 3], 2, False, generator=g)))
        for g in map(seeded, range(2000))
    )
    assert abs(firsts[1] / 2000 - 0.75) < 0.04


def test_random_sampler_sees_a_dataset_that_has_grown():
    samples = [0]
    sampler = ours.RandomSampler(samples)
    samples += [1, 2]
    assert sorted(sampler) == [0, 1, 2] and len(sampler) == 3


REFUSED = {
    "no samples": lambda L, data: data.RandomSampler([]),
    "num_samples=0": lambda L, data: data.RandomSampler([1], num_samples=0),
    "num_samples=1.5": lambda L, data: data.RandomSampler([1], num_samples=1.5),
    "replacement=1": lambda L, data: data.RandomSampler([1], replacement=1),
    "2-d weights": lambda L, data: data.WeightedRandomSampler(L.ones(2, 2), 1),
    "weights, num_samples=True": lambda L, data: data.WeightedRandomSampler([1], True),
    "weights, replacement=0": lambda L, data: data.WeightedRandomSampler([1], 1, 0),
    "weights below 0": lambda L, data: list(data.WeightedRandomSampler([1, -1.0], 1)),
    "weights nan": lambda L, data: list(
        data.WeightedRandomSampler([1, float("nan")], 1)
    ),
    "weights all 0": lambda L, data: list(data.WeightedRandomSampler([0.0, 0.0], 1)),
    "too few weights": lambda L, data: list(
        data.WeightedRandomSampler([1.0, 2.0], 3, False)
    ),
    "batch_size=0": lambda L, data: data.BatchSampler([1], 0, False),
    "batch_size=True": lambda L, data: data.BatchSampler([1], True, False),
    "drop_last=1": lambda L, data: data.BatchSampler([1], 1, 1),
    "no iter": lambda L, data: iter(data.Sampler()),
}
SAME_WORDS = ("num_samples", "batch_size", "drop_last", "replacement", "2-d")


@pytest.mark.parametrize("what", REFUSED)
def test_refusal_has_torchs_class(what):
    with pytest.raises(Exception) as right:
        REFUSED[what](torch, theirs)
    with pytest.raises(right.type) as mine:
        REFUSED[what](minigrad, ours)
    assert mine.type is right.type
    if what.startswith(SAME_WORDS):
        assert str(mine.value) == str(right.value)
    assert str(mine.value)
