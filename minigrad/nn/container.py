"""Containers: modules and parameters in lists and dictionaries that know their names.

The single idea: a list of modules is a module whose members are called "0", "1" and so
on, so that all that walks over a network walks through it. Chapter: what a network
computes.
"""

from collections import OrderedDict
from operator import index as as_index
from textwrap import indent

from minigrad.tensor import Tensor

from .module import Module
from .parameter import Parameter


def _position(index, size):
    """The index counted from the front."""
    index = as_index(index)
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of range")
    return index % size


class _Row(Module):
    """Modules in a row, called "0", "1", ..., as a list has them."""

    def __setitem__(self, index, module):
        name = list(self._modules)[_position(index, len(self))]
        setattr(self, name, module)

    def __delitem__(self, index):
        modules = list(self)
        del modules[index if isinstance(index, slice) else _position(index, len(self))]
        self._fill(modules)

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def __iadd__(self, modules):
        return self.extend(modules)

    def _fill(self, modules):
        self._modules.clear()
        self.extend(modules)

    def append(self, module):
        """Add `module` at the end; returns self."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules):
        """Add all of `modules` at the end; returns self."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index, module):
        """Put `module` before the one at `index`; returns self."""
        modules = list(self)
        modules.insert(index, module)
        self._fill(modules)
        return self

    def pop(self, key):
        """Take out the module at place `key`; returns it."""
        module = self[key]
        del self[key]
        return module


class Sequential(_Row):
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
        return list(self)[_position(index, len(self))]

    def __add__(self, other):
        if not isinstance(other, Sequential):
            raise ValueError(f"Sequential + {type(other).__name__}: both must be one")
        return Sequential(*self, *other)

    def forward(self, input):
        """input: what the first module takes; returns what the last one gives."""
        for module in self:
            input = module(input)
        return input


class ModuleList(_Row):
    """A list of modules: indexing, slices, append, extend, insert, pop, +, del.

    >>> layers = ModuleList([Linear(2, 2) for _ in range(3)])
    >>> layers
    ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
    )
    """

    def __init__(self, modules=None):
        super().__init__()
        self.extend(() if modules is None else modules)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[str(_position(index, len(self)))]

    def __add__(self, other):
        return type(self)([*self, *other])

    def __repr__(self):
        runs = []
        for i, text in enumerate(map(repr, self)):
            if runs and runs[-1][2] == text:
                runs[-1][1] = i
            else:
                runs.append([i, i, text])
        lines = [
            f"({a}): {text}" if a == b else f"({a}-{b}): {b - a + 1} x {text}"
            for a, b, text in runs
        ]
        inside = indent("\n".join(lines), "  ")
        return f"{self._get_name()}(\n{inside}\n)" if lines else f"{self._get_name()}()"


class ModuleDict(Module):
    """A dictionary of modules: indexing, in, del, keys, items, values, update, pop.

    modules: a dictionary, or pairs of name and module
    """

    def __init__(self, modules=None):
        super().__init__()
        self.update({} if modules is None else modules)

    def __getitem__(self, key):
        return self._modules[key]

    def __setitem__(self, key, module):
        self.add_module(key, module)

    def __delitem__(self, key):
        del self._modules[key]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules)

    def __contains__(self, key):
        return key in self._modules

    def clear(self):
        self._modules.clear()

    def pop(self, key):
        """Take out the module called `key`; returns it."""
        return self._modules.pop(key)

    def keys(self):
        return self._modules.keys()

    def items(self):
        return self._modules.items()

    def values(self):
        return self._modules.values()

    def update(self, modules):
        """Add all of `modules`, a dictionary or pairs of name and module."""
        for name, module in dict(modules).items():
            self[name] = module


class ParameterList(Module):
    """A list of parameters: indexing, slices, append, extend, +=.

    values: tensors; each that is no Parameter becomes one
    """

    def __init__(self, values=None):
        super().__init__()
        self.extend(() if values is None else values)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._parameters[str(_position(index, len(self)))]

    def __setitem__(self, index, value):
        value = value if isinstance(value, Parameter) else Parameter(value)
        setattr(self, str(_position(index, len(self))), value)

    def __len__(self):
        return len(self._parameters)

    def __iter__(self):
        return iter(self._parameters.values())

    def __iadd__(self, values):
        return self.extend(values)

    def append(self, value):
        """Add a tensor at the end, as a Parameter; returns self."""
        value = value if isinstance(value, Parameter) else Parameter(value)
        self.register_parameter(str(len(self)), value)
        return self

    def extend(self, values):
        """Add all of `values` at the end; returns self.

        raises: TypeError for a tensor, which is one value
        """
        if isinstance(values, Tensor) or not hasattr(values, "__iter__"):
            raise TypeError(
                "ParameterList.extend should be called with an iterable, but got "
                f"{type(values).__name__}"
            )
        for value in list(values):
            self.append(value)
        return self

    def __call__(self, *args, **kwargs):
        raise RuntimeError("ParameterList should not be called.")

    def extra_repr(self):
        lines = []
        for i, p in enumerate(self):
            size = "x".join(map(str, p.shape))
            lines.append(f"  ({i}): Parameter containing: [{p.dtype} of size {size}]")
        return "\n".join(lines)
