"""T1, T2, T4, T7: whole training steps, the same program for every library with torch's
names.

The single idea: minigrad is meant to run torch's programs, so one function builds the
network, the optimizer and the step for both. The other libraries' steps stand in
peers.py.
"""

from functools import partial

import numpy as np
import torch

import minigrad

from . import peers
from .measure import Case, cpu, wall

MLP_GOALS = {
    64: {"minigrad cpu": (0.85, 0.7), "minigrad torch": (0.85, 0.7)},
    512: {"minigrad cpu": (1.0, 0.85), "minigrad torch": (0.95, 0.86)},
}
LENET_GOALS = {"minigrad cpu": (1.25, 1.0), "minigrad torch": (0.9, 0.78)}
TWO_GOALS = {
    64: {"minigrad cpu": (1.5, 1.0), "minigrad torch": (0.95, 0.7)},
    256: {"minigrad cpu": (1.5, 1.0), "minigrad torch": (0.95, 0.85)},
}
EPOCH_GOALS = {"minigrad cpu": (0.9, 0.65), "minigrad torch": (0.7, 0.5)}
DEPTH_GOALS = {"minigrad cpu": (0.8, 0.8), "minigrad torch": (1.0, 1.0)}
LINEAR_GOALS = {"minigrad cpu": (1.0, 1.0), "minigrad torch": (1.0, 1.0)}


def cases(quick):
    for batch in (64, 512):
        steps = contenders(mlp, (784,), "Adam", batch)
        steps |= {name: partial(peers.mlp[name], batch) for name in peers.mlp}
        yield Case(f"T1 MLP step, Adam, batch {batch}", steps, MLP_GOALS[batch])
    for batch in (64, 256):
        steps = contenders(lenet, (1, 28, 28), "SGD", batch)
        steps["torch channels_last"] = channels_last(lenet, (1, 28, 28), "SGD", batch)
        if batch == 64:
            steps |= {name: partial(peers.lenet[name], batch) for name in peers.lenet}
        name = f"T2 LeNet step, SGD, batch {batch}"
        yield Case(name, steps, LENET_GOALS)
        name = f"T2 batch {batch}, 2 threads, wall"
        yield Case(name, steps, TWO_GOALS[batch], gauge=wall, threads=2)
    images = 1280 if quick else 60000
    name = f"T4 epoch with loader, {images} images"
    yield Case(name, epochs(images), EPOCH_GOALS, rounds=1, unit="s", scale=1, trials=1)
    for layers in (2, 64):
        yield Case(f"T7 {layers} layers, batch 16", deep(layers), DEPTH_GOALS)
    growing = {name: partial(both, deep(2)[name], deep(64)[name]) for name in deep(2)}
    name = "T7 64 layers / 2 layers"
    yield Case(name, growing, LINEAR_GOALS, gauge=growth, scale=1, unit="", check=None)


def mlp(nn):
    return nn.Sequential(
        *(nn.Linear(784, 256), nn.ReLU()),
        *(nn.Linear(256, 128), nn.ReLU()),
        nn.Linear(128, 10),
    )


def lenet(nn):
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Flatten(),
        *(nn.Linear(1568, 120), nn.ReLU()),
        *(nn.Linear(120, 84), nn.ReLU()),
        nn.Linear(84, 10),
    )


def stack(layers, nn):
    hidden = [layer for _ in range(layers) for layer in (nn.Linear(64, 64), nn.Tanh())]
    return nn.Sequential(*hidden, nn.Linear(64, 10))


def weights(network):
    """{name: NumPy array}, what every contender begins with."""
    torch.manual_seed(0)
    return {k: w.numpy().copy() for k, w in network(torch.nn).state_dict().items()}


def batch_of(shape, batch):
    rng = np.random.default_rng(0)
    images = rng.standard_normal((batch, *shape)).astype(np.float32)
    return images, rng.integers(0, 10, batch)


def build(network, library, device):
    model = network(library.nn)
    model.load_state_dict({k: library.tensor(w) for k, w in weights(network).items()})
    return model.to(device)


def contenders(network, shape, optimizer, batch):
    make = partial(step, network, shape, optimizer, batch)
    return {
        "torch": partial(make, torch, "cpu"),
        "minigrad cpu": partial(make, minigrad, "cpu"),
        "minigrad torch": partial(make, minigrad, "torch"),
        "torch.compile": partial(make, torch, "cpu", change=torch.compile),
    }


def channels_last(network, shape, optimizer, batch):
    form = torch.channels_last
    change = partial(torch.nn.Module.to, memory_format=form)
    return partial(step, network, shape, optimizer, batch, torch, "cpu", change=change)


def step(network, shape, optimizer, batch, library, device, change=None, **settings):
    """A training step on one batch, which returns the loss.

    settings: further ones of the optimizer
    """
    images, labels = (library.tensor(a, device=device) for a in batch_of(shape, batch))
    model = build(network, library, device)
    update = getattr(library.optim, optimizer)
    update = update(model.parameters(), lr=1e-3, **settings)
    criterion = library.nn.CrossEntropyLoss()
    model = change(model) if change else model

    def work():
        loss = criterion(model(images), labels)
        update.zero_grad()
        loss.backward()
        update.step()
        return loss

    return work


# T4: an epoch, as a user of each library writes it.


def epochs(images):
    own = partial(epoch, images, minigrad)
    return {
        "torch": partial(epoch, images, torch, "cpu", torchvision_set),
        "minigrad cpu": partial(own, "cpu", own_set),
        "minigrad torch": partial(own, "torch", own_set),
    }


def epoch(images, library, device, dataset):
    """An epoch with the library's loader, which returns the mean of its losses."""
    samples = dataset(device)
    order = np.random.default_rng(0).permutation(60000)[:images].tolist()
    loader = library.utils.data.DataLoader(samples, batch_size=64, sampler=order)

    def work():
        model = build(lenet, library, device)
        update = library.optim.Adam(model.parameters())
        criterion, losses = library.nn.CrossEntropyLoss(), []
        for inputs, labels in loader:
            loss = criterion(model(inputs), labels)
            update.zero_grad()
            loss.backward()
            update.step()
            losses.append(loss.item())
        return np.mean(losses)

    return work


def digits():
    from minigrad.book import load_mnist

    data = load_mnist()
    if data.source != "MNIST":
        raise RuntimeError("MNIST is not here: set MINIGRAD_DATA")
    return data


def own_set(device):
    data = digits()
    tensors = [minigrad.tensor(a, device=device) for a in data[:2]]
    return minigrad.utils.data.TensorDataset(*tensors)


def torchvision_set(device):
    """torchvision's data set and transform, over the digits that `digits` found."""
    from torchvision import datasets, transforms

    samples = datasets.MNIST.__new__(datasets.MNIST)
    images, labels = digits()[:2]
    samples.data = torch.from_numpy(np.rint(images[:, 0] * 255).astype(np.uint8))
    samples.targets = torch.from_numpy(labels)
    samples.transform, samples.target_transform = transforms.ToTensor(), None
    return samples


# T7: depth.


def deep(layers):
    steps = contenders(partial(stack, layers), (64,), "SGD", 16)
    return {name: steps[name] for name in ("torch", "minigrad cpu", "minigrad torch")}


def both(shallow, deep):
    return shallow(), deep()


def growth(works):
    """How many times longer the second piece of work takes than the first."""
    shallow, deep = works
    return cpu(deep) / cpu(shallow)
