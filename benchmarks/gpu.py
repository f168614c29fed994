"""GPU: training steps on an NVIDIA GPU, asked for one by one and as a captured graph.

The single idea: the program that captures a step has torch's names only, so one
function captures it for both libraries. Where there is no GPU there are no cases, and
the goals are unmeasured.

    python -m benchmarks GPU
"""

from functools import partial

import torch

import minigrad

from .measure import Case, wall
from .networks import lenet, mlp, step

EAGER_GOALS = {
    64: {"minigrad": (1.2, 1.0), "minigrad, captured": (1.0, 0.5)},
    4096: {"minigrad": (1.05, 1.0)},
}
CAPTURED_GOALS = {"minigrad, captured": (1.05, 1.0)}
WARM_UP = 3  # steps: the optimizer makes what it remembers, torch chooses its kernels


def cases(quick):
    if not torch.cuda.is_available():
        return
    for batch in (64, 4096):
        for name, network, shape in (
            ("MLP", mlp, (784,)),
            ("LeNet", lenet, (1, 28, 28)),
        ):
            make = partial(step, network, shape, "Adam", batch)
            ours = partial(make, minigrad, "cuda")
            # torch's Adam counts its steps on the host unless told otherwise
            theirs = partial(make, torch, "cuda", capturable=True)
            eager = {
                "torch": partial(warm, partial(make, torch, "cuda")),
                "minigrad": partial(warm, ours),
                "minigrad, captured": partial(captured, minigrad, ours),
            }
            graphs = {
                "torch, captured": partial(captured, torch, theirs),
                "minigrad, captured": partial(captured, minigrad, ours),
            }
            name, one = f"GPU {name}, batch {batch}, wall", "torch, captured"
            yield Case(name, eager, EAGER_GOALS[batch], gauge=wall)
            yield Case(f"{name}, graphs", graphs, CAPTURED_GOALS, one, gauge=wall)


def warm(make):
    """A step, after the first ones were done."""
    work = make()
    for _ in range(WARM_UP):
        work()
    return work


def captured(library, make):
    """The same step as a CUDA graph, which is replayed."""
    cuda = library.cuda
    side = cuda.Stream()
    side.wait_stream(cuda.current_stream())
    with cuda.stream(side):
        work = warm(make)
    cuda.current_stream().wait_stream(side)
    graph = cuda.CUDAGraph()
    with cuda.graph(graph):
        loss = work()

    def replay():
        graph.replay()
        return loss

    return replay
