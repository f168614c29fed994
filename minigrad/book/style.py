"""How the book's figures look: one call in the import cell of every chapter.

The single idea: a figure must be readable on a phone, in print without colour and
by readers who tell colours apart differently, and it must come out the same on
every machine.  So nothing is left to the user's own settings, and no line is told
from another by its colour alone.
"""

import sys

import matplotlib as mpl
import matplotlib.style

# The five colours of Okabe and Ito (2008) that reach a contrast of 3:1 on white:
# blue, vermilion, bluish green, black, reddish purple.  Their yellow, orange and sky
# blue do not, and vanish as thin lines.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#000000", "#CC79A7"]
LINES = ["-", "--", "-.", ":", (0, (6, 1.5, 1, 1.5, 1, 1.5))]

SETTINGS = {
    # The page of a phone is about 340 pixels wide: 5 inches then leave a letter of
    # 12 points 11 pixels.  Cells that need another size pass figsize and check that.
    "figure.figsize": (5.0, 3.2),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.labelsize": 12,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "legend.frameon": False,
    # White, not transparent: the dark theme shows figures on a light card, and
    # black ticks on a black page would be lost.
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 2.0,
    "axes.prop_cycle": mpl.cycler(color=COLOURS) + mpl.cycler(linestyle=LINES),
    # A pixel of a digit is a square, not a blur.
    "image.interpolation": "nearest",
    # Matplotlib's bundled fonts, so that every machine draws the same letters.
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
}


def use_style():
    """Set Matplotlib up as every chapter has it; twice is the same as once.

    Starts from Matplotlib's defaults, so that a user's matplotlibrc changes nothing,
    then sets a white ground, letters of 11 points and more, no upper or right frame,
    and a cycle of five lines that differ in colour and in dash alike.  In a notebook
    figures are also stored at twice their size in pixels, for sharp screens; their
    text form (``<Figure size 500x320 with 1 Axes>``) stays the same.

    The cycle holds for lines.  Points and bars that mean different things need
    different markers, hatches or labels from the cell that draws them.

    Source of the colours: Okabe and Ito, Color Universal Design, 2008; of the
    contrast: WCAG 2.2, criterion 1.4.11.
    """
    mpl.style.use("default")
    mpl.rcParams.update(SETTINGS)
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("retina")
