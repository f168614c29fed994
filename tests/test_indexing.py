"""Reading and writing x[key] for keys of every kind, with gradients, as torch does."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from judge import on_devices, outcome, pair, same, same_outcome

import minigrad as mg

rng = np.random.default_rng(0)
SHAPE = (3, 4, 2)


@st.composite
def keys(draw):
    """A key for a tensor of SHAPE: ints, slices, None, ..., masks, arrays of ints."""
    parts, left, dims = [], list(SHAPE), draw(st.integers(0, 3))
    arrays = draw(st.sampled_from([(), (2,), (1,), (3, 1), (0,)]))
    where_dots = draw(st.integers(-3, dims))
    for i in range(dims):
        if i == where_dots:
            parts.append(Ellipsis)
        if not left:
            break
        after_dots = any(p is Ellipsis for p in parts)
        n = left.pop(0) if not after_dots else 2  # which fits wherever the dots end
        kind = draw(st.sampled_from(["int", "slice", "none", "mask", "array", "list"]))
        if kind == "int":
            parts.append(draw(st.integers(-n, n - 1)))
        elif kind == "slice":
            bounds = st.none() | st.integers(-n - 1, n + 1)
            step = st.none() | st.integers(1, 3)
            parts.append(slice(draw(bounds), draw(bounds), draw(step)))
        elif kind == "none":
            parts.append(None)
            left.insert(0, n)
        elif kind == "mask" and not after_dots and arrays in ((), (2,)):
            mask = [False] * n
            for place in draw(st.permutations(range(n)))[:2]:
                mask[place] = True
            parts.append(np.array(mask))
        elif kind == "list" and arrays == (2,):
            parts.append(draw(st.lists(st.integers(-n, n - 1), min_size=2, max_size=2)))
        else:
            picks = [draw(st.integers(-n, n - 1)) for _ in range(int(np.prod(arrays)))]
            parts.append(np.array(picks, np.int64).reshape(arrays))
    return tuple(parts)


def for_library(key, make):
    return tuple(make(p) if isinstance(p, np.ndarray) else p for p in key)


@on_devices
@settings(max_examples=150)
@given(key=keys())
def test_any_key_reads_what_torch_reads_and_sends_the_gradient_back(device, key):
    x, tx = pair(rng.standard_normal(SHAPE), device, True)
    ours = x[for_library(key, lambda a: mg.tensor(a, device=device))]
    theirs = tx[for_library(key, torch.tensor)]
    same(ours, theirs)
    g, tg = pair(rng.standard_normal(ours.shape), device)
    ours.backward(g)
    theirs.backward(tg)
    same(x.grad, tx.grad, 1e-12)


@on_devices
@settings(max_examples=150)
@given(key=keys(), scalar=st.booleans())
def test_assignment_to_any_key_and_its_gradients_are_torchs(device, key, scalar):
    x, tx = pair(rng.standard_normal(SHAPE), device, True)
    ours, theirs = x * 2, tx * 2
    our_key = for_library(key, lambda a: mg.tensor(a, device=device))
    their_key = for_library(key, torch.tensor)
    shape = () if scalar else tuple(theirs[their_key].shape)
    if len(np.unique(places(key))) < np.size(places(key)):
        shape = ()  # which of several values for one place stays is nobody's promise
    v, tv = pair(rng.standard_normal(shape), device, True)
    ours[our_key] = v
    theirs[their_key] = tv
    same(ours, theirs)
    g, tg = pair(rng.standard_normal(SHAPE), device)
    ours.backward(g)
    theirs.backward(tg)
    same(x.grad, tx.grad, 1e-12)
    if places(key).size:  # else v went nowhere: torch says 0, we say None
        same(v.grad, tv.grad, 1e-12)


def places(key):
    return torch.arange(24).reshape(SHAPE)[for_library(key, torch.tensor)].numpy()


KEYS = {
    "an int": 1,
    "NumPy's int": np.int64(2),
    "a list": [0, 2],
    "a list of bools": [True, False, True],
    "an empty list": [],
    "True": True,
    "False": False,
    "dots": ...,
    "None": None,
    "nothing": (),
    "an int, all, a list": (0, slice(None), [1, 0]),
    "a list, all, an int": ([1, 0], slice(None), 0),
    "a list, all, a list": ([1, 0], slice(None), [0, 1]),
    "a list, None, a list": ([1, 0], None, [0, 1]),
    "dots between": ([1, 0], ..., 1),
    "too many": (0, 0, 0, 0),
    "out of range": 3,
    "far below": -4,
    "out of range in a list": [0, 3],
    "a step of 0": slice(None, None, 0),
    "a step backwards": slice(None, None, -1),
    "a float": 1.0,
}


@on_devices
@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_taken_or_refused_as_torch_does(name, device):
    x, tx = pair(np.arange(24.0).reshape(SHAPE), device)
    key = KEYS[name]
    same_outcome(outcome(lambda: x[key]), outcome(lambda: tx[key]))


@on_devices
def test_keys_may_be_tensors_of_any_kind(device):
    x, tx = pair(np.arange(24.0).reshape(SHAPE), device)
    for array in (np.array(1), np.array([2, 0]), np.arange(24).reshape(SHAPE) % 5 == 0):
        key, their_key = pair(array, device)
        same(x[key], tx[their_key])
        same(x[mg.tensor(array)], tx[their_key])  # the device of the key is free
    i, ti = pair(np.array(1), device)
    rows, their_rows = pair(np.array([0, 1]), device)
    same(x[i, :, rows], tx[ti, :, their_rows])
    same(x[:, i, rows], tx[:, ti, their_rows])
    same(x[x > 7], tx[tx > 7])


@on_devices
def test_assignment_casts_and_stretches_like_torch(device):
    x, tx = pair(np.zeros((2, 3), np.float32), device)
    y, ty = pair(np.zeros(4, np.int64), device)
    x[0] = mg.tensor([[1.0, 2.0, 3.0]], device=device)  # a leading 1 is dropped
    tx[0] = torch.tensor([[1.0, 2.0, 3.0]])
    x[:, 1] = 7
    tx[:, 1] = 7
    x[mg.tensor([True, False], device=device)] = mg.tensor([[1, 2, 3]], device=device)
    tx[torch.tensor([True, False])] = torch.tensor([[1.0, 2, 3]])
    y[1:] = 2.7  # whole numbers lose the fraction
    ty[1:] = 2.7
    y[[0]] = True
    ty[[0]] = True
    same([x, y], [tx, ty])


def test_one_element_and_rows_are_views():
    x = mg.zeros(2, 2)
    x[0, 1].fill_(3)
    for row in x:
        row += 1
    assert x.tolist() == [[1, 4], [1, 1]]


@on_devices
def test_two_dots_are_refused(device):
    with pytest.raises(IndexError, match=r"2 times `\.\.\.` in one index"):
        mg.zeros(2, 2, device=device)[..., 0, ...]
