"""How a tensor is written out: torch's layout, digit for digit.

Four decimals, or scientific where the sizes differ by more than a thousand; more than
1000 elements are summarised by three at each end.
"""

import math

import numpy as np

from . import arrays
from . import dtype as dtypes

PRECISION, THRESHOLD, EDGE, LINE = 4, 1000, 3, 80


def tensor_repr(tensor):
    """The text of `repr(tensor)`."""
    x = arrays.WORLDS[type(tensor.array)].to_numpy(tensor.array)
    indent = len("tensor(")
    text = "[]" if x.size == 0 else _block(_edges(x), indent, *_formatter(x), x.shape)
    return _with_suffixes("tensor(" + text, list(_suffixes(tensor, x)), indent) + ")"


def _suffixes(tensor, x):
    kind = tensor.dtype
    if str(tensor.device) != "cpu":
        yield f"device='{tensor.device}'"
    if x.size == 0 and x.ndim != 1:
        yield f"size={tuple(x.shape)}"
    usual = [dtypes.get_default_dtype()]
    if x.size:
        usual += [dtypes.int64, dtypes.bool]
    if kind not in usual:
        yield f"dtype={kind}"
    if tensor.grad_fn is not None:
        yield f"grad_fn={tensor.grad_fn!r}"
    elif tensor.requires_grad:
        yield "requires_grad=True"


def _with_suffixes(text, suffixes, indent):
    used = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if used + len(suffix) + 2 > LINE:
            text += ",\n" + " " * indent + suffix
            used = indent + len(suffix)
        else:
            text += ", " + suffix
            used += len(suffix) + 2
    return text


def _edges(x):
    """x itself, or where it is long only the ends that will be shown."""
    if x.size <= THRESHOLD:
        return x
    for axis, n in enumerate(x.shape):
        if n > 2 * EDGE:
            keep = [*range(EDGE), *range(n - EDGE, n)]
            x = x.take(keep, axis)
    return x


def _formatter(x):
    """A function from one element of x to text, and the width it counts on."""
    shown = _edges(x)
    if shown.dtype.kind != "f":
        width = max(len(str(v)) for v in shown.ravel().tolist())
        return lambda v: str(v).rjust(width), width
    shown = shown.astype(np.float64).ravel()
    finite = shown[np.isfinite(shown) & (shown != 0)]
    if finite.size == 0:
        plain = "{:.0f}"
    else:
        low, high = float(np.abs(finite).min()), float(np.abs(finite).max())
        whole = np.all(finite == np.ceil(finite))
        uneven = high / low > 1000 or high > 1e8 or (not whole and low < 1e-4)
        plain = "{:.4e}" if uneven else "{:.0f}" if whole else "{:.4f}"

    def write(v):
        text = plain.format(v)
        return text + "." if plain == "{:.0f}" and math.isfinite(v) else text

    width = max([1, *(len(write(v)) for v in finite.tolist())])
    return lambda v: write(v).rjust(width), width


def _block(x, indent, write, width, full):
    """The nested brackets of x, which stands for an array of shape `full`."""
    if x.ndim == 0:
        return write(x.item())
    cut = x.shape[0] < full[0]
    if x.ndim == 1:
        items = [write(v) for v in x.tolist()]
        if cut:
            items.insert(EDGE, " ...")
        fit = max(1, (LINE - indent) // (width + 2))
        lines = [", ".join(items[i : i + fit]) for i in range(0, len(items), fit)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    parts = [_block(part, indent + 1, write, width, full[1:]) for part in x]
    if cut:
        parts.insert(EDGE, "...")
    return "[" + ("," + "\n" * (x.ndim - 1) + " " * (indent + 1)).join(parts) + "]"
