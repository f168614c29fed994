"""A worker: what the loader runs in another process.

The single idea: a worker answers each task that comes through its pipe, in order, with
one reply: a batch, a failure, or the end of its stream. Chapter: data: datasets,
loaders, transforms.
"""

import os
import pickle
import queue
import random
import signal
import sys
import threading
import traceback
from multiprocessing import parent_process
from multiprocessing.connection import wait

import numpy as np

from minigrad.random import manual_seed

from . import info as here
from .fetch import fetcher


class End:
    """The reply of a worker whose stream has come to its end."""


class Failure:
    """An exception on its way to the parent, with its traceback as text."""

    def __init__(self, error, worker_id):
        self.text = (
            f"Caught {type(error).__name__} in DataLoader worker process {worker_id}.\n"
            f"Original {''.join(traceback.format_exception(error))}"
        )
        self.kind = type(error)
        try:
            packed(self.kind)
        except Exception:  # a class that only the worker can name
            self.kind = RuntimeError

    def error(self):
        """An exception of the same class, which tells what happened and where."""
        try:
            # A KeyError shows the repr of its message: this one's repr is its text.
            return self.kind(_Text(self.text) if self.kind is KeyError else self.text)
        except Exception:  # the class asks for arguments of its own
            return RuntimeError(self.text)


class _Text(str):
    def __repr__(self):
        return str(self)


def run(pipe, info, settings, init_fn):
    """The life of a worker.

    pipe: where tasks come from and replies go to
    info: its WorkerInfo
    settings: the arguments of `fetcher` after the dataset
    init_fn: called with the worker's number before anything is fetched, or None
    """
    here.worker = info
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted as well
    tasks = queue.SimpleQueue()
    stop = threading.Event()
    threading.Thread(target=_receive, args=(pipe, tasks, stop), daemon=True).start()
    desk = _Desk(info, settings, init_fn)
    while (message := tasks.get()) is not None:
        if not stop.is_set():
            pipe.send_bytes(_reply(desk, message))


def _receive(pipe, tasks, stop):
    """Take in what the parent sends at once, so that it never has to wait for that."""
    parent = parent_process().sentinel
    while not stop.is_set():
        try:
            if pipe not in wait([pipe, parent]):
                raise EOFError
            message = receive(pipe)
        except (EOFError, OSError):
            os._exit(1)  # the parent was killed
        if message is None:
            stop.set()
        tasks.put(message)


class _Desk:
    """Where tasks become batches. What goes wrong here, at any time, is a reply."""

    def __init__(self, info, settings, init_fn):
        self.info, self.settings, self.init_fn = info, settings, init_fn
        self.epoch = None

    def fetch(self, epoch, task):
        """The batch of a task; the first of an epoch begins the dataset anew."""
        if self.epoch is None:
            _seed(self.info)
            if self.init_fn is not None:
                self.init_fn(self.info.id)
        if epoch != self.epoch:
            self.from_task = fetcher(self.info.dataset, *self.settings)
            self.epoch = epoch
        return self.from_task(task)


def _seed(info):
    """Random numbers of its own for each worker, also those that transforms draw."""
    random.seed(info.seed)
    manual_seed(info.seed)
    base = info.seed - info.id
    words = [info.id, base % 2**32, base >> 32]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(info.seed)
        torch.set_num_threads(1)


def _reply(desk, message):
    """The pickle of a batch, or of why there is none."""
    try:
        return packed(desk.fetch(*message))
    except StopIteration:
        return packed(End())
    except Exception as error:
        return packed(Failure(error, desk.info.id))


def packed(message):
    """The pickle of a message; of arrays it holds the memory as it is."""
    return pickle.dumps(message, protocol=5)


def receive(pipe):
    """The next message from a pipe."""
    return pickle.loads(pipe.recv_bytes())
