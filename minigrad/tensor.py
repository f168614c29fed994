"""Floor 3: the tensor, with torch's method names, arguments and behaviour.

Every method is one line into an op, after its arguments are made what the op expects:
tensors of one dtype, dimensions counted from the front. Functions of the same names are
these methods (functions.py). Chapters: arrays and their rules, the graph and the walk.
"""

import math
from collections import namedtuple

import numpy as np

from . import arguments, arrays, engine, hooks, operands, ops, printing
from . import dtype as dtypes
from .arithmetic import Arithmetic, floating
from .conversion import Conversion
from .device import device as Device
from .engine import Variable, apply, current, result
from .inplace import overwrite, put
from .random import rand, randn

values_and_indices = namedtuple("values_and_indices", "values indices")


class Tensor(Arithmetic, Conversion):
    """An array of numbers of one dtype that remembers how it was made.

    `Tensor(2, 3)` gives zeros of that size, `Tensor([1, 2])` float32 numbers: the old
    constructor, kept as torch keeps it. Use `minigrad.tensor`.
    """

    __slots__ = ()

    def __init__(self, *data):
        whole = all(isinstance(n, int) for n in data)
        array = np.zeros(data or 0) if whole else np.asarray(data[0])
        self._begin(array.astype(dtypes.get_default_dtype().name))

    # What it is.

    @property
    def shape(self):
        return tuple(self.array.shape)

    @property
    def dtype(self):
        return dtypes.NAMED[self._world.dtype_name(self.array)]

    @property
    def device(self):
        return Device(self._world.device_name(self.array))

    @property
    def ndim(self):
        return len(self.array.shape)

    @property
    def requires_grad(self):
        return current(self).tracked

    @requires_grad.setter
    def requires_grad(self, on):
        if on and not self.is_floating_point():
            raise RuntimeError(
                f"a tensor of dtype {self.dtype} cannot require grad: only numbers "
                "with fractions can be moved by a little; use .float() first"
            )
        if self.node is not None and not on:
            raise RuntimeError(
                "requires_grad of a computed tensor follows from its inputs: use "
                "detach() for a tensor without history"
            )
        self.tracked = on

    @property
    def grad_fn(self):
        return current(self).node

    @property
    def is_leaf(self):
        return current(self).node is None

    @property
    def data(self):
        """The same memory as a tensor without history."""
        return result(self.array)

    @data.setter
    def data(self, other):
        self.array = other.array

    def dim(self):
        return self.ndim

    def size(self, dim=None):
        shape = self.shape
        return shape if dim is None else shape[arguments.one_dim(self, dim, "size")]

    def numel(self):
        return math.prod(self.shape)

    def is_floating_point(self):
        return self.array.dtype in arrays.FLOATS

    def requires_grad_(self, requires_grad=True):
        self.requires_grad = requires_grad
        return self

    # Gradients.

    def backward(
        self, gradient=None, retain_graph=None, create_graph=False, inputs=None
    ):
        """Add d self / d leaf to `leaf.grad` for every leaf that self came from.

        gradient: the gradient of something with respect to self, of self's shape; may
            be left out if self is a single number, and is then 1.
        retain_graph: keep what the graph holds, to go through it again.
        create_graph: record the walk, so that the gradients can be differentiated.
        inputs: the tensors to leave gradients in; None for all leaves.
        raises: RuntimeError if self has no history, the shapes differ, or the graph was
            freed by an earlier walk.
        """
        g = arguments.starting_gradient(self, gradient, create_graph)
        wanted = None
        if inputs is not None:
            chosen = [inputs] if isinstance(inputs, Tensor) else list(inputs)
            wanted = {current(t).node or t: t for t in chosen}
        keep = create_graph if retain_graph is None else retain_graph
        found = engine.backward({self.node or self: g}, keep, create_graph, wanted)
        if wanted is not None:
            found = {wanted[place]: g for place, g in found.items()}
        engine.accumulate(found, given=(g,))

    def retain_grad(self):
        """Have backward leave a gradient in `self.grad` although self is no leaf."""
        if not self.requires_grad:
            raise RuntimeError("retain_grad() of a tensor that does not require grad")
        if self.node is not None:
            hooks.keep_grad(self)

    def register_hook(self, hook):
        """Call `hook(gradient)` when self's gradient is known; what it returns, if not
        None, goes on in its place. Returns a handle whose `remove()` undoes it."""
        if not self.requires_grad:
            raise RuntimeError("register_hook() of a tensor that does not require grad")
        return hooks.add(self, hook)

    def detach(self):
        """The same memory without history; both notice a write through either."""
        out = result(self.array)
        out.changed = self.changed
        return out

    def clone(self):
        return apply(ops.Copy, self)

    # Reductions over `dim`: an int, a tuple of ints, or None for all.

    def sum(self, dim=None, keepdim=False):
        x = self if self.is_floating_point() else self.to(dtypes.int64)
        return apply(ops.Sum, x, arguments.all_dims(self, dim, "sum"), keepdim)

    def mean(self, dim=None, keepdim=False):
        """The sum over `dim` divided by the number of elements summed."""
        if not self.is_floating_point():
            raise RuntimeError(
                f"mean of a tensor of dtype {self.dtype}: only numbers with fractions "
                "have a mean of their own dtype; use .float() first"
            )
        return apply(ops.Mean, self, arguments.all_dims(self, dim, "mean"), keepdim)

    def amax(self, dim=None, keepdim=False):
        """The largest elements; where several tie, they share the gradient."""
        return apply(ops.Amax, self, arguments.filled_dims(self, dim, "amax"), keepdim)

    def max(self, dim=None, keepdim=False):
        """All: the largest element. Along one dim: (values, indices) of the first
        largest. With a tensor: the elementwise maximum."""
        if isinstance(dim, Tensor):
            return self.maximum(dim)
        if dim is None:
            return self.amax()
        if self.ndim == 0:
            return values_and_indices(self.clone(), self.argmax(dim))
        (where,) = arguments.filled_dims(self, dim, "max")
        values = apply(ops.Max, self, where, keepdim)
        return values_and_indices(values, self.argmax(where, keepdim))

    def argmax(self, dim=None, keepdim=False):
        """Where the first of the largest is, along one dim or in self.flatten()."""
        dims = arguments.filled_dims(self, dim, "argmax")
        where = None if dim is None or not dims else dims[0]
        indices = self._world.argmax(self.array, where, keepdim)
        return result(self._world.asarray(indices))

    def any(self):
        return result(self._world.asarray((self.array != 0).any()))

    def all(self):
        return result(self._world.asarray((self.array != 0).all()))

    def log_softmax(self, dim):
        """log(exp(x_i) / sum_j exp(x_j)) along `dim`, computed without overflow."""
        where = arguments.one_dim(self, dim, "log_softmax")
        return apply(ops.LogSoftmax, floating(self), where)

    def softmax(self, dim):
        """exp(x_i) / sum_j exp(x_j) along `dim`, computed without overflow."""
        where = arguments.one_dim(self, dim, "softmax")
        return apply(ops.Softmax, floating(self), where)

    # Shape.

    def reshape(self, *shape):
        """The same elements in the same order; one size may be -1, which fits the rest.
        A view where the memory allows it, else a copy."""
        return apply(
            ops.Reshape, self, arguments.new_shape(self, arguments.ints(shape))
        )

    def view(self, *shape):
        """`reshape` that never copies; raises RuntimeError where it would have to."""
        out = self.reshape(*shape)
        if out.changed is not self.changed and self.numel():
            raise RuntimeError(
                f"view of shape {self.shape} as {out.shape}: the elements do not lie "
                "in that order in memory; use reshape()"
            )
        return out

    def contiguous(self):
        """self if its elements lie in memory in order, else a copy where they do."""
        flat = self.reshape(-1) if self.numel() else self
        return self if flat.changed is self.changed else flat.reshape(self.shape)

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

    def expand(self, *sizes):
        """Repeat along dimensions of size 1 without copying; -1 keeps a size."""
        shape = arguments.expanded_shape(self, arguments.ints(sizes))
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

    # Elements.

    def __getitem__(self, key):
        basic, advanced = arguments.index_keys(self, key)
        out = self if basic is None else apply(ops.Index, self, basic)
        return out if advanced is None else apply(ops.Index, out, advanced)

    def __setitem__(self, key, value):
        if not isinstance(value, Tensor):
            value = operands.like(self, value)
        basic, advanced = arguments.index_keys(self, key)
        place = self if basic is None else apply(ops.Index, self, basic)
        if advanced is None:
            place.copy_(value)
        else:
            put(place, advanced, value)

    def gather(self, dim, index):
        """out[i, j] = self[i, index[i, j]] for dim 1, and alike for the others."""
        where = arguments.one_dim(self, dim, "gather")
        return apply(ops.Gather, self, where, arguments.gathered(self, where, index))

    def __len__(self):
        return self._first_size("len()")

    def __iter__(self):
        return (self[i] for i in range(self._first_size("iteration")))

    def __contains__(self, element):
        return (self == element).any().item()

    def _first_size(self, what):
        if self.ndim == 0:
            raise TypeError(f"{what} of a 0-d tensor: it has no dimension to go along")
        return self.shape[0]

    # Matrix products.

    def __matmul__(self, other):
        """Matrix product; a vector is one row on the left, one column on the right."""
        if not isinstance(other, Tensor):
            return NotImplemented
        if not (self.ndim and other.ndim):
            raise RuntimeError("matmul of a 0-d tensor: use * to multiply by a number")
        a = self if self.ndim > 1 else self.unsqueeze(0)
        b = other if other.ndim > 1 else other.unsqueeze(1)
        if a.shape[-1] != b.shape[-2]:
            raise RuntimeError(
                f"matmul of shapes {self.shape} and {other.shape}: the inner sizes "
                f"{a.shape[-1]} and {b.shape[-2]} must be equal"
            )
        out = operands.binary(ops.MatMul, a, b)
        if self.ndim == 1:
            out = out.squeeze(-2)
        return out.squeeze(-1) if other.ndim == 1 else out

    def matmul(self, other):
        return self @ other

    # In place: the numbers change, the graph stays right.

    def add_(self, other, *, alpha=1):
        return overwrite(self, lambda x: x.add(other, alpha=alpha))

    def sub_(self, other, *, alpha=1):
        return overwrite(self, lambda x: x.sub(other, alpha=alpha))

    def mul_(self, other):
        return overwrite(self, lambda x: x * other)

    def div_(self, other):
        return overwrite(self, lambda x: x / other)

    def copy_(self, src):
        return put(self, (...,), src)

    def fill_(self, value):
        value = value if isinstance(value, Tensor) else operands.like(self, value)
        return self.copy_(value)

    def zero_(self):
        return self.fill_(0)

    __iadd__, __isub__, __imul__, __itruediv__ = add_, sub_, mul_, div_

    def normal_(self, mean=0, std=1, *, generator=None):
        """Fill with draws from the normal distribution."""
        draws = randn(self.shape, generator=generator, dtype=dtypes.float64)
        return self.copy_(draws * std + mean)

    def uniform_(self, from_=0, to=1, *, generator=None):
        """Fill with draws that are even between from_ and to."""
        draws = rand(self.shape, generator=generator, dtype=dtypes.float64)
        return self.copy_(draws * (to - from_) + from_)

    def __repr__(self):
        return printing.tensor_repr(self)

    def __format__(self, spec):
        if self.ndim == 0 and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)


Variable.kind = Tensor  # whatever goes in, Parameters too, a Tensor comes out
