"""Floor 0: the array libraries, each speaking the same vocabulary.

`numpy.py` and `torch.py` define the same functions over their own arrays. Everything
above this folder says `xp.exp(x)` and never learns which library answers. torch is
imported only when somebody asks for a device that needs it.
"""

from . import numpy

WORLDS = {numpy.Array: numpy}  # type of array -> the module that computes with it
FLOATS = set(numpy.FLOATS)  # the libraries' own dtypes that have fractions


def load_torch():
    """Import torch, let its tensors in as arrays, and return the module that speaks it.

    Raises ModuleNotFoundError if torch is not installed.
    """
    from . import torch

    WORLDS[torch.Array] = torch
    FLOATS.update(torch.FLOATS)
    return torch


def world_of(device):
    """The module that computes on `device`: "cpu" is NumPy, all others are torch."""
    if device == "cpu":
        return numpy
    try:
        return load_torch()
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"device {device!r} needs torch, which is not installed: "
            "pip install torch, or use device='cpu' (NumPy)"
        ) from error
