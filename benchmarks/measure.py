"""The one place that measures: contenders take turns, and each round gives a ratio.

The single idea: a shared machine's clock cannot be trusted, but its ratios can. In each
round every contender works once, in a new order, and its figure is divided by the
reference's of the same round. The median of these ratios is what the table shows.

A gauge is a function that lets a contender work and returns a number. All contenders
must first come to the same results: nothing is timed that was not compared.
"""

import gc
import random
import time
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median, quantiles

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

LEAST = 0.05  # seconds that a contender works in one round, or one piece of work


def cpu(work):
    """Processor seconds of one piece of work."""
    return _clocked(work, time.process_time)


def wall(work):
    """Seconds by the clock of one piece of work, to its end on a GPU too."""
    return _clocked(work, time.perf_counter)


def _clocked(work, clock):
    pieces, settle = 0, torch.cuda.synchronize if torch.cuda.is_available() else int
    settle()
    start = clock()
    while clock() - start < LEAST:
        work()
        pieces += 1
    settle()
    return (clock() - start) / pieces


@dataclass
class Case:
    """A question to several contenders.

    name: its short name, a space, and what is asked; the table's first column
    contenders: {name: function that returns what the gauge is given}
    goals: {name of contender: (must, aim)}, both upper bounds of the figure
    reference: whose figure is 1, or 0 where differences are asked
    gauge: what is measured
    unit, scale: a gauge's number times `scale` is in `unit`
    figure: "ratio" or "difference" to the reference, or "value"
    threads: how many a library may use
    rounds: how often they take turns
    check: what to compare of an array that a piece of work returns; None: nothing
    tolerance: how far a contender's result may be from the reference's
    trials: how many results are compared
    """

    name: str
    contenders: dict
    goals: dict
    reference: str = "torch"
    gauge: object = cpu
    unit: str = "ms"
    scale: float = 1e3
    figure: str = "ratio"
    threads: int = 1
    rounds: int = 15
    check: object = np.asarray
    tolerance: float = 1e-3
    trials: int = 3


@dataclass
class Row:
    """One contender's line of the table; `missing` says why there is no figure."""

    contender: str
    measured: float = 0.0
    figure: float = 0.0
    spread: tuple = ()
    goal: tuple = ()
    missing: str = ""

    @property
    def verdict(self):
        if self.missing or not self.goal:
            return ""
        must, aim = self.goal
        return (
            "aim" if self.figure <= aim else "must" if self.figure <= must else "MISSED"
        )


def run(case, without=(), rounds=None):
    """Measure a case; returns its rows."""
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(case.threads))
        stack.callback(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(case.threads)
        ready, missing = _build(case, without)
        _compare(case, ready)
        figures = _interleave(ready, case.gauge, rounds or case.rounds)
    rows = [_row(case, name, figures) for name in ready]
    return rows + [Row(name, missing=why) for name, why in missing.items()]


def _build(case, without):
    """The contenders that can be had, and for the others the reason."""
    ready, missing = {}, {}
    for name, build in case.contenders.items():
        if name in without:
            continue
        try:
            ready[name] = build()
        except Exception as error:
            lacking = isinstance(error, AttributeError | NotImplementedError)
            if name == case.reference or (name.startswith("minigrad") and not lacking):
                raise
            message = str(error).strip() or type(error).__name__
            missing[name] = message.splitlines()[0]
    return ready, missing


def _compare(case, ready):
    """Raise AssertionError unless all contenders come to the same results."""
    if case.check is None:
        return
    results = {
        name: np.array([case.check(_numbers(work())) for _ in range(case.trials)])
        for name, work in ready.items()
    }
    expected = results[case.reference]
    size = np.abs(expected).max()
    for name, found in results.items():
        error = np.abs(found - expected).max() / size
        if not error <= case.tolerance:
            raise AssertionError(
                f"{case.name}: {name} is off by {error:.1e} of {size:.1e}"
            )


def _numbers(result):
    """A number, or a tensor of any library, as a NumPy array."""
    if isinstance(result, torch.Tensor):
        return result.detach().cpu().numpy()
    for method in ("detach", "cpu", "numpy"):
        result = getattr(result, method, lambda same=result: same)()
    return np.asarray(getattr(result, "data", result))


def _interleave(ready, gauge, rounds):
    """{name: one number for each round}; the order is new in each round."""
    figures, chance = {name: [] for name in ready}, random.Random(0)
    gc.collect()
    gc.freeze()  # what the libraries made at import is nobody's garbage
    for _ in tqdm(range(rounds), leave=False, disable=None):  # only in a terminal
        for name in chance.sample(list(ready), len(ready)):
            gc.collect()
            figures[name].append(gauge(ready[name]))
    gc.unfreeze()
    return figures


def _row(case, name, figures):
    ours, theirs = figures[name], figures.get(case.reference)
    pairs = list(zip(ours, theirs or ours, strict=True))
    relate = {
        "ratio": lambda a, b: a / b,
        "difference": lambda a, b: (a - b) * case.scale,
        "value": lambda a, b: a * case.scale,
    }[case.figure]
    related = [relate(a, b) for a, b in pairs]
    quarters = quantiles(related, n=4) if len(related) > 1 else related * 3
    return Row(
        name,
        measured=median(ours) * case.scale,
        figure=median(related),
        spread=(quarters[0], quarters[2]),
        goal=case.goals.get(name, ()),
    )
