"""The graph and its walk, judged by torch: order, depth, memory, third derivatives."""

import gc
import warnings
import weakref

import numpy as np
import pytest
import torch
from judge import both_backward, leaf, on_devices, outcome, pair, same, same_outcome

import minigrad as mg
from minigrad import engine

rng = np.random.default_rng(1)


# Order.

GRAPHS = {
    "one step": lambda x, y: x * y,
    "reuse": lambda x, y: x * x * x + y * 0,
    "diamond": lambda x, y: (lambda a: (a * y) * a.exp())(x + y),
    "late use of an early step": lambda x, y: (
        lambda a: (((a * 2).tanh() + 1) * y).sigmoid() * a
    )(x * y),
    "branches of unequal depth": lambda x, y: (
        lambda a, b: (a + a.exp().tanh().exp()) * (b - a)
    )(x * 2, y.tanh()),
    "a leaf many times": lambda x, y: x + x + x * y + y + x / y - x,
    "a branch that leads nowhere": lambda x, y: (x.exp(), x * y)[1],
    "a constant beside": lambda x, y: x.detach() * y + x,
    "ladder": lambda x, y: (lambda a, b: (a * b) + (a + b) * (a - b))(x * y, x + y),
}


@on_devices
@pytest.mark.parametrize("name", GRAPHS)
def test_every_shape_of_graph_gives_torchs_gradients(name, device):
    x, tx = leaf(device)
    y, ty = leaf(device)
    both_backward(GRAPHS[name](x, y), GRAPHS[name](tx, ty), device)
    same([x.grad, y.grad], [tx.grad, ty.grad], 1e-12)


def test_each_step_is_walked_once_and_after_all_that_use_it():
    walked = []
    x = mg.tensor([1.0], requires_grad=True)
    steps = {"a": x * 2}
    steps["b"] = steps["a"].exp()
    steps["c"] = steps["a"] * steps["b"]
    steps["d"] = steps["c"] + steps["a"]
    for name, step in steps.items():
        step.register_hook(lambda g, name=name: walked.append(name))
    steps["d"].backward()
    assert walked == ["d", "c", "b", "a"]


# Depth.


@on_devices
def test_a_chain_of_100_000_steps_is_walked_and_released_without_recursion(device):
    gc.collect()
    gc.disable()
    try:
        x = mg.tensor([1.0, 2.0], device=device, requires_grad=True)
        y = x
        for _ in range(50_000):
            y = (y + 1) * 1.0
        middle = weakref.ref(y)
        y.sum().backward()
        assert x.grad.tolist() == [1.0, 1.0]
        del y
        assert middle() is None
        assert sum(type(o) is engine.Node for o in gc.get_objects()) < 1000
    finally:
        gc.enable()


def test_a_chain_of_views_is_as_deep_as_you_like():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    last = y
    for _ in range(5_000):
        last = last[:]
    y.mul_(3)
    last.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


# Freeing.


@on_devices
def test_a_second_backward_is_refused_with_advice_where_torch_refuses(device):
    for f in (
        lambda x: (x * x).sum(),
        lambda x: (x + 1).sum(),
        lambda x: x.exp().sum(),
    ):
        x, tx = leaf(device)
        ours, theirs = f(x), f(tx)
        ours.backward()
        theirs.backward()
        same_outcome(outcome(ours.backward), outcome(theirs.backward))
        same(x.grad, tx.grad, 1e-12)
    x, _ = leaf(device)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="pass retain_graph=True the first time"):
        y.backward()


@on_devices
def test_retain_graph_lets_the_walk_be_repeated(device):
    x, tx = leaf(device)
    y, ty = (x * x).sum(), (tx * tx).sum()
    for t in (y, ty):
        t.backward(retain_graph=True)
        t.backward()
    same(x.grad, tx.grad, 1e-12)


@on_devices
def test_kept_arrays_die_when_the_walk_is_done(device):
    x, _ = leaf(device)
    a = x * 2
    kept = weakref.ref(a)
    y = (a * a).sum()
    del a
    assert kept() is not None
    y.backward()
    assert kept() is None


@on_devices
def test_what_no_rule_needs_dies_at_once(device):
    x, _ = leaf(device)
    a = x * 2
    gone = weakref.ref(a)
    y = a + 1
    del a
    assert gone() is None
    y.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_there_are_no_reference_cycles():
    gc.collect()
    gc.disable()
    try:
        x, _ = leaf()
        y = ((x * x).exp() + x.relu()).softmax(0)
        z = y[1:].reshape(-1, 1) @ y[:2].unsqueeze(0)
        z[0, 0] = x[0]
        dead = [weakref.ref(t) for t in (x, y, z)]
        z.sum().backward(retain_graph=True)
        del x, y, z
        assert [ref() for ref in dead] == [None, None, None]
        assert gc.collect() == 0
    finally:
        gc.enable()


def kept_by_torch(output):
    """The sizes of what torch's graph keeps, each once, without plain numbers."""
    found, seen = {}, [output.grad_fn]
    for node in seen:
        for name in dir(node):
            if name.startswith("_saved_"):
                value = getattr(node, name)
                if isinstance(value, torch.Tensor) and value.dim():
                    found[value.untyped_storage().data_ptr()] = value.numel()
        seen += [n for n, _ in node.next_functions if n is not None and n not in seen]
    return sorted(found.values())


def kept_by_us(output):
    found = {}
    for node in engine.tape([output.grad_fn]):
        for a in (*(node.args or ()), node.out, node.aux):
            array = a.array if isinstance(a, mg.Tensor) else a
            if isinstance(array, np.ndarray):
                while array.base is not None:
                    array = array.base
                found[id(array)] = array.size
    return sorted(found.values())


MEMORY = {
    "add": lambda x, w: (x + x) + 1,
    "mul": lambda x, w: x * x * 2,
    "block": lambda x, w: (((x + x) * 0.5).relu() + x).relu(),
    "tanh": lambda x, w: (x @ w).tanh().sum(),
    "exp": lambda x, w: (x.exp() * x).sum(),
    "log_softmax": lambda x, w: (x @ w).log_softmax(1)[:, 0].mean(),
    "a frozen factor": lambda x, w: (x * w.detach()).sum(),
}


@pytest.mark.parametrize("name", MEMORY)
def test_the_memory_kept_is_torchs(name):
    x, tx = leaf(shape=(4, 4))
    w, tw = leaf(shape=(4, 4))
    assert kept_by_us(MEMORY[name](x, w)) == kept_by_torch(MEMORY[name](tx, tw))


# autograd.grad and backward(inputs=...).


@on_devices
def test_grad_agrees_for_any_choice_of_inputs_and_outputs(device):
    def program(lib, x, y, g):
        a = x * y
        b = a.exp()
        c = b + x
        unused = y * 2
        grad = lib.autograd.grad
        found = [
            *grad(c, [x], g, retain_graph=True),
            *grad(c, [a, b], g, retain_graph=True),
            *grad([c, b], [y, a], [g, g * 2], retain_graph=True),
            *grad([b.sum(), b.sum()], x, retain_graph=True),
            *grad(c, [x, unused], g, retain_graph=True, allow_unused=True),
            *grad(c, [c], g, retain_graph=True),
            *grad(c.sum(), (x, y)),
        ]
        assert x.grad is None and y.grad is None
        return found

    x, tx = leaf(device)
    y, ty = leaf(device)
    g, tg = pair(rng.standard_normal(3), device)
    same(program(mg, x, y, g), program(torch, tx, ty, tg), 1e-12)


@on_devices
def test_only_the_path_to_the_inputs_is_walked_and_freed(device):
    x, tx = leaf(device)
    y, ty = leaf(device)
    for lib, a, b in ((mg, x, y), (torch, tx, ty)):
        visited = []
        left, right = a.exp(), b.exp()
        left.register_hook(lambda g, v=visited: v.append("left"))
        out = (left + right).sum()
        lib.autograd.grad(out, a)
        assert visited == ["left"]
        lib.autograd.grad(out, b)  # its half was not freed
        with pytest.raises(RuntimeError):
            lib.autograd.grad(out, a)


@on_devices
def test_backward_can_be_limited_to_inputs(device):
    x, tx = leaf(device)
    y, ty = leaf(device)
    for a, b in ((x, y), (tx, ty)):
        (a * b).sum().backward(inputs=[a])
        (a * b).sum().backward(inputs=b)
    same([x.grad, y.grad], [tx.grad, ty.grad], 1e-12)
    middle = x * 2
    (middle * middle).sum().backward(inputs=[middle])
    assert middle.grad.tolist() == (middle * 2).tolist()
    assert x.grad.tolist() == tx.grad.tolist()


# Derivatives of derivatives.


@on_devices
def test_third_derivatives_agree(device):
    def program(lib, x, y):
        out = ((x * y).tanh() * x.exp() + x**3 / y + (x * 0.1).sigmoid().log()).sum()
        first = lib.autograd.grad(out, [x, y], create_graph=True)
        second = lib.autograd.grad(
            sum((g * g).sum() for g in first), [x, y], create_graph=True
        )
        return lib.autograd.grad(sum((g * g).sum() for g in second), [x, y])

    x, tx = leaf(device)
    y, ty = leaf(device)
    same(program(mg, x, y), program(torch, tx, ty), 1e-10)


@on_devices
def test_backward_with_create_graph_leaves_gradients_that_have_a_history(device):
    x, _ = leaf(device)
    (x**3).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    (second,) = mg.autograd.grad(x.grad.sum(), x)
    np.testing.assert_allclose(second.cpu().numpy(), 6 * x.detach().cpu().numpy())
    x.grad = None
    (x**3).sum().backward()
    assert not x.grad.requires_grad


# Recording.


def test_switches_work_as_blocks_decorators_and_statements():
    x, _ = leaf()

    @mg.no_grad()
    def unrecorded():
        assert not mg.is_grad_enabled()
        with mg.enable_grad():
            assert (x * 2).requires_grad
        return x * 2

    @mg.set_grad_enabled(False)
    def switched_off():
        return x * 2

    assert mg.is_grad_enabled()
    assert not unrecorded().requires_grad
    assert not switched_off().requires_grad
    assert mg.is_grad_enabled()
    with mg.set_grad_enabled(False):
        assert not (x * 2).requires_grad
    block = mg.no_grad()
    for _ in range(2):
        with pytest.raises(KeyError), block:
            raise KeyError
        assert mg.is_grad_enabled()
    mg.set_grad_enabled(False)
    assert not mg.is_grad_enabled()
    mg.set_grad_enabled(True)
    assert mg.is_grad_enabled()
    assert unrecorded.__name__ == "unrecorded"


@pytest.mark.parametrize("lib", [mg, torch], ids=lambda lib: lib.__name__)
def test_switch_without_a_setting_decorates_without_parentheses(lib):
    x = lib.tensor([1.0], requires_grad=True)

    @lib.no_grad
    def unrecorded(a, *, b):
        """Its own words."""
        return a * b, lib.enable_grad(lambda: a * b)()

    inner, recorded = unrecorded(x, b=2)
    assert not inner.requires_grad and recorded.requires_grad
    assert lib.is_grad_enabled()
    assert (unrecorded.__name__, unrecorded.__doc__) == ("unrecorded", "Its own words.")


# Silence.


@on_devices
def test_infinities_pass_without_a_word_and_the_users_errstate_stays(device):
    before = np.geterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x, tx = pair(
            np.array([0.0, 1e308, np.inf, -np.inf, np.nan, -1.0]), device, True
        )

        def program(x):
            parts = [x / x, x * 1e10, x - x, x.exp(), x.log(), x.sqrt(), x**0.5]
            parts += [
                x.softmax(0),
                x.log_softmax(0),
                x.sum(),
                x.mean(),
                x.tanh(),
                x**-1,
            ]
            out = parts[0]
            for part in parts[1:]:
                out = out + part
            out = out + x[:, None].expand(6, 6).sum(1) + (x > 0)
            out.sum().backward()
            (x * np.inf).sum().backward()
            (x * -np.inf).sum().backward()
            return out

        same(program(x), program(tx), 1e-12)
        same(x.grad, tx.grad)
        mg.tensor([float("nan"), 1e300], device=device).to(mg.int64)
        mg.tensor(np.array([np.nan]), dtype=mg.int32, device=device)
    assert np.geterr() == before
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        x.detach() / 0.0  # ours stays silent
        np.array([1.0]) / 0.0
