"""What the loader's tests share: batches of both libraries as plain lists, and datasets
that a process started afresh can import (so nothing here imports torch)."""

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence

import numpy as np

import minigrad
from minigrad.utils.data import Dataset, IterableDataset, get_worker_info


def plain(batch):
    """Nested tensors as (dtype, list), so that both libraries' batches compare."""
    if hasattr(batch, "tolist"):
        return str(batch.dtype), batch.tolist()
    if isinstance(batch, Mapping):
        return type(batch).__name__, {k: plain(v) for k, v in batch.items()}
    if isinstance(batch, Sequence) and not isinstance(batch, str | bytes):
        return type(batch).__name__, [plain(v) for v in batch]
    return batch


class Rows(Dataset):
    """Sample i is (three numbers i, i)."""

    def __init__(self, n=20):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return np.full(3, i, np.float32), i


class OwnArguments(Exception):
    def __init__(self, one, two):
        super().__init__(one, two)


FAULTS = {
    "KeyError": lambda: {}["nowhere"],
    "ZeroDivisionError": lambda: 1 // 0,
    "own arguments": lambda: raise_(OwnArguments(1, 2)),
    "local class": lambda: raise_local(),
    "exit": lambda: os._exit(3),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "sleep": lambda: time.sleep(30),
}


def raise_(error):
    raise error


def raise_local():
    class Local(Exception):
        pass

    raise Local("only here")


class Faulty(Rows):
    """Something happens when sample 7 is asked for."""

    def __init__(self, what):
        super().__init__(12)
        self.what = what

    def __getitem__(self, i):
        if i == 7:
            FAULTS[self.what]()
        return i


class Unpicklable(Rows):
    """Samples that cannot be sent to another process."""

    def __getitem__(self, i):
        return lambda: i


class Stream(IterableDataset):
    """Worker w yields 100 w, 100 w + 1, ..., as many as lengths[w]."""

    def __init__(self, *lengths):
        self.lengths = lengths

    def __iter__(self):
        info = get_worker_info()
        worker = info.id if info else 0
        return iter(range(100 * worker, 100 * worker + self.lengths[worker]))


class Draws(Rows):
    """Samples of random numbers from every source that is there."""

    def __getitem__(self, i):
        import random

        drawn = [random.random(), np.random.rand(), minigrad.rand(1).item()]
        if "torch" in sys.modules:
            drawn.append(sys.modules["torch"].rand(1).item())
        info = get_worker_info()
        return [
            info.id,
            info.num_workers,
            info.seed,
            type(info.dataset).__name__,
            drawn,
        ]


class Large(Rows):
    """Samples that fill a pipe many times over."""

    def __getitem__(self, i):
        return np.full(1_000_000, i % 256, np.uint8)


def as_it_is(batch):
    """A collate_fn that a process started afresh can import."""
    return batch


def fail(worker_id):
    """A worker_init_fn that does not work."""
    raise ValueError(f"no worker {worker_id}")


def set_length(worker_id):
    """A worker_init_fn that gives each worker its part of a stream."""
    info = get_worker_info()
    info.dataset.lengths = [3 + 2 * info.id] * info.num_workers
