"""Every exercise has a check that can fail, and a solution that passes it.

An exercise is five cells: the task (`{exercise}`), a function to complete (tag
`stub`), its check (tag `exercise-check`), the explanation (`{solution}`, folded) and
the solution in code (tag `solution`). They need no other cells but those tagged
`setup`, so a test can run them alone.
"""

import contextlib
import io
import re

import pytest
from chapters import CHAPTERS, read_chapter, tags

NEEDED = {"setup", "stub", "exercise-check", "solution"}

pytestmark = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def exercises(path):
    """The five cells of each exercise of a chapter."""
    cells = read_chapter(path).cells
    starts = [
        place
        for place, cell in enumerate(cells)
        if cell.cell_type == "markdown" and "{exercise}" in cell.source
    ]
    return [cells[start : start + 5] for start in starts]


def defined(cell, pattern):
    """The one name that a cell defines and that matches the pattern."""
    names = re.findall(rf"^(?:def|class) ({pattern})\b", cell.source, flags=re.M)
    assert len(names) == 1, f"one definition of {pattern}, found {names}"
    return names[0]


def test_chapter_has_three_to_five_exercises(path):
    assert 3 <= len(exercises(path)) <= 5


def test_exercise_has_its_five_cells(path):
    labels = []
    for task, stub, check, solution, solved in exercises(path):
        labels += re.findall(r"^:label: (ex-[a-z0-9-]+)$", task.source, flags=re.M)
        name = defined(stub, r"\w+")
        assert "stub" in tags(stub) and "raise NotImplementedError" in stub.source
        assert "exercise-check" in tags(check)
        assert defined(check, r"check_\w+") == f"check_{name}"
        assert re.search(
            rf"\{{solution\}} {labels[-1]}\n:class: dropdown", solution.source
        )
        assert {"hide-input", "solution"} <= set(tags(solved))
        assert f"check_{name}({name}_solution)" in solved.source
    assert len(set(labels)) == len(exercises(path)), "a label for each exercise"


# A solution may draw: there is no window to show it in.
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
def test_check_refuses_the_stub_and_accepts_the_solution(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in read_chapter(path).cells:
            if NEEDED & set(tags(cell)):
                exec(compile(cell.source, path.name, "exec"), names)
        for _, stub, check, _, _ in exercises(path):
            unsolved = names[defined(stub, r"\w+")]
            accepts = names[defined(check, r"check_\w+")]
            with pytest.raises((NotImplementedError, AssertionError)):
                accepts(unsolved)
            with pytest.raises(Exception):  # noqa: B017 an answer of another kind
                accepts(lambda *given, **named: given[0] if given else None)
