"""Functions composed of others against torch: numbers, dtypes, gradients, errors.

One table, CASES: a line that both libraries run on the same tensors.
"""

import numpy as np
import pytest
import torch
from judge import on_devices, outcome, pair, same, same_outcome

import minigrad as mg

rng = np.random.default_rng(3)
ARRAYS = {
    "x": rng.standard_normal((3, 4)),
    "y": rng.uniform(0.5, 2, (3, 4)),
    "c": rng.standard_normal((2, 3, 4)),
    "e": np.zeros((0, 3)),
    "s": np.array(0.7),
    "v": rng.standard_normal(4),
    "z": np.zeros((2, 3)),
    "w": np.array([[0.0, 1, -2, np.inf], [np.nan, -np.inf, 0.5, 3]]),
    "ties": np.array([[1.0, 1, 0], [2, 0, 2]]),
    "n": np.array([[3, -2, 0], [5, 1, 1]]),
    "b": np.array([[True, False, True], [False, False, False]]),
    "i": np.array([[0, 2, 1, 1], [1, 0, 2, 0]]),
    "j": np.array([2, 0]),
}
CASES = """
x.var() | x.var(0) | x.var(1, keepdim=True) | x.var(unbiased=False) | c.var((0, 2))
x.std() | x.std(1) | z.std(1) | x.std(correction=0) | e.var(1) | n.var() | x.var(5)
x.prod() | x.prod(0) | c.prod(1, keepdim=True) | w.prod(1) | ties.prod(1) | z.prod(0)
e.prod(0) | e.prod(1) | s.prod() | s.prod(0) | n.prod() | n.prod(1) | b.prod()
x.prod(2) | x.norm() | x.norm(1) | x.norm(2, 1) | x.norm(3, 0) | x.norm(0.5)
z.norm() | z.norm(3, 1) | x.norm(0) | x.norm(float("inf"), 1) | x.norm(-float("inf"))
c.norm(2, (0, 1), True) | n.norm() | e.norm() | w.norm(2, 1) | ties.norm(1.5, 1)
x.min() | x.min(1) | x.min(0, True) | ties.min(1) | w.min(1) | n.min() | b.min()
e.min() | x.argmin() | x.argmin(1) | ties.argmin(0) | w.argmin(1) | n.argmin()
e.argmin(0) | x.amin(0) | ties.amin(1) | c.amin((0, 2)) | e.amin(0) | x.logsumexp(1)
c.logsumexp((0, 1)) | n.logsumexp(0) | x.cumsum(0) | c.cumsum(-1) | n.cumsum(1)
b.cumsum(0) | s.cumsum(0) | e.cumsum(0) | x.cumsum(2) | x.sum(dtype=x.float().dtype)
b.sum(dtype=x.dtype) | x.any() | x.any(1) | b.all(1) | b.any(1, keepdim=True)
w.all(0) | e.any(0) | e.all(1) | n.all() | x.sort() | x.sort(0, descending=True)
w.sort(1) | w.sort(1, True) | ties.sort(dim=1, stable=True) | n.sort()
b.sort(descending=True) | s.sort() | e.sort() | x.sort(3) | x.argsort(1) | x.topk(2)
x.topk(1, 0) | x.topk(2, 1, False) | x.topk(9) | n.topk(1) | x.topk(0) | x.rsqrt()
y.rsqrt() | y.reciprocal() | n.reciprocal() | x.tan() | y.log2() | y.log10()
x.expm1() | y.log1p() | x.erf() | n.erf() | n.log2() | b.expm1() | w.erf() | w.expm1()
x.floor() | x.ceil() | w.ceil() | n.floor() | n.ceil() | n.round() | b.floor()
b.round() | (x * 10).round() | x.round(decimals=2) | w.round() | n.sign()
x.clamp(-0.5, 0.5) | x.clamp(min=0) | x.clamp(max=0) | w.clamp(0, 1) | n.clamp(0, 2)
n.clamp(0.5, 2) | x.clamp(1, -1) | x.clamp() | x.clamp(y - 1, y) | x.clamp(max=v)
ties.clamp(0, 1) | ties.clamp(min=ties) | ties.clamp(z, ties) | e.clamp(0, 1) | x // y
x // 0.3 | 2 // y | n // 2 | -n // 2 | n // 0 | b // b | n // 0.5 | w // 2 | x % y
x % 0.3 | 2 % n | n % 2 | -n % 3 | n % -3 | n % 0 | b % b | w % 2 | x.remainder(y)
n ^ 1 | b ^ b | x ^ x | n & 1 | b ^ True | x.unflatten(1, (2, 2))
x.unflatten(0, (3, -1)) | x.unflatten(1, (3, 2)) | c.unflatten(-1, [-1, 2])
x.repeat(2, 3) | v.repeat(2, 1) | x.repeat(1, 1) | x.repeat(0, 2) | x.repeat(2)
s.repeat(3) | x.tile(2) | x.tile((2, 1, 1)) | v.tile(2) | x.flip(0) | x.flip(0, 1)
c.flip((0, -1)) | x.flip(4) | x.roll(1, 0) | x.roll(-5, 1) | x.roll(2)
c.roll((1, 2), (0, 2)) | x.roll((1, 2), 0) | e.roll(1, 0) | x.tril() | x.triu(1)
c.tril(-1) | w.triu() | v.tril() | n.triu() | e.tril() | x.diagonal() | x.diagonal(1)
x.diagonal(-1) | c.diagonal(0, 1, 2) | c.diagonal(1, 0, -1) | x.diagonal(9)
x.diagonal(0, 0, 0) | v.diagonal() | x.split(2, 1) | x.split(3, 1)
x.split([1, 3], 1) | x.split([1, 1], 1) | x.split(0) | s.split(1) | x.chunk(2)
x.chunk(3, 1) | x.chunk(9, 1) | x.chunk(0) | e.chunk(2) | x.unbind() | c.unbind(-1)
x.gather(1, i.T) | x.scatter(0, i[:1], y[:1]) | x.scatter(0, i[:1], 1.5)
x.scatter_add(0, i, y[:2]) | x.scatter(0, i - 5, y) | x.scatter_add(0, i + 5, y)
x.gather(0, i - 9) | x.scatter_add(0, i, v) | x.index_select(0, j)
x.index_select(1, j) | x.index_select(0, j - 5) | x.index_select(0, i)
x.index_add(0, j, y[:2]) | x.index_add(1, j, y[:, :2], alpha=2) | x.index_add(0, j, y)
x.index_add(0, j - 9, y[:2]) | x.masked_fill(x > 0, 2) | x.masked_fill(x > 0, s)
x.masked_fill(v > 0, 0.5) | x.masked_fill(i, 1) | x.masked_fill(x > 0, v)
x.masked_select(x > 0) | x.masked_select(v > 0) | v.masked_select(x > 0)
n.masked_fill(b, 7) | x.masked_select(i) | n.nonzero() | w.nonzero() | s.nonzero()
e.nonzero() | x.mm(y.T) | x.mm(v) | c.bmm(c.mT) | c.bmm(x) | x.mv(v) | x.mv(x)
v.dot(v) | v.dot(x) | n.mm(x) | v.outer(v) | x.outer(v) | x.mm(y.T).addmm(x, y.T)
s.addmm(x, y.T, beta=2, alpha=3)
(y * 1).abs_() | (y * 1).neg_() | (y * 1).exp_() | (y * 1).expm1_() | (y * 1).log_()
(y * 1).log1p_() | (y * 1).log2_() | (y * 1).log10_() | (y * 1).sqrt_()
(y * 1).rsqrt_() | (y * 1).square_() | (y * 1).reciprocal_() | (y * 1).sin_()
(y * 1).cos_() | (y * 1).tan_() | (y * 1).tanh_() | (y * 1).sigmoid_()
(y * 1).erf_() | (y * 1).sign_() | (y * 1).floor_() | (y * 1).ceil_()
(y * 1).round_() | (n * 1).exp_() | (n * 1).floor_() | (n * 1).neg_() | y.exp_()
(x * 1).clamp_(0, 1) | (x * 1).clamp_(max=v) | (n * 1).clamp_(0, 2) | (y * 1).pow_(x)
(y * 1).pow_(2) | (x * 1).remainder_(y) | (n * 1).remainder_(2)
(n * 1).floor_divide_(2) | (x * 1).masked_fill_(x > 0, 2)
(x * 1).scatter_(0, i[:1], y[:1]) | (x * 1).scatter_add_(0, i, y[:2])
(x * 1).index_add_(0, j, y[:2]) | (x * 1).tril_() | (x * 1).triu_(1)
(v * 1).clamp_(min=x)
"""
LINES = [c.strip() for row in CASES.strip().splitlines() for c in row.split(" | ")]
EINSUMS = [
    *("ij,kj->ik:xy", "ij,ij->:xy", "ij->ji:x", "ij->:x", "ij->j:x", "ij,kj:xy"),
    *("i,j->ij:vv", "bij,bkj->bik:cc", "...ij,kj->...ik:cx", "ij,j,kj->ik:xvy"),
    *("ii->i:q", "ii:q", "i...->...:c", "ij,jk->ik:xy", "ij->ijk:x", "ij->iij:x"),
    *("i->i:x", "bij,ij->b:cx", "ij,k->k:xv", "...,...->...:xv"),
]


def parts(result):
    return list(result) if isinstance(result, tuple) else [result]


def compare(ours_of, theirs_of, names, device, dtype):
    """Values and gradients of a line in both libraries."""
    arrays = {k: a.astype(dtype) if a.dtype.kind == "f" else a for k, a in names}
    pairs = {k: pair(a, device, a.dtype.kind == "f") for k, a in arrays.items()}
    ours = outcome(ours_of, {k: a for k, (a, _) in pairs.items()})
    theirs = outcome(theirs_of, {k: b for k, (_, b) in pairs.items()})
    close = 1e-12 if dtype == "float64" else 2e-4
    if isinstance(theirs, type) or isinstance(ours, type):
        return same_outcome(ours, theirs)
    for a, b in zip(parts(ours), parts(theirs), strict=True):
        near = close if str(b.dtype)[6:] == dtype else 2e-4
        same(a, b, near, near)
        if b.requires_grad and torch.is_floating_point(b):
            g, tg = pair(rng.standard_normal(b.shape).astype(str(b.dtype)[6:]), device)
            if "NotImplemented" not in b.grad_fn.name():  # as of floor_divide
                a.backward(g, retain_graph=True)
                b.backward(tg, retain_graph=True)
    for a, b in pairs.values():
        if b.grad is not None:
            same(a.grad, b.grad, close, close)
    return None


@on_devices
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("line", LINES)
@pytest.mark.filterwarnings("ignore:.*degrees of freedom")
def test_composed_function_is_torchs(line, dtype, device):
    run = lambda tensors: eval(line, {}, tensors)  # noqa: E731
    compare(run, run, ARRAYS.items(), device, dtype)


@on_devices
@pytest.mark.parametrize("line", EINSUMS)
def test_einsum_is_torchs(line, device):
    equation, _, names = line.partition(":")
    arrays = ARRAYS | {"q": rng.standard_normal((3, 3))}
    compare(
        lambda t: mg.einsum(equation, *(t[n] for n in names)),
        lambda t: torch.einsum(equation, *(t[n] for n in names)),
        arrays.items(),
        device,
        "float64",
    )
