"""Errors: their words, in the form of the house, and torch's class for each mistake."""

import re

import numpy as np
import pytest
import torch
from judge import on_devices, outcome, same_outcome

import minigrad as mg


def freed(lib):
    x = lib.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward()
    y.backward()


def changed_input(lib):
    x = lib.ones(5, requires_grad=True)
    y = x * 1
    z = y * y
    y.add_(1)
    z.sum().backward()


def changed_output(lib):
    y = lib.ones(2, requires_grad=True).exp()
    y.mul_(2)
    y.sum().backward()


def leaf_in_place(lib):
    lib.ones(2, requires_grad=True).add_(1)


def view_of_leaf_in_place(lib):
    lib.ones(2, requires_grad=True)[0] = 3


def numpy_with_history(lib):
    lib.ones(2, requires_grad=True).numpy()


def unused_input(lib):
    x, y = lib.ones(2, requires_grad=True), lib.ones(2, requires_grad=True)
    lib.autograd.grad(x.sum(), [x, y])


def untracked_input(lib):
    x = lib.ones(2, requires_grad=True)
    lib.autograd.grad(x.sum(), lib.ones(2))


def gradient_of_wrong_shape(lib):
    (lib.ones(2, requires_grad=True) * 2).backward(lib.ones(3))


def gradient_that_is_no_tensor(lib):
    (lib.ones(2, requires_grad=True) * 2).backward([1.0, 1.0])


def untracking_a_result(lib):
    (lib.ones(2, requires_grad=True) * 2).requires_grad = False


def deepcopy_of_a_result(lib):
    import copy

    copy.deepcopy(lib.ones(2, requires_grad=True) * 2)


def default_dtype_of_ints(lib):
    lib.set_default_dtype(lib.int64)


def expanded_in_place(lib):
    lib.ones(1).expand(3).add_(1)


# For each mistake: what makes it, and what minigrad says.
MISTAKES = {
    "matmul": (
        lambda lib: lib.ones(2, 3) @ lib.ones(4, 5),
        "matmul of shapes (2, 3) and (4, 5): the inner sizes 3 and 4 must be equal",
    ),
    "matmul of batches": (
        lambda lib: lib.ones(5, 2, 3) @ lib.ones(4, 3, 2),
        "matmul of shapes (5, 2, 3) and (4, 3, 2): sizes 5 and 4 in dimension -3 "
        "cannot be broadcast (one of them must be 1)",
    ),
    "matmul of a number": (
        lambda lib: lib.ones(()) @ lib.ones(2),
        "matmul of a 0-d tensor: use * to multiply by a number",
    ),
    "broadcast": (
        lambda lib: lib.ones(2, 3) * lib.ones(4),
        "mul of shapes (2, 3) and (4,): sizes 3 and 4 in the last dimension cannot be "
        "broadcast (one of them must be 1)",
    ),
    "broadcast elsewhere": (
        lambda lib: lib.ones(2, 3, 1) - lib.ones(4, 5),
        "sub of shapes (2, 3, 1) and (4, 5): sizes 3 and 4 in dimension -2 cannot be "
        "broadcast (one of them must be 1)",
    ),
    "broadcast of a comparison": (
        lambda lib: lib.ones(2) < lib.ones(3),
        "lt of shapes (2,) and (3,): sizes 2 and 3 in the last dimension cannot be "
        "broadcast (one of them must be 1)",
    ),
    "broadcast of where": (
        lambda lib: lib.where(lib.ones(2) > 0, lib.ones(3), lib.ones(2)),
        "where of shapes (2,), (3,) and (2,): sizes 2, 3 and 2 in the last dimension "
        "cannot be broadcast (one of them must be 1)",
    ),
    "dim": (
        lambda lib: lib.ones(2, 3).sum(2),
        "sum over dim 2 of a tensor with 2 dimensions: dim must be in -2..1",
    ),
    "dim of a vector": (
        lambda lib: lib.ones(3).softmax(-2),
        "softmax over dim -2 of a tensor with 1 dimension: dim must be in -1..0",
    ),
    "dim of unsqueeze": (
        lambda lib: lib.ones(3).unsqueeze(2),
        "unsqueeze over dim 2 of a tensor with 1 dimension: dim must be in -2..1",
    ),
    "a dim twice": (
        lambda lib: lib.ones(2, 3).sum((0, -2)),
        "sum over dims (0, 0): each may be named once",
    ),
    "the largest of nothing": (
        lambda lib: lib.ones(0, 3).argmax(0),
        "argmax over dims (0,) of a tensor of shape (0, 3): of no elements there is no "
        "largest",
    ),
    "mean of ints": (
        lambda lib: lib.tensor([1, 2]).mean(),
        "mean of a tensor of dtype torch.int64: only numbers with fractions have a "
        "mean of their own dtype; use .float() first",
    ),
    "sub of bools": (
        lambda lib: lib.tensor([True]) - lib.tensor([True]),
        "sub of bools: compare them, or use .long() first",
    ),
    "neg of bools": (
        lambda lib: -lib.tensor([True]),
        "neg of bools: use .long() or .float() first",
    ),
    "relu of bools": (
        lambda lib: lib.tensor([True]).relu(),
        "relu of bools: use .long() or .float() first",
    ),
    "pow of bools": (
        lambda lib: lib.tensor([True]) ** lib.tensor([True]),
        "pow of bools: use .long() or .float() first",
    ),
    "an int power of ints": (
        lambda lib: lib.tensor([2]) ** -1,
        "pow of shapes (1,): Integers to negative integer powers are not allowed.",
    ),
    "reshape": (
        lambda lib: lib.ones(2, 3).reshape(4, -1),
        "reshape of shape (2, 3) to (4, -1): the sizes must multiply to 6, the "
        "number of elements, and one may be -1",
    ),
    "view": (
        lambda lib: lib.ones(2, 3).t().view(6),
        "view of shape (3, 2) as (6,): the elements do not lie in that order in "
        "memory; use reshape()",
    ),
    "permute": (
        lambda lib: lib.ones(2, 3).permute(0, 0),
        "permute(0, 0) of a tensor with 2 dimensions: name each of them once",
    ),
    "t": (
        lambda lib: lib.ones(1, 2, 3).t(),
        "t() of a tensor with 3 dimensions: it is for matrices; use transpose()",
    ),
    "expand": (
        lambda lib: lib.ones(2, 3).expand(4, 3),
        "expand of shape (2, 3) to (4, 3): only dimensions of size 1 can be "
        "expanded, and new ones come first",
    ),
    "flatten": (
        lambda lib: lib.ones(2, 3).flatten(1, 0),
        "flatten from dim 1 to 0: the first comes after the last",
    ),
    "cat": (
        lambda lib: lib.cat([lib.ones(2, 3), lib.ones(2, 4)]),
        "cat of shapes (2, 3), (2, 4) along dim 0: all other sizes must be equal",
    ),
    "cat of different dims": (
        lambda lib: lib.cat([lib.ones(2, 3), lib.ones(2)]),
        "cat of shapes (2, 3), (2,) along dim 0: all other sizes must be equal",
    ),
    "stack": (
        lambda lib: lib.stack([lib.ones(2), lib.ones(3)]),
        "stack of shapes (2,), (3,): they must be equal",
    ),
    "stack of nothing": (
        lambda lib: lib.stack([]),
        "stack of shapes none: they must be equal",
    ),
    "gather": (
        lambda lib: lib.ones(2, 3).gather(1, lib.zeros(3, 1, dtype=lib.int64)),
        "gather along dim 1 of shape (2, 3) with an index of shape (3, 1): it needs as "
        "many dimensions, and no larger sizes along the others",
    ),
    "gather by floats": (
        lambda lib: lib.ones(2).gather(0, lib.zeros(1)),
        "gather with an index of dtype torch.float32: use .long()",
    ),
    "a negative step": (
        lambda lib: lib.ones(3)[::-1],
        "a slice with step -1: the step must be greater than zero",
    ),
    "a key that is none": (
        lambda lib: lib.ones(3)[1.5],
        "float 1.5 is no index: use ints, slices, `...`, None, or tensors of ints or "
        "bools",
    ),
    "assignment to a slice": (
        lambda lib: lib.ones(3).__setitem__(slice(2), lib.ones(3)),
        "value of shape (3,) does not fit the places chosen in a tensor of shape (2,)",
    ),
    "assignment to places": (
        lambda lib: lib.ones(3).__setitem__([0, 1], lib.ones(3)),
        "value of shape (3,) does not fit the places chosen in a tensor of shape (3,)",
    ),
    "a result of another shape": (
        lambda lib: lib.ones(3).add_(lib.ones(2, 3)),
        "a result of shape (2, 3) cannot be written into a tensor of shape (3,): use "
        "an out-of-place operation",
    ),
    "a result with fractions": (
        lambda lib: lib.tensor([1]).add_(1.5),
        "a result of dtype torch.float32 cannot be written into a tensor of dtype "
        "torch.int64: use an out-of-place operation",
    ),
    "an expanded tensor in place": (
        expanded_in_place,
        "a tensor of shape (3,) cannot be written to: several of its elements share "
        "one place in memory, or it is read-only; use clone() first",
    ),
    "item": (
        lambda lib: lib.ones(2).item(),
        "a tensor of shape (2,) cannot be converted to one number: only one with a "
        "single element can",
    ),
    "float": (
        lambda lib: float(lib.ones(2)),
        "a tensor of shape (2,) cannot be converted to one number: only one with a "
        "single element can",
    ),
    "truth": (
        lambda lib: bool(lib.ones(2)),
        "a tensor of shape (2,) is neither true nor false: use .any() or .all()",
    ),
    "length": (
        lambda lib: len(lib.ones(())),
        "len() of a 0-d tensor: it has no dimension to go along",
    ),
    "a float as index": (
        lambda lib: [1, 2][lib.ones(())],
        "a tensor of dtype torch.float32 is no index: use .long()",
    ),
    "a word": (
        lambda lib: lib.tensor("abc"),
        "a tensor cannot hold <U3: 'abc'",
    ),
    "arange": (
        lambda lib: lib.arange(3, 0),
        "arange from 3 to 0 in steps of 1: the steps must lead from start to end",
    ),
    "randint": (
        lambda lib: lib.randint(3, 3, (2,)),
        "randint from 3 to 3: high must be above low",
    ),
    "a device": (
        lambda lib: lib.device("gpu"),
        "device 'gpu' is not known: expected one of cpu, torch, cuda, mps",
    ),
    "a default dtype": (
        default_dtype_of_ints,
        "set_default_dtype got torch.int64: only floating-point types are supported as "
        "the default type",
    ),
    "backward of many numbers": (
        lambda lib: (lib.ones(4, 4, requires_grad=True) * 2).backward(),
        "backward() needs a gradient for an output of shape (4, 4): only a single "
        "number has 1 as its obvious gradient",
    ),
    "no graph": (
        lambda lib: lib.ones(()).backward(),
        "this tensor does not require grad: nothing it was computed from has "
        "requires_grad=True",
    ),
    "twice": (
        freed,
        "backward() has already been through this graph and freed it: pass "
        "retain_graph=True the first time to go twice",
    ),
    "in place, input": (
        changed_input,
        "Mul kept an input of shape (5,) for its gradient, and it was changed in place "
        "since: use an out-of-place operation, or clone() it first",
    ),
    "in place, output": (
        changed_output,
        "Exp kept its output of shape (2,) for its gradient, and it was changed in "
        "place since: use an out-of-place operation, or clone() it first",
    ),
    "a leaf in place": (
        leaf_in_place,
        "a leaf that requires grad cannot be changed in place while recording: use "
        "no_grad()",
    ),
    "a view of a leaf in place": (
        view_of_leaf_in_place,
        "a view of a leaf that requires grad cannot be changed in place while "
        "recording: use no_grad()",
    ),
    "numpy": (
        numpy_with_history,
        "numpy() of a tensor that requires grad would lose its history: call detach() "
        "first",
    ),
    "unused": (
        unused_input,
        "input 1 of grad() was not used to compute the outputs: pass "
        "allow_unused=True to get None for it",
    ),
    "an input without gradient": (
        untracked_input,
        "input 0 of grad() does not require grad: set requires_grad=True before "
        "computing with it",
    ),
    "a gradient of another shape": (
        gradient_of_wrong_shape,
        "a gradient of shape (3,) for an output of shape (2,): the shapes must be "
        "equal",
    ),
    "a gradient that is no tensor": (
        gradient_that_is_no_tensor,
        "a gradient of type list: expected a tensor of shape (2,)",
    ),
    "gradient of ints": (
        lambda lib: lib.tensor([1], requires_grad=True),
        "a tensor of dtype torch.int64 cannot require grad: only numbers with "
        "fractions can be moved by a little; use .float() first",
    ),
    "a result without gradient": (
        untracking_a_result,
        "requires_grad of a computed tensor follows from its inputs: use detach() "
        "for a tensor without history",
    ),
    "deepcopy": (
        deepcopy_of_a_result,
        "deepcopy of a computed tensor: only a leaf can be copied without its history; "
        "use detach() or clone()",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_explained_in_these_words(name):
    mistake, words = MISTAKES[name]
    with pytest.raises(Exception) as caught:
        mistake(mg)
    said = str(caught.value)
    assert said.startswith(words)
    assert said == words or said[len(words)] == ":"
    assert "!" not in said and "\n" not in said


# torch takes a word for a list of letters and says ValueError; for us it is no number.
OTHER_CLASS = {"a word"}


@pytest.mark.parametrize("name", [m for m in MISTAKES if m not in OTHER_CLASS])
def test_a_mistake_raises_the_class_that_torch_raises(name):
    mistake, _ = MISTAKES[name]
    same_outcome(outcome(mistake, mg), outcome(mistake, torch))


@on_devices
def test_the_words_do_not_depend_on_the_device(device):
    x, y = mg.ones(2, 3, device=device), mg.ones(4, device=device)
    for op in (lambda: x * y, lambda: x == y, lambda: mg.where(x > 0, x, y)):
        with pytest.raises(
            RuntimeError, match=r"sizes .*3 and 4 in the last dimension"
        ):
            op()
    with pytest.raises(RuntimeError, match="cannot be written to: several"):
        mg.ones(1, device=device).expand(3).add_(1)
    with pytest.raises(RuntimeError, match=r"value of shape \(3,\) does not fit"):
        x[0, :2] = mg.ones(3, device=device)


def test_operands_of_no_number_are_refused_by_python():
    x = mg.ones(2)
    for other in ("a", None, [1.0], object()):
        for op in (
            lambda x, y: x + y,
            lambda x, y: y - x,
            lambda x, y: x / y,
            lambda x, y: x**y,
            lambda x, y: y**x,
            lambda x, y: x @ y,
            lambda x, y: x < y,
            lambda x, y: x.mul(y),
            lambda x, y: x.matmul(y),
        ):
            with pytest.raises(TypeError):
                op(x, other)
    assert not x == "a"  # noqa: SIM201
    with pytest.raises(TypeError, match="a tensor cannot hold"):
        mg.from_numpy(np.zeros(2, complex))


def test_a_device_that_needs_torch_says_so_where_it_is_missing(monkeypatch):
    from minigrad import arrays

    def missing():
        raise ModuleNotFoundError("No module named 'torch'")

    monkeypatch.setattr(arrays, "load_torch", missing)
    words = (
        "device 'cuda' needs torch, which is not installed: pip install torch, or use "
        "device='cpu' (NumPy)"
    )
    with pytest.raises(ModuleNotFoundError, match=re.escape(words)):
        mg.zeros(2, device="cuda")
