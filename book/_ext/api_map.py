"""The API map: which of torch's names minigrad has, and where it differs on purpose.

The names, signatures and first lines come from the installed packages when the book is
built; what only a person can say, differences and reasons, stands in book/api.toml.
tests/test_api_map.py runs every difference in both libraries.
"""

import importlib
import inspect
import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

DATA = tomllib.loads((Path(__file__).parent.parent / "api.toml").read_text("utf-8"))


def owner(name):
    """What `torch.nn` or `torch.Tensor` names, in torch and in minigrad."""
    pair = []
    for library in ("torch", "minigrad"):
        thing = importlib.import_module(library)
        for part in name.split(".")[1:]:
            thing = getattr(thing, part)
        pair.append(thing)
    return pair


def names(name):
    """The public names of torch's module `name`: those that are here, the others."""
    theirs, ours = owner(name)
    public = {n for n in dir(theirs) if _is_public(theirs, n)}
    here = public & set(dir(ours))
    missing = public & set(getattr(theirs, "__all__", public)) - here
    return sorted(here, key=str.lower), sorted(missing, key=str.lower)


def _is_public(module, name):
    """Whether it is the module's own name, not one that its file imports."""
    thing = getattr(module, name, None)
    home = getattr(thing, "__module__", None) or "torch"
    foreign = not isinstance(home, str) or home.split(".")[0] != "torch"
    plain = isinstance(thing, ModuleType | str | int | float)
    return not (name.startswith("_") or plain or foreign)


def reason(full_name):
    """Why torch's name is not here, or None if nothing is said."""
    for entry in DATA["left_out"]:
        if any(fnmatchcase(full_name, pattern) for pattern in entry["names"]):
            return entry["why"]
    return None


def described(thing, name):
    """The name with its arguments, and the first paragraph of its docstring."""
    first = (inspect.getdoc(thing) or "").partition("\n\n")[0]
    signature = ""
    if callable(thing):
        try:
            signature = str(inspect.signature(thing))
        except (TypeError, ValueError):
            signature = "(...)"
    signature = re.sub(
        r"^\(self(, )?", "(" if name[0] == "." else r"(input\1", signature
    )
    return name + signature, " ".join(first.split())


def _text(words):
    """A paragraph of the words, in which `code` is set as code."""
    paragraph = nodes.paragraph()
    for i, part in enumerate(words.split("`")):
        paragraph += nodes.literal(part, part) if i % 2 else nodes.Text(part)
    return paragraph


def _folded(summary, *content):
    """The content behind a line that opens it."""
    start = f"<details class='api-names'><summary>{summary}</summary>"
    ends = (nodes.raw("", html, format="html") for html in (start, "</details>"))
    return [next(ends), *content, next(ends)]


def _bullets(entries):
    """A list; each entry is a list of paragraphs."""
    return nodes.bullet_list("", *(nodes.list_item("", *e) for e in entries))


class Names(SphinxDirective):
    """`{api-names} torch.nn`: its names that are here, and those that are not."""

    required_arguments = 1

    def run(self):
        self.env.note_reread()  # the package may have changed
        name = self.arguments[0]
        here, missing = names(name)
        entries = [[_text(line)] for line in _lines(name, here)]
        out = _folded(f"{len(here)} names of {name} are here", _bullets(entries))
        groups = {entry["why"]: [] for entry in DATA["left_out"]} | {DATA["rest"]: []}
        for n in missing:
            groups[reason(f"{name}.{n}") or DATA["rest"]].append(n)
        entries = [
            [nodes.paragraph("", ", ".join(found)), _text(f"({why})")]
            for why, found in groups.items()
            if found
        ]
        count = f"{len(missing)} names of {name} are not"
        return [*out, *_folded(count, _bullets(entries))]


def _lines(name, here):
    """A line for each name; of methods, only for those that are no function as well."""
    ours = owner(name)[1]
    if name != "torch.Tensor":
        described_names = (described(getattr(ours, n), n) for n in here)
        return [f"`{call}` {first}" for call, first in described_names]
    same = [n for n in here if _takes_tensor_first(getattr(owner("torch")[1], n, None))]
    inside = [n for n in here if n[-1] == "_" and callable(getattr(ours, n[:-1], None))]
    own = (n for n in here if n not in same and n not in inside)
    described_names = (described(getattr(ours, n), f".{n}") for n in own)
    return [
        f"As the functions of these names: {', '.join(same)}",
        f"In place, with the arguments that they take without `_`: {', '.join(inside)}",
        *(f"`{call}` {first}" for call, first in described_names),
    ]


def _takes_tensor_first(thing):
    """Whether it is a function whose first argument is the method's own tensor."""
    if not inspect.isfunction(thing):
        return False
    return next(iter(inspect.signature(thing).parameters), "") in ("self", "input")


class LeftOut(SphinxDirective):
    """`{api-left-out}`: what is not here, and why."""

    def run(self):
        return [
            _bullets([_text(f"{_codes(e)}: {e['why']}.")] for e in DATA["left_out"])
        ]


def _codes(entry):
    return ", ".join(f"`{name}`" for name in entry["names"])


class Differences(SphinxDirective):
    """`{api-differences}`: what differs on purpose, and how that shows."""

    def run(self):
        out = []
        for entry in DATA["differs"]:
            shown = entry["example"].strip().splitlines()
            shown.append(f"    minigrad  {entry['minigrad']}")
            shown.append(f"    torch     {entry['torch']}")
            block = nodes.literal_block("", "\n".join(shown), language="none")
            out.append(
                [_text(f"`{'`, `'.join(entry['names'])}`: {entry['what']}"), block]
            )
        return [_bullets(out)]


def setup(app):
    app.add_directive("api-names", Names)
    app.add_directive("api-differences", Differences)
    app.add_directive("api-left-out", LeftOut)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
