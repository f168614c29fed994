"""S1: the scalar `Value` against micrograd.

The single idea: a balanced tree of the operations that both have, for micrograd
recurses as deep as the graph; and a chain of a million steps, which only minigrad
walks.
"""

import gc
import random
import tracemalloc
from functools import partial

from .measure import Case, cpu

PER_PAIR = 5  # a leaf, two products, a sum, a relu
FAST = {10_000: (0.6, 0.37), 100_000: (0.2, 0.1)}


def cases(quick):
    common = {"reference": "micrograd", "check": float}
    for nodes, goal in FAST.items():
        works = {
            name: partial(whole, name, nodes) for name in ("micrograd", "minigrad")
        }
        name = f"S1 {nodes} scalars"
        yield Case(name, works, {"minigrad": goal}, rounds=9, **common)
    memory = {name: partial(graph, name, 50_000) for name in ("micrograd", "minigrad")}
    common |= {
        "check": None,
        "figure": "value",
        "unit": "bytes",
        "scale": 1,
        "rounds": 1,
    }
    for name, gauge, goal in (
        ("S1 memory per scalar", kept, (180, 120)),
        ("S1 left after del, per scalar", left, (10, 10)),
    ):
        yield Case(name, memory, {"minigrad": goal}, gauge=gauge, **common)
    depth = {
        "minigrad": partial(chain, "minigrad"),
        "micrograd": partial(chain, "micrograd"),
    }
    common |= {"reference": "minigrad", "unit": "s"}
    yield Case("S1 chain of 1 000 000", depth, {}, gauge=cpu, **common)


def kind(library):
    if library == "minigrad":
        from minigrad import Value
    else:
        from micrograd.engine import Value
    return Value


def graph(library, nodes):
    """A function that builds the tree and returns its root and one leaf."""
    Value, rng = kind(library), random.Random(0)
    numbers = [rng.uniform(-1, 2) for _ in range(nodes // PER_PAIR)]

    def build():
        u, v, row = Value(0.7), Value(0.6), [Value(x) for x in numbers]
        while len(row) > 1:
            pairs = zip(row[::2], row[1::2], strict=False)
            row = [(a * u + b * v).relu() for a, b in pairs]
        return row[0], u

    build.nodes = nodes
    return build


def whole(library, nodes):
    """A function that builds, walks back, and returns a leaf's gradient."""
    build = graph(library, nodes)

    def work():
        root, leaf = build()
        root.backward()
        return leaf.grad

    return work


def chain(library, length=1_000_000):
    x = kind(library)(0.5)

    def work():
        y = x
        for _ in range(length):
            y = y + 1e-9
        y.backward()
        return x.grad

    if library == "micrograd":
        try:
            work()
        except RecursionError:
            raise RuntimeError("RecursionError: deeper than Python calls") from None
    return work


def kept(build):
    """Bytes of a graph, per scalar."""
    gc.collect()
    tracemalloc.start()
    graph = build()
    found, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del graph
    return found / build.nodes


def left(build):
    """Bytes per scalar that stay after `del` until the garbage collector comes."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    root, leaf = build()
    root.backward()
    del root, leaf
    found, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    gc.enable()
    return found / build.nodes
