"""A network trained on MNIST by minigrad and by torch side by side.

The single idea: a shared machine's clock cannot be trusted, but its ratios can. So the
contenders start from the same weights, see the same batches in the same order, take
turns epoch by epoch in one process, and each time is divided by torch's of the same
epoch. Their losses are compared step by step. `mnist_mlp.py` and `mnist_cnn.py` say
which network.

It reads MNIST as the chapters do; a notice says if the stand-in took its place. An
epoch is a loop of indexing a batch, forward, loss, backward and the optimizer's step,
and of shifting the images where the task asks for it.
"""

import argparse
import math
import time
from collections.abc import Callable
from functools import partial
from statistics import mean, median
from typing import NamedTuple

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

import minigrad
from minigrad.book import load_mnist

# name: (library, device, memory format)
CONTENDERS = {
    "torch": (torch, "cpu", None),
    "torch, channels last": (torch, "cpu", torch.channels_last),
    "minigrad, NumPy": (minigrad, "cpu", None),
    "minigrad, device torch": (minigrad, "torch", None),
}
ROW = "{:<23} {:>5} {:>8} {:>8} {:>7} {:>7} {:>9}"
HEAD = "contender", "epoch", "wall s", "CPU s", "wall x", "CPU x", "test %"


class Task(NamedTuple):
    """What is trained.

    The rate is that of the last step in `rates` that was passed or, with a peak, that
    of a one-cycle up to it. Images are moved by up to `by` pixels, anew each time.
    """

    build: Callable  # of a library's nn
    optimizer: Callable  # of a library's optim, and the parameters
    rates: dict
    batch: int
    epochs: int
    contenders: tuple
    peak: float = 0.0
    by: int = 0


def shift(images, rng, by):
    """Return each image moved by up to `by` pixels in both directions."""
    padded = np.pad(images, [(0, 0), (0, 0), (by, by), (by, by)])
    places = rng.integers(0, 2 * by + 1, (len(images), 2))
    pairs = zip(padded, places, strict=True)
    return np.stack([image[:, r : r + 28, c : c + 28] for image, (r, c) in pairs])


class Contender:
    """A network in one library, its optimizer, and the digits on its device."""

    def __init__(self, name, task, weights, data, seed):
        self.library, device, memory = CONTENDERS[name]
        self.task, self.chance = task, np.random.default_rng(seed)
        make = partial(self.library.tensor, device=device)
        self.make, self.digits = make, data.train_images
        self.data = [make(array) for array in data[:4]]
        self.model = task.build(self.library.nn)
        self.model.load_state_dict(
            {key: self.library.tensor(w) for key, w in weights.items()}
        )
        self.model.to(device)
        if memory:
            self.model.to(memory_format=memory)
        self.optimizer = task.optimizer(self.library.optim, self.model.parameters())
        self.schedule, self.losses = None, []
        if task.peak:
            steps = task.epochs * math.ceil(len(data.train_labels) / task.batch)
            one_cycle = self.library.optim.lr_scheduler.OneCycleLR
            self.schedule = one_cycle(self.optimizer, task.peak, total_steps=steps)

    def images(self, batch):
        """Return the training images of a batch, moved if the task says so."""
        if not self.task.by:
            return self.data[0][batch]
        return self.make(shift(self.digits[batch], self.chance, self.task.by))

    def train(self, batches):
        """Train for an epoch; return its seconds by the clock and the processor."""
        labels = self.data[1]
        criterion = self.library.nn.CrossEntropyLoss()
        settings = self.optimizer.param_groups[0]
        wall, cpu = time.perf_counter(), time.process_time()
        for batch in tqdm(batches, leave=False, disable=None):  # only in a terminal
            settings["lr"] = self.task.rates.get(len(self.losses), settings["lr"])
            loss = criterion(self.model(self.images(batch)), labels[batch])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            if self.schedule:
                self.schedule.step()
            self.losses.append(loss.item())
        return time.perf_counter() - wall, time.process_time() - cpu

    def accuracy(self):
        """Return the percentage of the test images that are recognised."""
        images, labels = self.data[2:]
        right = 0
        self.model.eval()
        with self.library.no_grad():
            for first in range(0, len(labels), 1000):
                part = slice(first, first + 1000)
                found = self.model(images[part]).argmax(1)
                right += (found == labels[part]).sum().item()
        self.model.train()
        return 100 * right / len(labels)


def run(task, seed, names, data):
    """Train all contenders from one seed; return {(name, epoch): their figures}."""
    torch.manual_seed(seed)
    weights = {k: w.numpy() for k, w in task.build(torch.nn).state_dict().items()}
    contenders = {name: Contender(name, task, weights, data, seed) for name in names}
    rng, results = np.random.default_rng(seed), {}
    for epoch in range(task.epochs):
        order = rng.permutation(len(data.train_labels))
        batches = [order[i : i + task.batch] for i in range(0, len(order), task.batch)]
        for name, contender in contenders.items():
            wall, cpu = contender.train(batches)
            results[name, epoch] = wall, cpu, contender.accuracy()
        for name in names:
            report(name, epoch, [results[name, epoch]], [results["torch", epoch]])
    compare(contenders, len(batches))
    return results


def compare(contenders, steps):
    """Print how far the loss curves are from torch's."""
    curves = {name: np.array(c.losses) for name, c in contenders.items()}
    right = curves.pop("torch")
    print("\nlargest difference of the losses from torch's, and of the epochs' means")
    for name, curve in curves.items():
        apart = np.abs(curve - right)
        means = np.abs((curve - right).reshape(-1, steps).mean(1)).max()
        parts = sorted({min(n, len(apart)) for n in (10, 100, len(apart))})
        first = ", ".join(f"{n}: {apart[:n].max():.1e}" for n in parts)
        print(f"{name:<23} first {first}; means {means:.1e}", flush=True)


def report(name, epoch, figures, torch_figures):
    """Print a row: means of the seconds, medians of the ratios, mean accuracy."""
    wall, cpu, accuracy = (mean(column) for column in zip(*figures, strict=True))
    pairs = list(zip(figures, torch_figures, strict=True))
    ratios = [median(ours[i] / theirs[i] for ours, theirs in pairs) for i in (0, 1)]
    shown = [f"{wall:.1f}", f"{cpu:.1f}", *(f"{r:.2f}" for r in ratios)]
    label = epoch if isinstance(epoch, str) else epoch + 1
    print(ROW.format(name, label, *shown, f"{accuracy:.2f}"), flush=True)


def summary(results, seeds, epochs, names):
    """Print the rows of all epochs together; the accuracy is that after the last."""
    print(f"\nall epochs of seeds {seeds}; test %: after the last\n")
    print(ROW.format(*HEAD))
    places = [(s, e) for s in seeds for e in range(epochs)]
    for name in names:
        last = mean(results[s, name, epochs - 1][2] for s in seeds)
        figures = [(*results[s, name, e][:2], last) for s, e in places]
        report(name, "all", figures, [results[s, "torch", e] for s, e in places])


def main(tasks, description):
    """Train what is asked for on the command line. tasks: {name: Task}"""
    first = next(iter(tasks))
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    if len(tasks) > 1:
        parser.add_argument("--task", nargs="+", choices=tasks, default=[first])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--threads", type=int, default=1)
    others = [name for name in CONTENDERS if name != "torch"]  # all are beside torch
    left_out = {"choices": others, "default": [], "metavar": "NAME"}
    names = f"contenders to leave out: {'; '.join(others)}"
    parser.add_argument("--without", nargs="+", help=names, **left_out)
    asked = parser.parse_args()
    data = load_mnist()
    torch.set_num_threads(asked.threads)
    for task_name in getattr(asked, "task", [first]):
        task = tasks[task_name]
        task = task._replace(epochs=asked.epochs or task.epochs)
        names = [name for name in task.contenders if name not in asked.without]
        print(f"{data}, {task_name}, batches of {task.batch}, threads: {asked.threads}")
        results = {}
        with threadpool_limits(asked.threads):
            for seed in asked.seeds:
                print(f"\nseed {seed}\n" + ROW.format(*HEAD), flush=True)
                found = run(task, seed, names, data)
                results |= {(seed, *key): value for key, value in found.items()}
        summary(results, asked.seeds, task.epochs, names)
