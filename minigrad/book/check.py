"""The check that every chapter and many tests use: minigrad beside torch.

The single idea: run the same function in both libraries on the same float64 inputs,
send the same *random* gradient back through both, and compare everything that comes
out. A gradient of ones would accept wrong rules: softmax(x).sum() has derivative zero,
whatever the rule says. The chapter "Who checks the gradient?" explains it.
"""

import math
import zlib

import numpy as np
import torch

import minigrad
from minigrad.value import Value

from .quote import show

DEVICES = "cpu", "torch"


def check(name, ours, theirs, *cases, tolerance=1e-12):
    """Compare a minigrad function with its torch counterpart, and say so in one line.

    name: what the line calls it
    ours, theirs: functions of the same arguments, for minigrad and for torch, that
        return one tensor or a tuple of tensors
    cases: each a tuple of arguments, or one argument. float64 arrays become tensors
        that require a gradient, integer and bool arrays tensors that do not; anything
        else is passed on. In a case without arrays the Python floats become `Value`s.
    tolerance: allowed difference, relative to torch's entry plus the largest entry of
        its array (counted as 0.001 at least and 1 at most)
    raises: AssertionError naming the worst entry if a value, shape, dtype or gradient
        differs; ValueError if the check could not fail, because torch's gradient of
        some argument is zero in all cases

    nan equals nan and inf equals inf. Cases with arrays are run on the devices "cpu"
    (NumPy) and "torch".
    """
    gradients, _ = _compare(name, ours, theirs, cases, tolerance)
    agree = ["value equals", "value and gradient equal", "value and gradients equal"]
    inputs = "1 input" if len(cases) == 1 else f"{len(cases)} inputs"
    record = {
        "name": name,
        "cases": [[_describe(a) for a in _arguments(case)] for case in cases],
        "gradients": gradients,
        "tolerance": tolerance,
    }
    show(
        f"{name}: {agree[min(gradients, 2)]} torch's on {inputs}"
        f" (tolerance {np.format_float_scientific(tolerance, trim='-', exp_digits=1)})",
        **{"application/vnd.minigrad.check+json": record},
    )


def largest_difference(name, ours, theirs, *cases, tolerance=1e-12):
    """The largest difference from torch, measured, and refused, as `check` does it."""
    return _compare(name, ours, theirs, cases, tolerance)[1]


def awkward(*more):
    """A float64 array of twelve numbers that break careless formulas, and `more`.

    Zeros of both signs, ties, tiny numbers, and numbers so large that exp overflows.
    """
    numbers = [0.0, -0.0, 1e-8, -1e-8, 0.5, 0.5, -1.5, -1.5, 30.0, -30.0, 1e3, -1e3]
    return np.array([*numbers, *more])


class _Run:
    """One call of a function in one library; `make` turns an array into its input."""

    def __init__(self, function, arguments, make):
        self.make = make
        wanted = _inputs(arguments)
        self.inputs = [
            make(a, a.dtype == np.float64) if i in wanted else arguments[i]
            for i, a in enumerate(map(np.asarray, arguments))
        ]
        results = function(*self.inputs)
        self.results = results if isinstance(results, tuple) else (results,)
        self.flowing = [r for r in self.results if getattr(r, "requires_grad", True)]

    def values(self):
        """The results as arrays."""
        return [_array(result) for result in self.results]

    def backward(self, upstream):
        """Send the arrays `upstream` back, one for each result that takes one."""
        for result, g in zip(self.flowing, upstream, strict=True):
            more = {} if result is self.flowing[-1] else {"retain_graph": True}
            more = {} if isinstance(result, Value) else more
            result.backward(self.make(g, False), **more)

    def gradient(self, i):
        """The gradient of input i as an array, or None."""
        x = self.inputs[i]
        if isinstance(x, Value):
            return np.array(x.grad)
        return None if x.grad is None else _array(x.grad)


def _compare(name, ours, theirs, cases, tolerance):
    """How many arguments have gradients that agree, and the largest difference."""
    if not cases:
        raise ValueError(f"check of {name} got no inputs: pass at least one case")
    largest, alive = 0.0, {}
    for number, arguments in enumerate(map(_arguments, cases)):
        seed = zlib.crc32(f"{name} {number}".encode())
        truth = _Run(theirs, arguments, _torch_input)
        upstream = _upstream(truth, seed)
        truth.backward(upstream)
        if truth.flowing:
            for i in _differentiable(arguments):
                alive[i] = alive.get(i, False) or _is_alive(truth.gradient(i))
        for device in _devices(arguments):
            inputs = ", ".join(map(_describe, arguments))
            where = f"{name}, case {number} ({inputs})"
            where += f" on {device!r}" * (device != "value")
            run = _Run(ours, arguments, _maker(device))
            found = _compare_runs(where, run, truth, upstream, tolerance)
            largest = max(largest, found)
    for i in alive:
        if not alive[i]:
            raise ValueError(
                f"check of {name} could not fail: torch's gradient of argument {i} is"
                " zero in all cases; add one where it is not"
            )
    return len(alive), largest


def _compare_runs(where, run, truth, upstream, tolerance):
    """The largest difference between two runs, or an AssertionError that names it."""
    pairs = list(zip(run.values(), truth.values(), strict=False))
    if len(run.results) != len(truth.results):
        raise AssertionError(
            f"{where}: {len(run.results)} results, torch has {len(truth.results)}"
        )
    shapes = [tuple(getattr(x, "shape", ())) for x in truth.inputs]
    sizes = {n for shape in shapes for n in (math.prod(shape), *shape)} - {0, 1}
    found = []
    for k, (ours, theirs) in enumerate(pairs):
        what = f"{where}: value" + f" {k}" * (len(pairs) > 1)
        found.append(_difference(what, ours, theirs, tolerance, sizes))
    if len(run.flowing) != len(truth.flowing):
        raise AssertionError(
            f"{where}: {len(run.flowing)} of {len(pairs)} results require a gradient,"
            f" of torch's {len(truth.flowing)}: is something detached?"
        )
    run.backward(upstream)
    g = upstream[0] if len(upstream) == 1 else None
    for i, x in enumerate(truth.inputs):
        if getattr(x, "requires_grad", False):
            ours, theirs = run.gradient(i), truth.gradient(i)
            if theirs is None and isinstance(run.inputs[i], Value):
                theirs = np.zeros(())  # an unused Value has gradient 0.0, never None
            what = f"{where}: gradient of argument {i}"
            found.append(_difference(what, ours, theirs, tolerance, sizes, g))
    return max(found)


def _difference(what, ours, theirs, tolerance, sizes, upstream=None):
    """The largest relative difference between two arrays, if it is small enough."""
    if ours is None or theirs is None:
        if ours is theirs:
            return 0.0
        verdict = "None, torch's is not" if ours is None else "not None, torch's is"
        raise AssertionError(f"{what} is {verdict}")
    for quality in "shape", "dtype":
        mine, right = getattr(ours, quality), getattr(theirs, quality)
        if mine != right:
            turned = quality == "shape" and mine == right[::-1]
            hint = ": is a transpose missing?" if turned else ""
            raise AssertionError(f"{what} has {quality} {mine}, torch's {right}{hint}")
    if theirs.size == 0:
        return 0.0
    size = np.abs(np.nan_to_num(theirs.astype(float), posinf=0.0, neginf=0.0))
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(ours.astype(float) - theirs.astype(float))
        relative = distance / (size + np.clip(size.max(), 1e-3, 1.0))
    relative = np.where(same, 0.0, np.nan_to_num(relative, nan=np.inf, posinf=np.inf))
    worst = np.unravel_index(relative.argmax(), relative.shape)
    if relative[worst] <= tolerance:
        return float(relative[worst])
    place = f" at [{', '.join(map(str, worst))}]" if worst else ""
    raise AssertionError(
        f"{what}{place} is {ours[worst]!s}, torch's is {theirs[worst]!s}, a difference"
        f" of {distance[worst]:.3g}{_hint(ours, theirs, sizes, upstream)}"
    )


def _hint(ours, theirs, sizes, upstream):
    """What a suspicious ratio between two arrays suggests, or nothing."""
    if not ours.any():
        return ": ours is zero everywhere; is a rule missing?"
    if ours.ndim > 1 and ours.shape == ours.shape[::-1] and np.allclose(ours, theirs.T):
        return ": ours is torch's transposed"
    usable = np.isfinite(ours) & np.isfinite(theirs) & (theirs != 0)
    if not usable.any() or (ours[~usable] != theirs[~usable]).any():
        return ""
    ratios = ours[usable] / theirs[usable]
    if upstream is not None and upstream.shape == ours.shape:
        if np.allclose(ratios * upstream[usable], 1.0):
            return ": ours lacks the factor g, the gradient that arrives"
        if np.allclose(ratios, upstream[usable]):
            return ": ours has the factor g, the gradient that arrives, twice"
    if not np.allclose(ratios, ratios[0]):
        return ""
    said = {-1.0: "minus", 2.0: "twice", 0.5: "half of"}
    for n in sorted(sizes - {2}):
        said[float(n)], said[1 / n] = f"{n} times", f"1/{n} of"
    for factor, words in said.items():
        if np.isclose(ratios[0], factor):
            suspect = "sign" if factor < 0 else "factor or a mean"
            return f": ours is {words} torch's everywhere; is a {suspect} wrong?"
    return f": ours is {ratios[0]:.6g} times torch's everywhere" * (ratios.size > 1)


def _upstream(run, seed):
    """A random gradient for each result: sizes between 0.5 and 2, random signs."""
    rng = np.random.default_rng(seed)
    shapes = [tuple(result.shape) for result in run.flowing]
    return [rng.uniform(0.5, 2.0, s) * rng.choice([-1.0, 1.0], s) for s in shapes]


def _is_alive(gradient):
    """Whether a gradient has an entry that is not nearly zero."""
    return gradient is not None and bool((~(np.abs(gradient) < 1e-9)).any())


def _arguments(case):
    """The arguments of a case."""
    return case if isinstance(case, tuple) else (case,)


def _inputs(arguments):
    """The positions that become tensors or Values."""
    arrays = [i for i, a in enumerate(arguments) if isinstance(a, np.ndarray)]
    for i in arrays:
        if arguments[i].dtype.kind == "f" and arguments[i].dtype != np.float64:
            raise ValueError(
                f"check of an array of {arguments[i].dtype}: its rounding would hide"
                " errors; pass float64"
            )
    return arrays or [i for i, a in enumerate(arguments) if isinstance(a, float)]


def _differentiable(arguments):
    """The positions that take a gradient."""
    return [i for i in _inputs(arguments) if np.asarray(arguments[i]).dtype.kind == "f"]


def _devices(arguments):
    """Where a case is run on our side."""
    arrays = any(isinstance(a, np.ndarray) for a in arguments)
    return DEVICES if arrays else ("value",)


def _maker(device):
    """The function that makes our input from an array."""
    if device == "value":
        return lambda a, grad: Value(a) if grad else float(a)
    return lambda a, grad: minigrad.tensor(a, requires_grad=grad, device=device)


def _torch_input(a, grad):
    return torch.tensor(a, requires_grad=grad)


def _array(x):
    return np.array(x.data) if isinstance(x, Value) else x.detach().numpy()


def _describe(a):
    """An argument in words that are the same on every machine."""
    if isinstance(a, np.ndarray):
        return f"{a.dtype} {a.shape}"
    plain = bool, int, float, str, tuple, list, slice, type(None)
    return repr(a) if isinstance(a, plain) else type(a).__name__
