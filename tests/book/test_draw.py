"""The pictures: everything is in them, nothing lies on top of anything else."""

import re
import sys
from itertools import combinations
from xml.etree import ElementTree

import pytest

import minigrad
from minigrad.book.draw import draw
from minigrad.value import Value


@pytest.fixture
def picture(monkeypatch):
    """A function that draws, and returns the words shown and the picture's root."""
    seen = []
    module = sys.modules["minigrad.book.draw"]
    monkeypatch.setattr(module, "show", lambda text, svg: seen.append((text, svg)))

    def make(*result, **names):
        draw(*result, **names)
        text, svg = seen[-1]
        return text, ElementTree.fromstring(svg.replace(' xmlns="http', ' x="http'))

    make.seen = seen
    return make


def of_class(root, name):
    """The parts of a picture that have a class."""
    return [part for part in root.iter() if name in part.get("class", "").split()]


def graph():
    x, w = Value(3.0), Value(-2.0)
    a = x * w
    y = (a + x).tanh() * x + a
    y.backward()
    return y, x, w, a


def test_every_number_gradient_and_slope_is_there(picture):
    y, x, w, a = graph()
    text, root = picture(y, x=x, w=w, a=a)
    words = [part.text for part in root.iter("text")]
    slopes = [part.text for part in of_class(root, "slope")]
    assert {"x = 3", "w = −2", "a = −6", "grad 1"} <= set(words)
    assert f"grad {x.grad:.4g}".replace("-", "−") in words
    assert sorted(slopes) == sorted(
        ["×−2", "×3", "×1", "×1", "×0.009866", "×3", "×−0.9951", "×1", "×1"]
    )
    assert len(of_class(root, "box")) == 7 and len(of_class(root, "leaf")) == 2
    assert len(of_class(root, "arrow")) == len(slopes)
    assert text.splitlines()[0] == "A graph of 7 values, joined by 9 arrows:"
    assert "x = 3, grad" in text and "−9, grad" not in text


def corners(rect):
    x, y, wide, high = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
    return x, y, x + wide, y + high


def test_no_box_covers_another_and_all_lie_inside(picture):
    y, *_ = graph()
    for result in y, sum((Value(i) * y for i in range(9)), start=Value(0.0)):
        _, root = picture(result)
        boxes = [corners(box) for box in of_class(root, "box")]
        width, height = float(root.get("width")), float(root.get("height"))
        for left, top, right, bottom in boxes:
            assert left >= 0 and top >= 0 and right <= width and bottom <= height
        for a, b in combinations(boxes, 2):
            apart = a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]
            assert apart, (a, b)


def test_arrows_go_down_from_input_to_result(picture):
    _, root = picture(graph()[0])
    for arrow in of_class(root, "arrow"):
        numbers = [float(n) for n in re.findall(r"-?\d+\.\d", arrow.get("d"))]
        assert numbers[1] < numbers[-1]


def test_two_uses_are_two_arrows(picture):
    x = Value(3.0)
    _, root = picture(x * x)
    paths = [arrow.get("d") for arrow in of_class(root, "arrow")]
    assert len(paths) == len(set(paths)) == 2


def test_same_graph_same_picture(picture):
    for _ in range(2):
        picture(graph()[0])
    assert picture.seen[0] == picture.seen[1]
    assert "0x" not in picture.seen[0][1]


def test_picture_says_what_it_is(picture):
    _, root = picture(graph()[0])
    assert root.get("role") == "img"
    assert root.find("title").text == "A graph of 7 values, joined by 9 arrows"


def test_names_are_escaped(picture):
    _, root = picture(Value(1.0), **{"a<b": Value(2.0)})
    _, root = picture(x := Value(1.0), **{"<&": x})
    assert [t.text for t in root.iter("text")] == ["<& = 1", "grad 0"]


def test_graph_of_tensors(picture):
    w = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    b = minigrad.tensor([1.0, 1.0], requires_grad=True)
    y = ((w @ minigrad.ones(2, 3)).tanh().sum(1) * b).sum()
    text, root = picture(y, w=w, y=y)
    words = [part.text for part in root.iter("text")]
    assert words.count("w = leaf") == 1 and words.count("leaf") == 1
    assert {"MatMul", "Tanh", "Mul", "y = Sum", "(2, 2)", "(2, 3)", "()"} <= set(words)
    assert len(of_class(root, "arrow")) == 6 and not of_class(root, "slope")
    assert text.startswith("A graph of 7 operations and leaves, joined by 6 arrows")


def test_leaf_tensor(picture):
    _, root = picture(minigrad.ones(2, 3, requires_grad=True))
    assert [t.text for t in root.iter("text")] == ["leaf", "(2, 3)"]


def test_large_graph_is_refused():
    y = Value(1.0)
    for _ in range(100_000):
        y = y + 1
    with pytest.raises(ValueError, match="more than 60 boxes: draw a smaller one"):
        draw(y)
