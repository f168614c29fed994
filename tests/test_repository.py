"""What stands in several files says the same in all of them."""

import re
import tomllib

import pytest
from chapters import CHAPTERS, ROOT, read_chapter

ADDRESS = re.compile(r"github\.com/([\w-]+/[\w-]+)")
PAGES = re.compile(r"https://([\w-]+)\.github\.io/([\w-]+)")
NAMING_IT = [
    "CITATION.cff",
    "CONTRIBUTING.md",
    "README.md",
    "_config.yml",
    "book/setup.md",
    "pyproject.toml",
]


def own_repository():
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    return re.search(r"^  url: https://github\.com/(\S+)$", config, flags=re.M)[1]


@pytest.mark.parametrize("name", NAMING_IT)
def test_repository_has_one_address_everywhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert set(ADDRESS.findall(text)) == {own_repository()}
    for owner, project in PAGES.findall(text):
        assert f"{owner}/{project}" == own_repository()


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_installs_from_that_address(path):
    first = read_chapter(path).cells[0].source
    assert ADDRESS.findall(first) == [own_repository()]


def parse(requirement):
    name, bounds = re.fullmatch(r"([\w-]+)([^;]*)", requirement.strip()).groups()
    return name, set(filter(None, bounds.split(",")))


def test_extras_repeat_the_ranges_of_requirements():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    ranges = dict(parse(line) for line in lines if line and not line.startswith("#"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    for requirement in (one for group in groups for one in group):
        if requirement.startswith("minigrad["):
            continue
        name, bounds = parse(requirement)
        assert bounds <= ranges[name], f"{name}: {bounds} here, {ranges[name]} there"


def test_lock_holds_every_requirement_and_no_host():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            assert re.search(rf"^{parse(line)[0]}==", lock, flags=re.M), line
    assert "://" not in lock


def test_version_is_the_same_in_citation_and_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {project['version']}\n" in citation


def test_every_chapter_is_in_the_table_of_contents():
    listed = re.findall(
        r"file: (notebooks/\w+)", (ROOT / "_toc.yml").read_text(encoding="utf-8")
    )
    assert listed == sorted(f"notebooks/{path.stem}" for path in CHAPTERS)
