"""Several threads at once: each has its own switch, and no gradient is lost."""

import threading
import time
from functools import partial

import numpy as np
import pytest

import minigrad as mg
from minigrad import engine


def test_each_thread_has_its_own_switch():
    seen = {}

    def look():
        seen["other"] = mg.is_grad_enabled()
        mg.set_grad_enabled(False)

    with mg.no_grad():
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen["other"]
    assert mg.is_grad_enabled()


def test_two_threads_train_at_once_as_they_do_alone():
    def train(seed, results):
        draws = np.random.default_rng(seed)
        w = mg.tensor(draws.standard_normal((5, 5)), requires_grad=True)
        x = mg.tensor(draws.standard_normal((8, 5)))
        for _ in range(60):
            loss = ((x @ w).tanh() ** 2).mean()
            loss.backward()
            with mg.no_grad():
                w -= 0.1 * w.grad
            w.grad = None
        results[seed] = w.tolist()

    alone, together = {}, {}
    for seed in (1, 2):
        train(seed, alone)
    threads = [threading.Thread(target=train, args=(s, together)) for s in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert alone == together


@pytest.mark.parametrize("before", [None, "plain", "recorded"])
def test_threads_that_add_into_one_gradient_lose_none(before, monkeypatch):
    def late(function, *args):
        time.sleep(0.02)  # the other threads have time to read the same old gradient
        return function(*args)

    x = mg.zeros(5, requires_grad=True)
    if before:
        x.grad = mg.ones(5, requires_grad=before == "recorded")
    gradient = np.arange(5, dtype="float32")
    monkeypatch.setattr(engine, "result", partial(late, engine.result))
    monkeypatch.setattr(engine, "iadd", partial(late, lambda a, b: a + b))
    add = partial(engine.accumulate, {x: gradient}, given=(gradient,))
    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = 3 * gradient + (before is not None)
    assert x.grad.tolist() == expected.tolist()
