"""T5: what a graph keeps in memory, and whether it lets go.

The single idea: count the memory that the nodes hold between forward and backward,
array by array; and let the operating system say how far a process has grown, once at
its peak and once after hundreds of steps with the garbage collector off.
"""

import ctypes
import gc
from functools import partial

import numpy as np
import torch

import minigrad
from minigrad.engine import Node, Variable, tape

from .measure import Case
from .networks import batch_of, build, lenet, step

SHAPE = 1, 28, 28
KEPT = {"minigrad cpu": (1.0, 1.0), "minigrad torch": (1.0, 1.0)}
PEAK = {"minigrad cpu": (1.3, 1.0), "minigrad torch": (1.3, 1.0)}
LEAK = {"minigrad cpu": (2.0, 2.0), "minigrad torch": (2.0, 2.0)}
NONE = {"minigrad cpu": (0, 0), "minigrad torch": (0, 0)}
WORLDS = {
    "torch": (torch, "cpu"),
    "minigrad cpu": (minigrad, "cpu"),
    "minigrad torch": (minigrad, "torch"),
}


def cases(quick):
    common = {"unit": "MB", "scale": 1e-6, "rounds": 1, "check": None}
    kept = {name: partial(forward, *WORLDS[name]) for name in WORLDS}
    yield Case("T5 kept by LeNet's graph, b256", kept, KEPT, gauge=call, **common)
    steps = 100 if quick else 400
    for name, gauge, batch, goals, figure in (
        ("T5 peak growth, LeNet, b256", peak, 256, PEAK, "ratio"),
        (f"T5 growth, {steps} steps, gc off", partial(grown, steps), 16, LEAK, "value"),
    ):
        works = {
            name: partial(step, lenet, SHAPE, "SGD", batch, *world)
            for name, world in WORLDS.items()
        }
        yield Case(name, works, goals, gauge=gauge, figure=figure, **common)
    works = {
        name: partial(step, lenet, SHAPE, "SGD", 16, *world)
        for name, world in WORLDS.items()
        if name != "torch"
    }
    common |= {"unit": "", "scale": 1, "figure": "value", "reference": "minigrad cpu"}
    yield Case("T5 nodes left, gc off", works, NONE, gauge=nodes_left, **common)


def call(function):
    return function()


# What the steps keep.


def forward(library, device):
    """A function that computes a loss and returns the bytes its graph keeps."""
    images, labels = (library.tensor(a, device=device) for a in batch_of(SHAPE, 256))
    model = build(lenet, library, device)
    criterion = library.nn.CrossEntropyLoss()

    def loss():
        return criterion(model(images), labels)

    return partial(kept_by_torch if library is torch else kept_by_minigrad, loss)


def kept_by_torch(loss):
    kept = []

    def keep(tensor):
        kept.append(tensor.detach())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss()
    return bytes_of(kept)


def kept_by_minigrad(loss):
    kept = []
    for node in tape([loss().node]):
        values = [*node.args, node.out, *nested(node.aux)]
        arrays = (v.array if isinstance(v, Variable) else v for v in values)
        kept += (a for a in arrays if isinstance(a, np.ndarray | torch.Tensor))
    return bytes_of(kept)


def nested(value):
    if isinstance(value, list | tuple):
        return [part for inner in value for part in nested(inner)]
    return [value]


def bytes_of(arrays):
    """The bytes of memory behind arrays, of which several may share one."""
    memory = {}
    for a in arrays:
        if isinstance(a, torch.Tensor):
            storage = a.untyped_storage()
            memory[storage.data_ptr()] = storage.nbytes()
        else:
            while isinstance(a.base, np.ndarray):
                a = a.base
            memory[id(a)] = a.nbytes
    return sum(memory.values())


# What the process takes.


def status(field):
    """Bytes, by Linux's account of this process."""
    with open("/proc/self/status") as lines:
        line = next(line for line in lines if line.startswith(field))
    return int(line.split()[1]) * 1024


def peak(work):
    """By how many bytes a step exceeds what lay there before it."""
    work()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what is free goes back to the system
    with open("/proc/self/clear_refs", "w") as reset:
        reset.write("5")  # the peak begins again at what is resident now
    before = status("VmRSS")
    work()
    return status("VmHWM") - before


def grown(steps, work):
    """The bytes gained in so many steps without the garbage collector."""
    gc.disable()
    for _ in range(20):
        work()
    before = status("VmRSS")
    for _ in range(steps):
        work()
    after = status("VmRSS")
    gc.enable()
    return after - before


def nodes_left(work):
    """How many nodes of graphs are alive when the steps are over."""
    gc.disable()
    for _ in range(5):
        work()
    left = sum(type(thing) is Node for thing in gc.get_objects())
    gc.enable()
    return left
