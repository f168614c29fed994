"""What the tests of saving share: files of objects, and objects as their bits."""

import io
import struct

import numpy as np
import safetensors.numpy

import minigrad
from minigrad import serialization


def saved(obj):
    """The bytes of the file of `obj`."""
    file = io.BytesIO()
    minigrad.save(obj, file)
    return file.getvalue()


def again(obj, **settings):
    return minigrad.load(io.BytesIO(saved(obj)), **settings)


def bits(obj):
    """All that an object is, in a form that == compares: kinds, bits and order."""
    if isinstance(obj, minigrad.Tensor):
        array = obj.detach().cpu().numpy()
        return "tensor", str(obj.device), obj.requires_grad, bits(array)
    if isinstance(obj, np.ndarray | np.generic):
        return type(obj), str(obj.dtype), obj.shape, obj.tobytes()
    if isinstance(obj, float):
        return "float", struct.pack(">d", obj)
    if isinstance(obj, dict):
        return type(obj), [(bits(k), bits(v)) for k, v in obj.items()]
    if isinstance(obj, list | tuple):
        return type(obj), [bits(v) for v in obj]
    return type(obj), obj


def models(L):
    return L.nn.Sequential(
        L.nn.Conv2d(1, 2, 3), L.nn.BatchNorm2d(2), L.nn.Flatten(), L.nn.Linear(8, 3)
    )


def changed(content, old, new):
    """A file with other words in its structure, and the checksum that fits them."""
    arrays, about = serialization._parse(content, "")
    structure = about["minigrad"].replace(old, new)
    crc = serialization._checksum(structure, arrays)
    metadata = {"minigrad": structure, "minigrad.crc32": crc}
    return safetensors.numpy.save(arrays, metadata)
