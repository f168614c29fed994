"""First values: their bounds, spreads and gains, beside torch's."""

import math

import numpy as np
import pytest
import torch

import minigrad
from minigrad.nn import init

SHAPE = (40, 30, 5, 3)

FILLS = {
    "uniform_": lambda init, t: init.uniform_(t, -2.0, 3.0),
    "normal_": lambda init, t: init.normal_(t, 1.0, 3.0),
    "zeros_": lambda init, t: init.zeros_(t),
    "ones_": lambda init, t: init.ones_(t),
    "constant_": lambda init, t: init.constant_(t, 0.3),
    "xavier_uniform_": lambda init, t: init.xavier_uniform_(t, gain=2.0),
    "xavier_normal_": lambda init, t: init.xavier_normal_(t, gain=2.0),
    "kaiming_uniform_": lambda init, t: init.kaiming_uniform_(t, nonlinearity="relu"),
    "kaiming_uniform_ a": lambda init, t: init.kaiming_uniform_(t, a=math.sqrt(5)),
    "kaiming_normal_": lambda init, t: init.kaiming_normal_(t, mode="fan_out"),
}


@pytest.mark.parametrize("name", FILLS)
def test_fill_has_torchs_distribution(name):
    ours, theirs = minigrad.empty(SHAPE), torch.empty(SHAPE)
    minigrad.manual_seed(0)
    torch.manual_seed(0)
    assert FILLS[name](init, ours) is ours
    a, b = ours.numpy().ravel(), FILLS[name](torch.nn.init, theirs).numpy().ravel()
    quantiles = [0.001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999]
    spread = max(b.std(), abs(b.mean()), 1e-6)
    np.testing.assert_allclose(
        np.quantile(a, quantiles), np.quantile(b, quantiles), atol=0.2 * spread
    )
    np.testing.assert_allclose(
        [a.mean(), a.std()], [b.mean(), b.std()], atol=0.05 * spread
    )


LAYERS = {
    "Linear": (lambda nn: nn.Linear(100, 3000), 100),
    "Conv2d": (lambda nn: nn.Conv2d(4, 3000, 5), 100),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layer_begins_uniform_in_torchs_bounds(name):
    make, fan_in = LAYERS[name]
    bound = 1 / math.sqrt(fan_in)
    for tensor in make(minigrad.nn).parameters():
        values = tensor.detach().numpy()
        assert 0.99 * bound < values.max() <= bound
        assert -bound <= values.min() < -0.99 * bound
        assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.05)


def test_layer_draws_from_the_seed():
    first, again = (
        minigrad.manual_seed(3) and minigrad.nn.Linear(4, 4).weight for _ in range(2)
    )
    assert (first == again).all()
    assert not (first == minigrad.nn.Linear(4, 4).weight).all()


def test_layer_without_inputs_begins_with_torchs_warning():
    with pytest.warns(
        UserWarning, match="Initializing zero-element tensors is a no-op"
    ):
        layer = minigrad.nn.Linear(0, 3)
    assert layer.bias.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "settings",
    [
        (name,)
        for name in (
            "linear",
            "conv2d",
            "sigmoid",
            "tanh",
            "relu",
            "leaky_relu",
            "selu",
        )
    ]
    + [("leaky_relu", 0.2)],
)
def test_gain_is_torchs(settings):
    ours = init.calculate_gain(*settings)
    assert ours == pytest.approx(torch.nn.init.calculate_gain(*settings), rel=1e-15)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 5), (3, 4, 5, 6)])
def test_fans_are_torchs(shape):
    fans = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
    assert init._calculate_fan_in_and_fan_out(minigrad.empty(shape)) == fans


def test_generator_decides_the_draw():
    draws = [
        init.normal_(minigrad.empty(5), generator=minigrad.Generator().manual_seed(1))
        for _ in range(2)
    ]
    assert (draws[0] == draws[1]).all()


def test_parameter_is_filled_without_history():
    weight = minigrad.nn.Parameter(minigrad.ones(2, 2))
    init.xavier_normal_(weight)
    assert weight.is_leaf
    assert weight.requires_grad
