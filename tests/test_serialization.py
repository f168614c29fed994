"""Saved files: bit for bit, both ways with torch, and whole or refused."""

import copy
import io
import math
import pickle
import struct
from collections import Counter, OrderedDict

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from saving import again, bits, changed, models, saved

import minigrad
from minigrad import nn, optim

DTYPES = ["bool", "uint8", "int32", "int64", "float16", "float32", "float64"]


# Exactly what was saved.

AWKWARD = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1e300])
PAYLOADS = np.array([0x7FF8000000000123, 0xFFF0000000000001], np.uint64)
OBJECTS = {
    "a tensor": minigrad.arange(3),
    "a number": 3,
    "nothing": None,
    "an empty dict": {},
    "awkward numbers": {"x": minigrad.tensor(AWKWARD)},
    "payloads of nan": {"x": minigrad.tensor(PAYLOADS.view(np.float64))},
    "0-d": {"x": minigrad.tensor(2.5), "n": minigrad.tensor(True)},
    "sizes of 0": {"x": minigrad.zeros(0), "y": minigrad.zeros(2, 0, 3)},
    "transposed": {"x": minigrad.arange(6).reshape(2, 3).T},
    "every second, backwards": {"x": minigrad.from_numpy(np.arange(10.0)[::-2])},
    "expanded": {"x": minigrad.arange(3).expand(2, 3)},
    "requires grad": [minigrad.ones(2, requires_grad=True)],
    "computed": [minigrad.ones(2, requires_grad=True) * 3],
    "torch device": {"x": minigrad.ones(2, device="torch"), "y": minigrad.ones(1)},
    "floats": [0.1, -0.0, 1e-320, math.inf, -math.inf, math.nan],
    "a nan of its own": [struct.unpack(">d", bytes.fromhex("fff8000000000abc"))[0]],
    "ints": [0, -1, 2**53 + 1, 2**63, -(2**200)],
    "bools and ints": [True, 1, False, 0, 1.0],
    "strings": ["", '\n"\\', "naïve ∂", "\ud800", "NaN"],
    "keys": {1: "a", "1": "b", 1.5: "c", None: "d", (1, ("x",)): "e", False: "f"},
    "integer keys": {"state": {0: {"m": minigrad.ones(1)}, 10: {}, 2: {}}},
    "tuples and lists": [(1, [2, (3,)]), [], ()],
    "like our own marks": {"tensor": "x", "dict": [["a", 1]], "tuple": {"float": "00"}},
    "ordered": OrderedDict(b=1, a=OrderedDict(d=2, c=3)),
    "a counter": Counter([3, 1, 3, 2]),
    "names that meet": {"a": {"b": minigrad.ones(1)}, "a.b": minigrad.zeros(1)},
    "numbers that meet": {0: minigrad.ones(1), "0": minigrad.zeros(1)},
    "reserved name": {"__metadata__": minigrad.ones(1)},
    "empty name": {"": minigrad.ones(1), "tensor": minigrad.zeros(1)},
    "NumPy": {
        "x": np.float64(0.5),
        "y": np.arange(3, dtype=np.uint32),
        "z": np.bool(1),
    },
    "NumPy, 0-d": [np.array(3), np.int8(3)],
    "states": [minigrad.get_rng_state(), minigrad.Generator().get_state()],
    "NumPy's and Python's states": [
        np.random.RandomState(0).get_state()[:2],
        __import__("random").Random(0).getstate(),
    ],
}


@pytest.mark.parametrize("name", OBJECTS)
def test_what_is_loaded_is_what_was_saved(name):
    assert bits(again(OBJECTS[name])) == bits(OBJECTS[name])


@pytest.mark.parametrize("device", ["cpu", "torch"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(dtype, device):
    numbers = np.random.default_rng(0).integers(0, 255, 24, np.uint8)
    array = (numbers % 2).astype(bool) if dtype == "bool" else numbers.view(dtype)
    obj = {"x": minigrad.from_numpy(array).to(device)}
    assert bits(again(obj)) == bits(obj)


def test_arrays_of_other_byte_orders_keep_their_numbers():
    assert again([np.arange(3, dtype=">i4")])[0].tolist() == [0, 1, 2]


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.builds(
        lambda values, dtype: minigrad.tensor(values).to(getattr(minigrad, dtype)),
        st.lists(st.integers(0, 1), max_size=3),
        st.sampled_from(DTYPES),
    ),
)
KEYS = st.one_of(st.text(max_size=3), st.integers(), st.none(), st.booleans())
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(KEYS, inner, max_size=3),
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_any_structure_comes_back(tree):
    assert bits(again(tree)) == bits(tree)


def test_what_is_loaded_is_ones_own_and_can_be_changed():
    x = minigrad.zeros(3)
    got = again({"x": x})["x"]
    got += 1
    assert x.tolist() == [0.0] * 3 and got.is_leaf


def test_tied_tensors_come_back_apart_and_are_tied_again_by_the_module():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(3, 3), nn.Linear(3, 3)
            self.two.weight = self.one.weight

    model, other = Tied(), Tied()
    state = again(model.state_dict())
    assert list(state) == ["one.weight", "one.bias", "two.weight", "two.bias"]
    state["one.weight"][0, 0] = state["two.weight"][0, 0]
    assert not np.shares_memory(
        state["one.weight"].numpy(), state["two.weight"].numpy()
    )
    other.load_state_dict(state)
    assert other.one.weight is other.two.weight
    assert bits(other.one.weight) == bits(model.one.weight)


# torch reads it, and is read.


def test_torch_reads_a_state_dict(tmp_path):
    ours, theirs = models(minigrad), models(torch)
    minigrad.save(ours.state_dict(), tmp_path / "model.safetensors")
    state = safetensors.torch.load_file(tmp_path / "model.safetensors")
    assert theirs.load_state_dict(state, strict=True)
    for name, tensor in ours.state_dict().items():
        right = theirs.state_dict()[name]
        assert str(tensor.dtype) == str(right.dtype)
        assert bits(tensor.numpy()) == bits(right.numpy())


def test_torchs_state_dict_is_read(tmp_path):
    ours, theirs = models(minigrad), models(torch)
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file(theirs.state_dict(), path)
    assert ours.load_state_dict(minigrad.load(path))
    for name, tensor in theirs.state_dict().items():
        assert bits(ours.state_dict()[name].numpy()) == bits(tensor.numpy())
    safetensors.torch.save_file(theirs.state_dict(), path, metadata={"format": "pt"})
    assert set(minigrad.load(path)) == set(theirs.state_dict())


@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_are_the_same_for_torch(dtype):
    for shape in ((), (0, 2), (3, 2)):
        ours = minigrad.ones(*shape).to(getattr(minigrad, dtype)) if shape else None
        if ours is None:
            ours = minigrad.tensor(1).to(getattr(minigrad, dtype))
        theirs = safetensors.torch.load(saved({"x": ours}))["x"]
        assert str(theirs.dtype) == str(ours.dtype)
        assert bits(theirs.numpy()) == bits(ours.numpy())
        back = safetensors.torch.save({"x": theirs})
        assert bits(minigrad.load(io.BytesIO(back))["x"]) == bits(ours)


def test_torch_sees_a_transposed_tensor_as_it_is():
    x = minigrad.arange(6).reshape(2, 3).T
    assert safetensors.torch.load(saved({"x": x}))["x"].tolist() == x.tolist()


def test_other_libraries_see_plain_names_in_a_checkpoint():
    checkpoint = {"model": {"fc.weight": minigrad.ones(1)}, "state": {0: [np.ones(2)]}}
    names = safetensors.numpy.load(saved(checkpoint))
    assert set(names) == {"model.fc.weight", "state.0.0"}


# Devices.

MAPS = {
    "none": (None, ["torch", "cpu"]),
    "a name": ("cpu", ["cpu", "cpu"]),
    "a device": (minigrad.device("torch"), ["torch", "torch"]),
    "a dict": ({"torch": "cpu"}, ["cpu", "cpu"]),
    "another dict": ({"cpu": "torch"}, ["torch", "torch"]),
    "a function": (lambda tensor, location: tensor, ["cpu", "cpu"]),
    "a function that leaves it": (lambda tensor, location: None, ["torch", "cpu"]),
    "a function of the place": (
        lambda tensor, location: tensor.to("torch") if location == "cpu" else None,
        ["torch", "torch"],
    ),
}


@pytest.mark.parametrize("name", MAPS)
def test_tensors_go_where_they_are_mapped(name):
    where, expected = MAPS[name]
    places = minigrad.ones(2, device="torch", requires_grad=True), minigrad.ones(1)
    found = again(list(places), map_location=where)
    assert [str(t.device) for t in found] == expected
    assert [t.requires_grad for t in found] == [True, False]
    assert [t.tolist() for t in found] == [[1.0, 1.0], [1.0]]


def test_device_that_is_not_here_says_what_to_do():
    if minigrad.cuda.is_available():
        pytest.skip("it is here")
    content = changed(saved({"x": minigrad.ones(1, device="torch")}), "torch", "cuda")
    with pytest.raises(RuntimeError, match=r"'x' for the device 'cuda'.*map_location="):
        minigrad.load(io.BytesIO(content))
    assert str(minigrad.load(io.BytesIO(content), "cpu")["x"].device) == "cpu"


# Copies by other ways.


@pytest.mark.parametrize("way", ["pickle", "deepcopy", "save"])
def test_models_and_optimizers_are_copied_whole(way):
    model = models(minigrad)
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    images, labels = minigrad.rand(4, 1, 4, 4), minigrad.tensor([0, 1, 2, 0])

    def step(model, optimizer):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    step(model, optimizer)
    if way == "save":
        pair = models(minigrad), None
        pair = pair[0], optim.Adam(pair[0].parameters())
        states = again([model.state_dict(), optimizer.state_dict()])
        for part, state in zip(pair, states, strict=True):
            part.load_state_dict(state)
    else:
        copied = {"pickle": lambda x: pickle.loads(pickle.dumps(x))}
        pair = copied.get(way, copy.deepcopy)((model, optimizer))
    for one in (pair, (model, optimizer)):
        step(*one)
    assert bits(pair[0].state_dict()) == bits(model.state_dict())
    assert bits(pair[1].state_dict()) == bits(optimizer.state_dict())
