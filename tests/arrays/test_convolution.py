"""NumPy's convolution and pooling kernels against torch in float64."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from minigrad.arrays import convolution

INF, NAN = float("inf"), float("nan")


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def leaf(array):
    return torch.tensor(np.array(array, order="C"), requires_grad=True)


def equal(ours, theirs):
    theirs = np.asarray(theirs.detach())
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)


def check_convolution(x, w, b, stride, padding, dilation=(1, 1)):
    inputs = leaf(x), leaf(w), None if b is None else leaf(b)
    settings = stride, padding, dilation
    expected = functional.conv2d(*inputs, *settings)
    equal(convolution.conv2d(x, w, b, *settings), expected)
    g = normal(1, *expected.shape)
    expected.backward(torch.tensor(g))
    equal(convolution.conv2d_input(g, w, x.shape, *settings), inputs[0].grad)
    equal(convolution.conv2d_weight(x, g, w.shape, *settings), inputs[1].grad)


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def convolutions(draw):
    kernel = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    padding = draw(st.tuples(st.integers(0, 6), st.integers(0, 6)))
    dilation, axes = draw(pairs), range(2)
    spans = [(kernel[i] - 1) * dilation[i] + 1 for i in axes]
    size = [draw(st.integers(0, 7)) + max(1, spans[i] - 2 * padding[i]) for i in axes]
    batch, channels = draw(st.integers(1, 40)), draw(st.integers(1, 20))
    w_shape = draw(st.integers(1, 20)), channels, *kernel
    return (batch, channels, *size), w_shape, draw(pairs), padding, dilation


@given(convolutions(), st.booleans())
def test_convolution_equals_torch(case, with_bias):
    x_shape, w_shape, *settings = case
    b = normal(2, w_shape[0]) if with_bias else None
    check_convolution(normal(3, *x_shape), normal(4, *w_shape), b, *settings)


@pytest.mark.parametrize(
    "x_shape, w_shape, stride, padding",
    [
        ((3, 1, 28, 28), (16, 1, 5, 5), (1, 1), (2, 2)),
        ((3, 16, 14, 14), (32, 16, 5, 5), (1, 1), (2, 2)),
        ((2, 3, 8, 9), (4, 3, 2, 3), (1, 1), (0, 0)),
        ((2, 3, 8, 9), (4, 3, 3, 2), (3, 2), (1, 0)),  # the last rows are not seen
        ((2, 2, 5, 5), (3, 2, 1, 1), (2, 2), (0, 0)),  # a stride beyond the kernel
        ((2, 2, 3, 3), (3, 2, 2, 2), (1, 1), (4, 3)),  # a padding beyond the kernel
        ((1, 20, 4, 4), (1, 20, 4, 4), (1, 1), (0, 0)),  # one window
        ((1, 2, 8, 8), (1, 2, 1, 1), (20, 1), (2, 0)),  # which sees padding only
    ],
)
def test_convolution_equals_torch_in_named_cases(x_shape, w_shape, stride, padding):
    x, w = normal(5, *x_shape), normal(6, *w_shape)
    check_convolution(x, w, normal(7, w_shape[0]), stride, padding)


@pytest.mark.parametrize("dilation", [(1, 1), (3, 2)], ids=["dense", "dilated"])
@pytest.mark.parametrize("narrow", [0, 1000], ids=["row by row", "rows together"])
@pytest.mark.parametrize("cache", [1, 14_000], ids=["few rows", "some rows"])
def test_parts_of_the_image(monkeypatch, narrow, cache, dilation):
    monkeypatch.setattr(convolution, "NARROW", narrow)
    monkeypatch.setattr(convolution, "CACHE", cache)
    x, w, b = normal(8, 7, 3, 19, 8), normal(9, 5, 3, 3, 2), normal(10, 5)
    check_convolution(x, w, b, (2, 1), (1, 1), dilation)


def test_convolution_of_views_leaves_them_alone():
    x = normal(11, 9, 4, 6, 8).transpose(2, 1, 3, 0)[::2, ::-1]
    w = normal(12, 3, 3, 4, 5).transpose(3, 2, 1, 0)[:, ::-1]
    g = np.broadcast_to(normal(13, 5, 1, 1), (3, 5, 8, 9))
    before = x.copy(), w.copy()
    check_convolution(x, w, None, (1, 1), (1, 1))
    equal(
        convolution.conv2d_input(g, w, x.shape, (1, 1), (1, 1), (1, 1)),
        torch.conv_transpose2d(torch.tensor(g.copy()), leaf(w), padding=1),
    )
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(w, before[1])


def test_convolution_of_no_images():
    x, w, b = np.zeros((0, 2, 5, 6)), normal(14, 3, 2, 3, 3), normal(15, 3)
    out = convolution.conv2d(x, w, b, (2, 1), (1, 0), (1, 1))
    assert out.shape == (0, 3, 3, 4)
    assert (
        convolution.conv2d_input(out, w, x.shape, (2, 1), (1, 0), (1, 1)).shape
        == x.shape
    )
    grad = convolution.conv2d_weight(x, out, w.shape, (2, 1), (1, 0), (1, 1))
    np.testing.assert_array_equal(grad, np.zeros(w.shape))


def test_single_precision_stays():
    x, w = (normal(16, *s).astype("float32") for s in [(2, 3, 6, 6), (4, 3, 3, 3)])
    out = convolution.conv2d(x, w, w[:, 0, 0, 0], (1, 1), (1, 1), (1, 1))
    pooled, winner = convolution.max_pool2d(x, (2, 2), (2, 2), (0, 0))
    results = [
        out,
        convolution.conv2d_input(out, w, x.shape, (1, 1), (1, 1), (1, 1)),
        convolution.conv2d_weight(x, out, w.shape, (1, 1), (1, 1), (1, 1)),
        pooled,
        convolution.max_unpool2d(pooled, winner, x.shape, (2, 2), (2, 2), (0, 0)),
        convolution.max_select2d(x, winner, (2, 2), (2, 2), (0, 0)),
    ]
    assert {str(array.dtype) for array in results} == {"float32"}


def check_pooling(x, kernel, stride, padding):
    given_x = leaf(x)
    settings = kernel, stride, padding
    expected, places = functional.max_pool2d(given_x, *settings, return_indices=True)
    out, winner = convolution.max_pool2d(x, *settings)
    equal(out, expected)
    g = normal(17, *out.shape)
    g.flat[0] = INF  # stays where it is: no inf * 0 beside it
    expected.backward(torch.tensor(g))
    equal(convolution.max_unpool2d(g, winner, x.shape, *settings), given_x.grad)
    y = normal(18, *x.shape)
    y.flat[0] = NAN
    chosen = torch.tensor(y).flatten(2).gather(2, places.flatten(2)).view(out.shape)
    equal(convolution.max_select2d(y, winner, *settings), chosen)


@st.composite
def poolings(draw):
    kernel = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    padding = [draw(st.integers(0, k // 2)) for k in kernel]
    smallest = [max(1, k - 2 * p) for k, p in zip(kernel, padding, strict=True)]
    size = [draw(st.integers(n, n + 7)) for n in smallest]
    shape = draw(st.integers(1, 3)), draw(st.integers(1, 3)), *size
    return shape, kernel, draw(st.one_of(pairs, st.just(kernel))), padding


VALUES = {
    "distinct": np.linspace(-2, 2, 1000),
    "ties": [-1, 0, 1],
    "infinities": [-INF, -INF, 0, INF],
    "nan": [NAN, -INF, 0, 1],
    "only -inf": [-INF],
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
@given(poolings(), st.integers(0, 1000))
def test_pooling_equals_torch(values, case, seed):
    shape, *settings = case
    x = np.random.default_rng(seed).choice(np.array(values, float), shape)
    check_pooling(x, *settings)


def test_pooling_of_views_windows_of_many_elements_and_no_images():
    x = normal(19, 24, 3, 22, 4).transpose(3, 1, 0, 2)[::2]
    check_pooling(x, (19, 17), (2, 3), (1, 2))  # one byte cannot number 323 elements
    check_pooling(x, (2, 2), (2, 2), (0, 0))
    out, winner = convolution.max_pool2d(x[:0], (2, 3), (2, 2), (1, 1))
    assert out.shape == (0, 3, 13, 11)
    settings = (2, 3), (2, 2), (1, 1)
    grad = convolution.max_unpool2d(out, winner, (0, 3, 24, 22), *settings)
    assert grad.shape == (0, 3, 24, 22)
