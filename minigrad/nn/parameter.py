"""Parameter: a tensor that a module should train.

The single idea: the type is the mark. A Parameter is a Tensor in everything but its
class, by which `Module` recognises what it has to list, move and save; what is computed
from parameters is a plain Tensor. Chapter: what a network computes.
"""

from minigrad.tensor import Tensor


class Parameter(Tensor):
    """A tensor that is a parameter of the module it is assigned to.

    data: the tensor whose storage the parameter shares; None for an empty one
    requires_grad: whether gradients are wanted; torch's default is True

        >>> Parameter(tensor([1.0, 2.0]))
        Parameter containing:
        tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data=None, requires_grad=True):
        data = Tensor(0) if data is None else data
        self._begin(data.array)
        self.changed = data.changed
        self.requires_grad = requires_grad

    def __repr__(self):
        return f"Parameter containing:\n{super().__repr__()}"
