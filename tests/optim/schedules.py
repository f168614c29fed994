"""What the tests of schedulers share: many settings, and a hundred steps of them."""

import numpy as np
import pytest
import torch

import minigrad

STEPS = 100


class Square:
    """A function with something to save."""

    def __init__(self, base):
        self.base = base

    def __call__(self, t):
        return self.base ** (t * t / 1000)


def halves(t):
    return 0.5 ** (t // 7)


# (name of the scheduler, settings)
SETTINGS = [
    ("LambdaLR", {"lr_lambda": halves}),
    ("LambdaLR", {"lr_lambda": [Square(0.9), Square(0.8)]}),
    ("StepLR", {"step_size": 10}),
    ("StepLR", {"step_size": 1, "gamma": 0.95}),
    ("StepLR", {"step_size": 7, "gamma": 1.5}),
    ("StepLR", {"step_size": 30, "gamma": 0.0}),
    ("MultiStepLR", {"milestones": [3, 20, 20, 50]}),
    ("MultiStepLR", {"milestones": [0, 99], "gamma": 0.5}),
    ("MultiStepLR", {"milestones": []}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.5, "total_iters": 30}),
    ("ConstantLR", {"factor": 1.0, "total_iters": 0}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.001, "total_iters": 40}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 60}),
    ("LinearLR", {"start_factor": 0.7, "end_factor": 0.2, "total_iters": 99}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("ExponentialLR", {"gamma": 1.1}),
    ("PolynomialLR", {}),
    ("PolynomialLR", {"total_iters": 80, "power": 2.5}),
    ("PolynomialLR", {"total_iters": 100, "power": 0.5}),
    ("CosineAnnealingLR", {"T_max": 100}),
    ("CosineAnnealingLR", {"T_max": 20, "eta_min": 1e-3}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 1}),
    ("CosineAnnealingWarmRestarts", {"T_0": 10}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.02}),
    ("CosineAnnealingWarmRestarts", {"T_0": 1, "T_mult": 3}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 101}),
    ("OneCycleLR", {"max_lr": [0.5, 2.0], "epochs": 20, "steps_per_epoch": 6}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 120, "three_phase": True}),
    (
        "OneCycleLR",
        {
            "max_lr": 1.0,
            "total_steps": 100,
            "pct_start": 0.45,
            "anneal_strategy": "linear",
            "base_momentum": [0.7, 0.8],
            "max_momentum": 0.9,
            "div_factor": 10.0,
            "final_div_factor": 100.0,
        },
    ),
    (
        "OneCycleLR",
        {"max_lr": 1.0, "total_steps": 110, "cycle_momentum": False, "pct_start": 0.1},
    ),
]
IDS = [f"{kind} {number}" for number, (kind, _) in enumerate(SETTINGS)]
every_setting = pytest.mark.parametrize("kind, settings", SETTINGS, ids=IDS)


def make_optimizer(L, kind="SGD", **settings):
    groups = [{"params": [L.ones(2).requires_grad_()], "lr": lr} for lr in (0.1, 0.03)]
    settings |= {"momentum": 0.9} if kind == "SGD" else {}
    return getattr(L.optim, kind)(groups, **settings)


def make(L, optimizer, kind, settings):
    return getattr(L.optim.lr_scheduler, kind)(optimizer, **settings)


NUMBERS = ("lr", "momentum", "initial_lr", "max_lr", "min_lr")


def seen(optimizer):
    """All numbers of the groups that a scheduler may change."""
    groups = optimizer.param_groups
    numbers = [[g[name] for name in NUMBERS if name in g] for g in groups]
    return [[*row, *g.get("betas", ())] for row, g in zip(numbers, groups, strict=True)]


def course(optimizer, *schedulers, steps=STEPS):
    """What every step of all `schedulers` made of the groups."""
    found = [seen(optimizer)]
    for _ in range(steps):
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
        found.append(seen(optimizer))
        assert schedulers[-1].get_last_lr() == [g["lr"] for g in optimizer.param_groups]
    return np.array(found)


def assert_equal(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-16)


def both(run):
    return [run(L) for L in (minigrad, torch)]
