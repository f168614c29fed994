"""Networks: modules, their parameters, losses and first values, with torch's names.

The single idea: a network is a function that carries its own parameters. The chapters
on layers and on the CNN explain it.
"""

from . import functional, init
from .activation import ReLU, Sigmoid, Tanh
from .container import Sequential
from .conv import Conv2d
from .flatten import Flatten
from .linear import Identity, Linear
from .loss import CrossEntropyLoss, MSELoss, NLLLoss
from .module import Module
from .parameter import Parameter
from .pool import MaxPool2d

__all__ = [
    "Conv2d",
    "CrossEntropyLoss",
    "Flatten",
    "Identity",
    "Linear",
    "MSELoss",
    "MaxPool2d",
    "Module",
    "NLLLoss",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "functional",
    "init",
]
