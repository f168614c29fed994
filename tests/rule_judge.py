"""The judge of the gradient rules: an op against torch's function, up to second order.

Upstream gradients are random and never near zero, so that no rule can pass by ignoring
them. The second derivative is that of a random linear combination of the first ones,
with respect to the arguments and to the upstream gradient.
"""

import zlib
from functools import cache

import numpy as np
import torch
from rule_cases import CASES, is_floats

from minigrad import arrays, autograd, engine

TOLERANCE = {"float64": 1e-12, "float32": 1e-4}
ORDERS = ["value", "first derivative", "second derivative"]
largest = {}  # device -> the largest relative differences in float64, by order
planted = {}  # fault -> how it was noticed, or why it could not be


def judge(case, device, dtype="float64", masks=None):
    """Assert that an op agrees with torch in a case; return the largest differences."""
    found = np.zeros(3)
    for mask in masks or case.masks():
        truth = expected(case, mask, dtype)
        place = f"{case} on {device}, {dtype}, gradients for arguments {mask}"
        result = computed(case, mask, device, dtype)
        for i in range(3):
            for a, b in zip(result[i], truth[i], strict=True):
                difference = relative_difference(a, b, f"{ORDERS[i]} of {place}")
                assert difference <= TOLERANCE[dtype], (
                    f"{ORDERS[i]} of {place}: relative difference {difference:.3g}\n"
                    f"ours\n{a}\ntorch's\n{b}"
                )
                found[i] = max(found[i], difference)
    return found


def notice(fault, op, devices=("cpu",)):
    """How the judge notices that op is wrong: a "difference", an "error", or None."""
    planted[fault] = None
    for case in CASES[op]:
        for device in devices:
            try:
                judge(case, device)
            except AssertionError:
                planted[fault] = "difference"
            except Exception:
                planted[fault] = "error"
            if planted[fault]:
                return planted[fault]
    return None


def relative_difference(ours, theirs, place=""):
    """The largest |ours - theirs|, relative to |theirs| or to its largest if below 1.

    Shapes, dtypes, and the places of nan and of infinities must be the same.
    """
    assert ours.dtype == theirs.dtype, f"{place}: {ours.dtype}, torch {theirs.dtype}"
    assert ours.shape == theirs.shape, f"{place}: {ours.shape}, torch {theirs.shape}"
    finite = np.isfinite(theirs)
    np.testing.assert_array_equal(ours[~finite], theirs[~finite], place)
    assert np.isfinite(ours[finite]).all(), f"{place}: ours\n{ours}\ntorch's\n{theirs}"
    if not finite.any():
        return 0.0
    size = np.abs(theirs[finite])
    scale = np.maximum(size, min(size.max(), 1))
    difference = np.abs(ours[finite] - theirs[finite])
    return (difference / np.where(scale > 0, scale, 1)).max()


def upstream(case, place, shape, dtype):
    """Random numbers of size 0.5 to 2 with random signs."""
    rng = np.random.default_rng(zlib.crc32(f"{case} {place}".encode()))
    numbers = rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)
    return np.asarray(numbers, dtype)


def to_numpy(tensor):
    if isinstance(tensor, torch.Tensor):
        return tensor.numpy(force=True)
    return tensor.detach().numpy()


def computed(case, mask, device, dtype):
    """Value, first and second derivatives as minigrad has them, as NumPy arrays.

    The first derivatives come twice: from the plain walk, and from the recorded one.
    """
    xp = arrays.world_of(device)
    args = [given(a, xp, dtype) for a in case.args]
    leaves = [args[i].requires_grad_() for i in mask]
    out = engine.apply(case.op, *args)

    def weights(place, tensor):
        world = arrays.WORLDS[type(tensor.array)]
        numbers = upstream(case, place, tensor.shape, str(tensor.array.dtype)[-7:])
        return engine.result(world.asarray(numbers))

    g = weights("g", out).requires_grad_()
    plain = autograd.grad(out, leaves, g, retain_graph=True)
    first = autograd.grad(out, leaves, g, create_graph=True)
    for tensor, leaf in zip(plain + first, leaves * 2, strict=True):
        assert tensor.device == leaf.device, f"{case}: gradient on {tensor.device}"
    tracked = [(t, weights(i, t)) for i, t in enumerate(first) if t.requires_grad]
    starts, ends = [t for t, _ in tracked], [w for _, w in tracked]
    second = autograd.grad(starts, [*leaves, g], ends, allow_unused=True)
    pairs = zip(second, [*leaves, g], strict=True)
    second = [
        np.zeros_like(to_numpy(x)) if s is None else to_numpy(s) for s, x in pairs
    ]
    return [to_numpy(out)], [to_numpy(t) for t in (*plain, *first)], second


@cache
def expected(case, mask, dtype):
    """Value, first and second derivatives as torch has them, as NumPy arrays."""
    world = arrays.world_of("torch")
    args = [torch_given(a, world, dtype) for a in case.args]
    leaves = [args[i].requires_grad_() for i in mask]
    out = case.theirs(*args)
    g = torch.tensor(upstream(case, "g", out.shape, str(out.dtype)[6:]))
    g.requires_grad_()
    first = torch_grad([out], leaves, [g])
    weights = [
        torch.tensor(upstream(case, i, t.shape, str(t.dtype)[6:]))
        for i, t in enumerate(first)
    ]
    second = torch_grad([g, *first], [*leaves, g], [torch.zeros_like(g), *weights])
    numbers = [to_numpy(t) for t in first]
    return [to_numpy(out)], numbers * 2, [to_numpy(t) for t in second]


def torch_grad(outputs, inputs, starts):
    """torch.autograd.grad, with zeros where there is nothing to differentiate.

    The sum of products in place of `grad_outputs`, for which torch imports sympy.
    """
    total = sum((x * g).sum() for x, g in zip(outputs, starts, strict=True))
    return torch.autograd.grad(total, inputs, create_graph=True, materialize_grads=True)


def given(a, xp, dtype):
    """An argument as the op takes it: floats and conditions as tensors."""
    if is_floats(a) or (isinstance(a, np.ndarray) and a.dtype == bool):
        return engine.result(
            xp.asarray(a.astype(dtype, copy=False) if is_floats(a) else a)
        )
    return plain(a, xp, dtype)


def torch_given(a, xp, dtype):
    """The same argument as torch takes it."""
    if is_floats(a):
        return torch.tensor(a.astype(dtype))
    return plain(a, xp, dtype)


def plain(a, xp, dtype):
    """Indices as arrays of the world, also inside keys; anything else as it is."""
    if isinstance(a, np.ndarray):
        return xp.asarray(a)
    if isinstance(a, tuple):
        return tuple(plain(part, xp, dtype) for part in a)
    return a(xp, dtype) if callable(a) else a
