"""Optimizers, with torch's names: rules that change parameters to lower a loss.

The single idea: one formula for one array, written once. The chapter on optimizers
explains it.
"""

from .adam import Adam
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer"]
