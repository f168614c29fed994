"""Training that was interrupted ends bit for bit where it would have ended."""

import io
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import resumed
import torch
from chapters import ROOT
from saving import bits

import minigrad
from minigrad import optim
from minigrad.optim import lr_scheduler as lrs

OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.05, lr_decay=0.1),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "Adam": lambda p: optim.Adam(p, lr=0.05, amsgrad=True),
    "AdamW": lambda p: optim.AdamW([{"params": list(p), "lr": 0.03}], lr=0.05),
}
SCHEDULERS = {
    "LambdaLR": lambda o: lrs.LambdaLR(o, lambda t: 1 / (1 + t)),
    "StepLR": lambda o: lrs.StepLR(o, 2, 0.5),
    "MultiStepLR": lambda o: lrs.MultiStepLR(o, [1, 3, 3]),
    "ExponentialLR": lambda o: lrs.ExponentialLR(o, 0.7),
    "CosineAnnealingLR": lambda o: lrs.CosineAnnealingLR(o, 5),
    "CosineAnnealingWarmRestarts": lambda o: lrs.CosineAnnealingWarmRestarts(o, 2),
    "LinearLR": lambda o: lrs.LinearLR(o, total_iters=4),
    "PolynomialLR": lambda o: lrs.PolynomialLR(o, 5, 2.0),
    "ConstantLR": lambda o: lrs.ConstantLR(o, 0.5, 3),
    "OneCycleLR": lambda o: lrs.OneCycleLR(o, 0.1, total_steps=7),
    "ReduceLROnPlateau": lambda o: lrs.ReduceLROnPlateau(o, patience=0),
    "SequentialLR": lambda o: lrs.SequentialLR(
        o, [lrs.ConstantLR(o, 0.1), lrs.ExponentialLR(o, 0.5)], [3]
    ),
}


def whole(run):
    """The bits of all that a run is."""
    return bits(run.checkpoint())


def interrupted(make, epochs, stop):
    """A run that is saved after `stop` epochs, and taken up by a new one."""
    first = make()
    for _ in range(stop):
        first.train_epoch()
    file = io.BytesIO()
    minigrad.save(first.checkpoint(), file)
    second = make()
    second.resume(minigrad.load(io.BytesIO(file.getvalue())))
    for _ in range(epochs - stop):
        second.train_epoch()
    return second


@pytest.mark.parametrize("device", ["cpu", "torch"])
@pytest.mark.parametrize(
    "optimizer, scheduler",
    [
        *((name, "StepLR") for name in OPTIMIZERS),
        *(("SGD", name) for name in SCHEDULERS if name != "StepLR"),
    ],
)
def test_resumed_run_ends_where_the_uninterrupted_does(optimizer, scheduler, device):
    def make():
        return resumed.Run(OPTIMIZERS[optimizer], SCHEDULERS[scheduler], device)

    straight = make()
    for _ in range(5):
        straight.train_epoch()
    assert whole(interrupted(make, 5, 2)) == whole(straight)


@pytest.mark.parametrize("part", ["model", "optimizer", "scheduler", "order", "rng"])
def test_every_part_of_a_checkpoint_is_needed(part, monkeypatch):
    """Without any one of them the run ends elsewhere: nothing is saved in vain."""
    straight = resumed.usual()
    for _ in range(5):
        straight.train_epoch()
    resume = resumed.Run.resume

    def without(run, checkpoint):
        resume(run, {**checkpoint, part: run.checkpoint()[part]})

    monkeypatch.setattr(resumed.Run, "resume", without)
    assert whole(interrupted(resumed.usual, 5, 2)) != whole(straight)


@pytest.mark.skipif(os.name != "posix", reason="a kill as POSIX has it")
def test_run_that_is_killed_at_random_ends_where_the_uninterrupted_does(tmp_path):
    straight = resumed.usual()
    for _ in range(resumed.EPOCHS):
        straight.train_epoch()
    path, rng, kills = tmp_path / "checkpoint", np.random.default_rng(), 0
    command = [sys.executable, ROOT / "tests" / "resumed.py", path]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    while True:
        run = subprocess.Popen(command, env=env, stdout=subprocess.PIPE)
        for _ in range(rng.integers(1, 2 * resumed.BATCHES + 2)):
            run.stdout.readline()
        time.sleep(rng.uniform(0, 0.003))
        run.kill()
        run.communicate()
        if run.returncode == 0:
            break
        kills += 1
    ended = resumed.usual()
    ended.resume(minigrad.load(path))
    assert kills > 0
    assert whole(ended) == whole(straight)


DRAWS = {
    "rand": lambda g: minigrad.rand(5, generator=g),
    "randn": lambda g: minigrad.randn(5, generator=g),
    "randint": lambda g: minigrad.randint(0, 9, (5,), generator=g),  # half words
    "randperm": lambda g: minigrad.randperm(9, generator=g),
}


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_state_of_a_generator_is_all_it_needs(draw, own):
    generator = minigrad.Generator() if own else None
    source = generator or minigrad
    source.manual_seed(2**63 + 5)
    draw(generator)
    state = source.get_state() if own else minigrad.get_rng_state()
    assert (state.dtype, state.ndim) == (minigrad.uint8, 1)
    kept = state.clone()
    expected = [draw(generator).tolist() for _ in range(3)]
    assert state.tolist() == kept.tolist()  # a copy, not a view
    source.manual_seed(0)
    (source.set_state if own else minigrad.set_rng_state)(state)
    assert [draw(generator).tolist() for _ in range(3)] == expected
    assert source.initial_seed() == 2**63 + 5


WRONG = {
    "a list": lambda L: [1, 2],
    "floats": lambda L: L.zeros(48),
    "too few": lambda L: L.zeros(3, dtype=L.uint8),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_state_is_refused_with_torchs_class(name):
    with pytest.raises(Exception) as right:
        torch.Generator().set_state(WRONG[name](torch))
    with pytest.raises(right.type, match="RNG state"):
        minigrad.Generator().set_state(WRONG[name](minigrad))
