"""What the chapters use beside the package itself. It needs the `book` extra."""

from .check import check
from .draw import draw
from .mnist import load_mnist
from .quote import quote
from .style import use_style

__all__ = ["check", "draw", "load_mnist", "quote", "use_style"]
