"""Hooks of modules beside torch's: when they are called, with what, to what effect."""

import copy
import gc
import pickle
import warnings
import weakref

import numpy as np
import pytest
import torch
from judge import on_devices

import minigrad

DATA = np.random.default_rng(4).uniform(0.5, 2.0, (4, 3))


def plain(value):
    """Tensors as rounded lists inside tuples and dictionaries, to be compared."""
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    return np.round(value.tolist(), 12).tolist() if hasattr(value, "tolist") else value


class Diary:
    """A library, with its tensors, and what its hooks were shown."""

    def __init__(self, lib, device=None):
        self.lib, self.pages = lib, []
        where = {"device": device} if device else {}
        self.a, self.b, self.c = (lib.tensor(d, **where) for d in DATA[:3])
        self.a.requires_grad_()
        self.c.requires_grad_()

        class Two(lib.nn.Module):
            def forward(self, x, y=None, n=1, **others):
                y = x * 2 if y is None else y
                return x * y * n, x + y

        class One(lib.nn.Module):
            def forward(self, x, k=2):
                return x * x * k

        class Bad(lib.nn.Module):
            def forward(self, x, k=2):
                raise KeyError("bad")

        self.Two, self.One, self.Bad = Two, One, Bad

    def write(self, *words):
        self.pages.append(plain(words))

    def hook(self, name, answer=None):
        """A hook that writes down what it is shown, and answers."""

        def hook(module, *shown):
            self.write(name, type(module).__name__, *shown)
            return answer(*shown) if answer else None

        return hook

    def attempt(self, function, *args, **kwargs):
        try:
            self.write(function(*args, **kwargs))
        except Exception as error:
            self.write(type(error).__name__)

    def backward(self, *outputs):
        self.a.grad = self.c.grad = None
        sum((y * (i + 2)).sum() for i, y in enumerate(outputs)).backward()
        self.write("gradients", self.a.grad, self.c.grad)


def agree(program, device=None):
    """Assert that a program writes the same diary under both libraries."""
    diaries = Diary(minigrad, device), Diary(torch)
    for diary in diaries:
        program(diary)
    ours, theirs = (diary.pages for diary in diaries)
    assert ours == theirs
    assert len(ours) > 1


# Forward.


@on_devices
def test_forward_hooks_are_called_in_torchs_order(device):
    def program(d):
        m = d.One()
        m.register_forward_pre_hook(d.hook("pre 1"))
        m.register_forward_pre_hook(d.hook("pre 2", lambda args: args[0] + 1))
        m.register_forward_pre_hook(
            d.hook("pre 0", lambda args, kw: ((args[0] * 2,), {**kw, "k": 5})),
            prepend=True,
            with_kwargs=True,
        )
        m.register_forward_hook(d.hook("post 1"))
        m.register_forward_hook(d.hook("post 2", lambda args, out: out + 1))
        m.register_forward_hook(d.hook("post 0"), prepend=True, with_kwargs=True)
        d.write(m(d.a), m(d.b, k=3))
        d.backward(m(d.a))
        d.attempt(m)

    agree(program, device)


def test_a_pre_hook_may_give_all_arguments_anew():
    def program(d):
        for answer in (d.b, (d.b, 7), (), None, 3):
            m = d.One()
            m.register_forward_pre_hook(lambda module, args, answer=answer: answer)
            d.attempt(m, d.a)
            m = d.One()
            m.register_forward_pre_hook(
                lambda module, args, kwargs, answer=answer: answer, with_kwargs=True
            )
            d.attempt(m, d.a)

    agree(program)


def test_hooks_that_are_always_called_are_called_after_a_failure():
    def program(d):
        def boom(*shown):
            raise ValueError("boom")

        for kind in (d.Bad, d.One):
            m = kind()
            m.register_forward_hook(d.hook("a", lambda *s: 5), always_call=True)
            m.register_forward_hook(d.hook("b"), always_call=True, with_kwargs=True)
            m.register_forward_hook(d.hook("boom", boom), always_call=True)
            m.register_forward_hook(d.hook("never"))
            m.register_forward_hook(d.hook("c"), always_call=True)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                d.attempt(m, d.a)
            d.write([str(w.message) for w in caught])

    agree(program)


def test_hooks_are_removed_by_their_handles_and_at_the_end_of_a_block():
    def program(d):
        m = d.One()
        first = m.register_forward_hook(d.hook("first"))
        m.register_forward_pre_hook(lambda module, args: first.remove())
        with m.register_forward_hook(d.hook("within")):
            m(d.a)
            first.remove()
        back = m.register_full_backward_hook(d.hook("back"))
        d.backward(m(d.a))
        back.remove()
        d.backward(m(d.a))

    agree(program)


def test_a_hook_may_take_itself_off():
    def program(d):
        m, handles = d.One(), []

        def once(*shown):
            handles.pop(0).remove()
            d.write("once")

        for register in (m.register_forward_pre_hook, m.register_forward_hook):
            handles.append(register(once))
            register(d.hook("stays"))
        m(d.a)
        m(d.a)

    agree(program)


# Backward.

ARGUMENTS = {
    "one of two": lambda d: (d.a, d.b),
    "both": lambda d: (d.a, d.c),
    "the second": lambda d: (d.b, d.c),
    "with a number": lambda d: (d.a, d.c, 3),
    "computed": lambda d: (d.a * 2,),
    "the same twice": lambda d: (d.a, d.a),
}


@on_devices
@pytest.mark.parametrize("name", ARGUMENTS)
def test_backward_hooks_see_torchs_gradients(name, device):
    def program(d):
        m = d.Two()
        doubled = lambda go: tuple(None if g is None else g * 2 for g in go)  # noqa: E731
        m.register_full_backward_hook(d.hook("last"))
        m.register_full_backward_hook(
            d.hook("first", lambda gi, go: (gi[0] * 3, *gi[1:])), prepend=True
        )
        m.register_full_backward_pre_hook(d.hook("pre 1"))
        m.register_full_backward_pre_hook(d.hook("pre 0", doubled), prepend=True)
        d.backward(*m(*ARGUMENTS[name](d)))
        d.backward(m(*ARGUMENTS[name](d))[0])

    agree(program, device)


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")  # newer torch's
def test_one_kind_of_backward_hook_is_enough():
    def program(d):
        for kind in ("full_backward_hook", "full_backward_pre_hook"):
            m = d.One()
            getattr(m, f"register_{kind}")(d.hook(kind))
            d.backward(m(m(d.a)))
            m(d.b)
            with d.lib.no_grad():
                m(d.a)
            d.attempt(m, x=d.a)
            m(x=d.a).sum().backward()

    agree(program)


@on_devices
def test_hooks_of_a_network_are_called_from_its_end_to_its_beginning(device):
    def program(d):
        net = d.lib.nn.Sequential(d.One(), d.lib.nn.Tanh(), d.One())
        for name, module in net.named_modules():
            module.register_forward_hook(d.hook(name))
            module.register_full_backward_pre_hook(d.hook(name))
            module.register_full_backward_hook(d.hook(name))
        d.backward(net(d.a))

    agree(program, device)


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")  # newer torch's
def test_hooks_of_a_module_whose_inputs_need_no_gradient():
    def program(d):
        for answer in (None, (None,), (1,), [None]):
            m = d.lib.nn.Linear(3, 2).double()
            with d.lib.no_grad():
                for p in m.parameters():
                    p.fill_(0.5)
            hook = d.hook("linear", lambda gi, go, answer=answer: answer)
            m.register_full_backward_hook(hook)
            d.attempt(m(d.b).sum().backward)
            d.write(m.weight.grad)

    agree(program)


def test_second_derivatives_pass_through_hooks():
    def program(d):
        m = d.One()
        m.register_full_backward_hook(d.hook("m", lambda gi, go: (gi[0] * 3,)))
        x = d.a * 1
        (first,) = d.lib.autograd.grad(m(x * x).sum(), x, create_graph=True)
        d.write(first)
        d.backward(first)

    agree(program)


def test_answers_of_the_wrong_number_are_refused():
    def program(d):
        for answer in ((1, 2, 3), (), (None,), None):
            for register in ("full_backward_hook", "full_backward_pre_hook"):
                m = d.One()
                hook = d.hook(register, lambda *shown, answer=answer: answer)
                getattr(m, f"register_{register}")(hook)
                d.attempt(m(d.a * 1).sum().backward)

    agree(program)
    m = minigrad.nn.ReLU()
    m.register_full_backward_hook(lambda module, gi, go: gi * 2)
    with pytest.raises(RuntimeError, match="grad_input, got 2, but expected 1"):
        m(minigrad.ones(2, requires_grad=True)).sum().backward()
    m = minigrad.nn.ReLU()
    m.register_full_backward_hook(lambda module, gi, go: gi[0])
    with pytest.raises(RuntimeError, match="grad_input, got 1, but expected 1"):
        m(minigrad.ones(1, requires_grad=True)).sum().backward()


def test_other_outputs_than_tensors_are_warned_of():
    for lib in (minigrad, torch):

        class Listing(lib.nn.Module):
            def forward(self, x):
                return [x * 2]

        m = Listing()
        m.register_full_backward_hook(lambda *shown: None)
        with pytest.warns(UserWarning, match="output should be a Tensor or a tuple"):
            m(lib.ones(2, requires_grad=True))


def test_an_output_that_is_watched_is_not_changed_in_place():
    for lib in (minigrad, torch):
        m = lib.nn.Tanh()
        m.register_full_backward_hook(lambda *shown: None)
        y = m(lib.ones(2, requires_grad=True))
        with pytest.raises(RuntimeError, match="view"):
            y.add_(1)


# Modules with hooks are modules.


def shout(module, args, output):
    return output * 2


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_hooks_are_copied_with_their_module(copied):
    for lib in (minigrad, torch):
        m = lib.nn.Tanh()
        handle = m.register_forward_hook(shout)
        twin = copied(m)
        handle.remove()
        x = lib.ones(2)
        assert (twin(x) == 2 * m(x)).all()
        assert list(m.state_dict()) == []
        assert repr(m) == "Tanh()"


def test_a_watched_call_dies_without_the_collector():
    m = minigrad.nn.Linear(2, 2)
    m.register_full_backward_hook(lambda module, gi, go: None)
    m.register_full_backward_pre_hook(lambda module, go: None)
    gc.collect()
    gc.disable()
    try:
        x = minigrad.ones(2, requires_grad=True)
        y = m(x * 1)
        dead = weakref.ref(y)
        y.sum().backward()
        del y
        assert dead() is None
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_direct_calls_of_forward_pass_hooks_by():
    m = minigrad.nn.Tanh()
    m.register_forward_hook(shout)
    x = minigrad.ones(2)
    assert (m(x) == 2 * m.forward(x)).all()
