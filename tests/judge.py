"""torch as the judge: the same lines run under both libraries, the results compared."""

import numpy as np
import pytest
import torch

import minigrad as mg

DEVICES = ("cpu", "torch")
on_devices = pytest.mark.parametrize("device", DEVICES)
_rng = np.random.default_rng(1)


def pair(array, device="cpu", requires_grad=False):
    """A NumPy array as a tensor of minigrad on `device`, and as one of torch."""
    array = np.asarray(array)
    ours = mg.tensor(array, device=device, requires_grad=requires_grad)
    return ours, torch.tensor(array, requires_grad=requires_grad)


def leaf(device="cpu", shape=(3,)):
    """A pair of leaves that require a gradient, of random numbers around 2."""
    return pair(_rng.standard_normal(shape) + 2, device, True)


def both_backward(ours, theirs, device, **kwargs):
    """Send the same random gradient back through both results."""
    g, tg = pair(_rng.standard_normal(ours.shape), device)
    ours.backward(g, **kwargs)
    theirs.backward(tg, **kwargs)


def same(ours, theirs, rtol=0.0, atol=0.0):
    """Assert that two results have the same type, dtype, shape and numbers."""
    if isinstance(theirs, tuple | list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b, rtol, atol)
    elif isinstance(theirs, torch.Tensor):
        assert isinstance(ours, mg.Tensor)
        assert str(ours.dtype) == str(theirs.dtype)
        assert tuple(ours.shape) == tuple(theirs.shape)
        assert ours.requires_grad == theirs.requires_grad
        a, b = ours.detach().cpu().numpy(), theirs.detach().numpy()
        np.testing.assert_allclose(a, b, rtol, atol, equal_nan=True)
    else:
        assert type(ours) is type(theirs)
        assert ours == theirs or (ours != ours and theirs != theirs)


def outcome(function, *args):
    """What `function` gives, or the class of what it raises."""
    try:
        return function(*args)
    except Exception as error:
        return type(error)


def same_outcome(ours, theirs, rtol=0.0, atol=0.0):
    """Assert that both gave the same, or raised the same kind of exception."""
    if isinstance(theirs, type) or isinstance(ours, type):
        assert isinstance(theirs, type), f"minigrad raised {ours}, torch gave {theirs}"
        assert isinstance(ours, type), f"torch raised {theirs}, minigrad gave {ours}"
        kin = issubclass(ours, theirs) or issubclass(theirs, ours)
        assert kin, f"minigrad raised {ours}, torch {theirs}"
    else:
        same(ours, theirs, rtol, atol)


def check_refusal(act, words):
    """Assert that both libraries refuse `act`, in one class; `words` are minigrad's."""
    with pytest.raises(Exception) as theirs:
        act(torch)
    with pytest.raises(theirs.type) as ours:
        act(mg)
    assert ours.type is theirs.type
    assert words in ours.value.args[0]
