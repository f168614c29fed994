"""gradcheck doubts every gradient: it compares backward with differences of forward.

    (f(x + eps) - f(x - eps)) / (2 eps)

The single idea: the Jacobian of any function can be found twice, row by row with the
walk backward, and column by column by moving one element of an input at a time.
Chapter: who checks the gradient?
"""

import numpy as np

from .. import dtype as dtypes
from .. import engine
from ..creation import randn_like
from ..gradients import grad
from ..tensor import Tensor
from .functional import jacobian_rows


class GradcheckError(RuntimeError):
    """What gradcheck raises: backward and the differences do not agree."""


def gradcheck(
    func,
    inputs,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    raise_exception=True,
    nondet_tol=0.0,
):
    """Whether the gradients of `func` agree with central differences.

        |gradient - difference| <= atol + rtol * |difference|

    for each element of each output that requires grad, by each element of each input
    that does. Where no output does, the differences must be 0.

    func: a function of the inputs that gives a tensor or a tuple of tensors
    inputs: a tensor or a tuple; those with requires_grad are checked, in float64
    nondet_tol: how far a gradient may move when it is computed again
    returns: True; on disagreement raises GradcheckError naming the elements, or returns
        False if raise_exception is False
    Source: Nocedal and Wright, Numerical Optimization (2006), section 8.1.
    """
    try:
        _check(func, _tuple(inputs), eps, atol, rtol, nondet_tol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func,
    inputs,
    grad_outputs=None,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    raise_exception=True,
    nondet_tol=0.0,
):
    """Whether the second derivatives of `func` agree with central differences of the
    first: `gradcheck` of the function that computes the gradients.

    grad_outputs: the gradients to begin with, random if None, which are themselves
        among the inputs of that function
    """
    inputs = _tuple(inputs)
    if grad_outputs is None:
        outputs = filter(_differentiable, _tuple(func(*inputs)))
        grad_outputs = [randn_like(y).detach().requires_grad_() for y in outputs]
    return gradcheck(
        _gradients(func, inputs),
        (*inputs, *_tuple(grad_outputs)),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
    )


def _gradients(func, inputs):
    """A function of inputs and starting gradients: what backward makes of them."""
    places = [i for i, x in enumerate(inputs) if _differentiable(x)]

    def gradients(*values):
        values, starts = list(values[: len(inputs)]), values[len(inputs) :]
        for i in places:
            values[i] = _leaf(values[i])
        outputs = list(filter(_differentiable, _tuple(func(*values))))
        live = [values[i] for i in places]
        found = grad(outputs, live, starts, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradients


def _check(func, inputs, eps, atol, rtol, nondet_tol):
    """Raise GradcheckError at the first element that backward has wrong."""
    places = _checkable(inputs)
    outputs = _tuple(func(*inputs))
    live = [k for k, y in enumerate(outputs) if _differentiable(y)]
    chosen = live or [k for k, y in enumerate(outputs) if isinstance(y, Tensor)]
    sizes = {k: outputs[k].numel() for k in chosen}
    for i in places:
        for k, slopes in _differences(func, inputs, i, sizes, eps).items():
            exact = np.zeros_like(slopes)
            if live:
                exact = _derivatives(outputs[k], inputs[i])
                _compare_again(outputs[k], inputs[i], exact, nondet_tol, k, i)
            wrong = ~np.isclose(exact, slopes, rtol, atol)
            if wrong.any():
                raise _disagreement(outputs, inputs, k, i, wrong, exact, slopes)


def _tuple(tensors):
    return tuple(tensors) if isinstance(tensors, tuple | list) else (tensors,)


def _differentiable(x):
    return isinstance(x, Tensor) and x.requires_grad


def _leaf(x):
    """x itself where it is tracked, so that its own gradient is found; else a leaf."""
    return x if x.tracked else x.detach().requires_grad_()


def _checkable(inputs):
    """The places of the inputs whose gradients can be checked."""
    places = [i for i, x in enumerate(inputs) if _differentiable(x)]
    if not places:
        raise ValueError("gradcheck needs an input with requires_grad=True")
    for i in places:
        if inputs[i].dtype is not dtypes.float64:
            raise ValueError(
                f"gradcheck needs float64, input {i} is {inputs[i].dtype}: differences "
                "of fewer digits say nothing"
            )
    return places


def _derivatives(output, x):
    """The Jacobian as the walk finds it: (elements of the output, elements of x)."""
    found = np.zeros((output.numel(), x.numel()))
    for row, (g,) in zip(found, jacobian_rows(output, (x,)), strict=True):
        if g is not None:
            row[:] = g.cpu().numpy().ravel()
    return found


def _compare_again(output, x, exact, tolerance, k, i):
    moved = np.abs(_derivatives(output, x) - exact).max(initial=0)
    if moved > tolerance:
        raise GradcheckError(
            f"gradcheck: the gradient of output {k} by input {i} moved by {moved:.6g} "
            "when it was computed again: backward is not deterministic; nondet_tol is "
            f"{tolerance}"
        )


def _differences(func, inputs, i, sizes, eps):
    """{output: its Jacobian by input i, from central differences}."""
    x = inputs[i].detach().cpu().numpy()
    found = {k: np.zeros((size, x.size)) for k, size in sizes.items()}
    for column, place in enumerate(np.ndindex(x.shape)):
        for sign in (1, -1):
            moved = x.copy()
            moved[place] += sign * eps
            moved = engine.result(moved).to(inputs[i].device)
            outputs = _tuple(func(*inputs[:i], moved, *inputs[i + 1 :]))
            for k, slopes in found.items():
                array = outputs[k].detach().cpu().numpy()
                slopes[:, column] += sign * array.ravel() / (2 * eps)
    return found


def _disagreement(outputs, inputs, k, i, wrong, exact, slopes):
    row, column = map(int, np.argwhere(wrong)[0])
    into = tuple(map(int, np.unravel_index(row, outputs[k].shape)))
    place = tuple(map(int, np.unravel_index(column, inputs[i].shape)))
    return GradcheckError(
        f"gradcheck: output {k} at {into} by input {i} at {place}: backward gives "
        f"{exact[row, column]:.6g}, central differences {slopes[row, column]:.6g}: "
        "forward or its rule is wrong, or there is a kink within eps"
    )
