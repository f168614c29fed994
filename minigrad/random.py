"""Random numbers: NumPy's generator draws them, whatever the device.

So the same seed gives the same weights on every device. The streams are NumPy's, not
torch's: equal seeds repeat a run of minigrad, they do not repeat a run of torch.
NumPy loads `numpy.random` at its first use, so it is not used before the first draw.
"""

import math
import os
from functools import cached_property

import numpy as np

from . import dtype as dtypes
from .arguments import ints, torch_names
from .device import device as Device
from .engine import result
from .operands import numpy_to


class Generator:
    """A source of random numbers of its own; like torch's, it starts from one seed."""

    def __init__(self, device="cpu"):
        self.device = device
        self._seed = int.from_bytes(os.urandom(8), "little") % 2**63

    @cached_property
    def numpy(self):
        """NumPy's generator, which draws the numbers."""
        return np.random.default_rng(self._seed % 2**64)

    def manual_seed(self, seed):
        """Start again from `seed`, an int. Returns the generator itself."""
        self._seed = int(seed)
        self.__dict__.pop("numpy", None)
        return self

    def initial_seed(self):
        """The seed it was started from."""
        return self._seed

    def get_state(self):
        """What `set_state` needs to draw the same numbers again: a uint8 tensor."""
        state = self.numpy.bit_generator.state
        left = state["uinteger"] + (state["has_uint32"] << 32)  # half of a drawn word
        words = [self._seed % 2**64, left]
        for number in state["state"]["state"], state["state"]["inc"]:
            words += divmod(number, 2**64)
        return result(np.array(words, "<u8").view(np.uint8))

    def set_state(self, new_state):
        """Draw again what was drawn after `get_state` returned `new_state`.

        raises: TypeError if it is not a uint8 tensor, RuntimeError for another size
        """
        if getattr(new_state, "dtype", None) is not dtypes.uint8:
            raise TypeError(f"RNG state must be a uint8 tensor, got {new_state!r:.80}")
        if new_state.shape != (48,):
            raise RuntimeError(
                f"RNG state is wrong size: expected (48,), got {tuple(new_state.shape)}"
            )
        words = np.frombuffer(new_state.cpu().numpy().tobytes(), "<u8").tolist()
        seed, left, *halves = words
        self.manual_seed(seed)
        self.numpy.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {
                "state": halves[0] << 64 | halves[1],
                "inc": halves[2] << 64 | halves[3],
            },
            "has_uint32": left >> 32,
            "uinteger": left % 2**32,
        }


default_generator = Generator()


def manual_seed(seed):
    """Start the default generator from `seed`; returns it."""
    return default_generator.manual_seed(seed)


def initial_seed():
    """The seed that the default generator was started from."""
    return default_generator.initial_seed()


def get_rng_state():
    """The state of the default generator, a uint8 tensor to save in a checkpoint."""
    return default_generator.get_state()


def set_rng_state(new_state):
    """Let the default generator go on from where `get_rng_state` was called."""
    default_generator.set_state(new_state)


def _tensor(numbers, dtype, device, requires_grad):
    array = np.asarray(numbers).astype(dtype.name)
    out = result(numpy_to(array, str(Device(device or "cpu"))))
    out.requires_grad = requires_grad
    return out


def _sizes(sizes):
    """`sizes` as a tuple; raises RuntimeError if one is negative."""
    sizes = ints(sizes)
    if min(sizes, default=0) < 0:
        raise RuntimeError(f"a tensor of size {sizes}: no dimension can be negative")
    return sizes


def _format(dtype, name):
    """The float format to draw in; raises NotImplementedError for whole numbers."""
    kind = dtypes.known(dtype) or dtypes.get_default_dtype()
    if not kind.is_floating_point:
        raise NotImplementedError(
            f"{name} of dtype {kind}: it draws fractions, so the dtype must be a "
            "floating-point format; randint draws whole numbers"
        )
    return kind


@torch_names
def rand(*size, generator=None, dtype=None, device=None, requires_grad=False):
    """Numbers drawn evenly from [0, 1), in a tensor of the given size."""
    kind = _format(dtype, "rand")
    numbers = (generator or default_generator).numpy.random(_sizes(size))
    steps = 2.0 ** (np.finfo(kind.name).nmant + 1)  # so that none is rounded up to 1
    return _tensor(np.floor(numbers * steps) / steps, kind, device, requires_grad)


@torch_names
def randn(*size, generator=None, dtype=None, device=None, requires_grad=False):
    """Numbers drawn from the normal distribution of mean 0 and variance 1."""
    kind = _format(dtype, "randn")
    numbers = (generator or default_generator).numpy.standard_normal(_sizes(size))
    return _tensor(numbers, kind, device, requires_grad)


def coins(shape, p, device):
    """Bools, each True with probability p, drawn from the default generator.

    A coin costs 16 bits. Once in 65536 times they leave it open, and a further draw
    decides, so that p need not be a multiple of 1/65536.
    """
    draw, size = default_generator.numpy, math.prod(shape)
    words = draw.bit_generator.random_raw(math.ceil(size / 4))
    bits = words.astype("<u8", copy=False).view("<u2")[:size]
    rest, whole = math.modf(p * 2**16)
    heads = bits < int(whole)
    if rest:
        open_ones = bits == int(whole)
        heads[open_ones] = draw.random(np.count_nonzero(open_ones)) < rest
    return _tensor(heads.reshape(shape), dtypes.bool, device, False)


def randint(
    low,
    high=None,
    size=None,
    generator=None,
    dtype=None,
    device=None,
    requires_grad=False,
):
    """Whole numbers drawn evenly from low to high - 1; `randint(high, size)` from 0."""
    if size is None and high is not None:
        high, size = None, high
    if high is None:
        low, high = 0, low
    if size is None:
        raise TypeError("randint without size: say how many, randint(low, high, size)")
    if high <= low:
        raise RuntimeError(f"randint from {low} to {high}: high must be above low")
    if not isinstance(size, tuple | list):
        raise TypeError(f"randint of size {size!r}: it must be a tuple, as ({size!r},)")
    numbers = (generator or default_generator).numpy.integers(low, high, _sizes(size))
    return _tensor(numbers, dtypes.known(dtype) or dtypes.int64, device, requires_grad)


def randperm(n, generator=None, dtype=None, device=None, requires_grad=False):
    """The numbers 0 ... n - 1 in random order."""
    (n,) = _sizes((n,))
    numbers = (generator or default_generator).numpy.permutation(n)
    return _tensor(numbers, dtypes.known(dtype) or dtypes.int64, device, requires_grad)
