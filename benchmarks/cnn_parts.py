"""What each part of the CNN and of its recipe is worth, and how it was chosen.

The single idea: take one thing away, train as before, and count the mistakes on images
that no training has seen. A sixth of the training images, 10 000 of MNIST's, is held
back for that; the test images take no part. Chapter 20's channels, rate and shifts were
chosen on these images, and the chapter shows the table.

    python benchmarks/cnn_parts.py > benchmarks/cnn_parts.csv      ten minutes
    python benchmarks/cnn_parts.py --only "no shifts" --seeds 5     one row

Each row: the mistakes in 100 images, their mean over the seeds, the least, the most.
"""

import argparse
import csv
import sys
from statistics import mean

import numpy as np
from mnist import shift
from mnist_cnn import build
from threadpoolctl import threadpool_limits
from tqdm import tqdm

import minigrad
from minigrad import nn, optim
from minigrad.book import load_mnist

BATCH = 128


def without_norm(nn):
    """The network without batch norm; its convolutions get the bias they need then."""
    layers = [layer for layer in build(nn) if not isinstance(layer, nn.BatchNorm2d)]
    for place, layer in enumerate(layers):
        if isinstance(layer, nn.Conv2d):
            sizes = layer.in_channels, layer.out_channels, layer.kernel_size
            layers[place] = nn.Conv2d(*sizes)
    return nn.Sequential(*layers)


def without_relu(nn):
    return nn.Sequential(*(la for la in build(nn) if not isinstance(la, nn.ReLU)))


def every_second(nn):
    """The network with every second number kept, whatever it is: no largest one."""
    layers = list(build(nn))
    for place in (1, 5):
        layers[place] = nn.MaxPool2d(1, stride=2)
    return nn.Sequential(*layers)


def two_convolutions(nn):
    return nn.Sequential(*list(build(nn))[:8], nn.Flatten(), nn.Linear(32 * 25, 10))


def as_drawn(nn):
    """The network whose convolutions stay as they were drawn; the rest learns."""
    model = build(nn)
    for layer in model:
        if isinstance(layer, nn.Conv2d):
            layer.weight.requires_grad_(False)
    return model


def wider(nn):
    return build(nn, (24, 48, 96))


# name: (network, what differs in the recipe)
VARIANTS = {
    "everything": (build, {}),
    "no batch norm": (without_norm, {}),
    "no batch norm, rate 0.002": (without_norm, {"rate": 0.002}),
    "no ReLU": (without_relu, {}),
    "every second number, no max": (every_second, {}),
    "no third convolution": (two_convolutions, {}),
    "no shifts": (build, {"by": 0}),
    "constant rate": (build, {"cycle": False}),
    "filters left as drawn": (as_drawn, {}),
    "shifts of 2": (build, {"by": 2}),
    "rate 0.003": (build, {"rate": 0.003}),
    "24, 48, 96 channels": (wider, {}),
}


def train(model, images, labels, steps, seed, rate=0.01, by=1, cycle=True):
    """Train by the chapter's recipe, or with a part of it changed."""
    learned = [p for p in model.parameters() if p.requires_grad]
    optimizer, criterion = optim.AdamW(learned, lr=rate), nn.CrossEntropyLoss()
    one_cycle = optim.lr_scheduler.OneCycleLR
    schedule = one_cycle(optimizer, rate, total_steps=steps) if cycle else None
    chance, moves = np.random.default_rng(seed), np.random.default_rng(seed)
    order = np.array([], int)
    for _ in range(steps):
        if len(order) < BATCH:
            order = np.append(order, chance.permutation(len(labels)))
        now, order = order[:BATCH], order[BATCH:]
        scores = model(minigrad.tensor(shift(images[now], moves, by)))
        loss = criterion(scores, minigrad.tensor(labels[now]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if schedule:
            schedule.step()


def mistakes(model, images, labels):
    """Return how many in 100 images are read wrong, without batch statistics."""
    model.eval()
    with minigrad.no_grad():
        parts = np.array_split(images, 10)
        found = [model(minigrad.tensor(part)).argmax(1).numpy() for part in parts]
    return 100 * (np.concatenate(found) != labels).sum() / len(labels)


def measure(name, seed, epochs, data):
    """Train on the images not held back; return mistakes in 100 of the others."""
    make, settings = VARIANTS[name]
    held = len(data.train_labels) // 6
    learned = data.train_images[:-held], data.train_labels[:-held]
    asked = data.train_images[-held:], data.train_labels[-held:]
    minigrad.manual_seed(seed)
    model = make(nn)
    train(model, *learned, epochs * (len(learned[1]) // BATCH), seed, **settings)
    return mistakes(model, *asked)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    rows = list(VARIANTS)
    chosen = {"choices": rows, "default": rows, "metavar": "ROW"}
    parser.add_argument("--only", nargs="+", help="rows by their names", **chosen)
    asked = parser.parse_args()
    data, table = load_mnist(), csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["What", "Wrong, mean in %", "least", "most"])
    with threadpool_limits(1):
        for name in tqdm(asked.only, leave=False, disable=None):
            found = [measure(name, seed, asked.epochs, data) for seed in asked.seeds]
            shown = [
                f"{number:.2f}" for number in (mean(found), min(found), max(found))
            ]
            table.writerow([name, *shown])
            sys.stdout.flush()


if __name__ == "__main__":
    main()
