"""Elements chosen by key, by index tensor, by mask or by size, and written back.

An index tensor names places along one dimension and counts along all others. `Tensor`
inherits these methods. Chapter: arrays and their rules.
"""

from collections import namedtuple

from . import arguments, operands, ops
from . import dtype as dtypes
from .arrays import WORLDS
from .engine import Variable, apply, result
from .inplace import put

sorted_and_indices = namedtuple("sort", "values indices")
topk_and_indices = namedtuple("topk", "values indices")


@arguments.with_torch_names
class Selection(Variable):
    """A variable whose elements can be chosen."""

    __slots__ = ()

    def __getitem__(self, key):
        basic, advanced = arguments.index_keys(self, key)
        out = self if basic is None else apply(ops.Index, self, basic)
        return out if advanced is None else apply(ops.Index, out, advanced)

    def __setitem__(self, key, value):
        if not isinstance(value, Variable):
            value = operands.like(self, value)
        basic, advanced = arguments.index_keys(self, key)
        place = self if basic is None else apply(ops.Index, self, basic)
        if advanced is None:
            place.copy_(value)
        else:
            if value.array.shape:  # a single number comes along
                operands.require_one_device("index_put_", self, value)
            put(place, advanced, value)

    # By index tensors.

    def gather(self, dim, index):
        """out[i, j] = self[i, index[i, j]] for dim 1, and alike for the others."""
        where = arguments.one_dim(self, dim, "gather")
        return apply(ops.Gather, self, where, arguments.gathered(self, where, index))

    def scatter(self, dim, index, src=None, *, value=None):
        """self with [i, index[i, j]] replaced by src[i, j] for dim 1, and alike; or by
        a number, given as `src` or `value`. Where places repeat, one value stays."""
        if (src is None) == (value is None):
            raise TypeError("scatter takes `src`, a tensor, or `value`, a number")
        src = value if src is None else src
        where = arguments.one_dim(self, dim, "scatter")
        key, src = arguments.scattered(self, where, index, src, "scatter")
        return apply(ops.SetIndex, self, key, src)

    def scatter_add(self, dim, index, src):
        """self with src[i, j] added at [i, index[i, j]] for dim 1, and alike."""
        where = arguments.one_dim(self, dim, "scatter_add")
        _, src = arguments.scattered(self, where, index, src, "scatter_add")
        return self + apply(ops.ScatterAdd, src, where, index.array, self.shape)

    def index_select(self, dim, index):
        """The places in the vector `index` along `dim`, one after another."""
        where = arguments.one_dim(self, dim, "index_select")
        return self[arguments.places_along(self, where, index, "index_select")]

    def index_add(self, dim, index, source, *, alpha=1):
        """self with alpha * source added at the places in the vector `index`."""
        where = arguments.one_dim(self, dim, "index_add")
        key = arguments.places_along(self, where, index, "index_add")
        if source.dtype is not self.dtype:
            raise RuntimeError(
                f"index_add of {source.dtype} to {self.dtype}: the dtypes must be equal"
            )
        own = (*self.shape[:where], index.numel(), *self.shape[where + 1 :])
        if source.shape != own:
            raise RuntimeError(
                f"index_add of shape {source.shape} along dim {dim} of shape "
                f"{self.shape} at {index.numel()} places: it needs shape {own}"
            )
        added = source if alpha == 1 else source * alpha
        return self + apply(ops.IndexAdd, added, key, self.shape)

    # By masks of bools.

    def masked_fill(self, mask, value):
        """self with `value`, one number, where `mask` holds."""
        if not isinstance(value, Variable):
            value = operands.like(self, value)
        if value.array.shape:
            raise RuntimeError(
                f"masked_fill with a value of shape {value.shape}: it must be a number"
            )
        _must_be_bools(mask, "masked_fill")
        return operands.choose(mask, operands.cast(value, self.dtype), self)

    def masked_select(self, mask):
        """The elements where `mask` holds, as a vector; both are stretched to fit."""
        _must_be_bools(mask, "masked_select")
        shape = (self.eq(0) | mask).shape
        return self.expand(shape)[mask.expand(shape)]

    def nonzero(self, *, as_tuple=False):
        """The places of what is not 0: one row each, or a vector for each dim."""
        x = self if self.ndim or not as_tuple else self.reshape(1)
        rows = result(WORLDS[type(x.array)].nonzero(x.array))
        return rows.unbind(1) if as_tuple else rows

    # By size.

    def sort(self, dim=-1, descending=False, stable=False):
        """(values, indices) in order along `dim`; nan counts as the largest. Elements
        that tie stay in their order, whether stable or not."""
        indices = self.argsort(dim, descending)
        return sorted_and_indices(self.gather(dim, indices), indices)

    def argsort(self, dim=-1, descending=False, stable=False):
        """The indices that put self in order along `dim`."""
        where = arguments.one_dim(self, dim, "sort")
        if not self.array.shape:
            return operands.cast(self.detach(), dtypes.int64) * 0
        world = WORLDS[type(self.array)]
        return result(world.argsort(self.array, where, descending))

    def topk(self, k, dim=-1, largest=True, sorted=True):
        """(values, indices) of the k largest along `dim`, or the k smallest, in order
        whether sorted or not."""
        where = arguments.one_dim(self, dim, "topk")
        size = self.shape[where] if self.ndim else 1
        if not 0 <= k <= size:
            raise RuntimeError(
                f"topk of {k} along a dim of size {size}: k is too large"
            )
        indices = self.argsort(dim, largest)
        if self.ndim:
            indices = indices.narrow(where, 0, k)
        return topk_and_indices(self.gather(dim, indices), indices)


def _must_be_bools(mask, name):
    if mask.dtype.name != "bool":
        raise RuntimeError(f"{name} with a mask of dtype {mask.dtype}: use bools")
