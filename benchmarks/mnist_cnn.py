"""The network of the chapter on the CNN, trained by minigrad and by torch side by side.

The single idea: a shared machine's clock cannot be trusted, but its ratios can. So the
contenders start from the same weights, see the same batches in the same order, take
turns epoch by epoch in one process, and each time is divided by torch's of the same
epoch. Chapter 20 explains the network.

    python benchmarks/mnist_cnn.py                  three epochs on one thread
    python benchmarks/mnist_cnn.py --seeds 0 1 2    from three beginnings

It reads MNIST as the chapters do; a notice says if the stand-in took its place. An
epoch is a loop of indexing a batch, forward, loss, backward and Adam's step.
"""

import argparse
import time
from statistics import mean, median

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

import minigrad
from minigrad.book import load_mnist

BATCH = 64
RATES = {0: 2e-3, 600: 5e-4, 1900: 1e-4}  # the learning rate from each step on
# name: (library, device, memory format)
CONTENDERS = {
    "torch": (torch, "cpu", None),
    "torch, channels last": (torch, "cpu", torch.channels_last),
    "minigrad, NumPy": (minigrad, "cpu", None),
    "minigrad, device torch": (minigrad, "torch", None),
}
ROW = "{:<23} {:>5} {:>8} {:>8} {:>7} {:>7} {:>9}"
HEAD = "contender", "epoch", "wall s", "CPU s", "wall x", "CPU x", "test %"


def build(nn):
    """Return the chapter's network: 212 542 parameters."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Flatten(),
        *(nn.Linear(32 * 7 * 7, 120), nn.ReLU()),
        *(nn.Linear(120, 84), nn.ReLU()),
        nn.Linear(84, 10),
    )


class Contender:
    """A network in one library, its optimizer, and the digits on its device."""

    def __init__(self, name, weights, data):
        self.library, device, memory = CONTENDERS[name]
        make = self.library.tensor
        self.data = [make(array, device=device) for array in data[:4]]
        self.model = build(self.library.nn)
        self.model.load_state_dict({key: make(w) for key, w in weights.items()})
        self.model.to(device)
        if memory:
            self.model.to(memory_format=memory)
        self.optimizer = self.library.optim.Adam(self.model.parameters())

    def train(self, batches, first):
        """Train for an epoch; return its seconds by the clock and the processor."""
        images, labels = self.data[:2]
        criterion = self.library.nn.CrossEntropyLoss()
        settings = self.optimizer.param_groups[0]
        wall, cpu = time.perf_counter(), time.process_time()
        bar = tqdm(batches, leave=False, disable=None)  # only in a terminal
        for step, batch in enumerate(bar, first):
            settings["lr"] = RATES.get(step, settings["lr"])
            loss = criterion(self.model(images[batch]), labels[batch])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        return time.perf_counter() - wall, time.process_time() - cpu

    def accuracy(self):
        """Return the percentage of the test images that are recognised."""
        images, labels = self.data[2:]
        right = 0
        with self.library.no_grad():
            for first in range(0, len(labels), 1000):
                part = slice(first, first + 1000)
                found = self.model(images[part]).argmax(1)
                right += (found == labels[part]).sum().item()
        return 100 * right / len(labels)


def run(seed, epochs, names, data):
    """Train all contenders from one seed; return {(name, epoch): their figures}."""
    torch.manual_seed(seed)
    weights = {k: w.numpy() for k, w in build(torch.nn).state_dict().items()}
    contenders = {name: Contender(name, weights, data) for name in names}
    rng, results = np.random.default_rng(seed), {}
    for epoch in range(epochs):
        order = rng.permutation(len(data.train_labels))
        batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
        for name, contender in contenders.items():
            wall, cpu = contender.train(batches, epoch * len(batches))
            results[name, epoch] = wall, cpu, contender.accuracy()
        for name in names:
            report(name, epoch, [results[name, epoch]], [results["torch", epoch]])
    return results


def report(name, epoch, figures, torch_figures):
    """Print a row: means of the seconds, medians of the ratios, mean accuracy."""
    wall, cpu, accuracy = (mean(column) for column in zip(*figures, strict=True))
    pairs = list(zip(figures, torch_figures, strict=True))
    ratios = [median(ours[i] / theirs[i] for ours, theirs in pairs) for i in (0, 1)]
    shown = [f"{wall:.1f}", f"{cpu:.1f}", *(f"{r:.2f}" for r in ratios)]
    label = epoch if isinstance(epoch, str) else epoch + 1
    print(ROW.format(name, label, *shown, f"{accuracy:.2f}"), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--without", nargs="*", default=[], metavar="NAME")
    asked = parser.parse_args()
    names = [name for name in CONTENDERS if name not in asked.without]
    data = load_mnist()
    print(f"{data}, batches of {BATCH}, threads: {asked.threads}")
    torch.set_num_threads(asked.threads)
    results = {}
    with threadpool_limits(asked.threads):
        for seed in asked.seeds:
            print(f"\nseed {seed}\n" + ROW.format(*HEAD), flush=True)
            found = run(seed, asked.epochs, names, data)
            results |= {(seed, *key): value for key, value in found.items()}
    print(f"\nall epochs of seeds {asked.seeds}; test %: after the last\n")
    print(ROW.format(*HEAD))
    for name in names:
        places = [(s, e) for s in asked.seeds for e in range(asked.epochs)]
        last = mean(results[s, name, asked.epochs - 1][2] for s in asked.seeds)
        figures = [(*results[s, name, e][:2], last) for s, e in places]
        report(name, "all", figures, [results[s, "torch", e] for s, e in places])


if __name__ == "__main__":
    main()
