"""Programs written for torch run under minigrad and arrive at the same numbers.

Each takes the library as `torch`, as `import minigrad as torch` would give it, and
numbers of NumPy's to begin with; what it returns is compared.
"""

import importlib

import numpy as np
import pytest
import torch

import minigrad


def addition(torch, nn, optim, data):
    x = torch.tensor([1.0, 2.0, 3.0])
    y = torch.tensor([4.0, 5.0, 6.0])
    return [x + y, (x + y).sum(), x * y, x @ y]


def gradients(torch, nn, optim, data):
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x**2
    z = y.mean()
    z.backward()
    w = torch.ones(2, 2, requires_grad=True)
    out = (w + 2) * (w + 2) * 3
    out.mean().backward()
    return [z, x.grad, w.grad]


def linear_regression_by_hand(torch, nn, optim, data):
    x = torch.tensor(data["x"])
    t = torch.tensor(data["t"])
    w = torch.zeros(3, 1, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    losses = []
    for _ in range(100):
        y = x @ w + b
        loss = ((y - t) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
            b -= 0.1 * b.grad
            w.grad.zero_()
            b.grad.zero_()
        losses.append(loss.item())
    return [w, b, *losses]


def two_layers_by_hand(torch, nn, optim, data):
    x, t = torch.tensor(data["x"]), torch.tensor(data["t"])
    w1 = torch.tensor(data["w1"], requires_grad=True)
    w2 = torch.tensor(data["w2"], requires_grad=True)
    for _ in range(50):
        y = (x @ w1).relu() @ w2
        loss = (y - t).pow(2).sum()
        w1.grad, w2.grad = None, None
        loss.backward()
        with torch.no_grad():
            w1 -= 1e-3 * w1.grad
            w2 -= 1e-3 * w2.grad
    return [loss, w1, w2]


def newton(torch, nn, optim, data):
    x = torch.tensor([3.0], dtype=torch.float64, requires_grad=True)
    steps = []
    for _ in range(6):
        y = x**4 - 3 * x**2 + x
        (slope,) = torch.autograd.grad(y, x, create_graph=True)
        (bend,) = torch.autograd.grad(slope, x)
        x = (x - slope / bend).detach().requires_grad_()
        steps.append(x.item())
    return steps


def own_softmax(torch, nn, optim, data):
    scores = torch.tensor(data["x"], requires_grad=True)
    labels = torch.tensor(data["labels"])
    shifted = scores - scores.max(dim=1, keepdim=True).values
    p = shifted.exp() / shifted.exp().sum(dim=1, keepdim=True)
    loss = -p[torch.arange(len(labels)), labels].log().mean()
    loss.backward()
    right = (p.argmax(dim=1) == labels).float().mean()
    return [loss, scores.grad, right, p.sum(1)]


def model(nn):
    class MLP(nn.Module):
        def __init__(self, input_size=3, hidden_size=8, num_classes=3):
            super().__init__()
            self.fc1 = nn.Linear(input_size, hidden_size)
            self.relu = nn.ReLU()
            self.fc2 = nn.Linear(hidden_size, num_classes)

        def forward(self, x):
            out = self.fc1(x)
            out = self.relu(out)
            return self.fc2(out)

    return MLP()


def copy_weights(torch, net, data):
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(torch.tensor(data[name]))


def training(torch, nn, data, make_optimizer):
    net = model(nn)
    copy_weights(torch, net, data)
    optimizer = make_optimizer(net.parameters())
    criterion = nn.CrossEntropyLoss()
    x, labels = torch.tensor(data["x"]), torch.tensor(data["labels"])
    losses = []
    for _ in range(5):
        for start in range(0, len(x), 8):
            batch, target = x[start : start + 8], labels[start : start + 8]
            optimizer.zero_grad()
            loss = criterion(net(batch), target)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        scores = net(x)
        values, predicted = torch.max(scores, 1)
        correct = (predicted == labels).sum().item()
    return [*losses, correct, values, *net.state_dict().values()]


def mlp_with_sgd(torch, nn, optim, data):
    return training(torch, nn, data, lambda p: optim.SGD(p, lr=0.1, momentum=0.9))


def mlp_with_adam(torch, nn, optim, data):
    return training(torch, nn, data, lambda p: optim.Adam(p, lr=0.01))


def small_cnn(torch, nn, optim, data):
    net = nn.Sequential(
        nn.Conv2d(1, 4, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(4 * 4 * 4, 3),
    )
    copy_weights(torch, net, data)
    optimizer = optim.SGD(net.parameters(), lr=0.05)
    images = torch.tensor(data["images"])
    labels = torch.tensor(data["labels"])[: len(images)]
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


PROGRAMS = [
    addition,
    gradients,
    linear_regression_by_hand,
    two_layers_by_hand,
    newton,
    own_softmax,
    mlp_with_sgd,
    mlp_with_adam,
    small_cnn,
]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(4)

    def draw(*shape):
        return rng.standard_normal(shape).astype(np.float32)

    return {
        "x": draw(32, 3),
        "t": draw(32, 1),
        "labels": rng.integers(0, 3, 32),
        "images": draw(8, 1, 8, 8),
        "w1": draw(3, 8),
        "w2": draw(8, 1),
        "fc1.weight": draw(8, 3),
        "fc1.bias": draw(8),
        "fc2.weight": draw(3, 8),
        "fc2.bias": draw(3),
        "0.weight": draw(4, 1, 3, 3),
        "0.bias": draw(4),
        "4.weight": draw(3, 64) / 8,
        "4.bias": draw(3),
    }


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_a_program_arrives_at_torchs_numbers(program, data):
    ours = program(minigrad, minigrad.nn, minigrad.optim, data)
    theirs = program(torch, torch.nn, torch.optim, data)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        a, b = (t.detach().numpy() if hasattr(t, "detach") else t for t in (a, b))
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-5)


def test_what_programs_import_is_there():
    names = ("nn", "nn.functional", "nn.init", "optim", "utils.data", "autograd")
    for name in (*names, "autograd.function", "autograd.functional"):
        importlib.import_module(f"minigrad.{name}")
