"""Derivatives on request: `grad`, and `gradcheck`, which doubts every rule.

Chapters: the graph and the walk; who checks the gradient?
"""

import numpy as np

from . import dtype as dtypes
from . import engine
from .arguments import starting_gradient
from .creation import cat
from .tensor import Tensor


def grad(
    outputs,
    inputs,
    grad_outputs=None,
    retain_graph=None,
    create_graph=False,
    allow_unused=False,
):
    """The gradients of (the sum of) outputs with respect to inputs, as a tuple.

    grad_outputs: the gradient to begin with at each output; 1 for single numbers.
    create_graph: record the walk, so that the result can be differentiated again.
    allow_unused: give None for an input that the outputs do not depend on, instead of
        raising RuntimeError.
    """
    outputs, inputs = _tuple(outputs), _tuple(inputs)
    starts = (None,) * len(outputs) if grad_outputs is None else _tuple(grad_outputs)
    gradients = {}
    for output, start in zip(outputs, starts, strict=True):
        place = engine.current(output).node or output
        g = starting_gradient(output, start, create_graph)
        gradients[place] = gradients[place] + g if place in gradients else g
    for i, x in enumerate(inputs):
        if not x.requires_grad:
            raise RuntimeError(
                f"input {i} of grad() does not require grad: set requires_grad=True "
                "before computing with it"
            )
    keep = create_graph if retain_graph is None else retain_graph
    places = [x.node or x for x in inputs]
    found = engine.backward(gradients, keep, create_graph, set(places))
    if not allow_unused and len(found) < len(set(places)):
        missing = next(i for i, place in enumerate(places) if place not in found)
        raise RuntimeError(
            f"input {missing} of grad() was not used to compute the outputs: pass "
            "allow_unused=True to get None for it"
        )
    return tuple(_result(found.get(place)) for place in places)


def _tuple(tensors):
    return (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)


def _result(g):
    return g if g is None or isinstance(g, Tensor) else engine.result(g)


def gradcheck(func, inputs, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True):
    """Whether the gradients of `func` agree with central differences.

        (f(x + eps) - f(x - eps)) / (2 eps)    for every element x of every input

    inputs: a tensor or a tuple; those with requires_grad are checked, in float64.
    returns: True; on disagreement raises RuntimeError naming the element, or returns
        False if raise_exception is False.
    Source: Nocedal and Wright, Numerical Optimization (2006), section 8.1.
    """
    inputs = _tuple(inputs)
    checked = _checkable(inputs)
    output = func(*inputs)
    weights = np.random.default_rng(0).standard_normal(output.shape)
    start = output.detach() * 0 + weights
    exact = [None] * len(checked)
    if output.tracked:  # else it depends on none of them, and every slope is 0
        exact = grad(output, [inputs[i] for i in checked], start, allow_unused=True)
    for i, found in zip(checked, exact, strict=True):
        x = inputs[i]
        numeric = _central_differences(func, inputs, i, weights, eps)
        given = np.zeros(x.shape) if found is None else found.cpu().numpy()
        wrong = ~np.isclose(given, numeric, rtol, atol)
        if wrong.any():
            if not raise_exception:
                return False
            place = tuple(int(n) for n in np.argwhere(wrong)[0])
            raise RuntimeError(
                f"gradcheck: input {i} at {place}: the rules give {given[place]:.6g}, "
                f"central differences {numeric[place]:.6g}: forward or its rule is "
                "wrong, or there is a kink within eps"
            )
    return True


def _checkable(inputs):
    """The places of the inputs whose gradients can be checked."""
    places = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.tracked]
    if not places:
        raise ValueError("gradcheck needs an input with requires_grad=True")
    for i in places:
        if inputs[i].dtype is not dtypes.float64:
            raise ValueError(
                f"gradcheck needs float64, input {i} is {inputs[i].dtype}: differences "
                "of fewer digits say nothing"
            )
    return places


def _central_differences(func, inputs, i, weights, eps):
    x = inputs[i].detach().cpu().numpy()
    slopes = np.zeros(x.shape)

    def value(moved):
        tensor = engine.result(moved).to(inputs[i].device)
        output = func(*inputs[:i], tensor, *inputs[i + 1 :])
        return (output.detach().cpu().numpy() * weights).sum()

    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += eps
        down[place] -= eps
        slopes[place] = (value(up) - value(down)) / (2 * eps)
    return slopes


def gradgradcheck(func, inputs, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True):
    """Whether the second derivatives of `func` agree with central differences of the
    first: `gradcheck` of the function that computes the gradients."""
    inputs = _tuple(inputs)
    places = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.tracked]

    def gradients(*values):
        live = [_leaf(v) if i in places else v for i, v in enumerate(values)]
        output = func(*live)
        weights = np.random.default_rng(1).standard_normal(output.shape)
        start = output.detach() * 0 + weights
        found = grad(output, [live[i] for i in places], start, create_graph=True)
        return cat([g.flatten() for g in found])

    return gradcheck(gradients, inputs, eps, atol, rtol, raise_exception)


def _leaf(x):
    """x itself where it is tracked, so that its own gradient is found; else a leaf."""
    return x if x.tracked else x.detach().requires_grad_()
