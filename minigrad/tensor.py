"""Floor 3: the tensor, with torch's method names, arguments and behaviour.

Every method is one line into an op, after its arguments are made what the op expects:
tensors of one dtype, dimensions counted from the front. Functions of the same names are
these methods (functions.py). Chapters: arrays and their rules; the graph and the walk.
"""

import math
from operator import attrgetter

import numpy as np

from . import arguments, arrays, gradients, hooks, ops, printing
from . import dtype as dtypes
from .arithmetic import Arithmetic
from .conversion import Conversion
from .device import device as Device
from .engine import Variable, apply, current, result
from .inplace_methods import InPlace
from .products import Products
from .reduction import Reduction
from .selection import Selection
from .shaping import Shaping


class Tensor(Arithmetic, Reduction, Shaping, Selection, Products, InPlace, Conversion):
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
        if not isinstance(other, Tensor):
            raise TypeError(f"data of {type(other).__name__}: it must be a tensor")
        if self.requires_grad and not other.is_floating_point():
            raise RuntimeError(
                f"data of dtype {other.dtype} for a tensor that requires grad: only "
                "numbers with fractions can be moved by a little"
            )
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

    def _set_grad(self, grad):
        if grad is not None:
            arguments.check_grad(self, grad)
        self.gradient = grad

    grad = property(attrgetter("gradient"), _set_grad, doc="What backward left")

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
        gradients.backward(
            (self,), (gradient,), retain_graph, create_graph, inputs=inputs
        )

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

    def register_post_accumulate_grad_hook(self, hook):
        """Call `hook(self)` whenever backward has added to the `.grad` of self, a leaf.
        Returns a handle whose `remove()` undoes it."""
        if not self.requires_grad or self.node is not None:
            raise RuntimeError(
                "register_post_accumulate_grad_hook() of a tensor that is no leaf or "
                "does not require grad: backward leaves no gradient there"
            )
        return hooks.add_after(self, hook)

    def detach(self):
        """The same memory without history; both notice a write through either."""
        out = result(self.array)
        out.changed = self.changed
        return out

    def clone(self):
        return apply(ops.Copy, self)

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

    def __repr__(self):
        return printing.tensor_repr(self)

    def __format__(self, spec):
        if self.ndim == 0 and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)


Variable.kind = Tensor  # whatever goes in, Parameters too, a Tensor comes out
