"""The examples in the docstrings do what they say; the chapters they name exist."""

import doctest
import importlib
import pkgutil
import re

import numpy as np
import pytest
from chapters import CHAPTERS, read_chapter

import minigrad

MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(minigrad.__path__, "minigrad.")
    if not name.startswith("minigrad.book")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    names = {n: getattr(minigrad, n) for n in minigrad.__all__}
    globals_ = names | vars(minigrad.nn) | {"np": np, "minigrad": minigrad}
    globals_ |= {"F": minigrad.nn.functional} | vars(minigrad.optim)
    globals_ |= vars(minigrad.utils.data)
    module = importlib.import_module(name)
    minigrad.manual_seed(0)
    results = doctest.testmod(module, extraglobs=globals_ | vars(module))
    assert results.failed == 0


def title(path):
    cells = read_chapter(path).cells
    return next(c.source for c in cells if c.source.startswith("# ")).split("\n")[0][2:]


TITLES = {title(path).casefold() for path in CHAPTERS}


@pytest.mark.parametrize("name", MODULES)
def test_chapters_that_are_named_exist(name):
    for paragraph in (importlib.import_module(name).__doc__ or "").split("\n\n"):
        words = " ".join(paragraph.split())
        for named in re.findall(r"Chapters?: (.*?[.?])(?: [A-Z]|$)", words):
            for chapter in named.removesuffix(".").split("; "):
                assert chapter.casefold() in TITLES
        assert "chapter on" not in words
