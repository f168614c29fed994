"""The page of the API says what is true of both libraries as they are installed."""

import importlib.util
import re
from fnmatch import fnmatchcase

import numpy
import pytest
import torch
from chapters import ROOT

import minigrad

_spec = importlib.util.spec_from_file_location("api_map", ROOT / "book/_ext/api_map.py")
api_map = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(api_map)

DIFFERS, LEFT_OUT = api_map.DATA["differs"], api_map.DATA["left_out"]
PAGE = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
MODULES = re.findall(r"^```\{api-names\} (\S+)$", PAGE, flags=re.M)


def outcome(program, library):
    """The repr of the program's last line, or the class of what it raises."""
    *lines, last = program.strip().split("\n")
    known = {"torch": library, "numpy": numpy}
    try:
        exec("\n".join(lines), known)
        return " ".join(repr(eval(last, known)).split())
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("entry", DIFFERS, ids=lambda e: e["example"].strip())
@pytest.mark.filterwarnings("ignore")
def test_libraries_differ_as_the_page_says(entry):
    assert outcome(entry["example"], minigrad) == entry["minigrad"]
    if not entry["torch"].startswith("("):
        assert outcome(entry["example"], torch) == entry["torch"]
    assert entry["minigrad"] != entry["torch"]


@pytest.mark.parametrize("entry", DIFFERS, ids=lambda e: e["example"].strip())
def test_what_differs_is_in_both_libraries(entry):
    for name in entry["names"]:
        module, _, last = name.rpartition(".")
        assert all(hasattr(owner, last) for owner in api_map.owner(module)), name


def found(library, path):
    """What a dotted name stands for."""
    for name in path.split(".")[1:]:
        library = getattr(library, name, None)
    return library


@pytest.mark.parametrize("entry", LEFT_OUT, ids=lambda e: e["names"][0])
def test_what_is_left_out_is_torchs_and_not_here(entry):
    missing = {f"{m}.{n}" for m in MODULES for n in api_map.names(m)[1]}
    for name in entry["names"]:
        if "*" in name:
            assert any(fnmatchcase(n, name) for n in missing), name
        else:
            assert found(torch, name) is not None
            assert found(minigrad, name) is None


def test_page_has_every_module_that_both_libraries_have():
    homes = "nn nn.functional nn.init nn.utils optim optim.lr_scheduler utils.data"
    expected = {"torch", "torch.Tensor", "torch.autograd", "torch.cuda"}
    assert set(MODULES) == expected | {f"torch.{home}" for home in homes.split()}


def test_names_are_those_of_both_libraries():
    here, missing = api_map.names("torch.optim")
    assert {"Adam", "AdamW", "Optimizer", "SGD"} <= set(here)
    assert {"Adadelta", "LBFGS"} <= set(missing)
    assert "lr_scheduler" not in here  # a module of its own
    assert not set(here) & set(missing)
    for module in MODULES:
        theirs, ours = api_map.owner(module)
        for name in api_map.names(module)[0]:
            assert hasattr(theirs, name)
            assert hasattr(ours, name)


def test_a_name_is_described_by_its_signature_and_first_lines():
    call, first = api_map.described(minigrad.nn.Linear, "Linear")
    assert call == (
        "Linear(in_features, out_features, bias=True, device=None, dtype=None)"
    )
    assert first == "y = x W^T + b."
    call, _ = api_map.described(minigrad.sum, "sum")
    assert call.startswith("sum(input, dim=None")
    call, _ = api_map.described(minigrad.Tensor.mean, ".mean")
    assert call.startswith(".mean(dim=None")
    assert api_map.described(minigrad.float32, "float32")[0] == "float32"


def test_methods_that_are_functions_are_named_once():
    same, inside, *own = api_map._lines(
        "torch.Tensor", api_map.names("torch.Tensor")[0]
    )
    assert {" abs", " add", " matmul"} <= set(same.replace(":", ",").split(","))
    assert " where" not in same.split(",")  # its first argument is the condition
    assert " float" not in same.split(",")  # a dtype, and a method
    assert " add_" in inside.split(",")
    assert " requires_grad_" not in inside.split(",")
    called = [re.match(r"`\.(\w+)", line)[1] for line in own]
    assert {"backward", "where", "float", "requires_grad_", "shape"} <= set(called)
    assert not {"abs", "add_"} & set(called)
