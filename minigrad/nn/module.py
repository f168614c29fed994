"""Module: a function with parameters that know their names.

The single idea: assigning an attribute files it. A Parameter goes to `_parameters`, a
module to `_modules`, a registered tensor stays in `_buffers`; listing, moving, saving
and printing a network are then walks over these three dictionaries. Chapter: what a
network computes.
"""

from collections import OrderedDict, namedtuple
from collections.abc import Mapping
from functools import reduce
from textwrap import indent

from minigrad.dtype import dtype as Dtype
from minigrad.dtype import float32, float64
from minigrad.grad_mode import no_grad
from minigrad.tensor import Tensor

from .hooks import IN_USE, Hooked, Run
from .parameter import Parameter


class Module(Hooked):
    """Base of all layers and networks: assign parameters and modules, write `forward`.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.slope = Parameter(tensor([2.0]))
    ...     def forward(self, x):
    ...         return self.slope * x
    >>> Line()(3.0)
    tensor([6.], grad_fn=<MulBackward0>)
    >>> list(Line().state_dict())
    ['slope']
    """

    def __init__(self):
        self.training = True
        self._parameters = {}
        self._buffers = {}
        self._non_persistent_buffers = set()
        self._modules = {}

    def forward(self, *args):
        """What the module computes: every subclass writes its own."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *args, **kwargs):
        if IN_USE and self._module_hooks is not None:
            return Run(self, args, kwargs).result
        return self.forward(*args, **kwargs)

    # Attributes: assigning one files it.

    def __setattr__(self, name, value):
        for table, kind, words in _KINDS[:2]:
            if isinstance(value, kind):
                _require_init(self, table, words)
                self._forget(name, keep=table)
                getattr(self, table)[name] = value
                return
        for table, kind, words in _KINDS:
            if name in self.__dict__.get(table, ()):
                if not (value is None or isinstance(value, kind)):
                    raise TypeError(
                        f"cannot assign '{_typename(value)}' as {words} '{name}' "
                        f"({kind.__name__} or None expected)"
                    )
                getattr(self, table)[name] = value
                return
        super().__setattr__(name, value)

    def __getattr__(self, name):
        for table, _, _ in _KINDS:
            members = self.__dict__.get(table, ())
            if name in members:
                return members[name]
        raise AttributeError(
            f"'{type(self).__name__}' object has no attribute '{name}'"
        )

    def __delattr__(self, name):
        if any(name in self.__dict__.get(table, ()) for table, _, _ in _KINDS):
            self._forget(name)
        else:
            super().__delattr__(name)

    def __dir__(self):
        members = [name for table, _, _ in _KINDS for name in self.__dict__[table]]
        return sorted({*super().__dir__(), *members})

    def _forget(self, name, keep=None):
        self.__dict__.pop(name, None)
        for table, _, _ in _KINDS:
            if table != keep:
                self.__dict__[table].pop(name, None)
        self._non_persistent_buffers.discard(name)

    def register_parameter(self, name, param):
        """Add `param`, a Parameter or None, under `name`."""
        self._check_name(name, "_parameters", "parameter")
        if not (param is None or isinstance(param, Parameter)):
            raise TypeError(
                f"cannot assign '{_typename(param)}' object to parameter '{name}' "
                "(Parameter or None required)"
            )
        self._parameters[name] = param

    def register_buffer(self, name, tensor, persistent=True):
        """Add `tensor`, which is saved and moved with the module but not trained.

        tensor: a Tensor or None
        persistent: whether it is part of `state_dict()`
        """
        self._check_name(name, "_buffers", "buffer")
        if not (tensor is None or isinstance(tensor, Tensor)):
            raise TypeError(
                f"cannot assign '{_typename(tensor)}' object to buffer '{name}' "
                "(Tensor or None required)"
            )
        self._buffers[name] = tensor
        if not persistent:
            self._non_persistent_buffers.add(name)

    def add_module(self, name, module):
        """Add `module`, a Module or None, under `name`."""
        if not (module is None or isinstance(module, Module)):
            raise TypeError(f"{_typename(module)} is not a Module subclass")
        self._check_name(name, "_modules", "child module")
        self._modules[name] = module

    def _check_name(self, name, table, words):
        _require_init(self, table, words)
        words = words.removeprefix("child ")
        if not isinstance(name, str):
            raise TypeError(f"{words} name should be a string. Got {_typename(name)}")
        if "." in name:
            raise KeyError(f'{words} name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError(f'{words} name can\'t be empty string ""')
        if hasattr(self, name) and name not in getattr(self, table):
            raise KeyError(f"attribute '{name}' already exists")

    # Walks. A shared parameter or module is met once.

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        """Pairs of dotted name and module: this one (name "") and all below it."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(
                    memo, _joined(prefix, name), remove_duplicate
                )

    def modules(self):
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def named_children(self):
        """Pairs of name and module, for the modules directly below this one."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self):
        """The modules directly below this one."""
        return (module for _, module in self.named_children())

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        """Pairs of dotted name and parameter, in the order of assignment."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse=True):
        """The parameters: what an optimizer is given."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        """Pairs of dotted name and buffer."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse=True):
        """The buffers: tensors that are saved and moved but not trained."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named(self, table, prefix, recurse, remove_duplicate):
        seen = set()
        walk = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        for path, module in walk if recurse else [(prefix, self)]:
            for name, member in getattr(module, table).items():
                if member is not None and member not in seen:
                    if remove_duplicate:
                        seen.add(member)
                    yield _joined(path, name), member

    def apply(self, fn):
        """Call `fn` on every module, the innermost first; returns self."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # States of the whole network.

    def train(self, mode=True):
        """Set `training` on every module; returns self."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self):
        """The same as `train(False)`."""
        return self.train(False)

    def to(self, *args, dtype=None, device=None, non_blocking=False):
        """Move and convert parameters, buffers and gradients in place; returns self.

        args: a device, a dtype, both, or a tensor to be like. Only floating-point
            tensors are converted
        non_blocking: as for tensors
        raises: TypeError for a dtype that is not floating point
        """
        if args and isinstance(args[0], Tensor):
            args = (args[0].dtype, args[0].device)
        asked = [a for a in (*args, dtype, device) if a is not None]
        kind = next((a for a in asked if isinstance(a, Dtype)), None)
        place = next((a for a in asked if not isinstance(a, Dtype)), None)
        if kind is not None and not kind.is_floating_point:
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got "
                f"desired dtype={kind}"
            )
        return self._convert(
            lambda t: t.to(dtype=kind if t.is_floating_point() else None, device=place)
        )

    def cuda(self, device=None):
        """The same as `to("cuda")`, or to that GPU."""
        return self.to("cuda" if device is None else device)

    def cpu(self):
        """The same as `to("cpu")`."""
        return self.to("cpu")

    def float(self):
        """The same as `to(float32)`."""
        return self.to(float32)

    def double(self):
        """The same as `to(float64)`."""
        return self.to(float64)

    def _convert(self, fn):
        for parameter in self.parameters():
            parameter.data = fn(parameter.data)
            if parameter.grad is not None:
                parameter.grad = fn(parameter.grad.detach())
        for module in self.modules():
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    module._buffers[name] = fn(buffer)
        return self

    def requires_grad_(self, requires_grad=True):
        """Set `requires_grad` of every parameter; returns self."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        """Forget the gradients of the parameters, or fill them with zeros."""
        for parameter in self.parameters():
            clear_grad(parameter, set_to_none)

    # Saving.

    def state_dict(self, *, destination=None, prefix="", keep_vars=False):
        """Parameters and persistent buffers by dotted name.

        The tensors share the module's storage; keep_vars=True hands out the parameters
        themselves.
        """
        state = OrderedDict() if destination is None else destination
        for name, member in self._saved():
            state[prefix + name] = member if keep_vars else member.detach()
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(
                    destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        return state

    def _saved(self):
        for name, parameter in self._parameters.items():
            if parameter is not None:
                yield name, parameter
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._non_persistent_buffers:
                yield name, buffer

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copy tensors into the parameters and buffers that they are named for.

        strict: whether names that are missing or not expected are an error
        assign: whether the tensors themselves become the parameters and buffers, with
            their dtype and device, instead of being copied
        returns: the lists missing_keys and unexpected_keys
        raises: RuntimeError that lists all that does not fit; what fits is copied
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"Expected state_dict to be dict-like, got {type(state_dict)}."
            )
        own = self.state_dict(keep_vars=True)
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        errors = []
        if strict and missing:
            errors.append(f"Missing key(s) in state_dict: {_quoted(missing)}. ")
        if strict and unexpected:
            errors.append(f"Unexpected key(s) in state_dict: {_quoted(unexpected)}. ")
        for name, member in own.items():
            if name in state_dict:
                errors += self._load(name, member, state_dict[name], assign)
        if errors:
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(self).__name__}:\n\t"
                + "\n\t".join(errors)
            )
        return _IncompatibleKeys(missing, unexpected)

    def _load(self, name, member, value, assign):
        """Copy `value` into `member`, or assign it; the errors that prevent it."""
        if not isinstance(value, Tensor):
            return [
                f'While copying the parameter named "{name}", expected torch.Tensor or '
                f"Tensor-like object from checkpoint but received {type(value)}"
            ]
        if value.shape != member.shape:
            return [
                f"size mismatch for {name}: copying a param with shape "
                f"{_size(value)} from checkpoint, the shape in current model is "
                f"{_size(member)}."
            ]
        if not assign:
            with no_grad():
                member.copy_(value)
            return []
        if isinstance(member, Parameter):
            value = value if isinstance(value, Parameter) else Parameter(value)
            value.requires_grad_(member.requires_grad)
        *path, last = name.split(".")
        setattr(reduce(getattr, path, self), last, value)
        return []

    # Printing.

    def extra_repr(self):
        """What stands between the brackets of the module's repr: its settings."""
        return ""

    def _get_name(self):
        return type(self).__name__

    def __repr__(self):
        settings = self.extra_repr()
        if not self._modules and "\n" not in settings:
            return f"{self._get_name()}({settings})"
        lines = [settings] if settings else []
        lines += [f"({name}): {module!r}" for name, module in self._modules.items()]
        return f"{self._get_name()}(\n{indent(chr(10).join(lines), '  ')}\n)"


_KINDS = (
    ("_parameters", Parameter, "parameter"),
    ("_modules", Module, "child module"),
    ("_buffers", Tensor, "buffer"),
)


class _IncompatibleKeys(namedtuple("Keys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict` did not find, and what it did not expect."""

    __slots__ = ()

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()


def clear_grad(parameter, set_to_none):
    """Forget the gradient of `parameter`, or fill it with zeros."""
    if set_to_none:
        parameter.grad = None
    elif parameter.grad is not None:
        parameter.grad = parameter.grad.detach()
        parameter.grad.zero_()


def _require_init(module, table, words):
    if table not in module.__dict__:
        words = {"child module": "module", "parameter": "parameters"}.get(words, words)
        raise AttributeError(f"cannot assign {words} before Module.__init__() call")


def _joined(prefix, name):
    return f"{prefix}.{name}" if prefix else name


def _size(tensor):
    return f"torch.Size({list(tensor.shape)})"


def _quoted(names):
    return ", ".join(f'"{name}"' for name in names)


def _typename(value):
    return type(value).__name__
