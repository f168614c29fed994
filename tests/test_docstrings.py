"""The examples in the docstrings do what they say."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

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
