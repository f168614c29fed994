"""Function: an operation of your own, `forward` and `backward` written on tensors.

The single idea: to the engine, a call is one step like any other, whose plan asks the
user's `backward` where others ask their rules. Of a call with several outputs, each
output is a further step; these hand their gradients to the call's step together.
"""

import weakref
from functools import wraps
from inspect import signature

from .. import engine, inplace
from ..creation import zeros
from ..engine import current, is_recording, recording, result, speaker
from ..operands import cast
from ..tensor import Tensor


class FunctionCtx:
    """The `ctx` of forward and backward: what the one leaves for the other.

    needs_input_grad: for each argument of forward, whether its gradient is needed.

    Anything else may be stored as an attribute, and lives as long as the graph.
    """

    def __init__(self, needs_input_grad):
        self.needs_input_grad = needs_input_grad
        self._to_save, self._dirty, self._fixed = (), (), ()
        self._materialize = True
        self._step = None

    def save_for_backward(self, *tensors):
        """Keep arguments or outputs of forward (or None) for `saved_tensors`.

        A change of them in place is noticed, and a walk frees them when it is done.
        """
        for i, t in enumerate(tensors):
            if not (t is None or isinstance(t, Tensor)):
                raise TypeError(
                    f"save_for_backward() of argument {i} of type {type(t).__name__}: "
                    "it takes tensors and None; other things are stored as attributes "
                    "of ctx"
                )
        self._to_save = tensors

    def mark_dirty(self, *tensors):
        """Say which arguments forward has changed in place; it must return them."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors):
        """Say which outputs do not require grad; backward gets zeros for them."""
        self._fixed = tensors

    def set_materialize_grads(self, value):
        """Whether backward gets zeros, or None, for outputs without a gradient."""
        self._materialize = value

    @property
    def saved_tensors(self):
        """What was given to save_for_backward, to be read in backward."""
        step = self._step and self._step()
        if step is None or step.aux is None:
            return ()
        return tuple(kept and kept.unpack(step) for kept in step.aux)


class Function:
    """An operation of your own: subclass it, and call `apply`.

    forward(ctx, *args): the output, a tensor or a tuple, computed without recording.
    backward(ctx, *gradients): for the gradient of each output that of each argument;
        None for an argument that is no tensor, or gets no gradient. Written in
        differentiable operations, it can be differentiated again.
    setup_context(ctx, inputs, output): if given, forward takes no ctx, and what
        backward needs is put into ctx here.

    >>> class Cube(autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x * x * g
    >>> Cube.apply(tensor([2.0], requires_grad=True))
    tensor([8.], grad_fn=<CubeBackward>)
    """

    setup_context = None

    @staticmethod
    def forward(*args, **kwargs):
        """What the function computes: every subclass writes its own."""
        raise NotImplementedError(
            "this autograd.Function has no forward: write forward(ctx, *args)"
        )

    @staticmethod
    def backward(ctx, *gradients):
        """The gradients of the arguments, from those of the outputs."""
        raise NotImplementedError(
            "this autograd.Function has no backward: write backward(ctx, *gradients)"
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Call forward, and remember the call if an argument requires grad."""
        if kwargs or cls.setup_context is not None:
            args = cls._bound(args, kwargs)
        parents = [current(a).node or a for a in args if _needs_gradient(a)]
        call = _Call(cls, args)
        with recording(False):
            if cls.setup_context is None:
                output = cls.forward(call.ctx, *args)
            else:
                output = cls.forward(*args)
                cls.setup_context(call.ctx, args, output)
            several = isinstance(output, tuple)
            outputs = list(output) if several else [output]
            call.settle(args, outputs)
        if parents and is_recording():
            call.connect(outputs, parents)
        call.ctx._to_save = call.ctx._dirty = call.ctx._fixed = ()
        return tuple(outputs) if several else outputs[0]

    @classmethod
    def _bound(cls, args, kwargs):
        """All arguments of forward but ctx by their places, defaults filled in."""
        lead = (None,) if cls.setup_context is None else ()
        bound = signature(cls.forward).bind(*lead, *args, **kwargs)
        bound.apply_defaults()
        return bound.args[len(lead) :]


def once_differentiable(backward):
    """Decorate a `backward` that cannot be differentiated again: to try is refused."""

    @wraps(backward)
    def unrecorded(ctx, *gradients):
        with recording(False):
            found = backward(ctx, *gradients)
        if not is_recording():
            return found
        several = isinstance(found, tuple)
        ends = [
            _DeadEnd.apply(f, *gradients) if isinstance(f, Tensor) else f
            for f in (found if several else (found,))
        ]
        return tuple(ends) if several else ends[0]

    return unrecorded


class _DeadEnd(Function):
    """The first of its arguments, said to come from all of them: no way leads back."""

    @staticmethod
    def forward(ctx, x, *_):
        return x

    @staticmethod
    def backward(ctx, g):
        raise RuntimeError(
            "the gradient of an autograd.Function is to be differentiated, and its "
            "backward is marked @once_differentiable: write it in differentiable "
            "operations, without the mark"
        )


class _Call:
    """The plan of one call: to pull a gradient through it is to ask its backward.

    inputs, outputs: for each that is a tensor its (shape, dtype, device), else None.
    live, changed: for each output whether it requires grad, and was changed in place.
    """

    def __init__(self, function, inputs):
        self.function = function
        self.pullbacks = {}  # see ops.Plan
        self.inputs = [_kind(x) for x in inputs]
        self.ctx = FunctionCtx(tuple(_needs_gradient(x) for x in inputs))

    def name(self):
        return f"{self.function.__name__}Backward"

    def settle(self, inputs, outputs):
        """Make each output a tensor of its own, but for inputs changed in place."""
        for x in self.ctx._dirty:
            if not _among(x, outputs):
                raise RuntimeError(
                    f"{self.name()}: a tensor of shape {x.shape} was marked dirty and "
                    "is no output: forward must return what it changes in place"
                )
        self.changed = [_among(out, self.ctx._dirty) for out in outputs]
        self.outputs = [_kind(out) for out in outputs]
        self.live = [
            isinstance(out, Tensor)
            and out.is_floating_point()
            and not _among(out, self.ctx._fixed)
            for out in outputs
        ]
        for i, out in enumerate(outputs):
            if isinstance(out, Tensor) and not self.changed[i]:
                taken = out.tracked or _among(out, inputs)
                outputs[i] = out.view(out.shape) if taken else out

    def connect(self, outputs, parents):
        """Give the outputs their history: this call."""
        one = len(outputs) == 1 and self.outputs[0]
        step = engine.step(self, parents, one[0] if one else _Together.shape)
        for i, out in enumerate(outputs):
            if self.live[i] and self.changed[i]:
                value = self.output(i, out.array, step)
                inplace.overwrite(out, lambda _, value=value: value)
            elif self.live[i]:
                out.node, out.tracked = self._node(i, step), True
        self.ctx._step = weakref.ref(step)
        saved = [t if t is None else _Saved(t, outputs) for t in self.ctx._to_save]
        step.aux = saved or None

    def output(self, i, array, step):
        """A tensor around `array` that comes from `step` as output i."""
        out = result(array)
        out.node, out.tracked = self._node(i, step), True
        return out

    def _node(self, i, step):
        if len(self.outputs) == 1:
            return step
        return engine.step(_Pick(self, i), (step,), self.outputs[i][0])

    def pullback(self, xp):
        """What the engine asks a plan for: see ops.Plan."""
        return self._pull

    def _pull(self, values):
        g = values[1]
        arrived = g if isinstance(g, _Together) else (g,)
        gradients = map(self._arriving, arrived, self.outputs)
        found = self.function.backward(self.ctx, *gradients)
        found = found if isinstance(found, tuple) else (found,)
        self._check_number(found)
        return [
            self._leaving(i, found[i])
            for i, needed in enumerate(self.ctx.needs_input_grad)
            if needed
        ]

    def _arriving(self, g, kind):
        if g is None:
            zero = kind and self.ctx._materialize
            return zeros(kind[0], dtype=kind[1], device=kind[2]) if zero else None
        return g if isinstance(g, Tensor) else result(speaker(g).asarray(g))

    def _check_number(self, found):
        n = len(self.inputs)
        if len(found) < n or any(f is not None for f in found[n:]):
            raise RuntimeError(
                f"{self.name()} returned {len(found)} of the {n} gradients that the "
                "arguments of forward need: return one for each, or None"
            )
        for i, kind in enumerate(self.inputs):
            if kind is None and found[i] is not None:
                raise RuntimeError(
                    f"{self.name()} returned a gradient for argument {i} of forward, "
                    "which is no tensor: return None there"
                )

    def _leaving(self, i, g):
        """The gradient that backward returned for argument i, fit to be passed on."""
        if g is None:
            return None
        shape, dtype, device = self.inputs[i]
        if not isinstance(g, Tensor):
            raise RuntimeError(
                f"{self.name()} returned gradient {i} of type {type(g).__name__}: "
                f"expected a tensor of shape {shape}, or None"
            )
        if not _stretches(shape, g.shape) or g.device != device:
            raise RuntimeError(
                f"{self.name()} returned gradient {i} with shape {g.shape} on "
                f"{g.device} for an argument of shape {shape} on {device}: they must "
                "be equal, or the argument's shape be one that broadcasts to it"
            )
        g = cast(g, dtype)
        # backward may have put away what it returned: what goes on is nobody else's.
        return g if is_recording() else speaker(g.array).copy(g.array)


class _Pick:
    """The plan of a step that is one of several outputs of a call."""

    def __init__(self, call, i):
        self.name, self.pullbacks = call.name, call.pullbacks
        self.before = (None,) * i
        self.after = (None,) * (len(call.outputs) - i - 1)

    def pullback(self, xp):
        return lambda values: (_Together((*self.before, values[1], *self.after)),)


class _Together(tuple):
    """Gradients of the outputs of one call, None for those that have none so far."""

    __slots__ = ()
    shape = ()

    def __add__(self, other):
        return _Together(map(_sum, self, other))


def _sum(a, b):
    if a is None or b is None:
        return b if a is None else a
    return a + b


class _Saved:
    """A tensor as it was when forward was done. No step holds its own output."""

    def __init__(self, tensor, outputs):
        places = [i for i, out in enumerate(outputs) if out is tensor and out.tracked]
        self.place = places[0] if places else None
        self.stamp = tensor.changed[0]
        if places:
            tensor = tensor.detach()
        elif tensor.node is not None:
            tensor = engine.alias(tensor)
        self.tensor = tensor

    def unpack(self, step):
        """The tensor, with the history that it had."""
        if self.tensor.changed[0] > self.stamp:
            raise RuntimeError(
                f"{step.name()} kept a tensor of shape {self.tensor.shape} for its "
                "gradient, and it was changed in place since: use an out-of-place "
                "operation, or clone() it first"
            )
        if self.place is None:
            return self.tensor
        out = step.plan.output(self.place, self.tensor.array, step)
        out.changed = self.tensor.changed
        return out


def _kind(x):
    return (x.shape, x.dtype, x.device) if isinstance(x, Tensor) else None


def _needs_gradient(x):
    return isinstance(x, Tensor) and x.requires_grad


def _among(x, others):
    return any(x is other for other in others)


def _stretches(shape, larger):
    """Whether an array of `shape` broadcasts to the shape `larger`."""
    sizes = zip(reversed(shape), reversed(larger), strict=False)
    return len(shape) <= len(larger) and all(n in (1, m) for n, m in sizes)
