"""Schedulers: in all kinds of use, a hundred learning rates are torch's."""

import warnings

import numpy as np
import pytest
import torch
from optim.schedules import (
    STEPS,
    assert_equal,
    both,
    course,
    every_setting,
    halves,
    make,
    make_optimizer,
    seen,
)

import minigrad


@every_setting
def test_course_is_torchs(kind, settings):
    def run(L):
        optimizer = make_optimizer(L)
        scheduler = make(L, optimizer, kind, settings)
        return course(optimizer, scheduler)

    ours, theirs = both(run)
    assert_equal(ours, theirs)


@pytest.mark.parametrize("kind", ["Adam", "AdamW", "RMSprop"])
def test_one_cycle_steers_what_the_optimizer_has(kind):
    def run(L):
        optimizer = make_optimizer(L, kind)
        scheduler = make(L, optimizer, "OneCycleLR", {"max_lr": 1, "total_steps": 100})
        return course(optimizer, scheduler, steps=99)

    assert_equal(*both(run))


@every_setting
def test_state_has_torchs_names_and_values(kind, settings):
    def run(L):
        optimizer = make_optimizer(L)
        scheduler = make(L, optimizer, kind, settings)
        course(optimizer, scheduler, steps=33)
        return scheduler.state_dict()

    ours, theirs = both(run)
    assert set(ours) == set(theirs)
    for name in set(ours) - {"_last_lr", "base_lrs"}:
        assert ours[name] == theirs[name], name


@every_setting
def test_course_goes_on_from_a_state_that_torch_saved(kind, settings):
    theirs = make_optimizer(torch)
    scheduler = make(torch, theirs, kind, settings)
    course(theirs, scheduler, steps=37)
    ours = make_optimizer(minigrad)
    mine = make(minigrad, ours, kind, settings)
    mine.load_state_dict(scheduler.state_dict())
    for group, right in zip(ours.param_groups, theirs.param_groups, strict=True):
        group.update({k: v for k, v in right.items() if k != "params" and k in group})
    assert mine.last_epoch == 37
    assert_equal(course(ours, mine, steps=60), course(theirs, scheduler, steps=60))


@every_setting
@pytest.mark.parametrize("last_epoch", [0, 9, 19, 41])
def test_course_resumed_by_last_epoch_is_torchs(kind, settings, last_epoch):
    def run(L):
        optimizer = make_optimizer(L)
        first = make(L, optimizer, kind, settings)
        course(optimizer, first, steps=last_epoch)
        again = make_optimizer(L)
        again.load_state_dict(optimizer.state_dict())
        second = make(L, again, kind, {**settings, "last_epoch": last_epoch})
        return course(again, second, steps=50)

    assert_equal(*both(run))


CHAINS = [
    ("ExponentialLR", {"gamma": 0.97}, "StepLR", {"step_size": 13}),
    ("LinearLR", {"total_iters": 9}, "MultiStepLR", {"milestones": [5, 70]}),
    ("ConstantLR", {"factor": 0.3}, "ExponentialLR", {"gamma": 0.9}),
    ("LinearLR", {"total_iters": 20}, "CosineAnnealingLR", {"T_max": 40}),
    ("CosineAnnealingLR", {"T_max": 9, "eta_min": 0.01}, "StepLR", {"step_size": 8}),
    ("PolynomialLR", {"total_iters": 90}, "LambdaLR", {"lr_lambda": halves}),
]


@pytest.mark.parametrize("first, a, second, b", CHAINS, ids=range(len(CHAINS)))
def test_chained_course_is_torchs(first, a, second, b):
    def run(L):
        optimizer = make_optimizer(L)
        schedulers = [
            make(L, optimizer, first, a),
            make(L, optimizer, second, b),
        ]
        return course(optimizer, *schedulers)

    assert_equal(*both(run))


def test_rate_changed_by_hand_is_followed_as_by_torch():
    def run(L):
        optimizer = make_optimizer(L)
        scheduler = make(L, optimizer, "ExponentialLR", {"gamma": 0.9})
        before = course(optimizer, scheduler, steps=5)
        optimizer.param_groups[0]["lr"] = 7.0
        return [*before, *course(optimizer, scheduler, steps=5)]

    assert_equal(*both(run))


SEQUENCES = [
    ([("ConstantLR", {"factor": 0.1}), ("ExponentialLR", {"gamma": 0.9})], [20]),
    (
        [
            ("LinearLR", {"start_factor": 0.01, "total_iters": 10}),
            ("CosineAnnealingLR", {"T_max": 90}),
        ],
        [10],
    ),
    (
        [
            ("LinearLR", {}),
            ("StepLR", {"step_size": 8}),
            ("PolynomialLR", {"total_iters": 30}),
            ("LambdaLR", {"lr_lambda": halves}),
        ],
        [5, 40, 80],
    ),
    (
        [
            ("CosineAnnealingWarmRestarts", {"T_0": 4, "T_mult": 2}),
            ("CosineAnnealingWarmRestarts", {"T_0": 9}),
            ("MultiStepLR", {"milestones": [0, 6]}),
        ],
        [31, 60],
    ),
    ([("ExponentialLR", {"gamma": 0.9})], []),
    ([("StepLR", {"step_size": 3}), ("StepLR", {"step_size": 4})], [0]),
]


def sequence(L, optimizer, parts, milestones):
    schedulers = [make(L, optimizer, kind, settings) for kind, settings in parts]
    return L.optim.lr_scheduler.SequentialLR(optimizer, schedulers, milestones)


@pytest.mark.parametrize("parts, milestones", SEQUENCES, ids=range(len(SEQUENCES)))
def test_sequence_is_torchs(parts, milestones):
    def run(L):
        optimizer = make_optimizer(L)
        return course(optimizer, sequence(L, optimizer, parts, milestones))

    assert_equal(*both(run))


@pytest.mark.parametrize("parts, milestones", SEQUENCES, ids=range(len(SEQUENCES)))
def test_sequence_goes_on_from_its_state(parts, milestones):
    def run(L):
        optimizer = make_optimizer(L)
        scheduler = sequence(L, optimizer, parts, milestones)
        course(optimizer, scheduler, steps=33)
        again = make_optimizer(L)
        second = sequence(L, again, parts, milestones)
        state = scheduler.state_dict()
        second.load_state_dict(state)
        assert isinstance(state["_schedulers"], list)
        again.load_state_dict(optimizer.state_dict())
        return course(again, second, steps=60)

    assert_equal(*both(run))


@pytest.mark.filterwarnings("ignore:Detected call of")  # torch warns at the making
def test_sequence_of_sequences_is_torchs():
    def run(L):
        optimizer = make_optimizer(L)
        inner = sequence(L, optimizer, *SEQUENCES[0])
        last = make(L, optimizer, "StepLR", {"step_size": 5})
        outer = L.optim.lr_scheduler.SequentialLR(optimizer, [inner, last], [50])
        return course(optimizer, outer, steps=80)

    assert_equal(*both(run))


RANDOM = np.random.default_rng(0)
VALUES = np.exp(-np.arange(STEPS) / 30) + 0.05 * RANDOM.standard_normal(STEPS)
PLATEAUS = [
    {},
    {"patience": 2},
    {"patience": 0, "factor": 0.5},
    {"patience": 3, "threshold": 0.1},
    {"patience": 3, "threshold": 0.05, "threshold_mode": "abs"},
    {"mode": "max", "patience": 4, "factor": 0.7},
    {"mode": "max", "patience": 4, "threshold": 0.2, "threshold_mode": "abs"},
    {"mode": "max", "patience": 4, "threshold": 0.2},
    {"patience": 1, "cooldown": 5, "factor": 0.9},
    {"patience": 1, "min_lr": 0.01},
    {"patience": 1, "min_lr": [0.05, 0.001]},
    {"patience": 1, "eps": 1e-3},
]


@pytest.mark.parametrize("settings", PLATEAUS, ids=str)
@pytest.mark.parametrize("direction", [1, -1])
def test_plateau_is_torchs(settings, direction):
    def run(L):
        optimizer = make_optimizer(L)
        scheduler = make(L, optimizer, "ReduceLROnPlateau", settings)
        found = []
        for t, value in enumerate(direction * VALUES):
            if t == 40:
                state = scheduler.state_dict()
                scheduler = make(L, optimizer, "ReduceLROnPlateau", {})
                scheduler.load_state_dict(state)
            optimizer.step()
            scheduler.step(L.tensor(value) if t % 2 else value)
            found.append(seen(optimizer))
        assert scheduler.get_last_lr() == [g["lr"] for g in optimizer.param_groups]
        return np.array(found), scheduler.state_dict()

    (ours, mine), (theirs, right) = both(run)
    assert_equal(ours, theirs)
    assert set(mine) == set(right)
    assert mine["best"] == pytest.approx(right["best"], rel=1e-6)
    assert mine["num_bad_epochs"] == right["num_bad_epochs"]


def test_plateau_takes_new_groups_as_torch_does():
    def run(L):
        optimizer = make_optimizer(L)
        loose = make(L, optimizer, "ReduceLROnPlateau", {"patience": 0, "min_lr": 0.01})
        tight = make(
            L, optimizer, "ReduceLROnPlateau", {"patience": 0, "min_lr": [0.0, 0.0]}
        )
        optimizer.add_param_group({"params": [L.ones(1).requires_grad_()], "lr": 0.05})
        for scheduler in (loose, loose):
            scheduler.step(1.0)
        tight.step(1.0)
        with pytest.raises(RuntimeError, match="min_lrs"):
            tight.step(1.0)
        return [g["lr"] for g in optimizer.param_groups]

    assert_equal(*both(run))


@pytest.mark.parametrize("epoch", [0, 5, 17, 80])
@every_setting
def test_time_may_be_given_as_to_torch(kind, settings, epoch):
    def run(L):
        optimizer = make_optimizer(L)
        scheduler = make(L, optimizer, kind, settings)
        course(optimizer, scheduler, steps=3)
        with warnings.catch_warnings(record=True) as noted:
            warnings.simplefilter("always")
            scheduler.step(epoch)
        words = ["epoch parameter" in str(w.message) for w in noted]
        return np.array(seen(optimizer)), scheduler.last_epoch, words

    (ours, time, words), (theirs, right, heard) = both(run)
    assert_equal(ours, theirs)
    assert (time, words) == (right, heard)


@pytest.mark.parametrize("T_mult", [1, 2, 3])
def test_restarts_take_fractions_of_epochs_as_torchs_do(T_mult):
    def run(L):
        optimizer = make_optimizer(L)
        settings = {"T_0": 5, "T_mult": T_mult}
        scheduler = make(L, optimizer, "CosineAnnealingWarmRestarts", settings)
        found = []
        for epoch in np.linspace(0, 60, 121):
            scheduler.step(float(epoch))
            found.append([*scheduler.get_last_lr(), scheduler.last_epoch])
        return np.array(found)

    assert_equal(*both(run))


@pytest.mark.parametrize("kind", ["LinearLR", "PolynomialLR"])
def test_a_curve_without_time_stays_where_it_begins(kind):
    def run(L):
        optimizer = make_optimizer(L)
        return course(optimizer, make(L, optimizer, kind, {"total_iters": 0}), steps=3)

    assert_equal(*both(run))
