"""Changing a tensor in place while the graph stays right.

The new numbers are computed by an ordinary operation from the old ones; then they are
written into the memory of the tensor, which from now on comes from that operation.
Whoever kept the old numbers for a gradient notices. Chapter: the graph and the walk.
"""

from . import arguments, engine, ops
from .engine import apply


def overwrite(target, compute):
    """Write `compute(target)` into `target`, and return `target`.

    raises: RuntimeError for a leaf that requires grad while recording, or if the result
    has another shape, or a dtype that would lose its fractions.
    """
    if engine.is_recording():
        _refuse_leaf(target)
    value = compute(engine.alias(target))
    kind, own = arguments.dtype_of(value), arguments.dtype_of(target)
    if kind.is_floating_point and not own.is_floating_point:
        raise RuntimeError(
            f"a result of dtype {kind} cannot be written into a tensor of dtype {own}: "
            "use an out-of-place operation"
        )
    value = arguments.cast(value, own)
    shape = tuple(target.array.shape)
    if tuple(value.array.shape) != shape:
        raise RuntimeError(
            f"a result of shape {tuple(value.array.shape)} cannot be written into a "
            f"tensor of shape {shape}: use an out-of-place operation"
        )
    engine.write(target, value)
    return target


def copied(target, source):
    """The numbers of `source` in the shape, dtype and device of `target`."""
    shape, own = tuple(target.array.shape), tuple(source.array.shape)
    source = arguments.move(source, str(target.device))
    source = arguments.cast(source, arguments.dtype_of(target))
    try:
        return apply(ops.Copy, apply(ops.Expand, source, shape))
    except (ValueError, RuntimeError) as error:
        raise RuntimeError(
            f"copy_ of shape {own} into shape {shape}: the sizes must be equal, or 1"
        ) from error


def _refuse_leaf(target):
    root = target
    while root.origin is not None:
        root = root.origin[0]
    if root.tracked and root.node is None:
        what = "a leaf" if root is target else "a view of a leaf"
        raise RuntimeError(
            f"{what} that requires grad cannot be changed in place while recording: "
            "use no_grad()"
        )
