"""Module: names, order, walks and saving, beside torch's."""

import copy
from collections import OrderedDict

import numpy as np
import pytest
import torch

import minigrad


def nested(L, *, shared=False):
    """A network of library L with nested, named, shared and missing members."""

    class Block(L.nn.Module):
        def __init__(self, width):
            super().__init__()
            self.body = L.nn.Sequential(L.nn.Linear(width, width), L.nn.Tanh())
            self.scale = L.nn.Parameter(L.ones(width))
            self.register_parameter("shift", None)
            self.register_buffer("seen", L.zeros(width))
            self.register_buffer("cache", L.zeros(1), persistent=False)
            self.skip = None

        def forward(self, x):
            return x + self.scale * self.body(x)

    class Net(L.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = Block(3)
            self.blocks = L.nn.Sequential(
                OrderedDict(a=Block(3), b=self.first if shared else Block(3))
            )
            self.weight = self.first.scale if shared else L.nn.Parameter(L.zeros(2))
            self.activation = L.nn.ReLU()

        def forward(self, x):
            return self.activation(self.blocks(self.first(x)))

    return Net()


def names(pairs):
    return [name for name, _ in pairs]


WALKS = {
    "named_parameters": lambda m: names(m.named_parameters()),
    "named_parameters with prefix": lambda m: names(m.named_parameters("net")),
    "named_parameters without recursion": lambda m: names(
        m.named_parameters(recurse=False)
    ),
    "named_parameters with duplicates": lambda m: names(
        m.named_parameters(remove_duplicate=False)
    ),
    "named_modules": lambda m: [(n, type(c).__name__) for n, c in m.named_modules()],
    "named_modules with duplicates": lambda m: names(
        m.named_modules(remove_duplicate=False)
    ),
    "named_children": lambda m: names(m.named_children()),
    "named_buffers": lambda m: names(m.named_buffers()),
    "named_buffers without recursion": lambda m: names(m.named_buffers(recurse=False)),
    "parameters": lambda m: [tuple(p.shape) for p in m.parameters()],
    "buffers": lambda m: [tuple(b.shape) for b in m.buffers()],
    "modules": lambda m: [type(c).__name__ for c in m.modules()],
    "children": lambda m: [type(c).__name__ for c in m.children()],
    "state_dict": lambda m: list(m.state_dict()),
    "state_dict with prefix": lambda m: list(m.state_dict(prefix="net.")),
    "eval": lambda m: [c.training for c in m.eval().modules()],
    "train": lambda m: [c.training for c in m.eval().train().modules()],
    "dtypes after double": lambda m: [
        str(t.dtype) for t in m.double().state_dict().values()
    ],
    "requires_grad_": lambda m: [
        p.requires_grad for p in m.requires_grad_(False).parameters()
    ],
    "repr": repr,
    "dir": lambda m: [n for n in dir(m) if n in ("first", "blocks", "weight")],
}


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("walk", WALKS)
def test_walk_equals_torchs(walk, shared):
    ours, theirs = (WALKS[walk](nested(L, shared=shared)) for L in (minigrad, torch))
    assert ours == theirs


def test_apply_visits_the_innermost_first():
    ours, theirs = [], []
    nested(minigrad).apply(lambda module: ours.append(type(module).__name__))
    nested(torch).apply(lambda module: theirs.append(type(module).__name__))
    assert ours == theirs


def changed_list(nn):
    layers = nn.ModuleList([nn.ReLU(), nn.Tanh()]) + nn.ModuleList([nn.SELU()])
    layers.insert(1, nn.Sigmoid())
    layers += [nn.SiLU(), nn.ELU()]
    layers[-1] = nn.Identity()
    del layers[0]
    layers.append(layers[1:3])
    return layers


def changed_dict(nn):
    layers = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(2, 2), "c": nn.ReLU()})
    layers.update([("d", nn.SELU()), ("a", nn.SiLU())])
    del layers["b"]
    assert isinstance(layers.pop("c"), nn.ReLU)
    assert list(layers) == list(layers.keys()) == ["a", "d"]
    assert "a" in layers
    assert "b" not in layers
    assert [layers["a"], layers["d"]] == list(layers.values())
    assert len(layers) == 2
    return layers


REPRS = {
    "Conv1d": lambda nn: nn.Conv1d(2, 3, 5, stride=2, padding=1, bias=False),
    "Conv1d same": lambda nn: nn.Conv1d(2, 3, 5, padding="same"),
    "MaxPool1d": lambda nn: nn.MaxPool1d(2, padding=1),
    "MaxPool1d with all": lambda nn: nn.MaxPool1d(2, 1, ceil_mode=True),
    "AvgPool1d": lambda nn: nn.AvgPool1d(2, 3),
    "AvgPool2d": lambda nn: nn.AvgPool2d((2, 3), padding=1),
    "AdaptiveAvgPool2d": lambda nn: nn.AdaptiveAvgPool2d((None, 3)),
    "Embedding": lambda nn: nn.Embedding(3, 4),
    "Embedding with padding": lambda nn: nn.Embedding(3, 4, padding_idx=-1),
    "ModuleList": lambda nn: nn.ModuleList(
        [nn.ReLU(), nn.Linear(2, 2), nn.Linear(2, 2), nn.Sequential(nn.Tanh())]
    ),
    "changed ModuleList": lambda nn: changed_list(nn),
    "empty ModuleList": lambda nn: nn.ModuleList(),
    "ModuleDict": lambda nn: changed_dict(nn),
    "ParameterList": lambda nn: nn.ParameterList(
        [nn.Linear(2, 3).weight, nn.Linear(2, 3).weight.detach()]
    ),
    "ParameterList of one": lambda nn: nn.ParameterList([nn.Linear(2, 3).weight]),
    "LeakyReLU": lambda nn: nn.LeakyReLU(0.2, inplace=True),
    "LeakyReLU as it comes": lambda nn: nn.LeakyReLU(),
    "PReLU": lambda nn: nn.PReLU(3),
    "ELU": lambda nn: nn.ELU(0.5),
    "ELU in place": lambda nn: nn.ELU(inplace=True),
    "SELU": lambda nn: nn.SELU(True),
    "SiLU": lambda nn: nn.SiLU(),
    "GELU": lambda nn: nn.GELU("tanh"),
    "Softplus": lambda nn: nn.Softplus(2, threshold=3),
    "Softplus as it comes": lambda nn: nn.Softplus(),
    "Softsign": lambda nn: nn.Softsign(),
    "Hardtanh": lambda nn: nn.Hardtanh(),
    "Hardtanh with all": lambda nn: nn.Hardtanh(-2, 3.0, True),
    "LogSigmoid": lambda nn: nn.LogSigmoid(),
    "Softmax": lambda nn: nn.Softmax(dim=1),
    "LogSoftmax": lambda nn: nn.LogSoftmax(),
    "BatchNorm1d": lambda nn: nn.BatchNorm1d(3),
    "BatchNorm2d with all": lambda nn: nn.BatchNorm2d(
        3, 0.1, None, False, track_running_stats=False
    ),
    "BatchNorm2d without bias": lambda nn: nn.BatchNorm2d(3, bias=False),
    "LayerNorm": lambda nn: nn.LayerNorm(3),
    "LayerNorm with all": lambda nn: nn.LayerNorm([2, 3], 0.1, bias=False),
    "LayerNorm without weight": lambda nn: nn.LayerNorm((2,), elementwise_affine=False),
    "GroupNorm": lambda nn: nn.GroupNorm(2, 4, affine=False),
    "Dropout": lambda nn: nn.Dropout(),
    "Dropout2d": lambda nn: nn.Dropout2d(0.2, inplace=True),
    "L1Loss": lambda nn: nn.L1Loss(),
    "BCELoss": lambda nn: nn.BCELoss(),
    "KLDivLoss": lambda nn: nn.KLDivLoss(reduction="batchmean"),
    "Linear": lambda nn: nn.Linear(3, 4),
    "Linear without bias": lambda nn: nn.Linear(3, 4, bias=False),
    "Conv2d": lambda nn: nn.Conv2d(1, 16, 5),
    "Conv2d with all": lambda nn: nn.Conv2d(
        3, 2, (3, 5), stride=2, padding=(1, 2), bias=False
    ),
    "Conv2d in groups": lambda nn: nn.Conv2d(4, 6, 3, dilation=(1, 2), groups=2),
    "Conv2d valid": lambda nn: nn.Conv2d(1, 2, 3, padding="valid"),
    "Conv2d same": lambda nn: nn.Conv2d(1, 2, 3, padding="same"),
    "MaxPool2d": lambda nn: nn.MaxPool2d(2),
    "MaxPool2d with all": lambda nn: nn.MaxPool2d((2, 3), (1, 2), 1),
    "ReLU": lambda nn: nn.ReLU(),
    "ReLU in place": lambda nn: nn.ReLU(True),
    "Sigmoid": lambda nn: nn.Sigmoid(),
    "Tanh": lambda nn: nn.Tanh(),
    "Flatten": lambda nn: nn.Flatten(),
    "Flatten with all": lambda nn: nn.Flatten(0, 2),
    "Identity": lambda nn: nn.Identity(54, unused=0.1),
    "CrossEntropyLoss": lambda nn: nn.CrossEntropyLoss(label_smoothing=0.1),
    "NLLLoss": lambda nn: nn.NLLLoss(reduction="sum"),
    "MSELoss": lambda nn: nn.MSELoss(),
    "Sequential": lambda nn: nn.Sequential(nn.Linear(2, 3), nn.ReLU()),
    "empty Sequential": lambda nn: nn.Sequential(),
    "nested Sequential": lambda nn: nn.Sequential(
        nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU())), nn.Tanh()
    ),
    "Sequential with names": lambda nn: nn.Sequential(
        OrderedDict(hidden=nn.Linear(2, 3), out=nn.Linear(3, 1))
    ),
    "Parameter": lambda nn: nn.Parameter(nn.Linear(2, 1).weight.detach() * 0 + 0.5),
    "no Parameter": lambda nn: nn.Parameter(),
    "several settings": lambda nn: type(
        "Net", (nn.Sequential,), {"extra_repr": lambda self: "first=1,\nsecond=2"}
    )(nn.ReLU()),
    "settings on two lines": lambda nn: type(
        "Net", (nn.Module,), {"extra_repr": lambda self: "first=1,\nsecond=2"}
    )(),
}


@pytest.mark.parametrize("name", REPRS)
def test_repr_and_state_equal_torchs(name):
    ours, theirs = (REPRS[name](L.nn) for L in (minigrad, torch))
    assert repr(ours) == repr(theirs)
    if isinstance(ours, minigrad.nn.Module):
        assert described(ours) == described(theirs)


def described(module):
    """Names, shapes, dtypes and sums of what a module saves; the sums of constants."""
    drawn = ("Linear", "Conv", "Embedding", "RNN", "LSTM")
    drawn += ("ParameterList",)
    fixed = not any(type(m).__name__.startswith(drawn) for m in module.modules())
    return [
        (name, tuple(t.shape), str(t.dtype), t.double().sum().item() if fixed else 0)
        for name, t in module.state_dict().items()
    ]


def to_torch(state):
    return {name: torch.tensor(t.numpy()) for name, t in state.items()}


def to_minigrad(state):
    return {name: minigrad.from_numpy(t.numpy()) for name, t in state.items()}


def test_state_goes_to_torch_and_comes_back():
    ours, theirs, again = nested(minigrad), nested(torch), nested(minigrad)
    x = np.random.default_rng(0).standard_normal((4, 3)).astype("float32")
    theirs.load_state_dict(to_torch(ours.state_dict()))
    expected = theirs(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(
        ours(minigrad.tensor(x)).detach().numpy(), expected, 1e-5, 1e-6
    )
    report = again.load_state_dict(to_minigrad(theirs.state_dict()))
    assert repr(report) == "<All keys matched successfully>"
    for name, tensor in ours.state_dict().items():
        assert (again.state_dict()[name] == tensor).all()


UNFITTING = {
    "missing": lambda L, s: {k: v for k, v in s.items() if "0.bias" not in k},
    "unexpected": lambda L, s: {**s, "other": L.zeros(1), "more": L.zeros(1)},
    "sizes": lambda L, s: {**s, "weight": L.zeros(3, 2), "first.seen": L.zeros(1)},
    "all": lambda L, s: {"other": L.zeros(1), "weight": L.zeros(3)},
    "no tensor": lambda L, s: {**s, "weight": [1.0, 2.0]},
}


@pytest.mark.parametrize("assign", [False, True])
@pytest.mark.parametrize("case", UNFITTING)
def test_state_that_does_not_fit_is_refused_in_torchs_words(case, assign):
    words = []
    for L in (minigrad, torch):
        model = nested(L)
        state = UNFITTING[case](L, model.state_dict())
        with pytest.raises(RuntimeError) as error:
            model.load_state_dict(state, assign=assign)
        words.append(str(error.value))
    assert words[0] == words[1]


@pytest.mark.parametrize("L", [minigrad, torch], ids=["minigrad", "torch"])
def test_assigned_state_is_not_copied(L):
    norm = L.nn.BatchNorm1d(2)
    model = L.nn.Sequential(L.nn.Linear(2, 2, bias=False), norm, norm)
    model[0].weight.requires_grad_(False)
    state = {name: tensor.double() for name, tensor in model.state_dict().items()}
    state["1.bias"] = L.nn.Parameter(L.ones(2), requires_grad=False)
    assert repr(model.load_state_dict(state, assign=True)).startswith("<All keys")
    weight = model[0].weight
    assert isinstance(weight, L.nn.Parameter)
    assert weight.dtype == L.float64
    assert not weight.requires_grad
    assert norm.weight.requires_grad
    assert norm.bias.data.tolist() == state["2.bias"].tolist()
    assert norm.running_mean is state["2.running_mean"]
    state["0.weight"].fill_(3.0)
    assert weight.tolist() == [[3.0, 3.0], [3.0, 3.0]]
    assert list(dict(model.named_parameters())) == ["0.weight", "1.weight", "1.bias"]
    bias = L.nn.Parameter(L.ones(2), requires_grad=False)
    model.load_state_dict({"2.bias": bias}, strict=False, assign=True)
    assert norm.bias is bias
    assert bias.requires_grad


def test_state_that_is_not_strict_reports_what_did_not_match():
    model = nested(minigrad)
    report = model.load_state_dict({"weight": minigrad.ones(2), "x": 1}, strict=False)
    assert report.unexpected_keys == ["x"]
    assert report.missing_keys == list(model.state_dict())[1:]
    assert repr(report).startswith("_IncompatibleKeys(missing_keys=['first.scale', ")
    assert model.weight.tolist() == [1.0, 1.0]


def test_state_shares_memory_with_the_model_without_history():
    model = minigrad.nn.Linear(2, 2)
    state = model.state_dict()
    state["bias"].fill_(7.0)
    assert model.bias.tolist() == [7.0, 7.0]
    assert not state["bias"].requires_grad
    assert model.state_dict(keep_vars=True)["bias"] is model.bias


def test_loading_is_noticed_by_a_graph_that_kept_the_weights():
    model = minigrad.nn.Linear(2, 2)
    x = minigrad.ones(1, 2, requires_grad=True)
    loss = model(x).sum()
    model.load_state_dict(model.state_dict())
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_attribute_changes_its_table():
    model = minigrad.nn.Module()
    weight = minigrad.nn.Parameter(minigrad.ones(1))
    model.thing = 3
    model.thing = weight
    assert names(model.named_parameters()) == ["thing"]
    model.thing = minigrad.nn.ReLU()
    assert not list(model.parameters())
    assert names(model.named_children()) == ["thing"]
    del model.thing
    assert not list(model.children())
    assert not hasattr(model, "thing")


def test_reassigned_parameter_keeps_its_place():
    model = minigrad.nn.Linear(2, 2)
    model.weight = minigrad.nn.Parameter(minigrad.ones(2, 2))
    assert list(model.state_dict()) == ["weight", "bias"]
    model.bias = None
    assert list(model.state_dict()) == ["weight"]
    assert model.bias is None


def test_buffer_may_be_replaced_by_a_tensor():
    model = nested(minigrad).first
    model.seen = minigrad.ones(3)
    assert model.state_dict()["seen"].tolist() == [1.0, 1.0, 1.0]
    assert names(model.named_buffers()) == ["seen", "cache"]


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad_forgets_gradients(set_to_none):
    model = minigrad.nn.Linear(2, 1)
    model(minigrad.ones(3, 2)).sum().backward()
    kept = model.weight.grad
    model.zero_grad(set_to_none)
    if set_to_none:
        assert model.weight.grad is None
    else:
        assert model.weight.grad.tolist() == [[0.0, 0.0]]
        assert kept.tolist() == [[0.0, 0.0]]


def test_to_moves_and_converts_but_keeps_the_parameters():
    model = nested(minigrad)
    before = list(model.parameters())
    model.first(minigrad.ones(1, 3)).sum().backward()
    model.register_buffer("count", minigrad.tensor([3]))
    assert model.to("torch", minigrad.float64) is model
    assert all(a is b for a, b in zip(before, model.parameters(), strict=True))
    for tensor in [*model.parameters(), model.first.seen, model.first.scale.grad]:
        assert (str(tensor.device), tensor.dtype) == ("torch", minigrad.float64)
    assert (str(model.count.device), model.count.dtype) == ("torch", minigrad.int64)
    model.float().to("cpu")
    assert str(model.weight.device) == "cpu"
    assert model.weight.dtype is minigrad.float32
    model.to(minigrad.zeros(1, dtype=minigrad.float64))
    assert model.weight.dtype is minigrad.float64
    assert model.to(device="torch", dtype=None).weight.dtype is minigrad.float64


def test_parameter_is_the_only_class_that_is_listed():
    weight = minigrad.nn.Parameter(minigrad.ones(2))
    assert type(weight * 2) is minigrad.Tensor
    assert type(weight.detach()) is minigrad.Tensor
    assert weight.is_leaf
    assert weight.requires_grad
    assert not minigrad.nn.Parameter(
        minigrad.ones(2), requires_grad=False
    ).requires_grad


def test_parameter_shares_memory_with_its_tensor():
    data = minigrad.zeros(2)
    weight = minigrad.nn.Parameter(data)
    data.fill_(3.0)
    assert weight.tolist() == [3.0, 3.0]


def test_write_to_the_tensor_of_a_parameter_is_noticed():
    data = minigrad.ones(2)
    weight = minigrad.nn.Parameter(data)
    loss = (weight * weight).sum()
    data.fill_(3.0)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_deepcopy_is_independent_and_keeps_sharing():
    model = nested(minigrad, shared=True)
    twin = copy.deepcopy(model)
    assert type(twin.weight) is minigrad.nn.Parameter
    assert twin.weight is twin.first.scale
    assert twin.weight is not model.weight
    twin.weight.data.fill_(5.0)
    assert model.weight.tolist() == [1.0, 1.0, 1.0]


def test_sequential_is_a_list():
    layers = [minigrad.nn.Linear(2, 3), minigrad.nn.ReLU(), minigrad.nn.Linear(3, 1)]
    model = minigrad.nn.Sequential(*layers)
    assert [model[0], model[-1], len(model)] == [layers[0], layers[2], 3]
    assert list(model) == layers
    assert list(model[1:]) == layers[1:]
    assert list(model[1:].state_dict()) == ["2.weight", "2.bias"]
    assert model.append(minigrad.nn.Tanh()) is model
    assert repr(model[3]) == "Tanh()"
