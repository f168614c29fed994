"""Making tensors: from numbers as torch does, at random so that a seed repeats it."""

import numpy as np
import pytest
import torch
from judge import on_devices, outcome, same_outcome

import minigrad as mg

MAKERS = {
    "zeros": lambda t, d: t.zeros(2, 3, device=d),
    "zeros of a tuple": lambda t, d: t.zeros((2, 3), device=d),
    "zeros of nothing": lambda t, d: t.zeros(()),
    "ones": lambda t, d: t.ones(2, dtype=t.int64, device=d),
    "full": lambda t, d: t.full((2, 2), 7, device=d),
    "full of floats": lambda t, d: t.full((2,), 1.5, device=d),
    "full of bools": lambda t, d: t.full((2,), True, device=d),
    "arange": lambda t, d: t.arange(5, device=d),
    "arange of floats": lambda t, d: t.arange(1, 2, 0.25, device=d),
    "arange down": lambda t, d: t.arange(5, 0, -2, device=d),
    "arange the wrong way": lambda t, d: t.arange(5, 0, device=d),
    "arange in no steps": lambda t, d: t.arange(0, 5, 0, device=d),
    "linspace": lambda t, d: t.linspace(-1, 1, 5, device=d),
    "eye": lambda t, d: t.eye(2, 3, device=d),
    "zeros_like": lambda t, d: t.zeros_like(t.ones(2, dtype=t.float64, device=d)),
    "ones_like": lambda t, d: t.ones_like(t.zeros(2, dtype=t.int32, device=d)),
    "full_like": lambda t, d: t.full_like(t.zeros(2, device=d), 3),
    "floats": lambda t, d: t.tensor([[1.0, 2], [3, 4]], device=d),
    "ints": lambda t, d: t.tensor([1, 2], device=d),
    "bools": lambda t, d: t.tensor([True, False], device=d),
    "an empty list": lambda t, d: t.tensor([], device=d),
    "NumPy": lambda t, d: t.tensor(np.array([1.0, 2.0]), device=d),
    "a huge float": lambda t, d: t.tensor([1e300, -1e300, 1e-300], device=d),
    "with gradient": lambda t, d: t.tensor([1.0], requires_grad=True, device=d),
    "ints with gradient": lambda t, d: t.tensor([1], requires_grad=True, device=d),
    "rows of unequal length": lambda t, d: t.tensor([[1, 2], [3]], device=d),
    "tensors of one number": lambda t, d: t.tensor([t.ones(()), t.zeros(())], device=d),
    "the old constructor": lambda t, d: t.Tensor(2, 3).fill_(1),
    "the old constructor of a list": lambda t, d: t.Tensor([1, 2]),
    "the old constructor of nothing": lambda t, d: t.Tensor(),
    "randint between wrong bounds": lambda t, d: t.randint(3, 3, (2,)),
}


@on_devices
@pytest.mark.parametrize("name", MAKERS)
def test_makers_give_torchs_tensors(name, device):
    ours = outcome(MAKERS[name], mg, device)
    theirs = outcome(MAKERS[name], torch, None)
    same_outcome(ours, theirs, 1e-6)


# Random numbers.

DRAWS = {
    "rand": lambda device: mg.rand(50, device=device),
    "randn": lambda device: mg.randn((5, 10), device=device),
    "randint": lambda device: mg.randint(-3, 9, (50,), device=device),
    "randint from 0": lambda device: mg.randint(9, (50,), device=device),
    "randperm": lambda device: mg.randperm(50, device=device),
    "rand_like": lambda device: mg.rand_like(mg.zeros(9, device=device)),
    "normal_": lambda device: mg.zeros(50, device=device).normal_(1, 2),
    "uniform_": lambda device: mg.zeros(50, device=device).uniform_(-1, 2),
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_seed_repeats_on_both_devices(name):
    draws = []
    for device in ("cpu", "torch", "cpu"):
        mg.manual_seed(3)
        drawn = DRAWS[name](device)
        assert str(drawn.device) == device
        draws.append(drawn.tolist())
    assert draws[0] == draws[1] == draws[2]
    assert DRAWS[name]("cpu").tolist() != draws[0]


def test_a_generator_is_apart_from_the_others():
    one, two = mg.Generator().manual_seed(1), mg.Generator().manual_seed(1)
    state = one.get_state()
    first = mg.rand(3, generator=one)
    mg.manual_seed(5)
    assert mg.rand(3, generator=two).tolist() == first.tolist()
    one.set_state(state)
    assert mg.rand(3, generator=one).tolist() == first.tolist()
    assert one.initial_seed() == 1


def test_draws_have_the_range_and_the_moments_they_promise():
    mg.manual_seed(0)
    for dtype in (mg.float16, mg.float32, mg.float64):
        draws = mg.rand(20_000, dtype=dtype).double()
        assert draws.numpy().min() >= 0 and draws.max().item() < 1
        assert abs(draws.mean().item() - 0.5) < 0.01
    draws = mg.randn(20_000).numpy()
    assert abs(draws.mean()) < 0.03 and abs(draws.std() - 1) < 0.03
    whole = mg.randint(2, 5, (1000,))
    assert sorted(set(whole.tolist())) == [2, 3, 4]
    assert sorted(mg.randperm(10).tolist()) == list(range(10))
