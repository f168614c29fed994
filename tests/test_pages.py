"""The built pages, read as a browser would: nothing foreign, nothing missing.

They are made by `make book`; where they are missing, these tests are skipped.
"""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from chapters import ROOT

HTML = ROOT / "_build" / "html"
PAGES = sorted(HTML.glob("book/*.html")) + sorted(HTML.glob("notebooks/*.html"))
MADE_BY_SPHINX = [HTML / "genindex.html", HTML / "search.html"]

# what a browser fetches by itself, by element and attribute
FETCHED = [
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
    ("object", "data"),
]
FETCHED_LINKS = {"stylesheet", "icon", "shortcut", "preload", "preconnect", "manifest"}

if not PAGES:
    pytest.skip("no built pages: run make book first", allow_module_level=True)

each_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: str(page.relative_to(HTML).with_suffix(""))
)


@cache
def soup(page: Path):
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def fetched(page):
    for element, attribute in FETCHED:
        for found in soup(page).find_all(element, **{attribute: True}):
            yield found[attribute]
    for link in soup(page).find_all("link", href=True):
        if FETCHED_LINKS & set(link.get("rel", [])):
            yield link["href"]


@each_page
def test_page_fetches_nothing_from_elsewhere(page):
    for address in fetched(page):
        parts = urlsplit(address)
        assert not parts.netloc or parts.scheme == "data", address
        if not parts.scheme:
            assert (page.parent / unquote(parts.path)).is_file(), address


def test_style_sheets_fetch_nothing_from_elsewhere():
    for sheet in HTML.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", text), sheet


@each_page
def test_page_names_its_language_title_and_description(page):
    assert soup(page).html["lang"].startswith("en")
    headings = soup(page).select("article h1")
    assert len(headings) == 1
    title = headings[0].get_text().removesuffix("#").strip()
    assert soup(page).title.get_text().strip().startswith(title)
    description = soup(page).find("meta", attrs={"name": "description"})
    assert description and 50 <= len(description["content"]) <= 200


def test_no_two_pages_have_the_same_title_or_description():
    for read in (
        lambda page: soup(page).title.get_text(),
        lambda page: soup(page).find("meta", attrs={"name": "description"})["content"],
    ):
        assert len({read(page) for page in PAGES}) == len(PAGES)


@each_page
def test_every_image_says_what_it_shows(page):
    for image in soup(page).find_all("img"):
        alt = image.get("alt", "").strip()
        assert alt, image
        assert not re.search(r"\.(png|svg|jpe?g)$|^_images|/", alt), image


@each_page
def test_every_link_inside_the_book_leads_somewhere(page):
    for link in soup(page).find_all("a", href=True):
        parts = urlsplit(link["href"])
        if parts.scheme or parts.netloc:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert target.is_file(), link["href"]
        if parts.fragment and target.suffix == ".html":
            place = unquote(parts.fragment)
            assert soup(target).find(attrs={"id": place}), link["href"]


@each_page
def test_mathematics_is_left_to_the_books_own_mathjax(page):
    if soup(page).select(".math"):
        scripts = [s["src"] for s in soup(page).find_all("script", src=True)]
        assert any("_static/mathjax/tex-chtml.js" in source for source in scripts)
    text = soup(page).select_one("article").get_text()
    assert not re.search(r"\{(cite|ref|eq|doc|numref)[:}]", text), "a role left raw"


@each_page
def test_table_headers_have_words(page):
    for header in soup(page).select("article th"):
        for formula in header.select(".math"):
            formula.extract()
        assert header.get_text().strip() or not header.find_parent("thead")


@each_page
def test_heading_levels_skip_none(page):
    headings = soup(page).select("article :is(h1, h2, h3, h4, h5, h6)")
    levels = [int(heading.name[1]) for heading in headings]
    for level, following in pairwise(levels):
        assert following <= level + 1


@pytest.mark.parametrize("page", MADE_BY_SPHINX, ids=lambda page: page.stem)
def test_pages_made_by_sphinx_fetch_nothing_from_elsewhere(page):
    assert not [address for address in fetched(page) if urlsplit(address).netloc]


def test_the_root_leads_to_the_first_page():
    assert 'url=book/index.html"' in (HTML / "index.html").read_text(encoding="utf-8")


def test_the_pages_name_no_place_on_the_builders_machine():
    for page in PAGES:
        text = soup(page).get_text()
        assert str(ROOT) not in text
        assert str(Path.home()) + "/" not in text
