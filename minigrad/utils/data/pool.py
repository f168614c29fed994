"""Workers as the loader sees them: processes that tasks are given to in turn.

The single idea: worker i gets the tasks i, i + n, i + 2n ... and answers them in order,
so the order of the batches, and the random numbers behind each, never depend on which
worker is faster. Chapter: data: datasets, loaders, transforms.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from contextlib import suppress
from itertools import islice
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext

from . import worker
from .info import WorkerInfo
from .worker import End, Failure

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


class WithWorkers:
    """An iteration with workers: each has some tasks ahead, given out in turn.

    due: the workers that owe a reply, in the order of the batches
    live: the workers that can be given tasks, the next one first
    """

    _pool = None

    def __init__(self, loader, seed):
        self._loader = loader
        self._pool, loader._pool = loader._pool or Pool(loader, seed), None
        self._pool.epoch += 1
        self._tasks = iter(loader.tasks)
        self._live = deque(self._pool.workers)
        self._due = deque()
        for _ in range(loader.prefetch_factor * loader.num_workers):
            self._give_task()

    def __iter__(self):
        return self

    def __next__(self):
        while self._due:
            reply = self._due[0].receive(self._loader.timeout or None)
            worker = self._due.popleft()
            if type(reply) is End and worker in self._live:
                self._live.remove(worker)
            self._give_task()
            if type(reply) is Failure:
                raise reply.error()
            if type(reply) is not End:
                return reply
        self._finish()
        raise StopIteration

    def _give_task(self):
        for task in islice(self._tasks, 1 if self._live else 0):
            self._live[0].send((self._pool.epoch, task))
            self._due.append(self._live[0])
            self._live.rotate(-1)

    def _finish(self):
        """Let the workers go, or have them ready for the next epoch."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        if not self._loader.persistent_workers:
            pool.stop()
            return
        try:
            for worker in self._due:
                worker.receive()
        except RuntimeError:  # it died
            pool.stop()
        else:
            self._loader._pool = pool

    def __del__(self):
        if not sys.is_finalizing():
            self._finish()


def context_of(context):
    """The context of `multiprocessing` that has this name, or itself."""
    if isinstance(context, str):
        known = multiprocessing.get_all_start_methods()
        if context not in known:
            raise ValueError(
                "multiprocessing_context option should specify a valid start method in "
                f"{known}, but got multiprocessing_context={context!r}"
            )
        return multiprocessing.get_context(context)
    if not isinstance(context, BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a "
            "string specifying the start method, but got "
            f"multiprocessing_context={context}"
        )
    return context
