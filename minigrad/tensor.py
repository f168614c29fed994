"""Floor 3: the tensor, with torch's method names, arguments and behaviour.

Every method is one line into an op, after its arguments are made what the op expects:
tensors of one dtype, dimensions counted from the front. Functions of the same names are
these methods (functions.py). Chapters: arrays and their rules, the graph and the walk.
"""

import math
import operator
from collections import namedtuple

import numpy as np

from . import arguments, arrays, engine, ops, printing
from . import dtype as dtypes
from .arguments import binary, compare, divide
from .device import device as Device
from .engine import Variable, apply, result
from .inplace import copied, overwrite
from .random import rand, randn

values_and_indices = namedtuple("values_and_indices", "values indices")


class Tensor(Variable):
    """An array of numbers of one dtype that remembers how it was made.

    `Tensor(2, 3)` gives zeros of that size, `Tensor([1, 2])` float32 numbers: the old
    constructor, kept as torch keeps it. Use `minigrad.tensor`.
    """

    __slots__ = ()
    __array_ufunc__ = None  # NumPy leaves `ndarray * Tensor` to us

    def __init__(self, *data):
        whole = all(isinstance(n, int) for n in data)
        array = np.zeros(data) if whole else np.asarray(data[0])
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
        return self.tracked

    @requires_grad.setter
    def requires_grad(self, on):
        if on and not self.is_floating_point():
            raise RuntimeError(
                f"a tensor of dtype {self.dtype} cannot require grad: only floating-point "
                "numbers can be moved by a little; use .float() first"
            )
        if self.node is not None and not on:
            raise RuntimeError(
                "requires_grad of a computed tensor follows from its inputs: use "
                "detach() for a tensor without history"
            )
        self.tracked = on

    @property
    def grad_fn(self):
        return self.node

    @property
    def is_leaf(self):
        return self.node is None

    @property
    def data(self):
        """The same memory as a tensor without history."""
        return result(self.array)

    @data.setter
    def data(self, other):
        self.array = other.array

    @property
    def _world(self):
        return arrays.WORLDS[type(self.array)]

    def dim(self):
        return self.ndim

    def size(self, dim=None):
        return self.shape if dim is None else self.shape[arguments.one_dim(self, dim, "size")]

    def numel(self):
        return math.prod(self.shape)

    def is_floating_point(self):
        return self.array.dtype in arrays.FLOATS

    def requires_grad_(self, requires_grad=True):
        self.requires_grad = requires_grad
        return self

    # Gradients.

    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        """Add d self / d leaf to `leaf.grad` for every leaf that self was computed from.

        gradient: the gradient of something with respect to self, of self's shape; it may
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
            wanted = {t.node or t: t for t in chosen}
        keep = create_graph if retain_graph is None else retain_graph
        found = engine.backward({self.node or self: g}, keep, create_graph, wanted)
        if wanted is not None:
            found = {wanted[place]: g for place, g in found.items()}
        engine.accumulate(found, given=(g,))

    def retain_grad(self):
        """Have backward leave a gradient in `self.grad` although self is no leaf."""
        if not self.tracked:
            raise RuntimeError("retain_grad() of a tensor that does not require grad")
        if self.node is not None:
            engine.keep_grad(self)

    def register_hook(self, hook):
        """Call `hook(gradient)` when self's gradient is known; what it returns, if not
        None, goes on in its place. Returns a handle whose `remove()` undoes it."""
        if not self.tracked:
            raise RuntimeError("register_hook() of a tensor that does not require grad")
        return engine.add_hook(self.node or self, hook)

    def detach(self):
        """The same memory without history; a write through either is noticed by both."""
        out = result(self.array)
        out.changed = self.changed
        return out

    def clone(self):
        return apply(ops.Copy, self)

    # Arithmetic.

    def __add__(self, other): return binary(ops.Add, self, other)
    def __radd__(self, other): return binary(ops.Add, other, self)
    def __sub__(self, other): return binary(ops.Sub, self, other)
    def __rsub__(self, other): return binary(ops.Sub, other, self)
    def __mul__(self, other): return binary(ops.Mul, self, other)
    def __rmul__(self, other): return binary(ops.Mul, other, self)
    def __truediv__(self, other): return divide(self, other)
    def __rtruediv__(self, other): return divide(other, self)
    def __pow__(self, other): return binary(ops.Pow, self, other)
    def __rpow__(self, other): return binary(ops.Pow, arguments.like(self, other), self)
    def __neg__(self): return apply(ops.Neg, self)
    def __abs__(self): return apply(ops.Abs, self)

    def add(self, other, *, alpha=1):
        return self + (other if alpha == 1 else other * alpha)

    def sub(self, other, *, alpha=1):
        return self - (other if alpha == 1 else other * alpha)

    mul, div, pow, neg, abs = __mul__, __truediv__, __pow__, __neg__, __abs__

    # Comparison: tensors of bools, without history.

    def __eq__(self, other): return compare(operator.eq, self, other)
    def __ne__(self, other): return compare(operator.ne, self, other)
    def __lt__(self, other): return compare(operator.lt, self, other)
    def __le__(self, other): return compare(operator.le, self, other)
    def __gt__(self, other): return compare(operator.gt, self, other)
    def __ge__(self, other): return compare(operator.ge, self, other)
    def __and__(self, other): return compare(operator.and_, self, other)
    def __or__(self, other): return compare(operator.or_, self, other)
    def __invert__(self): return result(~self.array)

    __hash__ = Variable.__hash__
    eq, ne, lt, le, gt, ge = __eq__, __ne__, __lt__, __le__, __gt__, __ge__

    # Elementwise functions.

    def exp(self): return apply(ops.Exp, _floating(self))
    def log(self): return apply(ops.Log, _floating(self))
    def sqrt(self): return apply(ops.Sqrt, _floating(self))
    def sin(self): return apply(ops.Sin, _floating(self))
    def cos(self): return apply(ops.Cos, _floating(self))
    def tanh(self): return apply(ops.Tanh, _floating(self))
    def sigmoid(self): return apply(ops.Sigmoid, _floating(self))
    def relu(self): return apply(ops.Relu, self)
    def sign(self): return apply(ops.Sign, self)
    def isnan(self): return result(self._world.isnan(self.array))
    def square(self): return self**2
    def maximum(self, other): return binary(ops.Maximum, self, other)
    def minimum(self, other): return binary(ops.Minimum, self, other)

    def where(self, condition, other):
        """self where `condition` holds, `other` elsewhere."""
        x, y = arguments.promote(ops.Where, self, other)
        return apply(ops.Where, condition, x, y)

    def log_softmax(self, dim):
        """log(exp(x_i) / sum_j exp(x_j)) along `dim`, computed without overflow."""
        return apply(ops.LogSoftmax, _floating(self), arguments.one_dim(self, dim, "log_softmax"))

    def softmax(self, dim):
        """exp(x_i) / sum_j exp(x_j) along `dim`, computed without overflow."""
        return apply(ops.Softmax, _floating(self), arguments.one_dim(self, dim, "softmax"))

    # Reductions over `dim`: an int, a tuple of ints, or None for all.

    def sum(self, dim=None, keepdim=False):
        x = self if self.is_floating_point() else self.to(dtypes.int64)
        return apply(ops.Sum, x, arguments.all_dims(self, dim, "sum"), keepdim)

    def mean(self, dim=None, keepdim=False):
        if not self.is_floating_point():
            raise RuntimeError(
                f"mean of a tensor of dtype {self.dtype}: only floating-point numbers have "
                "a mean of their own dtype; use .float() first"
            )
        return apply(ops.Mean, self, arguments.all_dims(self, dim, "mean"), keepdim)

    def amax(self, dim=None, keepdim=False):
        """The largest elements; where several tie, they share the gradient."""
        return apply(ops.Amax, self, arguments.all_dims(self, dim, "amax"), keepdim)

    def max(self, dim=None, keepdim=False):
        """All: the largest element. Along one dim: (values, indices) of the first
        largest. With a tensor: the elementwise maximum."""
        if dim is None:
            return self.amax()
        if isinstance(dim, Tensor):
            return self.maximum(dim)
        where = arguments.one_dim(self, dim, "max")
        values = apply(ops.Max, self, where, keepdim)
        return values_and_indices(values, self.argmax(where, keepdim))

    def argmax(self, dim=None, keepdim=False):
        where = None if dim is None else arguments.one_dim(self, dim, "argmax")
        indices = self._world.argmax(self.array, where, keepdim)
        return result(self._world.asarray(indices))

    # Shape.

    def reshape(self, *shape):
        """The same elements in the same order; one size may be -1, which fits the rest."""
        return apply(ops.Reshape, self, arguments.new_shape(self, arguments.ints(shape)))

    view = reshape

    def permute(self, *dims):
        order = tuple(arguments.one_dim(self, d, "permute") for d in arguments.ints(dims))
        if sorted(order) != list(range(self.ndim)):
            raise RuntimeError(
                f"permute{order} of a tensor with {self.ndim} dimensions: name each of "
                "them once"
            )
        return apply(ops.Permute, self, order)

    def transpose(self, dim0, dim1):
        order = list(range(self.ndim))
        a, b = arguments.one_dim(self, dim0, "transpose"), arguments.one_dim(self, dim1, "transpose")
        order[a], order[b] = order[b], order[a]
        return apply(ops.Permute, self, tuple(order))

    def t(self): return self if self.ndim < 2 else self.transpose(0, 1)

    @property
    def T(self): return self.permute(*reversed(range(self.ndim)))

    @property
    def mT(self): return self.transpose(-2, -1)

    def expand(self, *sizes):
        """Repeat along dimensions of size 1 without copying; -1 keeps a size."""
        sizes = arguments.ints(sizes)
        own = (1,) * (len(sizes) - self.ndim) + self.shape
        shape = tuple(n if s == -1 else s for s, n in zip(sizes, own, strict=True))
        if any(n not in (1, s) for n, s in zip(own, shape, strict=True)):
            raise RuntimeError(
                f"expand of shape {self.shape} to {sizes}: only dimensions of size 1 can "
                "be expanded"
            )
        return apply(ops.Expand, self, shape)

    def squeeze(self, dim=None):
        chosen = arguments.all_dims(self, dim, "squeeze")
        shape = (n for i, n in enumerate(self.shape) if not (i in chosen and n == 1))
        return apply(ops.Reshape, self, tuple(shape))

    def unsqueeze(self, dim):
        if not -self.ndim - 1 <= dim <= self.ndim:
            raise arguments.out_of_range("unsqueeze", dim, self.ndim, self.ndim + 1)
        shape = list(self.shape)
        shape.insert(dim % (self.ndim + 1), 1)
        return apply(ops.Reshape, self, tuple(shape))

    def flatten(self, start_dim=0, end_dim=-1):
        """Merge the dimensions start_dim ... end_dim into one."""
        shape = self.shape or (1,)
        first, last = start_dim % len(shape), end_dim % len(shape)
        merged = math.prod(shape[first : last + 1])
        return self.reshape(*shape[:first], merged, *shape[last + 1 :])

    # Elements.

    def __getitem__(self, key): return apply(ops.Index, self, arguments.index_key(key))

    def __setitem__(self, key, value):
        if not isinstance(value, Tensor):
            value = arguments.like(self, value)
        value = value.to(self.dtype)
        overwrite(self, lambda x: apply(ops.SetIndex, x, arguments.index_key(key), value))

    def gather(self, dim, index):
        """out[i, j] = self[i, index[i, j]] for dim 1, and alike for the others."""
        return apply(ops.Gather, self, arguments.one_dim(self, dim, "gather"), index.array)

    def item(self):
        if self.numel() != 1:
            raise RuntimeError(
                f"a tensor of shape {self.shape} cannot be converted to one number: only "
                "a tensor with a single element can"
            )
        return self.array.item()

    def tolist(self): return self.array.tolist()
    def __len__(self): return self._first_size("len()")
    def __iter__(self): return (self[i] for i in range(self._first_size("iteration")))
    def __float__(self): return float(self.item())
    def __int__(self): return int(self.item())
    __index__ = __int__

    def _first_size(self, what):
        if self.ndim == 0:
            raise TypeError(f"{what} of a 0-d tensor: it has no dimension to go along")
        return self.shape[0]

    def __bool__(self):
        if self.numel() != 1:
            raise RuntimeError(
                f"a tensor of shape {self.shape} is neither true nor false: use .any() "
                "or .all()"
            )
        return bool(self.item())

    def any(self): return result(self._world.asarray((self.array != 0).any()))
    def all(self): return result(self._world.asarray((self.array != 0).all()))

    # Matrix products.

    def __matmul__(self, other):
        """Matrix product; a vector counts as one row on the left, a column on the right."""
        if not isinstance(other, Tensor):
            return NotImplemented
        if not (self.ndim and other.ndim):
            raise RuntimeError("matmul of a 0-d tensor: use * for a product with a number")
        a = self if self.ndim > 1 else self.unsqueeze(0)
        b = other if other.ndim > 1 else other.unsqueeze(1)
        if a.shape[-1] != b.shape[-2]:
            raise RuntimeError(
                f"matmul of shapes {self.shape} and {other.shape}: the inner sizes "
                f"{a.shape[-1]} and {b.shape[-2]} must be equal"
            )
        out = binary(ops.MatMul, a, b)
        if self.ndim == 1:
            out = out.squeeze(-2)
        return out.squeeze(-1) if other.ndim == 1 else out

    matmul = __matmul__

    # In place: the numbers change, the graph stays right.

    def add_(self, other, *, alpha=1):
        return overwrite(self, lambda x: x.add(other, alpha=alpha))

    def sub_(self, other, *, alpha=1):
        return overwrite(self, lambda x: x.sub(other, alpha=alpha))

    def mul_(self, other): return overwrite(self, lambda x: x * other)
    def div_(self, other): return overwrite(self, lambda x: x / other)
    def copy_(self, src): return overwrite(self, lambda x: copied(x, src))
    def fill_(self, value): return overwrite(self, lambda x: arguments.like(x, value))
    def zero_(self): return self.fill_(0)

    def __iadd__(self, other): return self.add_(other)
    def __isub__(self, other): return self.sub_(other)
    def __imul__(self, other): return self.mul_(other)
    def __itruediv__(self, other): return self.div_(other)

    def normal_(self, mean=0, std=1, *, generator=None):
        """Fill with draws from the normal distribution."""
        draws = randn(self.shape, generator=generator, dtype=dtypes.float64)
        return self.copy_(draws * std + mean)

    def uniform_(self, from_=0, to=1, *, generator=None):
        """Fill with draws that are even between from_ and to."""
        draws = rand(self.shape, generator=generator, dtype=dtypes.float64)
        return self.copy_(draws * (to - from_) + from_)

    # Other dtypes, other devices, other libraries.

    def to(self, *args, dtype=None, device=None):
        """The tensor with another dtype, on another device, or like another tensor."""
        for arg in args:
            if isinstance(arg, Tensor):
                dtype, device = arg.dtype, arg.device
            elif isinstance(arg, dtypes.dtype):
                dtype = arg
            else:
                device = arg
        out = self if dtype is None else arguments.cast(self, dtype)
        return out if device is None else arguments.move(out, str(Device(device)))

    def float(self): return self.to(dtypes.float32)
    def double(self): return self.to(dtypes.float64)
    def half(self): return self.to(dtypes.float16)
    def long(self): return self.to(dtypes.int64)
    def int(self): return self.to(dtypes.int32)
    def bool(self): return self.to(dtypes.bool)
    def cpu(self): return self.to("cpu")
    def contiguous(self): return self

    def numpy(self):
        """The numbers as a NumPy array, sharing memory where the device is the CPU."""
        if self.tracked:
            raise RuntimeError(
                "numpy() of a tensor that requires grad would lose its history: call "
                "detach() first"
            )
        if self.device.type in ("cuda", "mps"):
            raise TypeError(f"numpy() of a tensor on {self.device}: call cpu() first")
        return self._world.to_numpy(self.array)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numpy(), dtype, copy=copy)

    def __repr__(self):
        return printing.tensor_repr(self)

    def __format__(self, spec):
        return format(self.item(), spec) if self.ndim == 0 and spec else str(self)


def _floating(x):
    """x itself, or in the default dtype if it holds whole numbers."""
    return x if x.array.dtype in arrays.FLOATS else x.to(dtypes.get_default_dtype())


Variable.kind = Tensor  # whatever goes in, Tensors and Parameters alike, a Tensor comes out
