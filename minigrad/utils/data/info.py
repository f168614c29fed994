"""Who asks: whether code runs in a worker of the loader, and in which.

The single idea: each process has one note of the worker it is, or of none. Chapter:
data: datasets, loaders, transforms.
"""

from collections import namedtuple

WorkerInfo = namedtuple("WorkerInfo", "id num_workers seed dataset")

worker = None  # a WorkerInfo, in a worker


def get_worker_info():
    """The WorkerInfo of the worker process this is called in; None outside of one.

    id: from 0 to num_workers - 1
    num_workers: how many there are
    seed: what random numbers were seeded with here
    dataset: this process's own copy
    """
    return worker
