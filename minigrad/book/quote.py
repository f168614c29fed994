"""Quoting the package: a page shows the lines that run, never a second copy of them.

The single idea: the text comes from the source file when the cell runs, so a strict
run of the notebooks fails as soon as page and package differ. Every chapter uses it.
"""

import ast
import inspect
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def quote(*objects):
    """Show the source of classes, functions and methods of the package.

    objects: each the thing itself, or "minigrad/path.py:name" for what cannot be
        passed, such as a constant ("minigrad/value.py:Value.exp" works too)
    raises: ValueError for what is not part of the package

    One block a file, headed by the file's name; inside it the order is the file's.
    """
    quoted = {}
    for thing in objects:
        path, first, lines = _find(thing)
        quoted.setdefault(path, {})[first] = textwrap.dedent("".join(lines)).rstrip()
    for path, pieces in quoted.items():
        code = "\n\n".join(pieces[first] for first in sorted(pieces))
        show(f"{path}\n\n{code}", markdown=f"`{path}`\n\n```python\n{code}\n```")


def show(text, **formats):
    """Display `text` (and its other formats, by short name) in a notebook, or print it.

    formats: markdown=..., svg=..., or a full media type as in **{"application/json": x}
    """
    short = {"markdown": "text/markdown", "svg": "image/svg+xml"}
    bundle = {short.get(name, name): data for name, data in formats.items()}
    ipython = sys.modules.get("IPython")
    if ipython and ipython.get_ipython():
        ipython.display.display({"text/plain": text, **bundle}, raw=True)
    else:
        print(text)


def _find(thing):
    """The file, first line and lines of a thing."""
    if isinstance(thing, str):
        return _find_by_name(thing)
    try:
        path = Path(inspect.getsourcefile(thing)).resolve().relative_to(ROOT)
        lines, first = inspect.getsourcelines(thing)
    except (TypeError, OSError, ValueError):
        raise ValueError(
            f"{thing!r} has no source in the package: pass a class, function or method"
            ' of it, or "minigrad/path.py:name"'
        ) from None
    return path.as_posix(), first, lines


def _find_by_name(place):
    path, _, name = place.partition(":")
    if not (ROOT / path).is_file():
        raise ValueError(f"no file {path!r} in the package, wanted to quote {place!r}")
    source = (ROOT / path).read_text(encoding="utf-8")
    node = ast.parse(source)
    for part in name.split("."):
        node = next((n for n in node.body if part in _names(n)), None)
        if node is None:
            raise ValueError(f"no {name!r} in {path}: {part!r} is not defined there")
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    lines = source.splitlines(keepends=True)[first - 1 : node.end_lineno]
    return path, first, lines


def _names(node):
    """What a statement defines."""
    if isinstance(node, ast.Assign):
        return [t.id for t in node.targets if isinstance(t, ast.Name)]
    return [getattr(node, "name", None)]
