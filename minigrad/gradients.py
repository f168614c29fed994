"""Asking for gradients: `backward` leaves them in `.grad`, `grad` returns them.

Both say where the engine's walk begins, with which gradients, and whose are wanted.
`Tensor.backward` and `minigrad.autograd` offer them. Chapter: the graph and the walk.
"""

import math

from . import engine
from .arrays import WORLDS
from .engine import Variable, current, result
from .operands import cast, dtype_of, require_one_device


def backward(
    tensors,
    grad_tensors=None,
    retain_graph=None,
    create_graph=False,
    *,
    inputs=None,
):
    """Add the gradients of (the sum of) `tensors` to the `.grad` of the leaves.

    grad_tensors: the gradient to begin with at each of them; 1 for single numbers.
    retain_graph: keep what the graph holds, to go through it again.
    create_graph: record the walk, so that the gradients can be differentiated.
    inputs: the tensors to leave gradients in; None for all leaves.
    raises: RuntimeError if a tensor has no history, the shapes differ, or the graph was
        freed by an earlier walk.
    """
    starts = _starts(_tuple(tensors), grad_tensors, create_graph)
    wanted = None
    if inputs is not None:
        inputs = _tuple(inputs)
        wanted = dict(zip(_places(inputs, "backward"), inputs, strict=True))
    given = tuple(starts.values())
    keep = create_graph if retain_graph is None else retain_graph
    found = engine.backward(starts, keep, create_graph, wanted)
    if wanted is not None:
        found = {wanted[place]: g for place, g in found.items()}
    engine.accumulate(found, given)


def grad(
    outputs,
    inputs,
    grad_outputs=None,
    retain_graph=None,
    create_graph=False,
    allow_unused=None,
    is_grads_batched=False,
    materialize_grads=False,
):
    """The gradients of (the sum of) outputs with respect to inputs, as a tuple.

    grad_outputs: the gradient to begin with at each output; 1 for single numbers.
    create_graph: record the walk, so that the result can be differentiated again.
    allow_unused: give None for an input that the outputs do not depend on, instead of
        raising RuntimeError.
    is_grads_batched: must be False; there is no vmap.
    materialize_grads: give zeros for an input that the outputs do not depend on.
    """
    _refuse(is_grads_batched, materialize_grads and allow_unused is False)
    starts = _starts(_tuple(outputs), grad_outputs, create_graph)
    inputs = _tuple(inputs)
    places = _places(inputs, "grad")
    keep = create_graph if retain_graph is None else retain_graph
    found = engine.backward(starts, keep, create_graph, set(places))
    gradients = [found.get(place) for place in places]
    for i, x in enumerate(inputs):
        if gradients[i] is None:
            gradients[i] = _unused(i, x, allow_unused, materialize_grads)
        elif not isinstance(gradients[i], Variable):
            gradients[i] = result(gradients[i])
    return tuple(gradients)


def _refuse(batched, contradiction):
    if batched:
        raise NotImplementedError(
            "grad() with is_grads_batched=True: there is no vmap; call grad() for each "
            "gradient"
        )
    if contradiction:
        raise ValueError(
            "grad() with materialize_grads=True and allow_unused=False: zeros can only "
            "be given for an unused input that is allowed"
        )


def _unused(i, x, allow_unused, materialize_grads):
    """What grad gives for input i, on which the outputs do not depend."""
    if materialize_grads:
        return result(WORLDS[type(x.array)].zeros_like(x.array))
    if not allow_unused:
        raise RuntimeError(
            f"input {i} of grad() was not used to compute the outputs: pass "
            "allow_unused=True to get None for it"
        )
    return None


def _starts(outputs, gradients, create_graph):
    """{node or leaf of each output: the gradient to begin with there}."""
    gradients = (None,) * len(outputs) if gradients is None else _tuple(gradients)
    if len(gradients) != len(outputs):
        raise RuntimeError(
            f"{len(outputs)} tensors and {len(gradients)} gradients to begin with: "
            "give one for each, or None"
        )
    starts = {}
    for output, gradient in zip(outputs, gradients, strict=True):
        g = _start(output, gradient, create_graph)
        place = output.node or output
        starts[place] = starts[place] + g if place in starts else g
    return starts


def _start(output, gradient, create_graph):
    """The gradient to begin a walk from `output` with: a tensor if it is recorded."""
    shape = tuple(output.array.shape)
    if not current(output).tracked:
        raise RuntimeError(
            "this tensor does not require grad: nothing it was computed from has "
            "requires_grad=True"
        )
    if gradient is None:
        if math.prod(shape) != 1:
            raise RuntimeError(
                f"backward() needs a gradient for an output of shape {shape}: only a "
                "single number has 1 as its obvious gradient"
            )
        gradient = result(WORLDS[type(output.array)].ones_like(output.array))
    if not isinstance(gradient, Variable):
        raise TypeError(
            f"a gradient of type {type(gradient).__name__}: expected a tensor of shape "
            f"{shape}"
        )
    require_one_device("backward", output, gradient)
    if tuple(gradient.array.shape) != shape:
        raise RuntimeError(
            f"a gradient of shape {tuple(gradient.array.shape)} for an output of shape "
            f"{shape}: the shapes must be equal"
        )
    gradient = cast(gradient, dtype_of(output))
    return gradient if create_graph else gradient.array


def _places(inputs, name):
    """Where the walk meets each of the inputs: at its node, or at the leaf itself."""
    if not inputs:
        raise RuntimeError(
            f"{name}() with no inputs: name the tensors whose gradients are wanted"
        )
    for i, x in enumerate(inputs):
        if not current(x).tracked:
            raise RuntimeError(
                f"input {i} of {name}() does not require grad: set requires_grad=True "
                "before computing with it"
            )
    return [x.node or x for x in inputs]


def _tuple(tensors):
    return (tensors,) if isinstance(tensors, Variable) else tuple(tensors)
