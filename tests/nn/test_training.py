"""Twenty training steps from the same weights, in float64, are torch's to 1e-10."""

import numpy as np
import pytest
import torch

import minigrad

RANDOM = np.random.default_rng(0)
ROWS, IMAGES = RANDOM.standard_normal((16, 6)), RANDOM.standard_normal((6, 1, 12, 12))
CLASSES, FEW = RANDOM.integers(0, 4, 16), RANDOM.integers(0, 4, 6)
TARGETS = RANDOM.standard_normal((16, 2))


def mlp(nn, activation, outputs):
    return nn.Sequential(nn.Linear(6, 8), activation, nn.Linear(8, outputs))


def lenet(nn, **conv):
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, **conv),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 5, (3, 2), stride=(1, 2), **conv),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=1, padding=1),
        nn.Flatten(),
        nn.Linear(5 * 4 * 3, 4),
    )


def normalized(nn, **settings):
    return nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4, **settings),
        nn.LeakyReLU(0.1),
        nn.MaxPool2d(2),
        nn.GroupNorm(2, 4),
        nn.Flatten(),
        nn.Linear(100, 8),
        nn.BatchNorm1d(8, **settings),
        nn.PReLU(),
        nn.Linear(8, 4),
        nn.LayerNorm(4),
        nn.LogSoftmax(1),
    )


def with_loss(activation, make_loss, targets=TARGETS):
    """A run of a network with this activation and loss."""
    return lambda nn: mlp(nn, activation(nn), 2), make_loss, ROWS, targets


# name: (model, loss, inputs, targets)
RUNS = {
    "Conv1d, pools": (
        lambda nn: nn.Sequential(
            nn.Flatten(1, 2),
            nn.Conv1d(12, 5, 3, padding="same"),
            nn.MaxPool1d(2),
            nn.AvgPool1d(2, 1),
            nn.Flatten(),
            nn.Linear(25, 4),
        ),
        lambda nn: nn.CrossEntropyLoss(),
        IMAGES,
        FEW,
    ),
    "average pools": (
        lambda nn: nn.Sequential(
            nn.Conv2d(1, 5, 3),
            nn.AvgPool2d(3, 2, 1, count_include_pad=False),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(20, 4),
        ),
        lambda nn: nn.CrossEntropyLoss(),
        IMAGES,
        FEW,
    ),
    "Embedding": (
        lambda nn: nn.Sequential(
            nn.Embedding(4, 3, padding_idx=2), nn.GELU(), nn.Linear(3, 4)
        ),
        lambda nn: nn.CrossEntropyLoss(),
        CLASSES[::-1].copy(),
        CLASSES,
    ),
    "batch, group and layer norm": (
        normalized,
        lambda nn: nn.NLLLoss(),
        IMAGES,
        FEW,
    ),
    "batch norm, plain average": (
        lambda nn: normalized(nn, momentum=None, affine=False),
        lambda nn: nn.NLLLoss(),
        IMAGES,
        FEW,
    ),
    "batch norm without running statistics": (
        lambda nn: normalized(nn, track_running_stats=False, eps=0.1),
        lambda nn: nn.NLLLoss(),
        IMAGES,
        FEW,
    ),
    "ELU, L1Loss": with_loss(lambda nn: nn.ELU(0.5), lambda nn: nn.L1Loss()),
    "SELU, SmoothL1Loss": with_loss(
        lambda nn: nn.SELU(), lambda nn: nn.SmoothL1Loss(beta=0.7)
    ),
    "SiLU, HuberLoss": with_loss(
        lambda nn: nn.SiLU(), lambda nn: nn.HuberLoss("sum", 0.3)
    ),
    "Softplus, BCEWithLogitsLoss": with_loss(
        lambda nn: nn.Softplus(2.0),
        lambda nn: nn.BCEWithLogitsLoss(),
        np.abs(np.sin(TARGETS)),
    ),
    "Softsign, Softmax": with_loss(
        lambda nn: nn.Sequential(nn.Softsign(), nn.Softmax(1)), lambda nn: nn.MSELoss()
    ),
    "Hardtanh, KLDivLoss": (
        lambda nn: nn.Sequential(
            nn.Linear(6, 3), nn.Hardtanh(-0.6, 0.5), nn.LogSigmoid()
        ),
        lambda nn: nn.KLDivLoss(reduction="batchmean"),
        ROWS,
        np.abs(np.sin(ROWS[:, :3])),
    ),
    "Sigmoid, BCELoss": (
        lambda nn: nn.Sequential(nn.Linear(6, 2), nn.GELU("tanh"), nn.Sigmoid()),
        lambda nn: nn.BCELoss(),
        ROWS,
        np.abs(np.sin(TARGETS)),
    ),
    "ReLU, CrossEntropyLoss": (
        lambda nn: mlp(nn, nn.ReLU(), 4),
        lambda nn: nn.CrossEntropyLoss(),
        ROWS,
        CLASSES,
    ),
    "Sigmoid, smoothed CrossEntropyLoss": (
        lambda nn: mlp(nn, nn.Sigmoid(), 4),
        lambda nn: nn.CrossEntropyLoss(label_smoothing=0.1, ignore_index=2),
        ROWS,
        CLASSES,
    ),
    "Tanh, MSELoss": (
        lambda nn: mlp(nn, nn.Tanh(), 2),
        lambda nn: nn.MSELoss(),
        ROWS,
        TARGETS,
    ),
    "Identity, NLLLoss, sum": (
        lambda nn: mlp(nn, nn.Identity(), 4),
        lambda nn: nn.NLLLoss(reduction="sum", ignore_index=1),
        ROWS,
        CLASSES,
    ),
    "MSELoss, sum": (
        lambda nn: nn.Linear(6, 2, bias=False),
        lambda nn: nn.MSELoss(reduction="sum"),
        ROWS,
        TARGETS,
    ),
    "CNN": (lenet, lambda nn: nn.CrossEntropyLoss(), IMAGES, FEW),
    "CNN without bias": (
        lambda nn: lenet(nn, bias=False),
        lambda nn: nn.CrossEntropyLoss(),
        IMAGES,
        FEW,
    ),
}


def train(model, loss, x, t, optimizer):
    """The losses of twenty steps."""
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        value = loss(model(x), t)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses


@pytest.mark.parametrize("device", ["cpu", "torch"])
@pytest.mark.parametrize("name", RUNS)
def test_training_equals_torchs(name, device):
    make_model, make_loss, x, t = RUNS[name]
    ours, theirs = (make_model(L.nn).double() for L in (minigrad, torch))
    begin = {k: v.numpy() for k, v in theirs.state_dict().items()}
    ours.load_state_dict({k: minigrad.tensor(v) for k, v in begin.items()})
    ours.to(device)
    expected = train(
        theirs,
        make_loss(torch.nn),
        torch.tensor(x),
        torch.tensor(t),
        torch.optim.SGD(theirs.parameters(), lr=0.02),
    )
    found = train(
        ours,
        make_loss(minigrad.nn),
        minigrad.tensor(x, device=device),
        minigrad.tensor(t, device=device),
        minigrad.optim.SGD(ours.parameters(), lr=0.02),
    )
    assert expected[-1] < expected[0]
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    for k, v in theirs.state_dict().items():
        mine = ours.state_dict()[k].cpu().numpy()
        np.testing.assert_allclose(mine, v.numpy(), rtol=1e-10, atol=1e-10)
    ours.eval(), theirs.eval()
    found, expected = ours(minigrad.tensor(x, device=device)), theirs(torch.tensor(x))
    found, expected = found.detach().cpu().numpy(), expected.detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


def test_weighted_loss_saves_and_moves_its_weight():
    loss = minigrad.nn.CrossEntropyLoss(weight=minigrad.tensor([1.0, 2.0]))
    assert list(loss.state_dict()) == ["weight"]
    assert loss.to("torch").weight.device.type == "torch"
    assert list(loss.parameters()) == []
    scores = minigrad.tensor([[0.0, 0.0]], device="torch")
    target = minigrad.tensor([1], device="torch")
    assert loss(scores, target).item() == pytest.approx(np.log(2))
