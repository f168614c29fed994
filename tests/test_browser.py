"""The built pages in a real browser: light, dark and on a phone.

Playwright drives an installed Chromium; where none is found, or no page is built,
these tests are skipped and say so. axe-core judges accessibility.
"""

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from chapters import ROOT
from playwright.sync_api import sync_playwright

HTML = ROOT / "_build" / "html"
PAGES = [
    str(page.relative_to(HTML))
    for folder in ("book", "notebooks", ".")
    for page in sorted((HTML / folder).glob("*.html"))
    if page != HTML / "index.html"  # it leads on to book/index.html
]
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "chrome"]
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
SETTINGS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}
# The dark page differs from the light one in its colours alone, and the narrow one in
# everything but its colours. To describe all that is right would take most of the time.
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
OTHERS = {
    "resultTypes": ["violations"],
    "rules": {"color-contrast": {"enabled": False}},
}
RULES = {"light": [OTHERS, CONTRAST], "dark": [CONTRAST], "phone": [OTHERS]}
# Text of the same size, weight and colours has the same contrast: judge each look once.
MARK_LOOKS = """() => {
  const seen = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.closest("script, style")) continue;
    const look = [element.tagName];
    for (let e = element; e; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (e === element) look.push(style.color, style.fontSize, style.fontWeight);
      look.push(style.backgroundColor, style.opacity);
    }
    if (!seen.has(look.join())) element.setAttribute("data-look", "");
    seen.add(look.join());
  }
}"""
LOOKS = {"include": [["[data-look]"]]}
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no way out
]
# A page is ready when MathJax has set its formulas, or when there are none.
READY = """async () => {
  if (window.MathJax?.startup?.promise) await window.MathJax.startup.promise;
}"""
UNSET_FORMULAS = """() => [...document.querySelectorAll(".math")]
  .filter(e => !e.querySelector("mjx-container")).map(e => e.textContent)"""
# MathJax marks what it cannot read, and sets a command that it does not know in red.
FORMULA_ERRORS = """() => [...document.querySelectorAll(
  'mjx-merror, [data-mjx-error], mjx-mtext[style*="color: red"]'
)].map(e => e.closest("mjx-container").textContent)"""
# How far each picture's shape is from that of its file.
STRETCHED = """() => [...document.querySelectorAll(".cell_output img")]
  .map(e => e.height * e.naturalWidth / (e.width * e.naturalHeight))
  .filter(ratio => Math.abs(ratio - 1) > 0.02)"""
SIDEWAYS = "() => document.documentElement.scrollWidth - window.innerWidth"

if not PAGES:
    pytest.skip("no built pages: run make book first", allow_module_level=True)
if BROWSER is None:
    pytest.skip(
        f"NO BROWSER TEST RUNS: none of {', '.join(BROWSERS)} is installed",
        allow_module_level=True,
    )


class Quiet(SimpleHTTPRequestHandler):
    """Serves the pages and logs nothing."""

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def origin():
    handler = partial(Quiet, directory=HTML)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def contexts():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=SWITCHES)
        yield {
            name: browser.new_context(**options) for name, options in SETTINGS.items()
        }
        browser.close()


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("page_name", PAGES)
def test_page_is_whole_private_and_accessible(contexts, origin, page_name, setting):
    page = contexts[setting].new_page()
    asked, said = [], []

    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(origin + page_name, wait_until="load")
    page.evaluate(READY)

    foreign = [url for url in asked if not url.startswith((origin, "data:"))]
    assert not foreign, "asked another host"
    assert not said, "errors in the console"
    assert not page.evaluate(UNSET_FORMULAS), "formulas left as TeX"
    assert not page.evaluate(FORMULA_ERRORS), "formulas MathJax cannot read"
    assert page.evaluate(SIDEWAYS) <= 0, "the page scrolls sideways"
    assert not page.evaluate(STRETCHED), "pictures out of shape"
    page.evaluate(MARK_LOOKS)
    for rules in RULES[setting]:
        context = LOOKS if rules is CONTRAST else None
        report = Axe().run(page, context=context, options=rules)
        assert report.violations_count == 0, report.generate_report()
    page.close()


def test_solution_opens_when_clicked(contexts, origin):
    chapters = [name for name in PAGES if name.startswith("notebooks")]
    page = contexts["light"].new_page()
    page.goto(origin + chapters[0], wait_until="load")
    solution = page.locator(".solution.dropdown, .toggle.solution").first
    body = solution.locator("p").last
    assert not body.is_visible()
    solution.locator("button.toggle-button").click()
    assert body.is_visible()
    page.close()


def test_search_finds_a_word(contexts, origin):
    page = contexts["light"].new_page()
    page.goto(origin + "search.html?q=gradient", wait_until="load")
    page.wait_for_selector("#search-results li a", timeout=10_000)
    page.close()


OPTIMIZERS = "notebooks/08_optimizers.html"


@pytest.mark.parametrize("setting", SETTINGS)
def test_sliders_of_the_optimizers_obey_the_keyboard(contexts, origin, setting):
    page = contexts[setting].new_page()
    page.goto(origin + OPTIMIZERS, wait_until="load")
    figure = page.locator(".momentum-figure")
    momentum, rate = figure.get_by_label("momentum"), figure.get_by_label("step size")
    said, walk = figure.locator("p[role=status]"), figure.locator(".walk")
    first = walk.get_attribute("points")
    assert "Momentum 0, step size 0.05." in said.inner_text()
    assert len(first.split()) == 41

    momentum.focus()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    assert "Momentum 0.7, step size 0.05." in said.inner_text()
    assert "times smaller" in said.inner_text()
    assert momentum.get_attribute("aria-valuetext") == "0.7"
    assert walk.get_attribute("points") != first

    page.keyboard.press("Tab")
    assert rate.evaluate("e => e === document.activeElement")
    page.keyboard.press("End")
    assert "step size 0.16." in said.inner_text()
    assert "above the limit 0.136: the walk diverges" in said.inner_text()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert "With momentum 1 a walk never settles" in said.inner_text()

    # axe does not judge letters in a drawing: they are the page's, on the page's ground
    colours = """figure => {
      const ground = getComputedStyle(figure.parentElement).backgroundColor;
      const letters = getComputedStyle(figure.querySelector("text")).fill;
      return [ground, letters === getComputedStyle(figure).color];
    }"""
    assert figure.evaluate(colours) == ["rgba(0, 0, 0, 0)", True]
    page.close()


def test_sliders_leave_their_picture_where_scripts_are_off(contexts, origin):
    context = contexts["light"].browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(origin + OPTIMIZERS, wait_until="load")
    words = page.locator(".momentum-figure")
    assert words.inner_text().strip() == "With JavaScript, two sliders appear here."
    picture = page.locator(".cell_output:has(.momentum-figure) img")
    assert picture.is_visible()
    assert "Nine paths" in picture.get_attribute("alt")
    context.close()
