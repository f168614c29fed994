"""Claims of the sources and rows of the plan: each is proved by a cell that can fail.

`book/claims.yml` lists what the five articles say, quoted, and the tag of the cell that
decides it. `book/rows.yml` lists what the book must hold, and where it does.
"""

import re

import pytest
import yaml
from chapters import CHAPTERS, ROOT, read_chapter, tags

CLAIMS = yaml.safe_load((ROOT / "book/claims.yml").read_text(encoding="utf-8"))
ROWS = yaml.safe_load((ROOT / "book/rows.yml").read_text(encoding="utf-8"))
SOURCES = ROOT.parent / "shared" / "seeds"
PATHS = {path.stem: path for path in CHAPTERS}
DECIDES = re.compile(r"\b(assert|raise|check)\b")

claims = pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["id"])
rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["row"])


def tagged(entry):
    """The code cells of the entry's chapter that carry its tag."""
    cells = read_chapter(PATHS[entry["chapter"]]).cells
    return [c for c in cells if c.cell_type == "code" and entry["cell"] in tags(c)]


def squeezed(text):
    return re.sub(r"\s+", "", text)


def section_of(path, tag):
    """The headings that a cell with this tag stands under, outermost first."""
    open_headings = []
    for cell in read_chapter(path).cells:
        if cell.cell_type == "markdown":
            for marks, title in re.findall(r"^(#+) (.+)$", cell.source, flags=re.M):
                open_headings = [*open_headings[: len(marks) - 1], title.strip()]
        elif tag in tags(cell):
            yield open_headings


@claims
def test_claim_is_whole(claim):
    needed = {"id", "source", "section", "quote", "gloss", "verdict", "why"}
    needed |= {"chapter", "cell"}
    if claim["verdict"] != "right":
        needed.add("instead")
    assert set(claim) == needed
    assert all(isinstance(value, str) and value for value in claim.values())
    assert claim["verdict"] in ("false", "misleading", "right")
    assert re.fullmatch(r"00[0-4]_[0-9a-f]{16}\.txt", claim["source"])
    assert claim["id"].startswith(claim["source"][:3])


@claims
def test_claim_is_decided_by_a_cell_that_can_fail(claim):
    cells = tagged(claim)
    assert cells, f"no cell of {claim['chapter']} has the tag {claim['cell']}"
    assert any(DECIDES.search(cell.source) for cell in cells)


@claims
def test_claim_is_quoted_to_the_letter(claim):
    source = SOURCES / claim["source"]
    if not source.exists():
        pytest.skip("the sources are not beside the project")
    text = squeezed(source.read_text(encoding="utf-8"))
    assert squeezed(claim["quote"]) in text


def test_claims_have_names_of_their_own():
    names = [claim["id"] for claim in CLAIMS]
    assert sorted(names) == sorted(set(names))


@rows
def test_row_is_met_in_the_section_it_names(row):
    assert set(row) == {"row", "feature", "chapter", "section", "cell"}
    assert any(DECIDES.search(cell.source) for cell in tagged(row))
    found = list(section_of(PATHS[row["chapter"]], row["cell"]))
    assert any(row["section"] in headings for headings in found), found


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_tags_of_proofs_are_listed(path):
    listed = {e["cell"] for e in [*CLAIMS, *ROWS] if e["chapter"] == path.stem}
    found = {tag for cell in read_chapter(path).cells for tag in tags(cell)}
    assert {tag for tag in found if tag.startswith(("claim-", "row-"))} == listed
