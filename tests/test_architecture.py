"""How the package is built: floors, sizes, what may be imported where, what has names.

All of it is read from the source, but for what only a fresh interpreter can show: that
minigrad imports, trains and explains itself without torch.
"""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from types import ModuleType

import pytest
from chapters import ROOT

from minigrad import arrays, engine

PACKAGE = ROOT / "minigrad"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES + TESTS}

# From the ground up; all other files stand on floor 3, the user's tensor.
FLOORS = {"arrays": 0, "value": 0, "ops": 1, "engine": 2}
FLOORS |= {"nn": 4, "optim": 5, "utils": 5, "book": 6, "__init__": 7}


def label(path):
    return path.relative_to(ROOT).as_posix()


def each_source(*paths):
    return pytest.mark.parametrize("path", paths or SOURCES, ids=label)


def part_of(path):
    """The file or folder of the package that `path` belongs to: "engine", "nn" ..."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """(full name of what is imported, node) of every import, also inside functions."""
    package = ["minigrad", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            start = [*base, *([node.module] if node.module else [])]
            for name in node.names:
                yield ".".join([*start, name.name])


def parts_used(path):
    """The other files and folders of the package that `path` imports from."""
    names = [name.split(".") for name in imports(path)]
    parts = {n[1] if len(n) > 1 else "__init__" for n in names if n[0] == "minigrad"}
    known = {part_of(p) for p in SOURCES}
    return {p if p in known else "__init__" for p in parts} - {part_of(path)}


# Floors.


@each_source()
def test_imports_point_down_or_sideways(path):
    here = FLOORS.get(part_of(path), 3)
    for part in parts_used(path):
        there = FLOORS.get(part, 3)
        if part_of(path) == "book" and part == "__init__":
            continue  # the book uses the package as a reader does
        assert there < here or there == here == 3, f"{part} is not below {label(path)}"


def test_parts_of_the_package_import_each_other_in_one_direction():
    used = {}
    for path in SOURCES:
        used.setdefault(part_of(path), set()).update(parts_used(path) - {"__init__"})
    while used:
        free = {part for part, needs in used.items() if not needs & set(used)}
        assert free, f"these import each other in a circle: {sorted(used)}"
        used = {part: needs for part, needs in used.items() if part not in free}


def test_scalar_core_stands_alone():
    roots = {name.split(".")[0] for name in imports(PACKAGE / "value.py")}
    assert roots <= {"math", "numbers"}


@each_source()
def test_other_libraries_stay_where_they_belong(path):
    roots = {name.split(".")[0] for name in imports(path)} - {"minigrad"}
    allowed = {"numpy"} | set(sys.stdlib_module_names)
    if path == PACKAGE / "serialization.py":
        allowed |= {"safetensors"}
    if path.parent.name == "arrays" and path.name.startswith("torch"):
        allowed |= {"torch"}
    if part_of(path) != "book":  # the book has an extra of its own
        assert roots <= allowed


# Without torch.

BLOCK = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        root = name.partition(".")[0]
        if root not in ALLOWED and root not in sys.stdlib_module_names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

ALLOWED = {"minigrad", "numpy", "_distutils_hack"}
sys.meta_path.insert(0, Blocked())
"""
TRAIN = """
import minigrad
from minigrad import nn, optim

minigrad.manual_seed(0)
x = minigrad.randn(32, 1, 6, 6)
y = (x.sum((1, 2, 3)) > 0).long()
model = nn.Sequential(
    nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 2)
)
optimizer = optim.Adam(model.parameters(), lr=0.05)
losses = []
for _ in range(15):
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
sys.exit(not losses[-1] < losses[0] / 2)
"""
ASK = """
import minigrad
try:
    minigrad.zeros(2, device="torch")
except ModuleNotFoundError as error:
    sys.exit("pip install torch" not in str(error))
sys.exit("no error")
"""


def run(code):
    """Run `code` in a fresh interpreter, in which warnings are errors."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("module", ["torch", "numpy.random"])
def test_import_leaves_what_takes_long_alone(module):
    result = run(f"import minigrad, sys; sys.exit({module!r} in sys.modules)")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("code", [TRAIN, ASK], ids=["trains", "says what is missing"])
def test_package_works_with_nothing_but_numpy(code):
    result = run(BLOCK + code)
    assert result.returncode == 0, result.stderr


# The worlds.

NUMPY, TORCH, TENSORS = arrays.numpy, arrays.load_torch(), engine.TENSORS
ONLY_NUMPY = {"silent_context"}  # torch does not warn
ONLY_TORCH = {"from_numpy"}  # the way in from the other world


def vocabulary(world):
    """The public names that a world defines."""
    tree = TREES[PACKAGE / "arrays" / f"{world.__name__.rpartition('.')[2]}.py"]
    imported = {
        (name.asname or name.name).partition(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    offered = set(getattr(world, "__all__", []))
    return {
        name
        for name, thing in vars(world).items()
        if not (name.startswith("_") or isinstance(thing, ModuleType))
        and (name not in imported or name in offered)
    }


def words(functions):
    """The names that these functions take from `xp`."""
    nodes = [node for function in functions for node in ast.walk(function)]
    found = [node for node in nodes if isinstance(node, ast.Attribute)]
    return {node.attr for node in found if getattr(node.value, "id", None) == "xp"}


def functions_of_ops():
    paths = [path for path in SOURCES if part_of(path) == "ops"]
    nodes = [node for path in paths for node in ast.walk(TREES[path])]
    return [node for node in nodes if isinstance(node, ast.FunctionDef)]


def test_worlds_define_the_same_names():
    assert vocabulary(NUMPY) - ONLY_NUMPY == vocabulary(TORCH) - ONLY_TORCH


def test_worlds_have_the_words_of_every_op():
    used = words(functions_of_ops())
    assert len(used) > 30
    assert used <= vocabulary(NUMPY) & vocabulary(TORCH)


def test_tensors_have_the_words_of_every_rule():
    rules = [f for f in functions_of_ops() if f.name != "forward"]
    assert words(rules) <= set(vars(TENSORS))


def test_no_word_is_unused():
    names = set()
    for path in SOURCES:
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.ImportFrom):
                names.update(name.name for name in node.names)
            elif isinstance(node, ast.Constant):  # getattr(xp, "FUSED", {})
                names.add(node.value)
    assert vocabulary(NUMPY) | vocabulary(TORCH) <= names


# Sizes and style.


@each_source(*SOURCES, *TESTS)
def test_file_is_short_and_says_what_it_is(path):
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= 450
    assert ast.get_docstring(TREES[path]), "a file begins with what it is"


@each_source(*SOURCES, *TESTS)
def test_functions_are_short(path):
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.FunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= 40, f"{node.name} has {length} lines"


@each_source()
def test_package_has_no_assert_print_exec_or_star(path):
    for node in ast.walk(TREES[path]):
        assert not isinstance(node, ast.Assert), f"assert in line {node.lineno}"
        called = node.func if isinstance(node, ast.Call) else None
        name = getattr(called, "id", None)
        assert name not in ("exec", "eval", "breakpoint"), f"{name}, line {node.lineno}"
        assert name != "print" or part_of(path) == "book", f"line {node.lineno}"
        if isinstance(node, ast.ImportFrom):
            assert all(n.name != "*" for n in node.names), f"line {node.lineno}"


def public(body):
    """The public functions and classes of a module, or the methods of a class."""
    kinds = ast.FunctionDef | ast.ClassDef
    return [n for n in body if isinstance(n, kinds) and not n.name.startswith("_")]


def needs_no_docstring(method, owner):
    """A method of a line or two, a setter, or one that a base class describes."""
    is_setter = any(getattr(d, "attr", "") == "setter" for d in method.decorator_list)
    described = inspect.getdoc(getattr(owner, method.name))
    return is_setter or described or method.end_lineno - method.lineno < 3


@each_source(*(p for p in SOURCES if part_of(p) not in ("arrays", "ops")))
def test_public_names_have_docstrings(path):
    """In arrays/ and ops/ a name says all: it is NumPy's, torch's or a course's."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    module = importlib.import_module(name.removesuffix(".__init__"))
    for node in public(TREES[path].body):
        assert ast.get_docstring(node), f"{node.name}, line {node.lineno}"
        for part in public(node.body) if isinstance(node, ast.ClassDef) else []:
            described = needs_no_docstring(part, getattr(module, node.name))
            assert described, f"{node.name}.{part.name}, line {part.lineno}"


@each_source(*SOURCES, *TESTS)
def test_no_drawer_and_nothing_left_for_later(path):
    assert path.stem not in ("utils", "helpers", "misc", "common")
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", text)
