"""A tensor as something else: of another dtype, on another device, numbers of Python,
an array of NumPy, a copy in memory or in a file. Chapter: arrays and their rules.
"""

from copy import deepcopy

from . import dtype as dtypes
from . import operands
from .device import device as Device
from .engine import Variable, result

OLD_NAMES = {
    dtypes.bool: "torch.BoolTensor",
    dtypes.uint8: "torch.ByteTensor",
    dtypes.int32: "torch.IntTensor",
    dtypes.int64: "torch.LongTensor",
    dtypes.float16: "torch.HalfTensor",
    dtypes.float32: "torch.FloatTensor",
    dtypes.float64: "torch.DoubleTensor",
}


class Conversion(Variable):
    """A variable that turns into other things."""

    __slots__ = ()

    def to(self, *args, dtype=None, device=None, non_blocking=False, copy=False):
        """The tensor with another dtype, on another device, or like another tensor;
        self where nothing changes, unless a copy is asked for.

        non_blocking: torch's permission not to wait for the copy; it is waited for
        """
        for arg in args:
            if isinstance(arg, Variable):
                dtype, device = arg.dtype, arg.device
            elif isinstance(dtypes.known(arg), dtypes.dtype):
                dtype = arg
            else:
                device = arg
        out = self if dtype is None else operands.cast(self, dtype)
        out = out if device is None else operands.move(out, str(Device(device)))
        return out.clone() if copy and out is self else out

    def type(self, dtype=None):
        """The tensor with another dtype, which may be an old name; without one, the
        old name of its own: "torch.FloatTensor"."""
        if dtype is None:
            return OLD_NAMES[self.dtype]
        named = {name: kind for kind, name in OLD_NAMES.items()}
        if isinstance(dtype, str) and dtype not in named:
            raise ValueError(f"type {dtype!r} is none of {', '.join(named)}")
        return self.to(dtype=named.get(dtype, dtype))

    def float(self):
        return self.to(dtypes.float32)

    def double(self):
        return self.to(dtypes.float64)

    def half(self):
        return self.to(dtypes.float16)

    def long(self):
        return self.to(dtypes.int64)

    def int(self):
        return self.to(dtypes.int32)

    def bool(self):
        return self.to(dtypes.bool)

    def byte(self):
        return self.to(dtypes.uint8)

    def cpu(self):
        return self.to("cpu")

    def cuda(self, device=None, non_blocking=False):
        return self.to("cuda" if device is None else device)

    @property
    def is_cuda(self):
        return self.device.type == "cuda"

    def numpy(self):
        """The numbers as a NumPy array, sharing memory where the device is the CPU."""
        if self.requires_grad:
            raise RuntimeError(
                "numpy() of a tensor that requires grad would lose its history: call "
                "detach() first"
            )
        if self.device.type in ("cuda", "mps"):
            raise TypeError(f"numpy() of a tensor on {self.device}: call cpu() first")
        return self._world.to_numpy(self.array)

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        return array if dtype is None else array.astype(dtype)

    def __array_wrap__(self, array, context=None, return_scalar=False):
        """What NumPy's functions make of a tensor is a tensor again: np.sqrt(x)."""
        return result(self._world.asarray(operands.numpy_to(array, str(self.device))))

    # Numbers of Python.

    def item(self):
        return self._one_number(RuntimeError)

    def _one_number(self, error):
        if self.numel() != 1:
            raise error(
                f"a tensor of shape {self.shape} cannot be converted to one number: "
                "only one with a single element can"
            )
        return self.array.item()

    def tolist(self):
        return self.array.tolist()

    def __float__(self):
        return float(self._one_number(ValueError))

    def __int__(self):
        return int(self._one_number(ValueError))

    def __index__(self):
        if self.is_floating_point():
            raise TypeError(f"a tensor of dtype {self.dtype} is no index: use .long()")
        return int(self.item())

    def __bool__(self):
        if self.numel() != 1:
            raise RuntimeError(
                f"a tensor of shape {self.shape} is neither true nor false: use .any() "
                "or .all()"
            )
        return bool(self.item())

    # Copies.

    def __deepcopy__(self, memo):
        if not self.is_leaf:
            raise RuntimeError(
                "deepcopy of a computed tensor: only a leaf can be copied without its "
                "history; use detach() or clone()"
            )
        if id(self) not in memo:
            copy = _alike(type(self), self._world.copy(self.array), self.tracked)
            copy.grad = deepcopy(self.grad, memo)
            memo[id(self)] = copy
        return memo[id(self)]

    def __reduce__(self):
        numbers = self._world.to_numpy(self.array)
        return _unpickled, (type(self), numbers, str(self.device), self.requires_grad)


def _alike(kind, array, tracked):
    out = kind.__new__(kind)._begin(array)
    out.tracked = tracked
    return out


def _unpickled(kind, numbers, device, tracked):
    return _alike(kind, operands.numpy_to(numbers, device), tracked)
