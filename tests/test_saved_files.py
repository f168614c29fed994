"""Files of `save`: whole or refused, replaced at once, and never a pickle."""

import io
import json
import math
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections import defaultdict, namedtuple

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from chapters import ROOT
from saving import again, changed, models, saved

import minigrad
from minigrad import nn

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
    "a default dict": (defaultdict(list), "obj, a defaultdict"),
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
