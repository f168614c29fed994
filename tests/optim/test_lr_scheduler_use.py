"""Schedulers in use: what they warn of, save and refuse is what torch's do."""

import warnings

import pytest
import torch
from optim.schedules import (
    SETTINGS,
    Square,
    assert_equal,
    both,
    course,
    halves,
    make,
    make_optimizer,
)

import minigrad
from minigrad.optim import lr_scheduler


def heard(act):
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        act()
    return [str(w.message) for w in noted]


def early_step(L):
    optimizer = make_optimizer(L)
    scheduler = make(L, optimizer, "StepLR", {"step_size": 2})
    for _ in range(3):
        scheduler.step()


def step_before_the_scheduler_was_made(L):
    optimizer = make_optimizer(L)
    optimizer.step()
    make(L, optimizer, "StepLR", {"step_size": 2}).step()


def right_order(L):
    optimizer = make_optimizer(L)
    scheduler = make(L, optimizer, "StepLR", {"step_size": 2})
    optimizer.step()
    scheduler.step()
    make(L, optimizer, "StepLR", {"step_size": 2}).step()


def own_step(L):
    class Own(L.optim.Optimizer):
        def step(self, closure=None):
            pass

    optimizer = Own([L.ones(1).requires_grad_()], {"lr": 0.1})
    scheduler = make(L, optimizer, "StepLR", {"step_size": 2})
    optimizer.step()
    scheduler.step()


def overridden(L):
    optimizer = make_optimizer(L)
    scheduler = make(L, optimizer, "StepLR", {"step_size": 2})
    optimizer.step = lambda: None
    scheduler.step()


def asked_outside(L):
    optimizer = make_optimizer(L)
    for kind, settings in SETTINGS:
        make(L, optimizer, kind, settings).get_lr()


ORDERS = [
    (early_step, ["Detected call of `lr_scheduler.step()` before `optimizer.step()`"]),
    (step_before_the_scheduler_was_made, ["Detected call of"]),
    (right_order, []),
    (own_step, []),
    (overridden, ["Seems like `optimizer.step()` has been overridden after"]),
    (asked_outside, ["To get the last learning rate"] * len(SETTINGS)),
]


@pytest.mark.parametrize("act, words", ORDERS, ids=lambda a: getattr(a, "__name__", ""))
def test_warnings_come_where_torch_warns(act, words):
    for L in (minigrad, torch):
        found = heard(lambda L=L: act(L))
        assert len(found) == len(words)
        assert all(a.startswith(b[:10]) for a, b in zip(found, words, strict=True))
    assert all(b in a for a, b in zip(found, words, strict=True))


def test_own_scheduler_may_be_written():
    def run(L):
        class Root(L.optim.lr_scheduler._LRScheduler):
            def get_lr(self):
                return [lr / (1 + self.last_epoch) ** 0.5 for lr in self.base_lrs]

        optimizer = make_optimizer(L)
        return course(optimizer, Root(optimizer))

    assert_equal(*both(run))


def test_state_of_functions_is_kept_where_they_are_objects():
    optimizer = make_optimizer(minigrad)
    first = lr_scheduler.LambdaLR(optimizer, [halves, Square(0.5)])
    state = first.state_dict()
    assert state["lr_lambdas"] == [None, {"base": 0.5}]
    second = lr_scheduler.LambdaLR(optimizer, [halves, Square(0.1)])
    second.load_state_dict(state)
    assert second.lr_lambdas[1].base == 0.5
    assert second.lr_lambdas[0] is halves


def resumed(L):
    return L.optim.SGD([L.ones(1).requires_grad_()], 0.1)


def sequence_of(L, *kinds, milestones=(), other=False):
    optimizer = make_optimizer(L)
    settings = {"ReduceLROnPlateau": {}, "StepLR": {"step_size": 2}}
    schedulers = [
        3
        if k == 3
        else make(L, make_optimizer(L) if other else optimizer, k, settings[k])
        for k in kinds
    ]
    L.optim.lr_scheduler.SequentialLR(optimizer, schedulers, list(milestones))


def one_cycle(L, **settings):
    return make(L, make_optimizer(L), "OneCycleLR", {"max_lr": 1.0, **settings})


def spent(L):
    optimizer = make_optimizer(L)
    course(optimizer, make(L, optimizer, "OneCycleLR", {"max_lr": 1, "total_steps": 9}))


def without_momentum(L):
    make(
        L,
        make_optimizer(L, "Adagrad"),
        "OneCycleLR",
        {"max_lr": 1.0, "total_steps": 9},
    )


REFUSED = [
    (lambda L: make(L, 3, "StepLR", {"step_size": 2}), "int is not an Optimizer"),
    (lambda L: make(L, 3, "ReduceLROnPlateau", {}), "int is not an Optimizer"),
    (
        lambda L: make(L, 3, "OneCycleLR", {"max_lr": 1, "total_steps": 9}),
        "int is not an Optimizer",
    ),
    (
        lambda L: make(L, resumed(L), "StepLR", {"step_size": 2, "last_epoch": 3}),
        "param 'initial_lr' is not specified in param_groups[0]",
    ),
    (
        lambda L: make(L, resumed(L), "LambdaLR", {"lr_lambda": [halves, halves]}),
        "Expected 1 lr_lambdas, but got 2",
    ),
    (
        lambda L: make(L, resumed(L), "ConstantLR", {"factor": 1.5}),
        "multiplicative factor expected to be between 0 and 1",
    ),
    (
        lambda L: make(L, resumed(L), "ConstantLR", {"factor": -0.5}),
        "multiplicative factor expected to be between 0 and 1",
    ),
    (
        lambda L: make(L, resumed(L), "LinearLR", {"start_factor": 0}),
        "Starting multiplicative factor expected to be greater than 0",
    ),
    (
        lambda L: make(L, resumed(L), "LinearLR", {"start_factor": 1.5}),
        "Starting multiplicative factor expected to be greater than 0",
    ),
    (
        lambda L: make(L, resumed(L), "LinearLR", {"end_factor": 2}),
        "Ending multiplicative factor expected to be between 0 and 1",
    ),
    (
        lambda L: make(L, resumed(L), "CosineAnnealingWarmRestarts", {"T_0": 0}),
        "Expected positive integer T_0, but got 0",
    ),
    (
        lambda L: make(
            L, resumed(L), "CosineAnnealingWarmRestarts", {"T_0": 1, "T_mult": 1.5}
        ),
        "Expected integer T_mult >= 1, but got 1.5",
    ),
    (
        lambda L: make(
            L, resumed(L), "CosineAnnealingWarmRestarts", {"T_0": 1, "eta_min": "a"}
        ),
        "Expected float or int eta_min, but got a of type",
    ),
    (
        lambda L: make(L, resumed(L), "CosineAnnealingWarmRestarts", {"T_0": 1}).step(
            -2
        ),
        "Expected non-negative epoch, but got -2",
    ),
    (one_cycle, "You must define either total_steps OR (epochs AND steps_per_epoch)"),
    (lambda L: one_cycle(L, epochs=3), "You must define either total_steps OR"),
    (lambda L: one_cycle(L, total_steps=0), "positive integer total_steps, but got 0"),
    (
        lambda L: one_cycle(L, epochs=2, steps_per_epoch=-3),
        "Expected positive integer steps_per_epoch, but got -3",
    ),
    (
        lambda L: one_cycle(L, total_steps=9, pct_start=2.0),
        "Expected float between 0 and 1 pct_start, but got 2.0",
    ),
    (
        lambda L: one_cycle(L, total_steps=9, anneal_strategy="up"),
        "anneal_strategy must be one of 'cos' or 'linear', instead got up",
    ),
    (lambda L: one_cycle(L, total_steps=9, max_lr=[1.0]), "max_lr"),
    (without_momentum, "optimizer must support momentum or beta1"),
    (spent, "Tried to step 10 times. The specified number of total steps is 9"),
    (
        lambda L: make(L, resumed(L), "ReduceLROnPlateau", {"factor": 1.0}),
        "Factor should be < 1.0",
    ),
    (
        lambda L: make(L, resumed(L), "ReduceLROnPlateau", {"mode": "best"}),
        "mode best is unknown",
    ),
    (
        lambda L: make(L, resumed(L), "ReduceLROnPlateau", {"threshold_mode": "no"}),
        "threshold mode no is unknown",
    ),
    (lambda L: make(L, resumed(L), "ReduceLROnPlateau", {"min_lr": [1, 2]}), "min_lr"),
    (lambda L: sequence_of(L), "expects at least one scheduler, but got no"),
    (lambda L: sequence_of(L, 3), "`optimizer` as its attribute"),
    (lambda L: sequence_of(L, "ReduceLROnPlateau"), "does not support"),
    (
        lambda L: sequence_of(L, "StepLR", other=True),
        "expects all schedulers to belong to the same optimizer",
    ),
    (lambda L: sequence_of(L, "StepLR", milestones=[3]), "milestones"),
]


@pytest.mark.parametrize(
    "act, words", REFUSED, ids=[f"{i} {words}" for i, (_, words) in enumerate(REFUSED)]
)
def test_refusal_has_torchs_class_and_says_what_is_wrong(act, words):
    with pytest.raises(Exception) as theirs:
        act(torch)
    with pytest.raises(theirs.type) as ours:
        act(minigrad)
    assert ours.type is theirs.type
    assert words in str(ours.value)
