"""Mathematics from the book itself: MathJax is copied beside the pages.

Sphinx would load it from another host each time a page is read. The wheel
sphinx-mathjax-offline carries the files; the parts a page can ask for are copied.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

KEPT = ("tex-chtml.js", "output/chtml/fonts", "input/tex/extensions")


def copy_mathjax(app, exception):
    if exception or app.builder.format != "html":
        return
    origin = find_spec("sphinx-mathjax-offline").origin
    source = Path(origin).parent / "static" / "mathjax"
    target = Path(app.outdir) / "_static" / "mathjax"
    target.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)
        else:
            shutil.copy2(source / name, target / name)


def use_copy(app, config):
    config.mathjax_path = "mathjax/tex-chtml.js"


def setup(app):
    app.connect("config-inited", use_copy)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
