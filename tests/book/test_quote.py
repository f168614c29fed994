"""A quotation is the file's own text, whole and in the file's order."""

import sys
from pathlib import Path

import pytest

import minigrad
from minigrad import value
from minigrad.book.check import awkward
from minigrad.book.quote import quote, show
from minigrad.value import Value

SOURCE = Path(value.__file__).read_text(encoding="utf-8")


@pytest.fixture
def shown(monkeypatch):
    """What quote() shows, as (text, formats)."""
    seen = []
    module = sys.modules["minigrad.book.quote"]
    monkeypatch.setattr(module, "show", lambda text, **more: seen.append((text, more)))
    return seen


def test_class_is_quoted_whole(shown):
    quote(Value)
    ((text, formats),) = shown
    name, code = text.split("\n\n", 1)
    assert name == "minigrad/value.py"
    assert code in SOURCE and code.startswith("class Value:") and "_uses(self)" in code
    assert formats == {"markdown": f"`minigrad/value.py`\n\n```python\n{code}\n```"}


def test_method_is_dedented(shown):
    quote(Value.tanh)
    code = shown[0][0].split("\n\n", 1)[1]
    assert code.startswith("def tanh(self):\n    ")
    assert code.endswith("(1.0 - y * y,))")


def test_several_of_one_file_are_joined_in_its_order(shown):
    count = "minigrad/value.py:_count_uses"
    quote(Value.backward, count, Value.__add__, Value.backward)
    ((text, _),) = shown
    names = "__add__", "backward", "_count_uses"
    starts = [text.index(f"def {name}(") for name in names]
    assert starts == sorted(starts) and text.count("def backward(") == 1


def test_one_block_a_file(shown):
    quote(Value.exp, awkward)
    assert [text.split("\n")[0] for text, _ in shown] == [
        "minigrad/value.py",
        "minigrad/book/check.py",
    ]


@pytest.mark.parametrize(
    ("place", "start"),
    [
        ("minigrad/value.py:Value.exp", "def exp(self):"),
        ("minigrad/book/check.py:DEVICES", 'DEVICES = "cpu", "torch"'),
        ("minigrad/engine.py:Node.next_functions", "@property\ndef next_functions"),
    ],
)
def test_quoting_by_name(shown, place, start):
    quote(place)
    assert shown[0][0].split("\n\n", 1)[1].startswith(start)


def test_property_is_quoted_by_its_name_alone(shown):
    with pytest.raises(ValueError, match="has no source in the package"):
        quote(minigrad.Tensor.shape)


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (len, "has no source in the package"),
        (Path, "has no source in the package"),
        (3, "has no source in the package"),
        ("minigrad/nothing.py:x", "no file 'minigrad/nothing.py' in the package"),
        ("minigrad/value.py:Value.nothing", "'nothing' is not defined there"),
        ("minigrad/value.py:nothing.exp", "'nothing' is not defined there"),
    ],
)
def test_what_cannot_be_quoted_is_refused(thing, words):
    with pytest.raises(ValueError, match=words):
        quote(thing)


def test_show_prints_outside_a_notebook(capsys):
    show("words", markdown="**words**")
    assert capsys.readouterr().out == "words\n"


def test_show_displays_a_bundle_in_a_notebook(monkeypatch, capsys):
    seen = []

    class Display:
        @staticmethod
        def display(bundle, raw):
            seen.append((bundle, raw))

    class IPython:
        display = Display

        @staticmethod
        def get_ipython():
            return True

    monkeypatch.setitem(sys.modules, "IPython", IPython)
    show("words", svg="<svg/>", **{"application/json": 3})
    assert capsys.readouterr().out == ""
    assert seen == [
        (
            {"text/plain": "words", "image/svg+xml": "<svg/>", "application/json": 3},
            True,
        )
    ]
