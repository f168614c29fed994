"""The form of the chapters: what strict nbval needs, and what a reader may expect.

The outputs themselves are compared by `pytest --nbval notebooks` (make chapters).
"""

import re
from itertools import pairwise
from statistics import median

import nbformat
import pytest
from chapters import CHAPTERS, ROOT, read_chapter, tags

INSTALL = """\
import importlib.util

if importlib.util.find_spec("minigrad") is None:  # on Colab
    %pip install -q "minigrad[book] @ git+https://github.com/minigrad-book/minigrad"\
"""
MIME_TYPES = {
    "application/vnd.minigrad.check+json",
    "image/png",
    "image/svg+xml",
    "text/html",
    "text/latex",
    "text/markdown",
    "text/plain",
}
MACHINE_PATH = re.compile(r"(/home/|/root/|/Users/|/tmp/|[A-Z]:\\\\|site-packages)")
NEVER_THE_SAME = re.compile(r"0x[0-9a-f]{8,}|\bit/s\b|\|█|\bWall time\b|\d+ ?[mµn]s\b")

pytestmark = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def code_cells(path):
    return [cell for cell in read_chapter(path).cells if cell.cell_type == "code"]


def prose(path):
    """The markdown of a chapter without its code, mathematics and addresses."""
    text = "\n\n".join(
        cell.source for cell in read_chapter(path).cells if cell.cell_type == "markdown"
    )
    text = re.sub(r"^(`{3,}|~{3,})\{?code.*?^\1", "", text, flags=re.S | re.M)
    text = re.sub(r"^```(?!\{).*?^```", "", text, flags=re.S | re.M)
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]*`", "", text, flags=re.S)
    return re.sub(r"\]\([^)]*\)", "]", text)


def output_texts(cell):
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text
        for kind, value in output.get("data", {}).items():
            if kind.startswith("text/"):
                yield value


def test_notebook_is_valid_and_its_metadata_are_minimal(path):
    notebook = read_chapter(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.kernelspec.display_name == "Python 3"
    assert "widgets" not in notebook.metadata, "widgets load scripts from elsewhere"
    assert "version" not in notebook.metadata.get("language_info", {})
    for cell in notebook.cells:
        assert "execution" not in cell.metadata, "timing differs in each run"
        assert cell.cell_type in ("code", "markdown")


def test_page_has_a_description(path):
    html_meta = read_chapter(path).metadata.get("myst", {}).get("html_meta", {})
    assert 50 <= len(html_meta.get("description", "")) <= 200


def test_first_cell_installs_minigrad_on_colab(path):
    first = read_chapter(path).cells[0]
    assert first.source == INSTALL
    assert {"remove-cell", "install"} <= set(tags(first))
    assert not first.outputs


def test_import_cell_is_the_same_in_every_chapter(path):
    cells = [cell for cell in code_cells(path) if "imports" in tags(cell)]
    assert cells == code_cells(path)[1:2], "the import cell is the second code cell"
    shared = [c for c in code_cells(CHAPTERS[0]) if "imports" in tags(c)]
    assert cells[0].source == shared[0].source


def test_cells_were_run_from_top_to_bottom(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), "run all cells in one go"


def test_no_cell_does_what_a_strict_run_cannot_repeat(path):
    for cell in code_cells(path):
        assert cell.source.strip(), "an empty cell"
        assert not cell.source.rstrip().endswith(";"), "end with plt.show()"
        assert not re.search(r"^\s*(!|%%|%time)", cell.source, flags=re.M), cell.source


def test_outputs_hold_nothing_of_the_machine(path):
    for cell in code_cells(path):
        for text in output_texts(cell):
            assert not MACHINE_PATH.search(text), text
            if "nbval-ignore-output" not in tags(cell):
                assert not NEVER_THE_SAME.search(text), text
    assert not MACHINE_PATH.search(prose(path))


def test_outputs_are_of_known_types_and_no_error_escapes(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            assert set(output.get("data", {})) <= MIME_TYPES
            assert output.output_type != "error" or "raises-exception" in tags(cell)
            assert output.get("name") != "stderr" or "nbval-ignore-output" in tags(cell)


def test_every_figure_is_described(path):
    for cell in code_cells(path):
        kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
        if any(kind.startswith("image/") for kind in kinds):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) >= 30 and alt.endswith("."), cell.source


def test_cells_are_short_and_not_too_many(path):
    lines = [len(cell.source.splitlines()) for cell in code_cells(path)]
    assert median(lines) <= 8
    assert max(lines) <= 25
    assert 25 <= len(read_chapter(path).cells) <= 70


def test_headings_start_with_one_title_and_skip_no_level(path):
    levels = [len(marks) for marks in re.findall(r"^(#+) ", prose(path), flags=re.M)]
    assert levels[0] == 1 and levels.count(1) == 1
    for level, following in pairwise(levels):
        assert following <= level + 1


def test_prose_is_calm(path):
    marks = re.findall(r".*[A-Za-z0-9)]!(?!\[).*", prose(path))
    assert not marks, "an exclamation mark"
    words = re.findall(r"\b(?:simply|obviously|trivially)\b", prose(path), flags=re.I)
    assert not words


def test_citations_are_in_the_bibliography(path):
    keys = set(re.findall(r"^@\w+\{(\w+),", bibliography(), flags=re.M))
    text = "\n".join(c.source for c in read_chapter(path).cells)
    for group in re.findall(r"\{cite:\w+\}`([^`]+)`", text):
        assert {key.strip() for key in group.split(",")} <= keys


def bibliography():
    return (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
