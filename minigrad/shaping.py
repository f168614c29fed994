"""Shapes: the same elements in another arrangement, repeated, turned, or cut apart.

Most of it shares memory with the tensor it came from, as in torch. `Tensor` inherits
these methods. Chapter: arrays and their rules.
"""

import math

import numpy as np

from . import arguments, operands, ops
from .arrays import WORLDS
from .engine import Variable, apply


@arguments.with_torch_names
class Shaping(Variable):
    """A variable whose elements can be arranged anew."""

    __slots__ = ()

    def reshape(self, *shape):
        """The same elements in the same order; one size may be -1, which fits the rest.
        A view where the memory allows it, else a copy."""
        return apply(
            ops.Reshape, self, arguments.new_shape(self, arguments.ints(shape))
        )

    def view(self, *size):
        """`reshape` that never copies; raises RuntimeError where it would have to."""
        out = self.reshape(*size)
        if out.changed is not self.changed and self.numel():
            raise RuntimeError(
                f"view of shape {self.shape} as {out.shape}: the elements do not lie "
                "in that order in memory; use reshape()"
            )
        return out

    def contiguous(self):
        """self if its elements lie in memory in order, else a copy where they do."""
        if self.is_contiguous():
            return self
        flat = self.reshape(-1)
        flat = flat.clone() if flat.changed is self.changed else flat
        return flat.reshape(self.shape)

    def is_contiguous(self):
        """Whether the elements lie in memory one after another, in order."""
        return WORLDS[type(self.array)].is_contiguous(self.array)

    def permute(self, *dims):
        order = arguments.all_in_order(self, arguments.ints(dims))
        return apply(ops.Permute, self, order)

    def transpose(self, dim0, dim1):
        """The tensor with two of its dimensions exchanged."""
        order = list(range(max(self.ndim, 1)))
        a = arguments.one_dim(self, dim0, "transpose")
        b = arguments.one_dim(self, dim1, "transpose")
        order[a], order[b] = order[b], order[a]
        return apply(ops.Permute, self, tuple(order[: self.ndim]))

    def t(self):
        """The transpose of a matrix; what has fewer dimensions is left as it is."""
        if self.ndim > 2:
            raise RuntimeError(
                f"t() of a tensor with {self.ndim} dimensions: it is for matrices; use "
                "transpose()"
            )
        return self if self.ndim < 2 else self.transpose(0, 1)

    @property
    def T(self):
        return self.permute(*reversed(range(self.ndim)))

    @property
    def mT(self):
        return self.transpose(-2, -1)

    def expand(self, *size):
        """Repeat along dimensions of size 1 without copying; -1 keeps a size."""
        shape = arguments.expanded_shape(self, arguments.ints(size))
        return apply(ops.Expand, self, shape)

    def squeeze(self, dim=None):
        """Without the dimensions of size 1: all, or those of `dim`."""
        chosen = arguments.all_dims(self, dim, "squeeze")
        shape = (n for i, n in enumerate(self.shape) if not (i in chosen and n == 1))
        return apply(ops.Reshape, self, tuple(shape))

    def unsqueeze(self, dim):
        """With a new dimension of size 1 before `dim`."""
        if not -self.ndim - 1 <= dim <= self.ndim:
            raise arguments.out_of_range("unsqueeze", dim, self.ndim, self.ndim + 1)
        shape = list(self.shape)
        shape.insert(dim % (self.ndim + 1), 1)
        return apply(ops.Reshape, self, tuple(shape))

    def flatten(self, start_dim=0, end_dim=-1):
        """Merge the dimensions start_dim ... end_dim into one."""
        first = arguments.one_dim(self, start_dim, "flatten")
        last = arguments.one_dim(self, end_dim, "flatten")
        if first > last:
            raise RuntimeError(
                f"flatten from dim {start_dim} to {end_dim}: the first comes after "
                "the last"
            )
        shape = self.shape or (1,)
        merged = math.prod(shape[first : last + 1])
        return self.reshape(*shape[:first], merged, *shape[last + 1 :])

    def unflatten(self, dim, sizes):
        """Split one dimension into several of `sizes`, one of which may be -1."""
        if self.ndim == 0:
            raise RuntimeError("unflatten of a 0-d tensor: it has no dimension")
        where = arguments.one_dim(self, dim, "unflatten")
        before, own, after = self._around(where)
        known = math.prod(n for n in sizes if n != -1)
        if sizes and (known != own if -1 not in sizes else not known or own % known):
            raise RuntimeError(
                f"unflatten of a dim of size {own} into {tuple(sizes)}: they must "
                f"multiply to {own}, and one may be -1"
            )
        if list(sizes).count(-1) > 1 or not sizes:
            raise RuntimeError(
                f"unflatten into {tuple(sizes)}: give sizes, of which one may be -1"
            )
        whole = tuple(own // known if n == -1 else n for n in sizes)
        return self.reshape(*before, *whole, *after)

    def _around(self, dim):
        """The sizes before `dim`, its own, and the sizes after it."""
        return self.shape[:dim], self.shape[dim], self.shape[dim + 1 :]

    # Repeated, turned, cut.

    def repeat(self, *repeats):
        """A copy that stands repeats[i] times along dim i; new dims come first."""
        times = arguments.ints(repeats)
        if len(times) < self.ndim or min(times, default=0) < 0:
            raise RuntimeError(
                f"repeat{times} of a tensor with {self.ndim} dimensions: give a number "
                "for each dimension, 0 or more"
            )
        own = (1,) * (len(times) - self.ndim) + self.shape
        apart = [n for size in own for n in (1, size)]
        stretched = [n for pair in zip(times, own, strict=True) for n in pair]
        sizes = tuple(t * n for t, n in zip(times, own, strict=True))
        out = self.reshape(*apart).expand(*stretched).reshape(sizes)
        return out.clone() if out.changed is self.changed else out

    def tile(self, *dims):
        """`repeat` with 1 for the dimensions in front that are not named."""
        times = arguments.ints(dims)
        return self.repeat((1,) * (self.ndim - len(times)) + times)

    def flip(self, *dims):
        """A copy with the order along `dims` turned round."""
        dims = arguments.ints(dims)
        return apply(ops.Flip, self, arguments.named_dims(self, dims, "flip"))

    def roll(self, shifts, dims=None):
        """A copy moved on by `shifts` places; what falls off comes in at the front."""
        if dims is None:
            return self.flatten().roll(shifts, 0).reshape(self.shape)
        pairs = _pairs(shifts, dims)
        out = self
        for shift, dim in pairs:
            where = arguments.one_dim(self, dim, "roll")
            size = self.shape[where] if self.ndim else 0
            if size and shift % size:
                start = size - shift % size
                first, second = out.split([start, size - start], where)
                out = apply(ops.Cat, where, second, first)
        return out.clone() if out is self else out

    def narrow(self, dim, start, length):
        """The part from `start` on, `length` long: a view."""
        if self.ndim == 0:
            raise RuntimeError("narrow of a 0-d tensor: it has no dimension to cut")
        where = arguments.one_dim(self, dim, "narrow")
        size = self.shape[where]
        first = start if start >= 0 else start + size
        if not 0 <= first <= first + length <= size:
            error = RuntimeError if 0 <= first <= size else IndexError  # torch's
            raise error(
                f"narrow from {start} on with length {length} along a dim of size "
                f"{size}: the part must lie inside"
            )
        return self._cut(where, first, length)

    def _cut(self, dim, start, length):
        key = (slice(None),) * dim + (slice(start, start + length), ...)
        return apply(ops.Index, self, key)

    def split(self, split_size, dim=0):
        """Views one after another along `dim`: of that size each, the last perhaps
        smaller, or of the sizes in a list."""
        if self.ndim == 0:
            raise RuntimeError("split of a 0-d tensor: it has no dimension to cut")
        where = arguments.one_dim(self, dim, "split")
        size = self.shape[where]
        sizes = split_size
        if isinstance(split_size, int):
            if split_size < 0 or (split_size == 0 and size):
                raise RuntimeError(f"split into parts of {split_size}: give 1 or more")
            full, rest = divmod(size, split_size) if split_size else (0, 0)
            sizes = [split_size] * full + [rest] * bool(rest) or [0]
        if sum(sizes) != size or min(sizes, default=0) < 0:
            raise RuntimeError(
                f"split into {sizes} along a dim of size {size}: the sizes must sum to "
                f"{size}"
            )
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        return tuple(map(self._cut, [where] * len(sizes), starts, sizes))

    def chunk(self, chunks, dim=0):
        """Views of equal size along `dim`, the last perhaps smaller, and at most so
        many."""
        if chunks < 1 or self.ndim == 0:
            raise RuntimeError(
                f"chunk of shape {self.shape} into {chunks}: it needs a dimension, and "
                "at least one part"
            )
        where = arguments.one_dim(self, dim, "chunk")
        size = self.shape[where]
        return self.split(-(-size // chunks) if size else [0] * chunks, where)

    def unbind(self, dim=0):
        """The views x[0], x[1], ... along `dim`."""
        where = arguments.one_dim(self, dim, "unbind")
        if self.ndim == 0:
            raise IndexError("unbind of a 0-d tensor: it has no dimension to cut")
        before = (slice(None),) * where
        return tuple(self[(*before, i)] for i in range(self.shape[where]))

    # Triangles and diagonals of matrices.

    def tril(self, diagonal=0):
        """The elements on and below a diagonal, 0 above; 0 is the main one, 1 the next
        to its right."""
        return self._part_of_matrix("tril", lambda offset: offset <= diagonal)

    def triu(self, diagonal=0):
        """The elements on and above a diagonal, 0 below it."""
        return self._part_of_matrix("triu", lambda offset: offset >= diagonal)

    def _part_of_matrix(self, name, chosen):
        if self.ndim < 2:
            raise RuntimeError(
                f"{name} of a tensor with {self.ndim} dimensions: it needs two or more"
            )
        row, column = np.indices(self.shape[-2:], sparse=True)
        return self.masked_fill(~operands.beside(self, chosen(column - row)), 0)

    def diagonal(self, offset=0, dim1=0, dim2=1):
        """The elements x[..., i, i + offset] with i along dim1 and dim2: a view."""
        a = arguments.one_dim(self, dim1, "diagonal")
        b = arguments.one_dim(self, dim2, "diagonal")
        if a == b:
            raise RuntimeError(f"diagonal along dims {dim1} and {dim2}: name two dims")
        rest = [i for i in range(self.ndim) if i not in (a, b)]
        x = self.permute(*rest, a, b)
        rows, columns = max(-offset, 0), max(offset, 0)
        size = max(min(x.shape[-2] - rows, x.shape[-1] - columns), 0)
        square = (..., slice(rows, rows + size), slice(columns, columns + size))
        return apply(ops.Diagonal, apply(ops.Index, x, square))


def _pairs(shifts, dims):
    """(shift, dim) for ints as well as for tuples of the same length."""
    shifts = shifts if isinstance(shifts, tuple | list) else (shifts,)
    dims = dims if isinstance(dims, tuple | list) else (dims,)
    if len(shifts) != len(dims):
        raise RuntimeError(
            f"roll by {shifts} along dims {dims}: there must be one shift for each dim"
        )
    return tuple(zip(shifts, dims, strict=True))
