"""What programs ask about NVIDIA GPUs, under torch's names.

torch.cuda answers everything here. Not one line of this file has run on a GPU yet.
Chapter: on the GPU.

A GPU works while Python goes on; to ask for a small operation takes longer than to do
it. A graph is asked for once: `with graph(g)` records what a training step asks, and
`g.replay()` does it all again, on the same memory, without Python:

    side = cuda.Stream()
    side.wait_stream(cuda.current_stream())
    with cuda.stream(side):
        for _ in range(3):  # the optimizer makes what it remembers: not in the graph
            step()
    cuda.current_stream().wait_stream(side)

    optimizer.zero_grad()  # so that gradients are made in the memory of the graph
    g = cuda.CUDAGraph()
    with cuda.graph(g):
        loss = step()

    for images, labels in loader:
        static_images.copy_(images)  # the tensors that step() reads
        static_labels.copy_(labels)
        g.replay()  # `loss` and the parameters are new

What Python does is done once, at the capture: a learning rate that is a number stays as
it was. A step that reads a number of the GPU, item() or a mask as an index, cannot be
captured; nor can one that draws, as Dropout does, for draws come from NumPy. Checks of
values (is a target a class?) are left to the GPU, as in torch.
"""

from . import random
from .arrays import load_torch, world_of
from .device import device as Device

# torch's own classes, looked up when they are asked for.
CLASSES = ("CUDAGraph", "Event", "Stream", "graph")


def __getattr__(name):
    if name in CLASSES:
        return getattr(_torch(), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return [*globals(), *CLASSES]


def _torch():
    """torch.cuda; ModuleNotFoundError says what to install where there is no torch."""
    return world_of("cuda").cuda


def _place(device):
    """A device as torch takes it."""
    return str(device) if isinstance(device, Device) else device


# Which GPUs there are.


def is_available():
    """Whether tensors can be put on "cuda"; False where torch is not installed."""
    try:
        return load_torch().cuda.is_available()
    except ModuleNotFoundError:
        return False


def device_count():
    """How many GPUs there are; 0 where torch is not installed."""
    return _torch().device_count() if is_available() else 0


def current_device():
    """The number of the GPU that "cuda" means."""
    return _torch().current_device()


def set_device(device):
    """Let "cuda" mean another GPU."""
    _torch().set_device(_place(device))


def get_device_name(device=None):
    """What the maker calls the GPU."""
    return _torch().get_device_name(_place(device))


# When it works.


def synchronize(device=None):
    """Wait until the GPU has done all that it was asked."""
    _torch().synchronize(_place(device))


def current_stream(device=None):
    """The queue that what is asked of the GPU goes into."""
    return _torch().current_stream(_place(device))


def stream(stream):
    """Within `with stream(s):`, what is asked of the GPU goes into the queue s."""
    return _torch().stream(stream)


def is_current_stream_capturing():
    """Whether what is asked of the GPU is being recorded as a graph."""
    return is_available() and _torch().is_current_stream_capturing()


# Its memory.


def memory_allocated(device=None):
    """How many bytes the tensors on the GPU take."""
    return _torch().memory_allocated(_place(device))


def max_memory_allocated(device=None):
    """The most bytes that the tensors took since `reset_peak_memory_stats`."""
    return _torch().max_memory_allocated(_place(device))


def reset_peak_memory_stats(device=None):
    """Begin anew to look for the most."""
    _torch().reset_peak_memory_stats(_place(device))


def empty_cache():
    """Give back to the system what no tensor uses."""
    _torch().empty_cache()


# Random numbers.


def manual_seed(seed):
    """`minigrad.manual_seed` where there is a GPU, else nothing.

    One generator draws for all devices, so it is started anew for all of them.
    """
    if is_available():
        random.manual_seed(seed)


manual_seed_all = manual_seed
