"""Random numbers: NumPy's generator draws them, whatever the device.

So the same seed gives the same weights on every device. The streams are NumPy's, not
torch's: equal seeds repeat a run of minigrad, they do not repeat a run of torch.
"""

import math

import numpy as np

from . import dtype as dtypes
from .arguments import ints
from .device import device as Device
from .engine import result
from .operands import numpy_to


class Generator:
    """A source of random numbers of its own; like torch's, it starts from one seed."""

    def __init__(self, device="cpu"):
        self.device = device
        self.manual_seed(np.random.SeedSequence().entropy % 2**63)

    def manual_seed(self, seed):
        """Start again from `seed`, an int. Returns the generator itself."""
        self._seed = int(seed)
        self.numpy = np.random.default_rng(self._seed % 2**64)
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


def _tensor(numbers, dtype, device, requires_grad=False):
    array = np.asarray(numbers).astype(dtype.name)
    out = result(numpy_to(array, str(Device(device or "cpu"))))
    out.requires_grad = requires_grad
    return out


def rand(*size, generator=None, dtype=None, device=None, requires_grad=False):
    """Numbers drawn evenly from [0, 1), in a tensor of the given size."""
    numbers = (generator or default_generator).numpy.random(ints(size))
    kind = dtype or dtypes.get_default_dtype()
    steps = 2.0 ** (np.finfo(kind.name).nmant + 1)  # so that none is rounded up to 1
    return _tensor(np.floor(numbers * steps) / steps, kind, device, requires_grad)


def randn(*size, generator=None, dtype=None, device=None, requires_grad=False):
    """Numbers drawn from the normal distribution of mean 0 and variance 1."""
    numbers = (generator or default_generator).numpy.standard_normal(ints(size))
    kind = dtype or dtypes.get_default_dtype()
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
    return _tensor(heads.reshape(shape), dtypes.bool, device)


def randint(low, high=None, size=None, generator=None, dtype=None, device=None):
    """Whole numbers drawn evenly from low to high - 1; `randint(high, size)` from 0."""
    if size is None:
        low, high, size = 0, low, high
    if high <= low:
        raise RuntimeError(f"randint from {low} to {high}: high must be above low")
    numbers = (generator or default_generator).numpy.integers(low, high, tuple(size))
    return _tensor(numbers, dtype or dtypes.int64, device)


def randperm(n, generator=None, dtype=None, device=None):
    """The numbers 0 ... n - 1 in random order."""
    numbers = (generator or default_generator).numpy.permutation(n)
    return _tensor(numbers, dtype or dtypes.int64, device)
