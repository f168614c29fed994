"""Lines as users write them: both libraries give the same, or refuse in the same class.

`torch` stands for either library; x, n, b, u and w for floats, ints, bools, bytes and
floats that require grad.
"""

import copy
import pickle
import warnings

import numpy as np
import pytest
import torch
from judge import outcome, same_outcome

import minigrad as mg

GROUPS = {
    "names of arguments": """
        x.sum(axis=0) | x.sum(1, keepdims=True) | torch.sum(input=x, axis=1)
        x.mean(axis=(0, 1)) | x.argmax(axis=1) | x.max(axis=1) | x.softmax(axis=0)
        x.cumsum(axis=1) | x.sort(axis=0) | x.std(axis=0, keepdims=True) | x.any(axis=1)
        torch.exp(input=x) | torch.flatten(input=x) | torch.max(input=x)
        torch.tanh(2.0) | torch.neg(input=x) | torch.sum([1, 2]) | torch.exp()
        torch.relu(None) | torch.flip(x, dims=[1]) | x.flip(dims=(0,))
        torch.permute(x, dims=(1, 0)) | x.permute(dims=(1, 0))
        torch.reshape(input=x, shape=(6,)) | x.view(size=(3, 2)) | x.reshape(shape=(6,))
        x.expand(size=(2, 2, 3)) | x.repeat(repeats=(1, 2)) | torch.tile(x, dims=(2,))
        torch.zeros(size=(2, 3)) | torch.ones(size=(2,))
        torch.empty(size=(2, 3)).shape == (2, 3) | torch.cat([x, x], axis=1)
        torch.stack([x, x], axis=1) | x.unbind(axis=1) | x.sum(axes=0) | x.view(sizes=2)
        x.scatter(dim=1, index=n[:1] * 0, value=9) | x.scatter(1, n * 0)
        torch.arange(end=4) | torch.arange(start=1, end=4)
    """,
    "random numbers": """
        torch.rand(size=(2, 3)).shape == (2, 3)
        torch.randn(size=(2,)).dtype is x.dtype
        torch.rand(2, dtype=float).dtype == torch.float64 | torch.rand(2, dtype=int)
        torch.randn(2, dtype=torch.int64) | torch.rand(-1) | torch.randn(2, -1)
        torch.randperm(-1) | torch.randint(3, (-2,)) | torch.randint(1, size=(2,))
        torch.randint(1, (2,), dtype=float, requires_grad=True) | torch.randint(1, 3, 2)
        torch.randint(1, (2,), requires_grad=True) | torch.randint(3)
        torch.randperm(1, dtype=float, requires_grad=True)
    """,
    "a gradient that is set": """
        setattr(w, "grad", 1) | setattr(w, "grad", x[0])
        setattr(w, "grad", x.double())
        setattr(w, "grad", w) | setattr(w, "grad", x) or w.grad is x
        setattr(w, "grad", n) | setattr(x, "grad", x.clone()) or x.grad
        setattr(w, "grad", None) or w.grad
    """,
    "Python's types as dtypes": """
        torch.zeros(2, dtype=float) | torch.ones(2, dtype=int) | x.to(float)
        x.to(bool) | torch.tensor([1.5, 0], dtype=int)
        torch.tensor([1, 0], dtype=bool) | torch.full((2,), 1, dtype=float)
        torch.arange(0, 3, dtype=float) | n.to(float) | torch.eye(2, dtype=int)
        torch.linspace(0, 1, 3, dtype=float) | x.sum(dtype=int)
        torch.zeros_like(n, dtype=float) | b.to(dtype=int)
    """,
    "conversions": """
        x.type() | n.type() | b.type() | u.type() | x.double().type() | x.half().type()
        x.int().type() | x.type("torch.LongTensor") | x.type(torch.float64)
        x.type("x") | x.type(dtype=torch.int32) | x.byte()
        x.to(torch.float32, copy=True) | x.to(torch.float32, copy=True) is x
        x.to(torch.float32, non_blocking=True) is x
        x.to("cpu", non_blocking=True) is x | w.long() | w.bool() | w.int() | w.half()
        w.to(torch.uint8) | w.to(n) | w.double() | w.to(n).requires_grad
    """,
    "NumPy's numbers and functions": """
        np.array(x).dtype.name | np.array(x).tolist()
        np.asarray(n, np.float32).tolist() | np.array(w)
        np.array([x.sum(), x.mean()]).tolist() | np.asarray(e).shape
        np.stack([x, x]).shape | np.exp(x) | np.sqrt(x.sum()) | np.maximum(x, 1)
        np.exp(w) | np.arange(5)[n.abs()].tolist() | np.float64(2) * x
        np.float64(2) * n | n * np.float64(2) | b * np.float64(2)
        x.sum() * np.float64(2) | n + np.int64(2) | np.float32(2) * n | n / np.int64(2)
        n * np.float32(2) | np.float64(3) == n | x.dot(x) | np.histogram(x)[0].tolist()
        torch.tensor([np.float64(2)]) | torch.tensor([np.float32(2)])
        x + np.float32(1) | torch.tensor([np.array([1.0, 2.0])])
        torch.tensor([x.double().sum(), 1.0]) | torch.tensor([x.sum(), x.sum()])
        torch.tensor([x, x]) | torch.tensor([[x.sum()]]) | torch.arange(n.max())
        torch.arange(np.int64(3)) | torch.full((2,), n.max())
        torch.linspace(x.min(), x.max(), 3) | torch.from_numpy(np.float64(1))
        torch.from_numpy(np.ones(2, ">f8"))
    """,
    "numbers that do not fit": """
        torch.tensor(300, dtype=torch.uint8) | torch.tensor([-1], dtype=torch.uint8)
        torch.tensor(2**40, dtype=torch.int32) | torch.tensor(inf, dtype=torch.int64)
        torch.tensor([nan], dtype=torch.int64) | torch.tensor(None)
        torch.tensor([None]) | torch.tensor(np.array([300.0]), dtype=torch.uint8)
        torch.tensor({1: 2}) | torch.full((2,), inf, dtype=torch.int64)
        torch.full((2,), 300, dtype=torch.uint8) | torch.full((-1,), 1)
        torch.zeros(-1) | torch.eye(-1) | torch.linspace(0, 1, -1) | torch.arange(inf)
        torch.arange(nan) | n.masked_fill(n > 0, -inf) | u.fill_(300) | u.fill_(-1)
        n.fill_(inf) | x.fill_(x) | x.fill_(x[:1, :1]) | x.fill_("a") | x.copy_(1)
        x.copy_(x * 2) | x.copy_([1.0]) | n.uniform_() | n.normal_() | x.normal_(0, -1)
        x.uniform_(2, 1)
    """,
    "elements": """
        n.gather(1, (n.abs() % 2).int()) | x[u] | x[u, 0] | x.where(n, x)
        x.narrow(1, -2, 2) | x.narrow(1, -3, 1) | x.narrow(1, 4, 1) | x.narrow(0, 1, 5)
        x.narrow(0, 0, -1) | x.narrow(1, 3, 0) | torch.where(n, 1, 0)
        torch.where(True, x, x) | torch.where(u, x, 0)
        torch.cat([torch.tensor([]), x]) | torch.cat([])
        torch.cat([torch.tensor([]), n]) | torch.cat([x.sum(), x.sum()])
        torch.cat([torch.tensor([]), torch.tensor([])]) | x.sum().unbind()
        x.sum().narrow(0, 0, 1) | x.sum().unflatten(0, (2, 2))
        x.sum().split(1, 1) | x.sum().chunk(2, 1) | x.sum().permute(1, 0)
        x.max(dim=(0, 1)) | x.eq("a") | x.lt([1]) | x.floor_divide("a") | x == "a"
        b.sign() | (b * 1).sign() | b @ b.T | n @ n.T | n.softmax(1) | b.log_softmax(0)
        x.softmax(0, dtype=torch.float64) | n.log_softmax(1, torch.float64)
        x.log_softmax(1, dtype=torch.float64) | x.half().erf() | (x * 9).half().erf()
        torch.div(x, 2, rounding_mode="floor") | torch.div(n, 2, rounding_mode="trunc")
        torch.div(-x, 2, rounding_mode="trunc") | x.div(2, rounding_mode="up")
        x.div(2, rounding_mode=None) | x.clip(0, 1) | (x * 1).clip_(max=0)
        torch.equal(x, x) | x.equal(x + 1) | x.equal(x[:1]) | (x / 0).isinf()
        (x / 0).isfinite() | n.isinf() | n.isfinite() | x.isfinite().all()
    """,
    "a tensor's own": """
        setattr(w, "data", [1]) | setattr(w, "data", n) | setattr(x, "data", n)
        setattr(w, "data", x * 2) or w | torch.rand_like(x, requires_grad=True).is_leaf
        torch.randn_like(x, requires_grad=True).requires_grad | x.abs_.__name__
        x[:, 0].contiguous().fill_(9).sum() + x.sum() | x.T.is_contiguous()
        x.T.contiguous().is_contiguous() | x[:, 0].contiguous().is_contiguous()
        x[:, :1].is_contiguous() | x.contiguous() is x | x[1:].is_contiguous()
        e.contiguous() is e | x.T.contiguous().is_contiguous()
        pickle.loads(pickle.dumps(w)) | copy.deepcopy(w) | x.clamp.__name__
    """,
}
LINES = [
    line.strip()
    for group in GROUPS.values()
    for row in group.strip().splitlines()
    for line in row.split(" | ")
]


def names(library):
    numbers = np.array([[3.0, 1, 2], [0, -1, 5]], np.float32)
    return {
        "torch": library,
        "np": np,
        "copy": copy,
        "pickle": pickle,
        "inf": float("inf"),
        "nan": float("nan"),
        "x": library.tensor(numbers),
        "w": library.tensor(numbers, requires_grad=True),
        "n": library.tensor(numbers.astype(np.int64)),
        "b": library.tensor(numbers > 1),
        "u": library.tensor((numbers[:, 0] > 1).astype(np.uint8)),
        "e": library.zeros(0, 3),
    }


@pytest.mark.parametrize("line", LINES)
def test_a_line_means_the_same(line):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's words about old uses
        ours = outcome(eval, line, names(mg))
        theirs = outcome(eval, line, names(torch))
    same_outcome(ours, theirs, 1e-3 if "half" in line else 1e-6, 1e-7)
