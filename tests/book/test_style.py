"""The style of the figures: legible, told apart without colour, the same everywhere.

The single idea: each claim of the module is a number here, from contrast on white to
the distance of colours as a reader with another colour vision sees them.
"""

import itertools
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("agg")

from matplotlib import pyplot as plt

from minigrad.book import style

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
VISIONS = {
    "ordinary": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# Linear sRGB to CIE XYZ (IEC 61966-2-1); its row sums are the white of a screen.
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


@pytest.fixture(autouse=True)
def settings():
    with mpl.rc_context():
        style.use_style()
        yield
    plt.close("all")


def linear(colour):
    c = np.array(mpl.colors.to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of a linear RGB colour."""
    t = XYZ @ np.clip(rgb, 0, 1) / XYZ.sum(1)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISIONS)
def test_any_two_colours_are_told_apart(vision):
    seen = [lab(np.array(VISIONS[vision]) @ linear(c)) for c in style.COLOURS]
    gaps = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    assert min(gaps) > 15, "2.3 is a just noticeable difference side by side"


def test_the_measure_sees_colours_that_are_confused():
    gaps = []
    for vision in ("ordinary", "deuteranopia"):
        seen = [lab(np.array(VISIONS[vision]) @ linear(c)) for c in ("red", "olive")]
        gaps.append(np.linalg.norm(seen[0] - seen[1]))
    assert gaps[0] > 60 and gaps[1] < 15


@pytest.mark.parametrize("colour", style.COLOURS)
def test_every_colour_stands_out_on_white(colour):
    luminance = XYZ[1] @ linear(colour)
    assert 1.05 / (luminance + 0.05) >= 3


def test_no_two_lines_differ_in_colour_alone():
    axes = plt.figure().add_subplot()
    lines = [axes.plot([0, 1])[0] for _ in style.COLOURS]
    assert [line.get_color() for line in lines] == style.COLOURS
    dashes = {str(line._unscaled_dash_pattern) for line in lines}
    assert len(dashes) == len(lines)


def ink(shown):
    """Which columns of the drawn line carry ink."""
    figure = plt.figure(figsize=(4, 0.4), layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.plot([0, 1], [0, 0], color="black", linestyle=shown)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[:, :, 0].min(0) < 128


def test_the_dashes_differ_as_they_are_drawn():
    drawn = [ink(shown) for shown in style.LINES]
    for a, b in itertools.combinations(drawn, 2):
        assert (a != b).mean() > 0.15


def test_letters_have_eleven_points_or_more():
    figure, axes = plt.subplots()
    axes.plot([0, 1], label="a line")
    axes.set(title="title", xlabel="x", ylabel="y")
    axes.legend()
    figure.canvas.draw()
    texts = [t for t in figure.findobj(mpl.text.Text) if t.get_text()]
    assert len(texts) > 8
    assert min(t.get_fontsize() for t in texts) >= 11
    assert {t.get_fontname() for t in texts} == {"DejaVu Sans"}


def test_a_figure_is_white_and_has_no_upper_or_right_frame(tmp_path):
    figure, axes = plt.subplots()
    axes.plot([0, 1])
    shown = {side: axes.spines[side].get_visible() for side in axes.spines}
    assert shown == {"left": True, "bottom": True, "top": False, "right": False}
    figure.savefig(tmp_path / "figure.png")
    pixels = plt.imread(tmp_path / "figure.png")
    assert pixels.shape == (320, 500, 4)
    assert (pixels[[0, -1]] == 1).all() and (pixels[:, [0, -1]] == 1).all()


def test_the_users_own_settings_change_nothing():
    expected = dict(mpl.rcParams)
    mpl.rcParams.update({"lines.linewidth": 9, "axes.grid": True, "font.size": 5})
    style.use_style()
    assert dict(mpl.rcParams) == expected
    style.use_style()
    assert dict(mpl.rcParams) == expected


def run(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, style.__file__],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_plain_python_needs_neither_ipython_nor_torch():
    said = run(
        "import runpy, sys; runpy.run_path(sys.argv[1])['use_style'](); "
        "print(sorted({'torch', 'IPython', 'matplotlib_inline'} & set(sys.modules)))"
    )
    assert said == "[]\n"


IN_IPYTHON = """
import base64, runpy, struct, sys
import matplotlib
from IPython.core.interactiveshell import InteractiveShell

matplotlib.use("agg")
shell = InteractiveShell.instance()
use_style = runpy.run_path(sys.argv[1])["use_style"]
use_style()
use_style()
from matplotlib import pyplot as plt

figure, axes = plt.subplots()
data, metadata = shell.display_formatter.format(figure)
stored = struct.unpack(">2I", base64.b64decode(data["image/png"])[16:24])
shown = metadata["image/png"]
print(sorted(data), data["text/plain"])
print(stored[0] // 2 == shown["width"], stored[1] // 2 == shown["height"])
print(950 < stored[0] < 1050)
"""


def test_ipython_stores_figures_at_twice_their_size():
    pytest.importorskip("IPython")
    assert run(IN_IPYTHON).splitlines() == [
        "['image/png', 'text/plain'] <Figure size 500x320 with 1 Axes>",
        "True True",
        "True",
    ]
