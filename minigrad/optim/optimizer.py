"""Optimizer: what every rule for changing parameters has in common.

The single idea: an optimizer is one formula, `update`, for one parameter; the base
class walks over the parameters, keeps what the formula remembers, and saves it.
Chapter: optimizers.
"""

import warnings
from collections import defaultdict
from functools import wraps

from minigrad.arrays import WORLDS, numpy
from minigrad.engine import recording, result, touch
from minigrad.nn.module import clear_grad
from minigrad.tensor import Tensor


class Optimizer:
    """Base of all optimizers: write `update`, or `step` as with torch.

    params: the tensors to change, or dicts {"params": tensors, setting: value, ...} for
        groups of their own settings
    defaults: {setting: value}, for groups that do not say otherwise
    raises: ValueError without parameters, for a tensor that is no leaf, or for one that
        stands in two groups; TypeError for what is not a tensor

    param_groups: the groups, each with its "params" and settings; change them freely
    state: {parameter: {name: tensor or number}}, what `update` remembers

        >>> class Descent(Optimizer):
        ...     def __init__(self, params, lr):
        ...         super().__init__(params, {"lr": lr})
        ...     def update(self, p, g, state, *, lr):
        ...         p -= lr * g
        >>> x = tensor([2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> Descent([x], lr=0.25).step()
        >>> x
        tensor([1.], requires_grad=True)
    """

    def __init_subclass__(cls):
        """Have every `step`, also one's own or a mixin's, note that it was called."""
        if cls.step is not Optimizer.step and not hasattr(cls.step, "__wrapped__"):
            cls.step = _noted(cls.step)

    def __init__(self, params, defaults):
        self.defaults = defaults
        self.state = defaultdict(dict)
        self.param_groups = []
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of "
                "Tensors or dicts, but got one Tensor"
            )
        groups = list(params)
        if not groups:
            raise ValueError(
                f"{type(self).__name__} got no parameters: pass model.parameters() (a "
                "generator is used up after one pass)"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group):
        """Optimize more tensors: {"params": tensors, setting: value, ...}."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but "
                "the ordering of tensors in sets will change between runs. Please use "
                "a list instead."
            )
        params = [params] if isinstance(params, Tensor) else list(params)
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is "
                    f"{type(p).__name__}"
                )
            if not p.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        if len(set(params)) < len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters: each "
                "step changes them once for every time they are named",
                stacklevel=3,
            )
        if not set(self._parameters()).isdisjoint(params):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append({**self.defaults, **param_group, "params": params})

    def zero_grad(self, set_to_none=True):
        """Forget the gradients of all parameters, or fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                clear_grad(p, set_to_none)

    def step(self, closure=None):
        """Change every parameter that has a gradient.

        closure: a function that computes the loss anew and returns it; called first
        returns: the loss, if there is a closure
        """
        _note(self)
        loss = None
        if closure is not None:
            with recording(True):
                loss = closure()
        run = numpy.silent_context().run
        for group in self.param_groups:
            settings = {name: _number(group[name]) for name in self.defaults}
            for p in group["params"]:
                if p.grad is not None:
                    run(self._update, p, settings)
        return loss

    def _update(self, p, settings):
        """Call `update` with arrays, and keep in tensors what it remembers."""
        known = self.state.get(p, {})
        state = {name: _array(value, name, p) for name, value in known.items()}
        self.update(p.array, p.grad.array, state, **settings)
        touch(p)
        for name, value in state.items():
            if type(value) not in WORLDS:
                self.state[p][name] = value
            elif name not in known or known[name].array is not value:
                self.state[p][name] = result(value)

    def update(self, p, g, state, **settings):
        """The formula. Changes the array `p` in place, given the gradient array `g`.

        state: a dict of arrays and numbers, empty at first, kept from step to step
        settings: those of the parameter's group
        """
        raise NotImplementedError(f"{type(self).__name__} has neither update nor step")

    # Saving.

    def state_dict(self):
        """{"state": {number: ...}, "param_groups": [...]}, as torch has it.

        Parameters are numbered in the order of the groups. Tensors are not copied.
        """
        numbers = self._numbers()
        groups = [
            {**group, "params": [numbers[p] for p in group["params"]]}
            for group in self.param_groups
        ]
        state = {numbers[p]: dict(kept) for p, kept in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict):
        """Take over the settings and copies of the state that `state_dict` holds.

        raises: ValueError if its groups are not as many and as large as one's own
        """
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(
                "loaded state dict has a different number of parameter groups"
            )
        for theirs, ours in zip(saved, self.param_groups, strict=True):
            if len(theirs["params"]) != len(ours["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match "
                    "the size of optimizer's group"
                )
        numbers = [n for group in saved for n in group["params"]]
        owners = dict(zip(numbers, self._parameters(), strict=True))
        self.param_groups = [
            {**self.defaults, **theirs, "params": ours["params"]}
            for theirs, ours in zip(saved, self.param_groups, strict=True)
        ]
        self.state.clear()
        for number, kept in state_dict["state"].items():
            p = owners[number]
            self.state[p] = {
                name: result(counter(p.array, value))
                if name == "step"
                else _fitting(value, p)
                for name, value in kept.items()
            }

    def _parameters(self):
        return [p for group in self.param_groups for p in group["params"]]

    def _numbers(self):
        return {p: number for number, p in enumerate(self._parameters())}

    def __repr__(self):
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            settings = sorted(set(group) - {"params"})
            lines += [f"    {name}: {group[name]}" for name in settings]
            lines.append("")
        return "\n".join([*lines[:-1], ")"])


def counter(p, start=0):
    """A number of steps, counted where the array `p` lives, as torch keeps it."""
    xp = WORLDS[type(p)]
    return xp.full((), float(start), "float32", xp.device_name(p))


def require_at_least_zero(settings):
    """Refuse settings below 0, and nan, in torch's words."""
    for name, value in settings.items():
        if not value >= 0.0:
            words = {"lr": "learning rate", "eps": "epsilon value"}
            raise ValueError(f"Invalid {words.get(name, f'{name} value')}: {value}")


def _number(setting):
    """The number in a setting, such as a learning rate, that is given as a tensor."""
    return setting.item() if isinstance(setting, Tensor) else setting


def _array(value, name, p):
    """The array in what was remembered of `p`, which must lie where `p` lies."""
    if not isinstance(value, Tensor):
        return value
    if value.array.device != p.array.device:
        raise RuntimeError(
            f"{name} on {value.device} of a parameter on {p.device}: the parameter was "
            "moved between two steps; what is remembered of it follows with "
            "optimizer.load_state_dict(optimizer.state_dict())"
        )
    return value.array


def _fitting(value, p):
    """A copy of a saved value with the dtype and device of `p`."""
    if not isinstance(value, Tensor):
        return value
    return value.detach().to(p.device, p.dtype).clone()


def _note(optimizer):
    """Note that a step was taken, if a scheduler has asked for it."""
    if hasattr(optimizer, "_opt_called"):
        optimizer._opt_called = True


def _noted(step):
    @wraps(step)
    def noted(self, *args, **kwargs):
        _note(self)
        return step(self, *args, **kwargs)

    return noted
