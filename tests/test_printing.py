"""What a tensor looks like: torch's text, letter for letter."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from judge import pair

import minigrad as mg

rng = np.random.default_rng(2)
inf, nan = np.inf, np.nan

ARRAYS = {
    "one float": 1.5,
    "one whole float": 3.0,
    "one int": 7,
    "one bool": True,
    "one small float": 1e-6,
    "one large float": 1e9,
    "one huge float": 1.2345e30,
    "zero": 0.0,
    "minus zero": -0.0,
    "inf": inf,
    "minus inf": -inf,
    "nan": nan,
    "ints": [1, -20, 300],
    "bools": [True, False],
    "floats": [1.5, -2.25, 1000.125],
    "whole floats": [1.0, -2.0, 300.0],
    "whole and large": [1.0, 1e5, 123456.0],
    "whole and too large": [1.0, 1e9],
    "whole with inf": [1.0, inf, 3.0],
    "whole with nan": [1.0, nan, -3.0],
    "floats with inf and nan": [1.5, -inf, nan],
    "only inf and nan": [inf, nan, -inf],
    "far apart": [1e-3, 1.0, 5e3],
    "small": [1e-5, 2e-5],
    "small and zero": [0.0, 1e-5],
    "nearly whole": [0.99999999, 2.0],
    "negative only": [-0.5, -12.25],
    "zeros": [0.0, 0.0],
    "large ratio": [1.0, 1001.5],
    "at the ratio": [1.0, 1000.0, 0.5],
    "largest": [3.4e38, 1.0],
    "matrix": np.arange(6.0).reshape(2, 3) / 7,
    "negative matrix": -np.arange(6.0).reshape(2, 3),
    "cube": rng.standard_normal((2, 3, 4)),
    "four dims": rng.standard_normal((2, 2, 2, 2)),
    "column": rng.standard_normal((3, 1)),
    "empty": np.zeros(0),
    "empty matrix": np.zeros((2, 0)),
    "empty cube": np.zeros((0, 2, 3)),
    "long row": np.arange(40.0),
    "long ints": np.arange(40),
    "long floats": rng.standard_normal(30) * 10,
    "long bools": np.arange(40) % 3 == 0,
    "long rows": rng.standard_normal((3, 25)),
    "a thousand": np.arange(1000.0),
    "summarised": np.arange(1001.0),
    "summarised ints": np.arange(2000) - 1000,
    "summarised matrix": rng.standard_normal((40, 50)),
    "summarised rows only": rng.standard_normal((600, 4)),
    "summarised columns only": rng.standard_normal((4, 600)),
    "summarised cube": rng.standard_normal((12, 12, 12)),
    "summarised, large inside": np.r_[np.ones(3), np.full(1000, 1e12), np.ones(3)],
    "wide in the middle of lines": np.linspace(-1e4, 1e4, 21),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_the_text_is_torchs(name):
    array = np.asarray(ARRAYS[name])
    kinds = {"f": ("float16", "float32", "float64"), "b": ("bool",)}
    with np.errstate(all="ignore"):
        for dtype in kinds.get(
            array.dtype.kind, ("uint8", "int32", "int64", "float32")
        ):
            ours, theirs = pair(array.astype(dtype))
            assert repr(ours) == repr(theirs)
            assert str(ours) == str(theirs)


@settings(max_examples=200)
@given(
    array=st_numpy.arrays(
        st.sampled_from([np.float32, np.float64, np.int64]),
        st_numpy.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9),
        elements={"min_value": -(2**20), "max_value": 2**20},
    )
)
def test_the_text_of_any_array_is_torchs(array):
    ours, theirs = pair(array)
    assert repr(ours) == repr(theirs)


SUFFIXES = {
    "requires_grad": lambda t: t.ones(2, requires_grad=True),
    "dtype": lambda t: t.ones(2, dtype=t.float64),
    "int32": lambda t: t.ones(2, dtype=t.int32),
    "both": lambda t: t.ones(2, dtype=t.float64, requires_grad=True),
    "empty": lambda t: t.zeros(0, dtype=t.float64),
    "empty ints": lambda t: t.zeros(0, dtype=t.int64),
    "empty bools": lambda t: t.zeros(2, 0, dtype=t.bool),
    "empty with gradient": lambda t: t.zeros(3, 0, requires_grad=True),
    "one number": lambda t: t.tensor(1.0, requires_grad=True),
    "a suffix on its own line": lambda t: t.ones(
        2, 11, dtype=t.float64, requires_grad=True
    ),
    "after many columns": lambda t: t.zeros(20, dtype=t.float64, requires_grad=True),
    "a matrix": lambda t: t.zeros(2, 2, dtype=t.float64, requires_grad=True) * 1,
    "formatted": lambda t: f"{t.ones(2)} {t.tensor(1.5):.2f} {t.tensor(3)}",
}


@pytest.mark.parametrize("name", SUFFIXES)
def test_the_suffixes_are_torchs(name):
    ours, theirs = SUFFIXES[name](mg), SUFFIXES[name](torch)
    assert str(ours) == str(theirs)


STEPS = {
    "+": lambda x: x + x,
    "-": lambda x: x - x,
    "*": lambda x: x * x,
    "/": lambda x: x / x,
    "**": lambda x: x**2,
    "neg": lambda x: -x,
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "relu": lambda x: x.relu(),
    "sqrt": lambda x: x.sqrt(),
    "sin": lambda x: x.sin(),
    "abs": lambda x: x.abs(),
    "sum": lambda x: x.sum(),
    "mean": lambda x: x.mean(),
    "softmax": lambda x: x.softmax(0),
    "log_softmax": lambda x: x.log_softmax(0),
    "maximum": lambda x: x.maximum(x * 2),
    "expand": lambda x: x.unsqueeze(0).expand(2, 3),
    "permute": lambda x: x.unsqueeze(0).permute(1, 0),
}


@pytest.mark.parametrize("name", STEPS)
def test_the_step_that_made_a_tensor_is_named_as_torch_names_it(name):
    array = np.array([0.5, 1.5, 2.5], np.float32)
    ours, theirs = (STEPS[name](x) for x in pair(array, requires_grad=True))
    assert repr(ours) == repr(theirs)
    assert ours.grad_fn.name() == theirs.grad_fn.name()


def test_the_device_is_named_where_it_is_not_numpy():
    assert repr(mg.tensor([1.0], device="torch")) == "tensor([1.], device='torch')"
    assert repr(mg.zeros(0, 2, device="torch")) == (
        "tensor([], device='torch', size=(0, 2))"
    )


def test_dtypes_and_devices_read_as_torchs():
    for name in ("bool", "uint8", "int32", "int64", "float16", "float32", "float64"):
        assert repr(getattr(mg, name)) == repr(getattr(torch, name))
    for spec in ("cpu", "cuda", "cuda:1", "mps"):
        ours, theirs = mg.device(spec), torch.device(spec)
        assert repr(ours) == repr(theirs)
        assert str(ours) == str(theirs)
        assert (ours.type, ours.index) == (theirs.type, theirs.index)
    assert mg.device("cuda", 1) == mg.device("cuda:1") != mg.device("cuda")
    assert len({mg.device("cpu"), mg.device("cpu"), mg.device("torch")}) == 2
