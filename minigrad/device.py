"""Where arrays live and who computes with them.

"cpu" is NumPy; "torch" is torch's tensors on the CPU; "cuda" and "mps" are torch's on a
GPU. The last three import torch when they are first used. Chapter: on the GPU.
"""

TYPES = ("cpu", "torch", "cuda", "mps")


class device:
    """A place for tensors: `device("cuda:1")`, `device("cuda", 1)`, `device("cpu")`.

    A number alone means that GPU: `device(1)`.

    raises: RuntimeError for a type that is none of cpu, torch, cuda, mps.
    """

    __slots__ = ("index", "type")

    def __init__(self, type, index=None):
        if isinstance(type, device):
            type, index = type.type, type.index
        elif isinstance(type, int):
            type, index = "cuda", type
        elif ":" in type:
            type, _, number = type.partition(":")
            index = int(number)
        if type not in TYPES:
            raise RuntimeError(
                f"device {type!r} is not known: expected one of {', '.join(TYPES)}"
            )
        self.type = type
        self.index = index

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self):
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"

    def __eq__(self, other):
        return isinstance(other, device) and str(self) == str(other)

    def __hash__(self):
        return hash(str(self))
