"""Containers changed in every way a list or dictionary can be, beside torch's."""

import copy
from collections import OrderedDict

import pytest
import torch
from judge import outcome

import minigrad

ROW = """
m[0] = nn.Tanh() | m[-1] = nn.Tanh() | m[3] = nn.Tanh() | m[0] = 3 | del m[0]
del m[-1] | del m[1:] | del m[3] | m.append(nn.Tanh()) | m.extend([nn.Tanh()] * 2)
m.extend(3) | m.insert(0, nn.Tanh()) | m.insert(2, nn.Tanh()) | m.pop(0) | m.pop(-1)
m.pop(5) | m = m[1:] | m = m[:-1] | m = m[::2] | m = m[-1] | m = m[4] | m += make(1)
m = m + make(2) | m = m + 3 | m.insert(1, nn.Tanh()); m[1] = nn.ELU(); del m[0]
m = make(0); m.append(nn.Tanh()); m.extend(make(2)); m.pop(1)
"""
DICTIONARY = """
m["a"] = nn.Tanh() | m["c"] = nn.Tanh() | m["c"] = 3 | m[3] = nn.Tanh() | del m["a"]
del m["c"] | m.pop("a") | m.pop("c") | m.clear() | m.update({"c": nn.Tanh()})
m.update([("a", nn.Tanh()), ("a", nn.ReLU())]) | m.update(3) | m = m["b"] | m = m["c"]
m = type(m)(m) | m = type(m)([("x", nn.ReLU())]) | m.update(type(m)({"z": nn.ELU()}))
"""
PARAMETERS = """
m[0] = torch.zeros(3) | m[-1] = nn.Parameter(torch.zeros(3)) | m[5] = torch.zeros(3)
m.append(torch.ones(2)) | m += [torch.ones(1)] | m.extend([torch.ones(1)] * 2)
m.extend(torch.ones(2)) | m.extend(3) | m = m[1:] | m = m[0] * 0 + 1 | m = m[7]
"""


def row(kind):
    def make(nn, size):
        layers = [nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)][:size]
        return kind(nn, layers)

    return make


MAKERS = {
    "Sequential": (row(lambda nn, layers: nn.Sequential(*layers)), ROW),
    "ModuleList": (row(lambda nn, layers: nn.ModuleList(layers)), ROW),
    "ModuleDict": (
        lambda nn, _: nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(1, 2)}),
        DICTIONARY,
    ),
    "ParameterList": (
        lambda nn, _: nn.ParameterList(
            [nn.Parameter(t) for t in nn.Linear(2, 3).parameters()]
        ),
        PARAMETERS,
    ),
}
CHANGES = [
    (kind, change.strip())
    for kind, (_, changes) in MAKERS.items()
    for lines in changes.strip().splitlines()
    for change in lines.split(" | ")
]


@pytest.mark.parametrize("kind, change", CHANGES)
def test_a_changed_container_is_torchs(kind, change):
    maker = MAKERS[kind][0]

    def changed(L):
        known = {"m": maker(L.nn, 3), "make": lambda n: maker(L.nn, n)}
        exec(change, {"nn": L.nn, "torch": L}, known)
        m = known["m"]
        names = list(m.state_dict()) if isinstance(m, L.nn.Module) else list(m.shape)
        return repr(m), names

    ours, theirs = outcome(changed, minigrad), outcome(changed, torch)
    if isinstance(theirs, type):
        assert isinstance(ours, type)
        assert issubclass(ours, theirs) or issubclass(theirs, ours)
    else:
        assert ours == theirs


def test_changes_return_the_container():
    nn = minigrad.nn
    for m in (nn.Sequential(nn.ReLU()), nn.ModuleList([nn.ReLU()])):
        assert m.append(nn.Tanh()) is m
        assert m.extend([nn.ELU()]) is m
        last = m[-1]
        assert m.pop(-1) is last
    named = nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))
    assert repr(named[1:]) == "Sequential(\n  (b): Tanh()\n)"


def test_the_row_stays_one_of_modules_that_learn():
    nn = minigrad.nn
    m = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    m.insert(1, nn.Linear(3, 3))
    m(minigrad.randn(4, 2)).sum().backward()
    assert all(p.grad is not None for p in m.parameters())
    twin = copy.deepcopy(m)
    del twin[1]
    assert len(m) == 3 and len(twin) == 2
    assert [n for n, _ in twin.named_parameters()] == [
        "0.weight",
        "0.bias",
        "1.weight",
        "1.bias",
    ]


@pytest.mark.parametrize("numbers", [[0, 2], [[1, 0], [2, 2]], 1])
@pytest.mark.parametrize("classes", [-1, 3, 5])
def test_one_hot_is_torchs(numbers, classes):
    ours, theirs = (
        L.nn.functional.one_hot(L.tensor(numbers), classes) for L in (minigrad, torch)
    )
    assert str(ours.dtype) == str(theirs.dtype)
    assert ours.tolist() == theirs.tolist()
