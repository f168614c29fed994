"""Saving and loading: checkpoints as safetensors files, under torch's names.

The single idea: numbers and structure are kept apart. The tensors lie in the file as
bytes under plain names, which any safetensors library reads; how dicts and lists held
them stands as JSON in the header. Nothing in a file is code, so nobody's file can run
any.
"""

import json
import math
import os
import stat
import struct
import zlib
from collections import Counter, OrderedDict
from collections.abc import Mapping
from contextlib import suppress

import numpy as np

from .device import device as Device
from .engine import result
from .operands import numpy_to
from .tensor import Tensor

STRUCTURE, CHECKSUM = "minigrad", "minigrad.crc32"  # the names in the header
DICTS = {kind.__name__: kind for kind in (dict, OrderedDict, Counter)}
KINDS = {"BOOL": "bool", "F16": "float16", "F32": "float32", "F64": "float64"}
KINDS |= {f"I{8 * n}": f"int{8 * n}" for n in (1, 2, 4, 8)}
KINDS |= {f"U{8 * n}": f"uint{8 * n}" for n in (1, 2, 4, 8)}


def save(obj, f):
    """Write `obj` to the file `f`, for `load`.

    obj: a state dict, or a whole checkpoint: dicts, lists and tuples, as deep as
        wanted, of tensors, NumPy arrays, numbers, strings and None. Keys may be
        numbers, strings, tuples and None
    f: a path, or a file that is open for writing bytes
    raises: TypeError for anything else in `obj`, and says where it is

    A dict of tensors is a safetensors file of just these names, which
    `safetensors.torch.load_file` reads; in a deeper structure the names are joined with
    dots. Every name has numbers of its own in the file: tensors that share memory,
    such as tied weights, are written once for each name and come back apart, and
    `Module.load_state_dict` copies them into the tied parameter. Tensors that are not
    contiguous come back contiguous. A Parameter comes back as a Tensor.

    A path is written whole or not at all: the bytes go to a file `.name.part-...` in
    the same folder, which then takes the place of the old one. A process that is killed
    meanwhile leaves the old file as it was, and that part.

        >>> import io
        >>> file = io.BytesIO()
        >>> save({"weight": ones(2), "epoch": 3}, file)
        >>> load(io.BytesIO(file.getvalue()))
        {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    arrays = {}
    structure = json.dumps(_Writer(arrays).write(obj, ()), allow_nan=False)
    about = {STRUCTURE: structure, CHECKSUM: _checksum(structure, arrays)}
    content = _safetensors().numpy.save(arrays, about)
    if hasattr(f, "write"):
        f.write(content)
    else:
        _replace(os.path.realpath(f), content)


def load(f, map_location=None, *, weights_only=True):
    """Read what `save` wrote, or the tensors of any other safetensors file.

    f: a path, or a file that is open for reading bytes
    map_location: the device for all tensors; or {saved device: device}; or a function
        that is given each tensor, on the CPU, with the name of its saved device, and
        returns it where it shall be. None: where each was when it was saved
    weights_only: True; nothing else is ever read
    returns: the same structure with the same bits; of another library's file, a dict
    raises: RuntimeError for a file that is damaged, cut short, or a pickle such as
        torch.save writes, and for tensors of a kind or from a device that is not here;
        EOFError for an empty one

    What a model expects and a file lacks, or has in another shape, is what
    `Module.load_state_dict` says.
    """
    if not weights_only:
        raise ValueError(
            "load with weights_only=False: a pickle can run any code and is never "
            "read; leave it out"
        )
    if hasattr(f, "read"):
        name, content = getattr(f, "name", type(f).__name__), f.read()
    else:
        name = os.fspath(f)
        with open(f, "rb") as file:
            content = file.read()
    arrays, about = _parse(content, name)
    reader = _Reader(arrays, map_location, name)
    if STRUCTURE not in about and CHECKSUM not in about:
        return {key: reader.tensor(key) for key in arrays}
    structure = about.get(STRUCTURE, "")
    if about.get(CHECKSUM) != _checksum(structure, arrays):
        raise RuntimeError(
            f"{name} is damaged: its contents are not what was saved in it (the "
            "checksums differ); use another copy"
        )
    return reader.read(json.loads(structure))


def _safetensors():
    try:
        import safetensors.numpy
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "save and load need safetensors, which is not installed: "
            "pip install safetensors"
        ) from error
    return safetensors


# Structure.


class _Writer:
    """From an object to JSON. What JSON has no word for is {kind: content}.

    arrays: {name: array}, where the numbers are put
    """

    def __init__(self, arrays):
        self.arrays = arrays

    def write(self, value, path):
        """`value` as JSON; it stands at the keys `path` of the whole."""
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return value
        if kind is float:
            exact = math.isfinite(value)
            return value if exact else {"float": struct.pack(">d", value).hex()}
        if isinstance(value, Tensor):
            return self.write_tensor(value, path)
        if isinstance(value, np.generic):
            return {"scalar": self.keep(np.asarray(value), path)}
        if kind is np.ndarray:
            return {"array": self.keep(value, path)}
        if kind in (list, tuple):
            places = [self.write(v, (*path, i)) for i, v in enumerate(value)]
            return places if kind is list else {"tuple": places}
        if kind in DICTS.values():
            pairs = [
                [self.write(key, (*path, key)), self.write(v, (*path, key))]
                for key, v in value.items()
            ]
            return {kind.__name__: pairs}
        raise _refusal(value, path)

    def write_tensor(self, tensor, path):
        about = {"tensor": self.keep(tensor.detach().cpu().numpy(), path)}
        if str(tensor.device) != "cpu":
            about["device"] = str(tensor.device)
        if tensor.requires_grad:
            about["requires_grad"] = True
        return about

    def keep(self, array, path):
        """Put an array where it is written from, under a name of its own."""
        if array.dtype.name not in KINDS.values():
            raise _refusal(array, path)
        name = ".".join(map(str, path)) if path else "tensor"
        while name in self.arrays or name == "__metadata__":
            name += "'"
        native = array.dtype.newbyteorder("=")
        self.arrays[name] = np.asarray(array, native, order="C")
        return name


def _refusal(value, path):
    where = "".join(f"[{key!r}]" for key in path)
    words = f"save cannot write obj{where}, a {type(value).__name__}"
    if isinstance(value, np.ndarray):
        words += f" of {value.dtype}"
    advice = "leave it out, or save the numbers that it is made of"
    if hasattr(value, "state_dict"):
        advice = "save its state_dict()"
    elif hasattr(value, "get_state"):
        advice = "save its get_state()"
    return TypeError(
        f"{words}: expected tensors, arrays, numbers, strings and None in dicts, lists "
        f"and tuples; {advice}"
    )


class _Reader:
    """From JSON to the object, with the numbers of `arrays`."""

    def __init__(self, arrays, map_location, name):
        self.arrays, self.map_location, self.name = arrays, map_location, name

    def read(self, tree):
        if isinstance(tree, list):
            return [self.read(place) for place in tree]
        if not isinstance(tree, dict):
            return tree
        if "tensor" in tree:
            return self.tensor(**tree)
        ((kind, content),) = tree.items()
        if kind in DICTS:
            return DICTS[kind]({self.read(k): self.read(v) for k, v in content})
        if kind == "tuple":
            return tuple(self.read(place) for place in content)
        if kind == "float":
            return struct.unpack(">d", bytes.fromhex(content))[0]
        if kind in ("array", "scalar"):
            return self.arrays[content] if kind == "array" else self.arrays[content][()]
        raise RuntimeError(
            f"{self.name} holds a {kind!r}, which this version of minigrad does not "
            "know: read it with the version that wrote it"
        )

    def tensor(self, tensor, device="cpu", requires_grad=False):
        """The tensor of that name, on the device that map_location says."""
        array = self.arrays[tensor]
        if array.dtype.name in ("int8", "int16", "uint16", "uint32", "uint64"):
            raise _unknown(self.name, tensor, array.dtype)
        out, mapped = None, self.map_location
        if callable(mapped):
            out, mapped = mapped(result(array), device), None
        if isinstance(mapped, Mapping):
            mapped = mapped.get(device)
        if out is None:
            out = self.place(array, str(Device(mapped or device)), tensor)
        out.requires_grad = requires_grad
        return out

    def place(self, array, device, tensor):
        try:
            return result(numpy_to(array, device))
        except (AssertionError, ImportError, RuntimeError) as error:
            raise RuntimeError(
                f"{self.name} holds {tensor!r} for the device {device!r}, which cannot "
                f"be used here ({error}): load it with map_location='cpu'"
            ) from error


def _unknown(name, tensor, kind):
    return RuntimeError(
        f"{name} holds {tensor!r} of dtype {kind}, which minigrad does not have: "
        "convert it, for example to float32, with the library that wrote it"
    )


# Bytes.


def _parse(content, name):
    """The arrays and the metadata of a safetensors file."""
    library = _safetensors()
    try:
        parts = library.deserialize(content)
    except library.SafetensorError as error:
        raise _damage(content, name, error) from None
    for key, part in parts:
        if part["dtype"] not in KINDS:
            raise _unknown(name, key, part["dtype"])
    arrays = {
        key: np.frombuffer(part["data"], KINDS[part["dtype"]]).reshape(part["shape"])
        for key, part in parts
    }
    end = 8 + int.from_bytes(content[:8], "little")
    return arrays, json.loads(content[8:end]).get("__metadata__", {})


def _damage(content, name, error):
    """Why a file cannot be read."""
    if not content:
        return EOFError(f"{name} is empty: expected a safetensors file")
    if content.startswith((b"PK\x03\x04", b"\x80\x02", b"\x80\x04", b"\x80\x05")):
        return RuntimeError(
            f"{name} is a pickle, as torch.save writes it, which can run any code and "
            "is never read: if you trust it, torch.load it with weights_only=True and "
            "write its tensors with safetensors.torch.save_file"
        )
    return RuntimeError(
        f"{name} is not a whole safetensors file ({error}): it is damaged, cut short, "
        "or of another kind; use another copy"
    )


def _checksum(structure, arrays):
    """CRC-32 of all that a file means: the format itself has none."""
    crc = zlib.crc32(structure.encode())
    for name in sorted(arrays):
        array = arrays[name]
        about = f"{name!a} {array.dtype} {array.shape}"
        crc = zlib.crc32(array, zlib.crc32(about.encode(), crc))
    return f"{crc:08x}"


def _replace(path, content):
    """Let the file at `path` hold `content`; at every moment it is old or new."""
    folder, name = os.path.split(path)
    part = os.path.join(folder, f".{name}.part-{os.urandom(8).hex()}")
    try:
        with open(part, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(path):
            os.chmod(part, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(part, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.remove(part)
        raise
