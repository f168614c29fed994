"""Workers as the loader sees them: processes that tasks are given to in turn.

The single idea: worker i gets the tasks i, i + n, i + 2n ... and answers them in order,
so the order of the batches, and the random numbers behind each, never depend on which
worker is faster. The chapter on data explains it.
"""

import multiprocessing
import os
import signal
import sys
import time
from contextlib import suppress
from multiprocessing.connection import wait

from . import worker
from .worker import WorkerInfo

PATIENCE = 5.0  # seconds that a worker has to finish what it is at, once told to stop


class Worker:
    """One worker process and the parent's end of its pipe."""

    def __init__(self, context, info, settings, init_fn):
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=worker.run, args=(theirs, info, settings, init_fn), daemon=True
        )
        self.process.start()
        theirs.close()  # so that the pipe ends when the worker does

    def send(self, message):
        """Send a message; that a worker has died is noticed when its reply is due."""
        with suppress(OSError):
            self.pipe.send_bytes(worker.packed(message))

    def receive(self, timeout=None):
        """Its next reply; RuntimeError if it died, or after `timeout` seconds."""
        ready = wait([self.pipe, self.process.sentinel], timeout)
        if not ready:
            raise RuntimeError(f"DataLoader timed out after {timeout} seconds")
        try:
            if self.pipe in ready or self.pipe.poll():
                return worker.receive(self.pipe)
        except (EOFError, OSError):
            pass  # it died before it had sent all of the reply
        self.process.join()
        raise RuntimeError(self._fate())

    def _fate(self):
        code = self.process.exitcode
        name = f"DataLoader worker (pid {self.process.pid})"
        if code < 0:
            return (
                f"{name} is killed by signal: {signal.strsignal(-code)}. Memory may "
                "have run out: use fewer workers, or a smaller batch"
            )
        return (
            f"{name} exited unexpectedly with exit code {code}: what it printed last "
            "may say why; with num_workers=0 the error is raised here"
        )

    def stop(self, until):
        """Wait until the worker, told to stop, has ended; kill it at time `until`."""
        with suppress(EOFError, OSError):
            while self.process.is_alive():
                left = max(0, until - time.monotonic())
                if self.pipe not in wait([self.pipe, self.process.sentinel], left):
                    break
                self.pipe.recv_bytes()  # a reply that nobody waits for any more
        self.process.join(max(0, until - time.monotonic()))
        for end in (self.process.terminate, self.process.kill):
            if self.process.is_alive():
                end()
                self.process.join(1)
        self.pipe.close()


class Pool:
    """The workers of one loader.

    loader: the DataLoader whose settings they follow
    seed: worker i is seeded with seed + i
    """

    def __init__(self, loader, seed):
        self.workers, self.parent, self.epoch = [], os.getpid(), 0
        context = loader.multiprocessing_context or multiprocessing.get_context()
        n = loader.num_workers
        try:
            for i in range(n):
                info = WorkerInfo(i, n, seed + i, loader.dataset)
                self.workers.append(
                    Worker(context, info, loader.settings(), loader.worker_init_fn)
                )
        except BaseException:
            self.stop()
            raise

    def stop(self):
        """End all workers."""
        if os.getpid() != self.parent:
            return  # in the copy that a fork made
        for one in self.workers:
            one.send(None)
        until = time.monotonic() + PATIENCE
        while self.workers:
            self.workers.pop().stop(until)

    def __del__(self):
        if not sys.is_finalizing():  # then multiprocessing has ended them
            self.stop()
