"""Tensors behave as torch's: promotion, reductions, shapes, copies, random numbers."""

import copy
import operator
import pickle

import numpy as np
import pytest
import torch
from judge import on_devices, outcome, pair, same, same_outcome

import minigrad as mg

rng = np.random.default_rng(0)
SHAPE = (3, 4, 2)
DTYPES = ("bool", "uint8", "int32", "int64", "float16", "float32", "float64")
ARITHMETIC = ("add", "sub", "mul", "truediv", "pow")
COMPARISON = ("eq", "ne", "lt", "le", "gt", "ge")


def numbers(dtype, shape):
    """Numbers that every dtype can hold."""
    count = int(np.prod(shape))
    return np.array([1, 2, 3, 1, 2, 3][:count]).reshape(shape).astype(dtype)


# Promotion.


@on_devices
@pytest.mark.parametrize("name", ARITHMETIC + COMPARISON)
def test_every_pair_of_dtypes_gives_torchs_dtype_and_numbers(name, device):
    op = getattr(operator, name)
    for a in DTYPES:
        for b in DTYPES:
            for left, right in (((3,), (3,)), ((), (3,)), ((3,), ()), ((), ())):
                x, tx = pair(numbers(a, left), device)
                y, ty = pair(numbers(b, right), device)
                same_outcome(outcome(op, x, y), outcome(op, tx, ty), 1e-3)


@on_devices
@pytest.mark.parametrize("name", ARITHMETIC + COMPARISON)
def test_python_numbers_on_either_side_give_torchs_dtype(name, device):
    op = getattr(operator, name)
    for dtype in DTYPES:
        for shape in ((3,), ()):
            for number in (2, 2.5) if name == "pow" else (True, 2, 2.5):
                x, tx = pair(numbers(dtype, shape), device)
                same_outcome(outcome(op, x, number), outcome(op, tx, number), 1e-3)
                same_outcome(outcome(op, number, x), outcome(op, number, tx), 1e-3)


@on_devices
def test_numpy_arrays_and_scalars_stand_on_either_side(device):
    x = mg.tensor([1.0, 2.0], device=device)
    array = np.array([3.0, 4.0], np.float32)
    for left, right in ((x, array), (array, x), (x, np.float32(3)), (np.float32(3), x)):
        for name in ARITHMETIC:
            op = getattr(operator, name)
            out = op(left, right)
            a, b = (t.numpy() if isinstance(t, mg.Tensor) else t for t in (left, right))
            assert isinstance(out, mg.Tensor)
            assert out.dtype is mg.float32
            assert str(out.device) == device
            np.testing.assert_array_equal(out.numpy(), op(a, b))
    assert (x == np.array([1.0, 5.0])).tolist() == [True, False]


@on_devices
def test_gradients_come_back_in_the_dtype_of_each_input(device):
    x, tx = pair(numbers("float32", (3,)), device, True)
    y, ty = pair(numbers("float64", (3,)), device, True)
    z, tz = pair(numbers("float64", ()), device, True)
    for a, b, c in ((x, y, z), (tx, ty, tz)):
        (a * b + a * c).sum().backward()
    same([x.grad, y.grad, z.grad], [tx.grad, ty.grad, tz.grad])


def test_whole_numbers_become_floats_in_functions_that_need_them():
    for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid"):
        for dtype in ("bool", "int32", "int64"):
            x, tx = pair(numbers(dtype, (3,)))
            same(getattr(x, name)(), getattr(tx, name)(), 1e-6)


def test_the_default_dtype_is_what_python_floats_become():
    assert mg.tensor(1.0).dtype is mg.float32
    mg.set_default_dtype(mg.float64)
    try:
        assert mg.tensor([1.0]).dtype is mg.float64
        assert (mg.tensor([1]) * 1.5).dtype is mg.float64
        assert mg.zeros(2).dtype is mg.float64
    finally:
        mg.set_default_dtype(mg.float32)
    with pytest.raises(TypeError, match="only floating-point types"):
        mg.set_default_dtype(mg.int64)


# Reductions.


@on_devices
@pytest.mark.parametrize("name", ["sum", "mean", "amax"])
@pytest.mark.parametrize(
    "dim", [None, 0, 1, -1, np.int64(1), (0, 2), (-1, 0), (), (0, 1, 2)]
)
def test_reductions_agree_over_all_dims(name, dim, device):
    for keepdim in (False, True):
        x, tx = pair(rng.standard_normal(SHAPE), device, True)
        kwargs = {} if dim is None else {"dim": dim, "keepdim": keepdim}
        ours, theirs = getattr(x, name)(**kwargs), getattr(tx, name)(**kwargs)
        same(ours, theirs, 1e-12)
        g, tg = pair(rng.standard_normal(ours.shape), device)
        ours.backward(g)
        theirs.backward(tg)
        same(x.grad, tx.grad, 1e-12)


@on_devices
@pytest.mark.parametrize("name", ["sum", "mean", "amax", "argmax", "max"])
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), ()])
def test_reductions_of_nothing_or_one_number_do_what_torch_does(name, shape, device):
    x, tx = pair(np.zeros(shape), device)
    for dim in ((), (0,), (-1,), (1,), (5,)):
        ours = outcome(getattr(x, name), *dim)
        theirs = outcome(getattr(tx, name), *dim)
        if isinstance(theirs, torch.return_types.max):
            theirs = tuple(theirs)
        same_outcome(ours, theirs)


@on_devices
def test_the_largest_of_ties_and_nan_are_torchs(device):
    rows = np.array([[1, 3, 3], [2, np.nan, 5], [-1, -1, -1], [np.inf, 0, np.inf]])
    x, tx = pair(rows, device, True)
    ours, theirs = x.max(1), tx.max(1)
    same(list(ours), list(theirs))
    same(x.argmax(1), tx.argmax(1))
    same(x.argmax(1, keepdim=True), tx.argmax(1, keepdim=True))
    same(x[2].argmax(), tx[2].argmax())
    g, tg = pair(rng.standard_normal(4), device)
    ours.values.backward(g)
    theirs.values.backward(tg)
    same(x.grad, tx.grad)
    x, tx = pair(rows[[0, 2]], device, True)
    (x.amax(1) * mg.tensor([2.0, 5.0], device=device)).sum().backward()
    (tx.amax(1) * torch.tensor([2.0, 5.0])).sum().backward()
    same(x.grad, tx.grad, 1e-12)
    same(x.max(), tx.max())
    same(x.max(x * 2), tx.max(tx * 2))


def test_sums_of_bools_and_small_integers_are_int64():
    for dtype in ("bool", "uint8", "int32"):
        x, tx = pair(numbers(dtype, (2, 3)))
        same([x.sum(), x.sum(1)], [tx.sum(), tx.sum(1)])
    x, tx = pair(np.array([[True, False], [True, True]]))
    same([x.any(), x.all(), ~x, x & True], [tx.any(), tx.all(), ~tx, tx & True])


# Shapes.

SHAPES = {
    "reshape": lambda x: x.reshape(4, 6),
    "reshape of a tuple": lambda x: x.reshape((2, 12)),
    "reshape with -1": lambda x: x.reshape(-1, 3),
    "view": lambda x: x.view(-1),
    "view of a size": lambda x: x.view(x.size(0), -1),
    "permute": lambda x: x.permute(2, 0, -2),
    "permute of a tuple": lambda x: x.permute((1, 0, 2)),
    "transpose": lambda x: x.transpose(0, -1),
    "mT": lambda x: x.mT,
    "T": lambda x: x[0].T,
    "t": lambda x: x[0].t(),
    "squeeze": lambda x: x.unsqueeze(0).unsqueeze(-1).squeeze(),
    "squeeze a dim": lambda x: x.unsqueeze(1).squeeze(1),
    "squeeze nothing": lambda x: x.squeeze(0),
    "unsqueeze": lambda x: x.unsqueeze(-1),
    "expand": lambda x: x.unsqueeze(0).expand(3, -1, -1, 2),
    "expand in front": lambda x: x[0, 0].expand(5, 2),
    "flatten": lambda x: x.flatten(),
    "flatten the last": lambda x: x.flatten(1),
    "flatten the first": lambda x: x.flatten(0, 1),
    "flatten one number": lambda x: x[0, 0, 0].flatten(),
    "contiguous view": lambda x: x.permute(2, 0, 1).contiguous().view(-1),
    "contiguous": lambda x: x.contiguous(),
    "reshape of a transposed": lambda x: x.transpose(0, 1).reshape(-1),
    "view of a transposed": lambda x: x.transpose(0, 1).view(-1),
    "view of an expanded": lambda x: x[0, 0].expand(3, 2).view(-1),
    "a size too many": lambda x: x.reshape(5, 5),
    "a size that does not divide": lambda x: x.reshape(-1, 7),
    "two sizes of -1": lambda x: x.reshape(-1, -1),
    "a size of -2": lambda x: x.reshape(-2, -12),
    "permute twice the same": lambda x: x.permute(0, 0, 1),
    "permute too few": lambda x: x.permute(0, 1),
    "transpose out of range": lambda x: x.transpose(0, 3),
    "unsqueeze out of range": lambda x: x.unsqueeze(4),
    "squeeze out of range": lambda x: x.squeeze(3),
    "expand a size that is not 1": lambda x: x.expand(3, 8, 2),
    "expand to fewer": lambda x: x.expand(2),
    "expand a new -1": lambda x: x.expand(-1, 3, 4, 2),
    "flatten out of range": lambda x: x.flatten(0, 5),
    "flatten backwards": lambda x: x.flatten(2, 1),
    "t of three dims": lambda x: x.t(),
    "size out of range": lambda x: x.size(3),
    "sum twice over a dim": lambda x: x.sum((0, 0)),
    "softmax out of range": lambda x: x.softmax(3),
    "len of a number": lambda x: len(x[0, 0, 0]),
    "iteration of a number": lambda x: list(x[0, 0, 0]),
    "item of many": lambda x: x.item(),
    "bool of many": lambda x: bool(x),
    "float of many": lambda x: float(x),
    "matmul": lambda x: x[0] @ x.mT,
    "matrix by vector": lambda x: x @ x[0, 0],
    "vector by matrix": lambda x: x[0, :, 0] @ x,
    "vector by vector": lambda x: x[0, 0] @ x[1, 1],
    "matmul that does not fit": lambda x: x @ x,
    "matmul of batches that do not fit": lambda x: x[:2] @ x.mT,
    "matmul of a number": lambda x: x[0, 0, 0] @ x,
}


@on_devices
@pytest.mark.parametrize("name", SHAPES)
def test_shape_functions_give_torchs_result_or_its_error(name, device):
    x, tx = pair(rng.standard_normal(SHAPE), device, True)
    ours, theirs = outcome(SHAPES[name], x), outcome(SHAPES[name], tx)
    same_outcome(ours, theirs, 1e-12)
    if isinstance(theirs, torch.Tensor):
        g, tg = pair(rng.standard_normal(ours.shape), device)
        ours.backward(g)
        theirs.backward(tg)
        same(x.grad, tx.grad, 1e-12)


@on_devices
def test_cat_stack_and_where_agree(device):
    x, tx = pair(rng.standard_normal((2, 3)), device, True)
    y, ty = pair(rng.standard_normal((2, 3)), device, True)

    def joined(lib, a, b):
        return (
            lib.cat([a, b]),
            lib.cat((a, b, a), 1),
            lib.cat([a, b], dim=-1),
            lib.stack([a, b]),
            lib.stack([a, b], -1),
            lib.where(a > b, a, b),
            lib.where(a > 0, a, 0.0),
            lib.where(a > 0, 1.5, b),
            lib.where(a > b, 1.0, 2.0),
            lib.where(a > b, 1, 2),
        )

    ours, theirs = joined(mg, x, y), joined(torch, tx, ty)
    same(ours, theirs)
    for a, b in zip(ours[:8], theirs[:8], strict=True):
        g, tg = pair(rng.standard_normal(a.shape), device)
        a.backward(g)
        b.backward(tg)
    same([x.grad, y.grad], [tx.grad, ty.grad], 1e-12)


@on_devices
def test_gather_and_softmax_agree(device):
    x, tx = pair(rng.standard_normal((3, 4)), device, True)
    index, their_index = pair(np.array([[0, 0], [3, 1], [2, 2]]), device)
    ours = (x.gather(1, index), x.softmax(-1), x.log_softmax(0))
    theirs = (tx.gather(1, their_index), tx.softmax(-1), tx.log_softmax(0))
    same(ours, theirs, 1e-12)
    for a, b in zip(ours, theirs, strict=True):
        g, tg = pair(rng.standard_normal(a.shape), device)
        a.backward(g)
        b.backward(tg)
    same(x.grad, tx.grad, 1e-12)


# Python's and NumPy's side of a tensor.


@on_devices
def test_a_tensor_answers_python_as_torchs_does(device):
    x, tx = pair(np.array([[1.5, 2.0], [3.0, 4.0]]), device)
    one, their_one = pair(np.array(2.5), device)
    n, tn = pair(np.array(3), device)

    def answers(x, one, n):
        return [
            len(x),
            x.tolist(),
            one.item(),
            n.item(),
            float(one),
            int(one),
            bool(one),
            f"{one:.3f}",
            [0, 1, 2, 3, 4][n],
            [row.tolist() for row in x],
            x.dim(),
            x.ndim,
            x.numel(),
            2.0 in x,
            9.0 in x,
            x == None,  # noqa: E711
            x.is_floating_point(),
            n.is_floating_point(),
            len({x, x, one}),
        ]

    assert answers(x, one, n) == answers(tx, their_one, tn)
    assert tuple(x.size()) == tuple(tx.size())
    with pytest.raises(TypeError):
        [0, 1, 2, 3][one]


@on_devices
def test_tensors_move_and_convert(device):
    x = mg.tensor([1.5, -2.5], device=device, requires_grad=True)
    assert x.to(mg.float32) is x
    assert x.to(device) is x
    for dtype in (mg.float64, mg.int64, mg.int32, mg.bool, mg.float16):
        assert x.to(dtype).dtype is dtype
        assert x.to(device, dtype).dtype is dtype
    assert x.double().dtype is mg.float64
    assert x.long().tolist() == [1, -2]
    there = x.to("torch" if device == "cpu" else "cpu")
    (there * 3).sum().backward()
    assert x.grad.tolist() == [3, 3]
    assert str(x.grad.device) == device
    y = mg.tensor([1], dtype=mg.float64, device=device)
    assert there.detach().to(y).dtype is mg.float64
    assert str(there.to(y).device) == device


@on_devices
def test_numpy_shares_memory_and_refuses_to_lose_history(device):
    x = mg.zeros(3, device=device)
    array = x.numpy()
    x[1] = 5
    assert array.tolist() == [0, 5, 0]
    assert np.asarray(x).tolist() == [0, 5, 0]
    own = np.zeros(2)
    mg.from_numpy(own)[0] = 1
    assert own[0] == 1
    mg.as_tensor(own)[1] = 2
    assert own[1] == 2
    mg.tensor(own)[1] = 3
    assert own[1] == 2
    with pytest.raises(RuntimeError, match=r"call detach\(\) first"):
        x.requires_grad_().numpy()


@on_devices
def test_deepcopy_copies_leaves_and_refuses_computed_tensors(device):
    x = mg.tensor([1.0, 2.0], device=device, requires_grad=True)
    (x * x).sum().backward()
    both = copy.deepcopy([x, x])
    assert both[0] is both[1]
    twin = both[0]
    assert twin.requires_grad and twin.is_leaf and str(twin.device) == device
    assert twin.grad.tolist() == x.grad.tolist()
    with mg.no_grad():
        twin += 1
        twin.grad += 1
    assert x.tolist() == [1, 2]
    assert x.grad.tolist() == [2, 4]
    with pytest.raises(RuntimeError, match="deepcopy of a computed tensor"):
        copy.deepcopy(x * 2)


@on_devices
def test_pickled_leaves_come_back(device):
    x = mg.tensor([[1.0], [2.0]], device=device, requires_grad=True)
    twin = pickle.loads(pickle.dumps(x))
    assert type(twin) is mg.Tensor
    assert twin.tolist() == x.tolist()
    assert twin.requires_grad and str(twin.device) == device and twin.dtype is x.dtype
    assert pickle.loads(pickle.dumps(mg.float64)) is mg.float64


@on_devices
def test_detach_clone_and_data(device):
    x = mg.tensor([1.0, 2.0], device=device, requires_grad=True)
    assert not x.detach().requires_grad
    copied = x.clone()
    assert copied.requires_grad and not copied.is_leaf
    x.data[0] = 7
    assert x.tolist() == [7, 2] and copied.tolist() == [1, 2]
    x.data = mg.tensor([3.0, 4.0], device=device)
    assert x.tolist() == [3, 4] and x.requires_grad and x.is_leaf


# In place.

IN_PLACE = {
    "add_": lambda x, y: x.add_(y),
    "sub_": lambda x, y: x.sub_(y),
    "mul_": lambda x, y: x.mul_(y),
    "div_": lambda x, y: x.div_(y),
    "copy_": lambda x, y: x.copy_(y),
    "fill_": lambda x, y: x.fill_(2.5),
    "zero_": lambda x, y: x.zero_(),
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": operator.itruediv,
}


@on_devices
@pytest.mark.parametrize("name", IN_PLACE)
@pytest.mark.parametrize("shape", [(2, 3), (3,), ()])
def test_in_place_methods_and_their_gradients_agree(name, shape, device):
    x, tx = pair(rng.standard_normal((2, 3)), device, True)
    y, ty = pair(rng.standard_normal(shape) + 3, device, True)
    ours, theirs = x * 1, tx * 1
    assert IN_PLACE[name](ours, y) is ours
    IN_PLACE[name](theirs, ty)
    same(ours, theirs, 1e-12)
    g, tg = pair(rng.standard_normal((2, 3)), device)
    ours.backward(g)
    theirs.backward(tg)
    same(x.grad, tx.grad, 1e-12)
    assert (y.grad is None) == (ty.grad is None)
    if ty.grad is not None:
        same(y.grad, ty.grad, 1e-12)


@on_devices
@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_methods_keep_the_dtype_or_refuse(name, device):
    for a in DTYPES:
        for b in DTYPES:
            x, tx = pair(numbers(a, (3,)), device)
            y, ty = pair(numbers(b, (3,)), device)
            ours = outcome(IN_PLACE[name], x, y)
            theirs = outcome(IN_PLACE[name], tx, ty)
            same_outcome(ours, theirs, 1e-3)
