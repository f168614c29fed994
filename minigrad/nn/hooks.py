"""Hooks of a module: functions called before and after it, on the way forward and back.

The single idea: what backward hooks wait for passes through two functions that change
nothing, one around the inputs and one around the outputs; their gradients are what the
hooks are shown.
"""

import warnings
from collections import OrderedDict
from functools import partial

from minigrad.autograd import Function
from minigrad.grad_mode import is_grad_enabled
from minigrad.hooks import register
from minigrad.tensor import Tensor

IN_USE = []  # empty until a module has hooks: so long, no call need look for them


class Hooks:
    """The hooks of one module: four dictionaries from number to hook.

    before, after: around forward, as pairs (hook, does it take the keyword arguments?);
        `always` holds the numbers of those that are called even if something fails
    before_back, after_back: around the walk back
    """

    def __new__(cls):
        IN_USE[:] = [True]  # also when it is copied or unpickled
        return super().__new__(cls)

    def __init__(self):
        self.before, self.after = OrderedDict(), OrderedDict()
        self.before_back, self.after_back = OrderedDict(), OrderedDict()
        self.always = set()


class Hooked:
    """What a Module inherits to be watched: each method returns a handle, whose
    `remove()` takes the hook off again. Hooks are called in the order of registration,
    but for one with prepend=True, which goes before all others."""

    _module_hooks = None

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Call `hook(module, args)` before forward.

        What it returns, if not None, takes the place of args: a tuple, or one value.
        with_kwargs: call `hook(module, args, kwargs)`, which returns None or new
            (args, kwargs)
        """
        return self._register("before", (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook, *, prepend=False, with_kwargs=False, always_call=False
    ):
        """Call `hook(module, args, output)` after forward.

        What it returns, if not None, takes the place of the output.
        with_kwargs: call `hook(module, args, kwargs, output)`
        always_call: call it also if forward or another hook has raised an exception
        """
        handle = self._register("after", (hook, with_kwargs), prepend)
        if always_call:
            self._module_hooks.always.add(handle.id)
        return handle

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Call `hook(module, grad_output)` when the gradients of the outputs are known.

        grad_output: a tuple, as the outputs; what the hook returns, if not None, takes
            its place
        """
        return self._register("before_back", hook, prepend)

    def register_full_backward_hook(self, hook, prepend=False):
        """Call `hook(module, grad_input, grad_output)` when the gradients of the inputs
        are known.

        grad_input: a tuple, as the positional arguments; None for what needs no
            gradient. What the hook returns, if not None, takes its place
        """
        return self._register("after_back", hook, prepend)

    def _register(self, when, hook, prepend):
        if self._module_hooks is None:
            self._module_hooks = Hooks()
        hooks = getattr(self._module_hooks, when)
        handle = register(hooks, hook)
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        return handle


class Run:
    """One call of a module that has hooks; `result` is what the call gives."""

    def __init__(self, module, args, kwargs):
        self.module, self.args, self.kwargs = module, args, kwargs
        self.hooks = module._module_hooks
        self.result = None
        self.reached = set()
        try:
            self._run()
        except Exception:
            self._call_the_others()
            raise

    def _run(self):
        for hook, with_kwargs in tuple(self.hooks.before.values()):
            self._call_before(hook, with_kwargs)
        watch = Watch(self.module, self.hooks)
        self.args = watch.inputs(self.args)
        self.result = self.module.forward(*self.args, **self.kwargs)
        for number, pair in tuple(self.hooks.after.items()):
            self.reached.add(number)
            self._call_after(*pair)
        self.result = watch.outputs(self.result)

    def _call_before(self, hook, with_kwargs):
        if not with_kwargs:
            args = hook(self.module, self.args)
            if args is not None:
                self.args = args if isinstance(args, tuple) else (args,)
            return
        both = hook(self.module, self.args, self.kwargs)
        if both is None:
            return
        if not (isinstance(both, tuple) and len(both) == 2):
            raise RuntimeError(
                "forward pre-hook must return None or a tuple of (new_args, "
                f"new_kwargs), but got {both}."
            )
        self.args, self.kwargs = both

    def _call_after(self, hook, with_kwargs):
        given = (self.args, self.kwargs) if with_kwargs else (self.args,)
        changed = hook(self.module, *given, self.result)
        if changed is not None:
            self.result = changed

    def _call_the_others(self):
        """Those that are always called, after a failure that kept them from it."""
        for number, pair in tuple(self.hooks.after.items()):
            if number in self.hooks.always and number not in self.reached:
                try:
                    self._call_after(*pair)
                except Exception as error:
                    warnings.warn(
                        "module forward hook with ``always_call=True`` raised an "
                        "exception that was silenced as another error was raised in "
                        f"forward: {error}",
                        stacklevel=4,
                    )


class Watch:
    """What one call shows to the backward hooks of its module, and when."""

    def __init__(self, module, hooks):
        self.module = module
        self.before = tuple(hooks.before_back.values())
        self.after = tuple(hooks.after_back.values())
        self.places = self.grad_output = None

    def inputs(self, args):
        """The arguments of forward, watched."""
        self.count = len(args)
        args, self.places = self._through(args, self._on_inputs)
        return args

    def outputs(self, result):
        """What forward gave, watched."""
        if (self.before or self.after) and not isinstance(result, Tensor | tuple):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or "
                f"a tuple of Tensors but received {type(result)}",
                stacklevel=5,
            )
        if isinstance(result, tuple):
            return self._through(result, self._on_outputs)[0]
        return self._through((result,), self._on_outputs)[0][0]

    def _through(self, values, show):
        """The values with their tensors passed through; the places of these."""
        if not (self.before or self.after) or not is_grad_enabled():
            return values, None
        places = [i for i, v in enumerate(values) if isinstance(v, Tensor)]
        if not any(values[i].requires_grad for i in places):
            return values, None
        seen = partial(_shown, show, len(values), places)
        passed, tensors = list(values), (values[i] for i in places)
        through = Through.apply(seen, show == self._on_inputs, *tensors)
        for i, tensor in zip(places, through, strict=True):
            passed[i] = tensor
        kind = type(values)
        return tuple(passed) if kind is tuple else kind(*passed), places

    def _on_outputs(self, grad_output):
        for hook in self.before:
            changed = hook(self.module, grad_output)
            grad_output = _instead(grad_output, changed, "pre hook", "grad_output")
        if self.places is not None:
            self.grad_output = grad_output
            return grad_output
        for hook in self.after:  # no input needs a gradient: this is the time
            found = hook(self.module, (None,) * self.count, grad_output)
            nothing = isinstance(found, tuple) and all(g is None for g in found)
            if not (found is None or nothing):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient "
                    "should always return None or None for all gradients."
                )
        return grad_output

    def _on_inputs(self, grad_input):
        if self.grad_output is None:  # it came another way than through the outputs
            return grad_input
        for hook in self.after:
            changed = hook(self.module, grad_input, self.grad_output)
            grad_input = _instead(grad_input, changed, "hook", "grad_input")
        self.grad_output = None
        return grad_input


class Through(Function):
    """The tensors it is given; `seen` gets their gradients, and may change them.

    whole: whether `seen` gets zeros, or None, for a tensor without a gradient.
    """

    @staticmethod
    def forward(ctx, seen, whole, *tensors):
        ctx.seen = seen
        ctx.set_materialize_grads(whole)
        ctx.mark_non_differentiable(*(t for t in tensors if not t.requires_grad))
        return tensors

    @staticmethod
    def backward(ctx, *gradients):
        return None, None, *ctx.seen(gradients)


def _shown(show, count, places, gradients):
    """`show` all gradients at their places among `count`; what it makes of them."""
    found = [None] * count
    for i, g in zip(places, gradients, strict=True):
        found[i] = g
    found = show(tuple(found))
    return [found[i] for i in places]


def _instead(before, changed, kind, what):
    if changed is None:
        return before
    if isinstance(changed, Tensor) or len(changed) != len(before):
        raise RuntimeError(
            f"Backward {kind} returned an invalid number of {what}, got "
            f"{1 if isinstance(changed, Tensor) else len(changed)}, but expected "
            f"{len(before)}"
        )
    return changed
