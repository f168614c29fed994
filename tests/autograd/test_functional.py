"""Jacobians, Hessians and their products beside torch's, in all layouts and modes."""

from functools import partial

import numpy as np
import pytest
import torch
from judge import leaf, on_devices, outcome, pair, same, same_outcome

import minigrad as mg

rng = np.random.default_rng(6)
NAMES = ["vjp", "jvp", "jacobian", "hessian", "vhp", "hvp"]

FUNCTIONS = {
    "one to one": (lambda x: x.exp() * x, 1, False),
    "one to two": (lambda x: (x.exp().sum(), x[1:] * x[:-1]), 1, False),
    "a tuple of one": (lambda x: (x.tanh() ** 2,), 1, True),
    "two to one": (lambda x, y: (x * y).sin() * x.sum(), 2, False),
    "two to two": (lambda x, y: (x.outer(y), (x * y).sum() ** 2), 2, False),
    "one is unused": (lambda x, y: (x * x, x.sum()), 2, False),
    "an output stands still": (lambda x, y: (x * y, y.detach() * 2), 2, False),
    "nothing moves": (lambda x: x.detach() * 2, 1, False),
    "linear": (lambda x: x * 3, 1, False),
}
NUMBERS = {
    "cube": (lambda x: (x**3).sum(), 1, False),
    "shape (1,)": (lambda x: (x**3).sum().reshape(1), 1, False),
    "a tuple of one input": (lambda x: x.prod().exp(), 1, True),
    "two": (lambda x, y: (x * y * y).sum().tanh() + x.prod(), 2, False),
    "one is unused": (lambda x, y: (x**3).sum(), 2, False),
    "one is linear": (lambda x, y: (x**3).sum() + y.sum(), 2, False),
    "linear": (lambda x: x.sum(), 1, False),
    "constant": (lambda x: x.detach().sum(), 1, False),
}
CASES = [(name, key) for name in NAMES[:3] for key in FUNCTIONS]
CASES += [(name, key) for name in NAMES[3:] for key in NUMBERS]


def vectors_for(name, function, inputs):
    """Random vectors of the shapes that v must have; none for whole matrices."""
    if name in ("jacobian", "hessian"):
        return ()
    found = function(*inputs) if name == "vjp" else tuple(inputs)
    alone = found if isinstance(found, tuple) else (found,)
    arrays = [rng.standard_normal(tuple(t.shape)) for t in alone]
    return arrays, not isinstance(found, tuple) or (name != "vjp" and len(inputs) == 1)


def arguments(device, name, key):
    """The function, and inputs and v for minigrad and for torch."""
    table = FUNCTIONS if name in NAMES[:3] else NUMBERS
    function, count, in_tuple = table[key]
    pairs = [leaf(device) for _ in range(count)]
    ours, theirs = zip(*pairs, strict=True)
    vectors = vectors_for(name, function, theirs)
    both = []
    for lib, inputs in ((mg, ours), (torch, theirs)):
        given = inputs if count > 1 or in_tuple else inputs[0]
        v = ()
        if vectors:
            where = {"device": device} if lib is mg else {}
            v = tuple(lib.tensor(a, **where) for a in vectors[0])
            alone = vectors[1] and not (in_tuple and name != "vjp")
            v = (v[0],) if alone else (v,)
        both.append((getattr(lib.autograd.functional, name), given, v))
    return function, both


@on_devices
@pytest.mark.parametrize(("name", "key"), CASES)
def test_equals_torchs_in_numbers_and_layout(name, key, device):
    function, both = arguments(device, name, key)
    ours, theirs = (f(function, inputs, *v) for f, inputs, v in both)
    same(ours, theirs, 1e-10, 1e-12)


@pytest.mark.parametrize(("name", "key"), CASES)
def test_strict_refuses_what_torch_refuses(name, key):
    for create_graph in (False, True):
        function, both = arguments("cpu", name, key)
        options = {"strict": True, "create_graph": create_graph}
        results = [
            outcome(partial(f, function, inputs, *v, **options))
            for f, inputs, v in both
        ]
        same_outcome(*results, 1e-10, 1e-12)


def flat(results):
    if isinstance(results, tuple):
        return [t for r in results for t in flat(r)]
    return [results]


@on_devices
@pytest.mark.parametrize(("name", "key"), CASES)
def test_create_graph_lets_the_results_be_differentiated(name, key, device):
    function, both = arguments(device, name, key)
    grads = []
    for lib, (f, inputs, v) in zip((mg, torch), both, strict=True):
        found = flat(f(function, inputs, *v, create_graph=True))
        total = sum((t * t).sum() for t in found if t.requires_grad)
        leaves = inputs if isinstance(inputs, tuple) else (inputs,)
        if isinstance(total, int):
            grads.append(())
        else:
            grad = lib.autograd.grad
            grads.append(grad(total, leaves, materialize_grads=True))
    same(*grads, 1e-9, 1e-10)


def test_inputs_and_recording_stay_as_they_were():
    x = mg.ones(2, requires_grad=True)
    for name in NAMES:
        function = getattr(mg.autograd.functional, name)
        with mg.no_grad():
            v = () if name in ("jacobian", "hessian") else (x.detach(),)
            f = (lambda x: x * x) if name in NAMES[:3] else (lambda x: (x * x).sum())
            found = flat(function(f, x, *v))
            assert not mg.is_grad_enabled()
        assert not any(t.requires_grad for t in found)
    assert x.grad is None
    assert x.requires_grad and x.is_leaf


def test_uses_that_func_makes_of_the_tensor_itself_are_not_its_argument():
    for lib in (mg, torch):
        x = lib.ones(2, requires_grad=True)
        jacobian = lib.autograd.functional.jacobian
        for create_graph in (False, True):
            found = jacobian(lambda y, x=x: x * y, x, create_graph)
            assert found.tolist() == [[1, 0], [0, 1]]


def test_v_may_be_left_out_for_a_single_number():
    (x, tx), one = leaf(), pair([2.0], requires_grad=True)
    for name in ("vjp", "jvp", "vhp", "hvp"):
        a, b = (x, tx) if name == "vjp" else one
        ours, theirs = (
            getattr(lib.autograd.functional, name)(lambda x: (x**3).sum(), t)
            for lib, t in ((mg, a), (torch, b))
        )
        same(ours, theirs, 1e-12)


def test_the_jacobian_of_nothing_has_its_shape():
    """torch stops here: its stack takes no empty list."""
    found = mg.autograd.functional.jacobian(lambda x: x[:0], mg.ones(2))
    assert found.shape == (0, 2)


MISTAKES = {
    "no tensor": lambda f, lib: f.jacobian(lambda x: x, [1.0]),
    "a list": lambda f, lib: f.vjp(lambda x: [x], lib.ones(2), lib.ones(2)),
    "v of another shape": lambda f, lib: f.vjp(
        lambda x: x * 2, lib.ones(2), lib.ones(3)
    ),
    "v of another length": lambda f, lib: f.jvp(
        lambda x, y: x * y, (lib.ones(2), lib.ones(2)), lib.ones(2)
    ),
    "v is no tensor": lambda f, lib: f.jvp(lambda x: x * 2, lib.ones(2), 3),
    "no v": lambda f, lib: f.jvp(lambda x: x * 2, lib.ones(2)),
    "no v of two": lambda f, lib: f.vjp(lambda x: (x.sum(), x.sum()), lib.ones(2)),
    "hessian of many": lambda f, lib: f.hessian(lambda x: x * 2, lib.ones(2)),
    "hessian of a tuple": lambda f, lib: f.hessian(lambda x: (x.sum(),), lib.ones(2)),
    "hvp of many": lambda f, lib: f.hvp(lambda x: x * 2, lib.ones(2), lib.ones(2)),
    "vhp of a number": lambda f, lib: f.vhp(lambda x: 3, lib.ones(2), lib.ones(2)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_raise_what_torch_raises(name):
    results = [
        outcome(MISTAKES[name], lib.autograd.functional, lib) for lib in (mg, torch)
    ]
    assert isinstance(results[1], type)
    same_outcome(*results)


def test_words():
    functional = mg.autograd.functional
    x = mg.ones(2)
    with pytest.raises(RuntimeError, match=r"v has the shapes \[\(3,\)\], and must"):
        functional.vjp(lambda x: x, x, mg.ones(3))
    with pytest.raises(RuntimeError, match=r"hessian\(\) of a function that gives sh"):
        functional.hessian(lambda x: x, x)
    with pytest.raises(RuntimeError, match="output 0 does not depend on the inputs"):
        functional.jacobian(lambda x: x.detach(), x, strict=True)
    with pytest.raises(RuntimeError, match="outputs does not depend on input 1"):
        functional.jacobian(lambda x, y: x, (x, x), strict=True)


@pytest.mark.parametrize(
    "options", [{"vectorize": True}, {"strategy": "forward-mode"}], ids=str
)
def test_what_needs_vmap_or_forward_mode_is_refused(options):
    with pytest.raises(NotImplementedError, match="there is no vmap"):
        mg.autograd.functional.jacobian(lambda x: x, mg.ones(2), **options)
    options = {
        k.replace("strategy", "outer_jacobian_strategy"): v for k, v in options.items()
    }
    with pytest.raises(NotImplementedError, match="there is no vmap"):
        mg.autograd.functional.hessian(lambda x: x.sum(), mg.ones(2), **options)
