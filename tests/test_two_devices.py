"""Tensors on two devices: refused in one sentence, but where torch lets them meet."""

import re

import pytest

import minigrad as mg


def test_tensors_on_two_devices_are_not_mixed():
    x, y = mg.ones(2), mg.ones(2, device="torch")
    words = re.escape("add of tensors on cpu and torch: move one of them with .to()")
    with pytest.raises(RuntimeError, match=words):
        x + y
    with pytest.raises(RuntimeError, match="on torch and cpu"):
        y.lt(x)
    assert (y + mg.tensor(1.0)).tolist() == [2, 2]  # a single number comes along


MIXED = {
    "cat": lambda x, y, i, j: mg.cat([x, y]),
    "stack": lambda x, y, i, j: mg.stack([x, y]),
    "where, its condition": lambda x, y, i, j: mg.where(y > 0, x, x),
    "where, its values": lambda x, y, i, j: mg.where(x > 0, x, y),
    "masked_fill": lambda x, y, i, j: x.masked_fill(y > 0, 0.0),
    "index": lambda x, y, i, j: x[j],
    "mask": lambda x, y, i, j: x[y > 0],
    "assignment": lambda x, y, i, j: x.__setitem__(i, y[:2]),
    "gather": lambda x, y, i, j: x.gather(1, j[:, None]),
    "scatter": lambda x, y, i, j: x.scatter(1, j[:, None], 1.0),
    "scatter, its source": lambda x, y, i, j: x.scatter_add(1, i[:, None], y),
    "index_select": lambda x, y, i, j: x.index_select(0, j),
    "index_add": lambda x, y, i, j: x.index_add(0, j, x[:2]),
    "index_add, its source": lambda x, y, i, j: x.index_add(0, i, y[:2]),
    "embedding": lambda x, y, i, j: mg.nn.functional.embedding(j, x),
    "nll_loss": lambda x, y, i, j: mg.nn.functional.nll_loss(x[:2], j),
    "cross_entropy": lambda x, y, i, j: mg.nn.functional.cross_entropy(x[:2], j),
    "allclose": lambda x, y, i, j: mg.allclose(x, y),
    "backward": lambda x, y, i, j: (x.requires_grad_() * 1).backward(y),
}


@pytest.mark.parametrize("name", MIXED)
def test_no_function_mixes_tensors_of_two_devices(name):
    x, i = mg.ones(4, 3), mg.tensor([0, 1])
    y, j = x.to("torch"), i.to("torch")
    with pytest.raises(RuntimeError, match=r"on \w+ and \w+: move one of them"):
        MIXED[name](x, y, i, j)
    if name not in ("index", "mask"):  # places may stay on the CPU, as in torch
        with pytest.raises(RuntimeError, match=r"on \w+ and \w+: move one of them"):
            MIXED[name](y, x, j, i)


def test_what_crosses_devices_as_in_torch():
    x, y = mg.zeros(3), mg.ones(3, device="torch")
    assert y[mg.tensor([0, 2])].tolist() == [1, 1]
    assert x[mg.tensor(2, device="torch")].item() == 0
    one = mg.tensor(1.0, requires_grad=True)
    mg.where(y > 0, one, 2.0).sum().backward()
    assert one.grad.item() == 3
    assert mg.where(mg.tensor(True), y, 0.0).device == y.device
    with pytest.raises(RuntimeError, match="where of tensors on torch and cpu"):
        mg.where(y[0] > 0, x, 0.0)  # only a number on the CPU comes along
    x.copy_(y)
    y[:2] = mg.zeros(2)
    y[[2]] = mg.tensor(5.0)
    assert x.tolist() == [1, 1, 1]
    assert y.tolist() == [0, 0, 5]
