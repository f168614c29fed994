"""Sequential: modules applied one after the other.

The single idea: a network that is a chain is a list of modules. The chapter on layers
explains it.
"""

from collections import OrderedDict
from operator import index as as_index

from .module import Module


class Sequential(Module):
    """f_n(... f_2(f_1(x))): each module gets the output of the one before.

    args: the modules, named "0", "1", ...; or one OrderedDict from names to modules

        >>> model = Sequential(Linear(2, 3), ReLU())
        >>> model
        Sequential(
          (0): Linear(in_features=2, out_features=3, bias=True)
          (1): ReLU()
        )
        >>> model[1], len(model)
        (ReLU(), 2)
    """

    def __init__(self, *args):
        super().__init__()
        named = len(args) == 1 and isinstance(args[0], OrderedDict)
        for name, module in args[0].items() if named else enumerate(args):
            self.add_module(str(name), module)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        index = as_index(index)
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} is out of range")
        return list(self._modules.values())[index]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def append(self, module):
        """Add `module` at the end; returns self."""
        self.add_module(str(len(self)), module)
        return self

    def forward(self, input):
        """input: what the first module takes; returns what the last one gives."""
        for module in self:
            input = module(input)
        return input
