"""Changing a tensor in place while the graph stays right.

The new numbers are computed by an ordinary operation from the old ones; then they are
written into the memory of the tensor, which from now on comes from that operation.
Whoever kept the old numbers for a gradient notices. Chapter: the graph and the walk.
"""

import math

from . import engine, operands, ops
from .engine import WORLDS, apply


def overwrite(target, compute):
    """Write `compute(target)` into `target`, and return `target`.

    raises: RuntimeError for a leaf that requires grad while recording, or if the result
        has another shape, or a dtype that cannot be written without loss.
    """
    before = engine.alias(engine.current(target))
    if engine.is_recording():
        _refuse(target, target.tracked)
    value = _fitting(target, compute(before))
    if value.node is not None:
        _refuse(target, True)
        # The operation may have kept what it read: let it keep the old numbers.
        before.array = WORLDS[type(before.array)].copy(before.array)
        before.changed = [0]
    try:
        engine.write(target, value)
    except (ValueError, RuntimeError) as error:
        raise RuntimeError(
            f"a tensor of shape {target.shape} cannot be written to: several of its "
            "elements share one place in memory, or it is read-only; use clone() first"
        ) from error
    return target


def _fitting(target, value):
    """`value` in the dtype of `target`, if it can be written there."""
    kind, own = operands.dtype_of(value), operands.dtype_of(target)
    if kind is not own and (
        own.name == "bool" or (kind.is_floating_point and not own.is_floating_point)
    ):
        raise RuntimeError(
            f"a result of dtype {kind} cannot be written into a tensor of dtype {own}: "
            "use an out-of-place operation"
        )
    if value.shape != target.shape:
        raise RuntimeError(
            f"a result of shape {value.shape} cannot be written into a tensor of shape "
            f"{target.shape}: use an out-of-place operation"
        )
    return operands.cast(value, own)


def put(target, key, value):
    """Write `value`, cast and stretched, to the places of `target` that `key` names."""
    value = _trimmed(operands.cast(value, operands.dtype_of(target)))
    value = operands.move(value, WORLDS[type(target.array)].device_name(target.array))

    def with_value(x):
        try:
            return apply(ops.SetIndex, x, key, value)
        except (ValueError, RuntimeError) as error:
            raise RuntimeError(
                f"value of shape {tuple(value.array.shape)} does not fit the places "
                f"chosen in a tensor of shape {tuple(target.array.shape)}: {error}"
            ) from error

    return overwrite(target, with_value)


def _trimmed(x):
    """x without leading dimensions of size 1, which stretching would add again."""
    shape = tuple(x.array.shape)
    first = next((i for i, n in enumerate(shape) if n != 1), len(shape))
    return apply(ops.Reshape, x, shape[first:]) if first else x


def _refuse(target, history):
    """Refuse to give `target` new numbers that its memory cannot have a history of."""
    root = target
    while root.origin is not None:
        if root.origin[3] == math.inf and (history or root.origin[0].tracked):
            raise RuntimeError(
                "a view taken under no_grad(), or by an autograd.Function, cannot be "
                "changed in place while recording: take the view again, clone() it, or "
                "change it under no_grad()"
            )
        root = root.origin[0]
    if root.tracked and root.node is None:
        what = "a leaf" if root is target else "a view of a leaf"
        raise RuntimeError(
            f"{what} that requires grad cannot be changed in place while recording: "
            "use no_grad()"
        )
