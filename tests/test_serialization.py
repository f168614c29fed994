"""Saved files: bit for bit, both ways with torch, and whole or refused."""

import copy
import io
import json
import math
import os
import pickle
import re
import signal
import struct
import subprocess
import sys
import time
from collections import Counter, OrderedDict, namedtuple

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from chapters import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad
from minigrad import nn, optim

DTYPES = ["bool", "uint8", "int32", "int64", "float16", "float32", "float64"]


def saved(obj):
    """The bytes of the file of `obj`."""
    file = io.BytesIO()
    minigrad.save(obj, file)
    return file.getvalue()


def again(obj, **settings):
    return minigrad.load(io.BytesIO(saved(obj)), **settings)


def bits(obj):
    """All that an object is, in a form that == compares: kinds, bits and order."""
    if isinstance(obj, minigrad.Tensor):
        array = obj.detach().cpu().numpy()
        return "tensor", str(obj.device), obj.requires_grad, bits(array)
    if isinstance(obj, np.ndarray | np.generic):
        return type(obj), str(obj.dtype), obj.shape, obj.tobytes()
    if isinstance(obj, float):
        return "float", struct.pack(">d", obj)
    if isinstance(obj, dict):
        return type(obj), [(bits(k), bits(v)) for k, v in obj.items()]
    if isinstance(obj, list | tuple):
        return type(obj), [bits(v) for v in obj]
    return type(obj), obj


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


def models(L):
    return L.nn.Sequential(
        L.nn.Conv2d(1, 2, 3), L.nn.BatchNorm2d(2), L.nn.Flatten(), L.nn.Linear(8, 3)
    )


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


def changed(content, old, new):
    """A file with other words in its structure, and the checksum that fits them."""
    from minigrad import serialization

    arrays, about = serialization._parse(content, "")
    structure = about["minigrad"].replace(old, new)
    crc = serialization._checksum(structure, arrays)
    metadata = {"minigrad": structure, "minigrad.crc32": crc}
    return safetensors.numpy.save(arrays, metadata)


# Refusals.

WHOLE = saved({"w": minigrad.arange(5.0), "n": [1, math.inf], "t": minigrad.ones(2)})


def test_file_cut_short_anywhere_is_refused():
    for length in range(1, len(WHOLE)):
        with pytest.raises(RuntimeError, match="is not a whole safetensors file"):
            minigrad.load(io.BytesIO(WHOLE[:length]))


def test_file_with_any_byte_changed_is_refused():
    rng = np.random.default_rng(0)
    for place in range(len(WHOLE)):
        content = bytearray(WHOLE)
        content[place] ^= int(rng.integers(1, 256))
        if content[place] in b" \t\n\r" and WHOLE[place] in b" ":
            continue
        with pytest.raises(RuntimeError, match="damaged"):
            minigrad.load(io.BytesIO(bytes(content)))


def pickled(**settings):
    file = io.BytesIO()
    torch.save({"w": torch.ones(2)}, file, **settings)
    return file.getvalue()


NO_FILES = {
    "empty": (b"", EOFError, "is empty: expected a safetensors file"),
    "text": (b"name,value\n" * 9, RuntimeError, "is not a whole safetensors file"),
    "zeros": (bytes(100), RuntimeError, "is not a whole safetensors file"),
    "more after it": (WHOLE + b"x", RuntimeError, "is not a whole safetensors file"),
    "torch.save": (pickled(), RuntimeError, "is a pickle, as torch.save writes it"),
    "old torch.save": (
        pickled(_use_new_zipfile_serialization=False),
        RuntimeError,
        "torch.load it with weights_only=True and write its tensors with safetensors",
    ),
    "pickle": (pickle.dumps({"w": 1}), RuntimeError, "is a pickle"),
    "bfloat16": (
        safetensors.torch.save({"w": torch.ones(2, dtype=torch.bfloat16)}),
        RuntimeError,
        "holds 'w' of dtype BF16, which minigrad does not have",
    ),
    "int16": (
        safetensors.torch.save({"w": torch.ones(2, dtype=torch.int16)}),
        RuntimeError,
        "holds 'w' of dtype int16, which minigrad does not have",
    ),
    "newer": (
        changed(saved({"w": (1,)}), "tuple", "spiral"),
        RuntimeError,
        "holds a 'spiral', which this version of minigrad does not know",
    ),
}


@pytest.mark.parametrize("what", NO_FILES)
def test_other_files_are_refused(what, tmp_path):
    content, kind, words = NO_FILES[what]
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    for f, name in ((path, str(path)), (io.BytesIO(content), "BytesIO")):
        with pytest.raises(kind) as caught:
            minigrad.load(f)
        assert caught.type is kind
        assert str(caught.value).startswith(name) and words in str(caught.value)


def test_no_file_is_torchs_error(tmp_path):
    for load in (torch.load, minigrad.load):
        with pytest.raises(FileNotFoundError):
            load(tmp_path / "nowhere")


def test_pickles_are_never_read():
    with pytest.raises(ValueError, match="weights_only=False: a pickle can run any"):
        minigrad.load(io.BytesIO(WHOLE), weights_only=False)
    assert minigrad.load(io.BytesIO(WHOLE), weights_only=True)["n"] == [1, math.inf]


def test_state_dict_that_does_not_fit_is_refused_by_the_module():
    state = again(models(minigrad).state_dict())
    del state["0.bias"]
    state["3.weight"] = minigrad.ones(2, 2)
    with pytest.raises(RuntimeError, match=r'(?s)Missing key.*"0\.bias".*3\.weight'):
        models(minigrad).load_state_dict(state)


Point = namedtuple("Point", "x y")
NOT_SAVED = {
    "a function": ({"a": [1, len]}, r"obj\['a'\]\[1\], a builtin_function_or_method"),
    "a module": (nn.Linear(1, 1), r"obj, a Linear: .*save its state_dict\(\)"),
    "a generator": ([minigrad.Generator()], r"obj\[0\], a Gen.*save its get_state\(\)"),
    "a set": ({"s": {1}}, r"obj\['s'\], a set: expected"),
    "bytes": (b"x", "obj, a bytes: expected"),
    "a counter": (Counter("a"), "obj, a Counter"),
    "a named tuple": ((Point(1, 2),), r"obj\[0\], a Point"),
    "strings": ([np.array(["a"])], r"obj\[0\], a ndarray of <U1"),
    "objects": ([np.array([None])], r"obj\[0\], a ndarray of object"),
    "complex": (1j, "obj, a complex"),
    "torch's tensor": ({"w": torch.ones(1)}, r"obj\['w'\], a Tensor"),
}


@pytest.mark.parametrize("what", NOT_SAVED)
def test_what_cannot_be_saved_is_named_and_no_file_is_touched(what, tmp_path):
    obj, words = NOT_SAVED[what]
    path = tmp_path / "old"
    path.write_text("old")
    with pytest.raises(TypeError, match=words):
        minigrad.save(obj, path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["old"]


def test_library_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ModuleNotFoundError, match="pip install safetensors"):
        minigrad.save({}, io.BytesIO())
    with pytest.raises(ModuleNotFoundError, match="pip install safetensors"):
        minigrad.load(io.BytesIO(WHOLE))


# Files.


def test_paths_and_files_are_taken(tmp_path):
    path = tmp_path / "a b.safetensors"
    for f in (path, str(path)):
        minigrad.save([1], f)
        assert minigrad.load(f) == [1]
    with open(path, "wb") as file:
        minigrad.save([2], file)
    with open(path, "rb") as file:
        assert minigrad.load(file) == [2]
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.skipif(os.name != "posix", reason="modes and links as POSIX has them")
def test_file_is_made_and_replaced_as_others_are(tmp_path):
    path, plain, link = (tmp_path / name for name in ("a", "plain", "link"))
    plain.write_text("")
    minigrad.save([1], path)
    assert path.stat().st_mode == plain.stat().st_mode
    path.chmod(0o600)
    link.symlink_to("a")
    minigrad.save([2], link)
    assert link.is_symlink() and minigrad.load(path) == [2]
    assert path.stat().st_mode & 0o777 == 0o600


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a"
    minigrad.save([1], path)
    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, lambda *args: 1 // 0)
            with pytest.raises(ZeroDivisionError):
                minigrad.save([2], path)
        assert minigrad.load(path) == [1] and os.listdir(tmp_path) == ["a"]


WRITER = """
import sys, minigrad
numbers = minigrad.arange(500_000)
for i in range(10**9):
    minigrad.save({"i": i, "x": numbers + i}, sys.argv[1])
    print(i, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="a kill as POSIX has it")
def test_killed_writer_leaves_a_whole_file(tmp_path):
    path, rng, last = tmp_path / "file", np.random.default_rng(), []
    for _ in range(6):
        command = [sys.executable, "-c", WRITER, path]
        writer = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
        )
        writer.stdout.readline()  # the first is there
        time.sleep(rng.uniform(0, 0.15))
        os.killpg(writer.pid, signal.SIGKILL)
        told = writer.communicate()[0].split()
        found = minigrad.load(path)
        assert (found["x"] == minigrad.arange(500_000) + found["i"]).all()
        assert found["i"] - int(told[-1] if told else 0) in (0, 1)
        last.append(found["i"])
    left = [name for name in os.listdir(tmp_path) if name != "file"]
    assert all(re.fullmatch(r"\.file\.part-\w+", name) for name in left)


def test_header_is_json_as_the_standard_has_it():
    length = int.from_bytes(WHOLE[:8], "little")

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    header = json.loads(WHOLE[8 : 8 + length], parse_constant=refuse)
    structure = json.loads(header["__metadata__"]["minigrad"], parse_constant=refuse)
    assert [key for key, _ in structure["dict"]] == ["w", "n", "t"]


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
