"""The network of the chapter on the CNN, trained by minigrad and by torch side by side.

The single idea: a shared machine's clock cannot be trusted, but its ratios can. So the
contenders start from the same weights, see the same batches in the same order, take
turns epoch by epoch in one process, and each time is divided by torch's of the same
epoch. Chapter 20 explains the network and the recipe.

    python benchmarks/mnist_cnn.py                  the chapter's training, one thread
    python benchmarks/mnist_cnn.py --seeds 0 1 2    from three beginnings

It reads MNIST as the chapters do; a notice says if the stand-in took its place. An
epoch is a loop of cutting a batch, shifting it, forward, loss, backward and AdamW's
step. `cnn_parts.py` takes the recipe apart.
"""

import argparse
import time
from itertools import islice
from statistics import mean, median

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

import minigrad
from minigrad.book import load_mnist

BATCH = 128
EPOCHS = 4
# name: (library, device, memory format)
CONTENDERS = {
    "torch": (torch, "cpu", None),
    "torch, channels last": (torch, "cpu", torch.channels_last),
    "minigrad, NumPy": (minigrad, "cpu", None),
    "minigrad, device torch": (minigrad, "torch", None),
}
ROW = "{:<23} {:>5} {:>8} {:>8} {:>7} {:>7} {:>9}"
HEAD = "contender", "epoch", "wall s", "CPU s", "wall x", "CPU x", "test %"


def build(nn, channels=(16, 32, 64)):
    """Return the chapter's network: 29 434 parameters."""
    a, b, c = channels
    return nn.Sequential(
        *(nn.Conv2d(1, a, 5, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(a)),
        nn.ReLU(),
        *(nn.Conv2d(a, b, 3, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(b)),
        nn.ReLU(),
        *(nn.Conv2d(b, c, 3, bias=False), nn.BatchNorm2d(c)),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(c * 3 * 3, 10),
    )


def shift(images, rng, by):
    """Return each image moved by up to `by` pixels in both directions."""
    padded = np.pad(images, [(0, 0), (0, 0), (by, by), (by, by)])
    places = rng.integers(0, 2 * by + 1, (len(images), 2))
    pairs = zip(padded, places, strict=True)
    return np.stack([image[:, r : r + 28, c : c + 28] for image, (r, c) in pairs])


class Recipe:
    """A model and what trains it: AdamW, a one-cycle rate and shifted batches."""

    def __init__(
        self, library, model, steps, rate=0.01, by=1, cycle=True, device="cpu"
    ):
        self.library, self.model, self.steps = library, model, steps
        self.by, self.device = by, device
        self.criterion = library.nn.CrossEntropyLoss()
        learned = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = library.optim.AdamW(learned, lr=rate)
        one_cycle = library.optim.lr_scheduler.OneCycleLR
        self.rate = (
            one_cycle(self.optimizer, rate, total_steps=steps) if cycle else None
        )

    def batches(self, images, labels, seed):
        """Yield arrays, BATCH at a time, all of them before any comes again."""
        chance, order = np.random.default_rng(seed), np.array([], int)
        moves = np.random.default_rng(seed)
        for _ in range(self.steps):
            if len(order) < BATCH:
                order = np.append(order, chance.permutation(len(labels)))
            now, order = order[:BATCH], order[BATCH:]
            yield shift(images[now], moves, self.by), labels[now]

    def step(self, images, labels):
        """Take one step; return its loss."""
        tensor, device = self.library.tensor, self.device
        scores = self.model(tensor(images, device=device))
        loss = self.criterion(scores, tensor(labels, device=device))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if self.rate:
            self.rate.step()
        return loss.item()


def mistakes(library, model, images, labels, device="cpu"):
    """Return how many in 100 images are read wrong, without batch statistics."""
    wrong = 0
    model.eval()
    with library.no_grad():
        for first in range(0, len(labels), 1000):
            part = slice(first, first + 1000)
            found = model(library.tensor(images[part], device=device)).argmax(1)
            wrong += (found.cpu().numpy() != labels[part]).sum()
    model.train()
    return 100 * wrong / len(labels)


class Contender:
    """A network in one library on one device, and its way through the batches."""

    def __init__(self, name, weights, data, steps, seed):
        self.library, self.device, memory = CONTENDERS[name]
        tensor = self.library.tensor
        self.data, self.losses = data, []
        self.model = build(self.library.nn)
        self.model.load_state_dict({key: tensor(w) for key, w in weights.items()})
        self.model.to(self.device)
        if memory:
            self.model.to(memory_format=memory)
        self.recipe = Recipe(self.library, self.model, steps, device=self.device)
        self.coming = self.recipe.batches(data.train_images, data.train_labels, seed)

    def train(self, steps):
        """Go so many steps; return their seconds by the clock and the processor."""
        wall, cpu = time.perf_counter(), time.process_time()
        bar = tqdm(islice(self.coming, steps), leave=False, disable=None)
        self.losses += [self.recipe.step(*batch) for batch in bar]
        return time.perf_counter() - wall, time.process_time() - cpu

    def accuracy(self):
        """Return the percentage of the test images that are recognised."""
        asked = self.data.test_images, self.data.test_labels
        return 100 - mistakes(self.library, self.model, *asked, self.device)


def run(seed, epochs, names, data):
    """Train all contenders from one seed; return {(name, epoch): their figures}."""
    torch.manual_seed(seed)
    weights = {k: w.numpy() for k, w in build(torch.nn).state_dict().items()}
    steps = len(data.train_labels) // BATCH
    contenders = {
        name: Contender(name, weights, data, steps * epochs, seed) for name in names
    }
    results = {}
    for epoch in range(epochs):
        for name, contender in contenders.items():
            results[name, epoch] = *contender.train(steps), contender.accuracy()
        for name in names:
            report(name, epoch, [results[name, epoch]], [results["torch", epoch]])
    compare({name: contender.losses for name, contender in contenders.items()})
    return results


def compare(curves):
    """Print how far each loss curve is from torch's, step by step and smoothed."""
    for name, losses in curves.items():
        apart = np.subtract(losses, curves["torch"])
        smooth = np.convolve(apart, np.ones(100) / 100, "valid")
        parts = np.abs(apart[:10]).max(), np.abs(apart).max(), np.abs(smooth).max()
        text = "{:.1e} in 10 steps, {:.1e} in all, {:.1e} as means of 100"
        print(f"{name:<23} loss from torch's: {text.format(*parts)}")


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
    parser.add_argument("--epochs", type=int, default=EPOCHS)
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
