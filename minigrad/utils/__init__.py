"""Where `minigrad.utils.data` lives, as in torch."""

from . import data

__all__ = ["data"]
