"""Floor 2: operations that remember. A graph of nodes, and the backward walk over it.

One clock orders everything that happens. A node is stamped when it is made, so sorting
nodes by their stamps sorts them topologically; memory is stamped when it is written to,
so a kept array was changed if its stamp is the later. Chapter: the graph and the walk.
"""

import re
import threading
from functools import partial
from itertools import count
from math import inf
from operator import attrgetter, iadd
from types import ModuleType

from . import ops
from .arrays import WORLDS, numpy

_tick = count(1).__next__


class _Mode(threading.local):
    """What each thread has for itself.

    recording: whether what it computes is remembered.
    run: calls a function with NumPy as silent about inf and nan as torch is.
    """

    def __init__(self):
        self.recording = True
        self.run = numpy.silent_context().run

    def run_through(self, function, *args):
        """`run` for a function that may come to `run` again."""
        run, self.run = self.run, _call
        try:
            return run(function, *args)
        finally:
            self.run = run


def _call(function, *args):
    return function(*args)


_mode = _Mode()


class Node:
    """One step of a computation: its op, where its inputs came from, what is kept.

    parents: for each input that needs a gradient the Node that made it, or the leaf.
    time: when the step was taken. Every parent's is earlier.
    """

    __slots__ = (
        "__weakref__",
        "args",
        "aux",
        "holds",
        "hook",
        "out",
        "out_changed",
        "parents",
        "plan",
        "shape",
        "shapes",
        "time",
    )

    def name(self):
        """The op's name, as torch spells it: "MulBackward0"."""
        return self.plan.name()

    @property
    def next_functions(self):
        """Pairs (node or leaf, 0): the steps this one came from, as torch has them."""
        return tuple((parent, 0) for parent in self.parents)

    def __repr__(self):
        return f"<{self.name()}>"


class Variable:
    """An array with a place in the graph.

    array: the NumPy array or torch tensor.
    gradient: what backward left here, or None; what others put there passes
        `Tensor.grad`, which checks it.
    tracked: whether what is computed from it is remembered (torch: requires_grad).
    node: the step that made it; None for a leaf.
    changed: when its memory was last written to; one list shared by all views of it.
    origin: None, or for a view (its base, op, the op's other arguments, when taken).
    hook: None, or for a leaf what its gradient passes through (hooks.py).
    """

    __slots__ = (
        "__weakref__",
        "array",
        "changed",
        "gradient",
        "hook",
        "node",
        "origin",
        "tracked",
    )

    def _begin(self, array):
        self.array = array
        self.gradient = self.node = self.origin = self.hook = None
        self.tracked = False
        self.changed = [0]
        return self


Variable.kind = Variable  # the class of results: tensor.py puts Tensor here


def result(array):
    """A new tensor around `array`: whatever went in, a Tensor comes out."""
    out = _new(Variable.kind)
    out.array = array
    out.gradient = out.node = out.origin = out.hook = None
    out.tracked = False
    out.changed = [0]
    return out


_new = object.__new__


def is_recording():
    """Whether this thread remembers what it computes."""
    return _mode.recording


class recording:
    """Within `with recording(on):`, remember what is computed, or do not."""

    def __init__(self, on):
        self.on = on

    def __enter__(self):
        self.before = _mode.recording
        _mode.recording = self.on

    def __exit__(self, *error):
        _mode.recording = self.before


def set_recording(on):
    """Remember from now on, or do not, in this thread."""
    _mode.recording = on


def apply(op, *args):
    """Compute `op` on the arrays of `args`, and remember how if any requires grad."""
    arrays, parents, mask, bit = [], [], 0, 1
    for a in args:
        if isinstance(a, Variable):
            if a.origin is not None and a.changed[0] > a.origin[3]:
                _refresh(a)
            arrays.append(a.array)
            if a.tracked:
                mask += bit
                parents.append(a.node or a)
        else:
            arrays.append(a)
        bit += bit
    if op.takes_xp:
        xp = WORLDS.get(type(arrays[0])) or world(arrays)
        array = _mode.run(op.forward, xp, *arrays)
    else:
        array = _mode.run(op.forward, *arrays)
    aux = None
    if op.has_aux:
        array, aux = array
    if type(array) not in WORLDS:  # NumPy hands out scalars where a 0-d array is meant
        array = world(arrays).asarray(array)
    out = result(array)
    if mask and _mode.recording:
        out.tracked = True
        plan = op.plans.get(mask) or op.plan(mask)
        out.node = _remember(plan, args, arrays, parents, out, aux)
    if op.view:
        _mark_view(out, op, args)
    return out


def world(arrays):
    """The module that computes with the first array among `arrays`."""
    for array in arrays:
        xp = WORLDS.get(type(array))
        if xp is not None:
            return xp
    raise TypeError(f"expected a tensor among the arguments, found {arrays!r}")


def _remember(plan, args, arrays, parents, out, aux):
    node = Node()
    node.plan, node.parents, node.aux, node.time = plan, parents, aux, _tick()
    node.shape = out.array.shape
    node.args = plan.keep(args)
    node.shapes = ()
    if plan.keep_shapes:
        node.shapes = shapes = []
        for i in plan.keep_shapes:
            shapes.append(arrays[i].shape)
    node.out = node.out_changed = node.hook = None
    if plan.keep_out:
        node.out, node.out_changed = out.array, out.changed
    return node


def step(plan, parents, shape):
    """A node of which the engine keeps nothing: its plan knows all that it needs.

    plan: an object with `name()`, and with `pullbacks` and `pullback(xp)` as of
        ops.Plan, whose gradients may be None for a parent that gets none.
    shape: the shape of the gradient that will arrive.
    """
    node = Node()
    node.plan, node.parents, node.time, node.shape = plan, parents, _tick(), shape
    node.args = node.shapes = ()
    node.aux = node.out = node.out_changed = node.hook = None
    return node


# Views: tensors that share memory. A write to one of them is a write to all.


def _mark_view(out, op, args):
    base, *rest = args
    if WORLDS[type(out.array)].shares_memory(out.array, base.array):
        out.changed = base.changed
        # What was taken unrecorded has no history, and is never given one later.
        out.origin = (base, op, rest, _tick() if _mode.recording else inf)


def current(variable):
    """`variable`, with its new history if it views memory that was written to."""
    if variable.origin is not None and variable.changed[0] > variable.origin[3]:
        _refresh(variable)
    return variable


def _refresh(view):
    """Take `view` from its base again: the memory they share was written to."""
    stale = [view]
    for v in stale:  # grows while it is walked
        base = v.origin[0]
        if base.origin is not None and base.changed[0] > base.origin[3]:
            stale.append(base)
    with recording(True):
        for v in reversed(stale):
            base, op, rest, _ = v.origin
            again = apply(op, base, *rest)
            v.node, v.tracked = again.node, again.tracked
            v.origin = (base, op, rest, _tick())


def alias(variable):
    """Another tensor with the memory and the history of `variable`."""
    out = result(variable.array)
    out.node, out.tracked = variable.node, variable.tracked
    out.changed, out.origin = variable.changed, variable.origin
    return out


def write(target, value):
    """Let `target` hold the numbers of `value`, and come from where `value` came.

    target, value: tensors of the same shape. Whoever kept the old numbers for a
    gradient will notice. Views of the same memory follow.
    """
    WORLDS[type(target.array)].copy_into(target.array, value.array)
    touch(target)
    if _mode.recording and (value.tracked or target.tracked):
        while True:
            target.node, target.tracked = value.node, value.tracked
            if target.origin is None:
                break
            base, op, rest, _ = target.origin
            value = op.put_back(TENSORS, base, value, *rest)
            target.origin = (base, op, rest, _tick())
            target = base


def touch(variable):
    """Note that the memory of `variable` was written to."""
    variable.changed[0] = _tick()


# The backward walk.


def tape(roots):
    """The nodes that lead to `roots`, latest first."""
    found, seen = list(roots), set(roots)
    for node in found:  # grows while it is walked
        for parent in node.parents:
            if parent not in seen and type(parent) is Node:
                seen.add(parent)
                found.append(parent)
    found.sort(key=attrgetter("time"), reverse=True)
    return found


def backward(gradients, retain_graph=False, create_graph=False, wanted=None):
    """`walk` with recording on or off for its whole length, and NumPy silent."""
    with recording(create_graph):
        found = _mode.run_through(walk, gradients, retain_graph, wanted)
    return {place: speaker(g).asarray(g) for place, g in found.items()}


def walk(gradients, retain_graph, wanted):
    """Turn gradients of outputs into gradients of what they were computed from.

    gradients: {node or leaf: gradient}, where to begin; it is used up.
    wanted: the nodes and leaves to return gradients of; None for all leaves.
    returns: {node or leaf: gradient}

    Visits every node once, latest first, so that its gradient is complete before it is
    passed on. To record the walk itself, begin with tensors in place of arrays.
    """
    nodes = tape([start for start in gradients if type(start) is Node])
    leading = nodes if wanted is None else _leading_to(wanted, nodes)
    caught = {}
    for node in nodes:
        g = gradients.pop(node, None)
        if g is None:  # only other nodes, not wanted, came from here
            continue
        if node.hook is not None:
            g = node.hook(g)
        if wanted is not None:
            if node in wanted:
                caught[node] = g
            if node not in leading:
                continue
        xp = WORLDS.get(type(g)) or speaker(g)
        pull = node.plan.pullbacks.get(xp) or node.plan.pullback(xp)
        for parent, gradient in zip(node.parents, pull(_recall(node, g, xp))):
            if gradient is None:
                continue
            shape = (parent if type(parent) is Node else parent.array).shape
            if gradient.shape != shape:
                gradient = sum_to(gradient, shape)
            known = gradients.get(parent)
            gradients[parent] = gradient if known is None else known + gradient
        if node.holds and not retain_graph:
            node.args = node.out = node.aux = None
    for leaf, g in gradients.items():
        if wanted is None or leaf in wanted:
            caught[leaf] = g if leaf.hook is None else leaf.hook(g)
    return caught


def speaker(g):
    """The module whose functions take `g`: a tensor, an array, or a NumPy scalar."""
    return TENSORS if isinstance(g, Variable) else WORLDS.get(type(g), numpy)


def _recall(node, g, xp):
    """What the rules of `node` may ask for, laid out as `Plan.slots`."""
    if node.args is None:
        raise RuntimeError(
            "backward() has already been through this graph and freed it: "
            "pass retain_graph=True the first time to go twice"
        )
    values = [xp, g, node.out, node.aux]
    node.holds = node.out is not None or node.aux is not None
    if node.out is not None:
        if node.out_changed[0] > node.time:
            raise _changed(node, f"its output of shape {tuple(node.shape)}")
        if xp is TENSORS:
            values[2] = out = result(node.out)
            out.tracked, out.node, out.changed = True, node, node.out_changed
    for a in node.args:
        if isinstance(a, Variable):
            if a.changed[0] > node.time:
                raise _changed(node, f"an input of shape {tuple(a.array.shape)}")
            node.holds = True
            if xp is not TENSORS:
                a = a.array
        values.append(a)
    values += node.shapes
    return values


def _changed(node, what):
    return RuntimeError(
        f"{node.plan.op.name} kept {what} for its gradient, and it was changed in "
        "place since: use an out-of-place operation, or clone() it first"
    )


def _leading_to(wanted, nodes):
    """Those of `nodes` (latest first) that a path leads through to one of `wanted`."""
    leading = set()
    for node in reversed(nodes):
        if any(p in wanted or p in leading for p in node.parents):
            leading.add(node)
    return leading


def accumulate(gradients, given=()):
    """Add each gradient to the `.grad` of its tensor.

    The first gradient becomes `.grad` itself, unless somebody else may hold its memory:
    it is one of the arrays `given` by the caller, a view, or another tensor's already.
    One thread at a time: two that read a `.grad` and add to it would lose a gradient.
    """
    held = {id(array) for array in given}
    with _one_at_a_time:
        for place, g in gradients.items():
            xp, before = speaker(g), place.gradient
            if before is None:
                g = xp.copy(g) if id(g) in held or xp.is_view(g) else g
                held.add(id(g))
                place.gradient = g if xp is TENSORS else result(g)
            elif xp is TENSORS or before.tracked:
                place.gradient = before + (g if xp is TENSORS else result(g))
            else:
                before.array = _mode.run(iadd, before.array, g)
                touch(before)
            if place.hook is not None:
                place.hook.accumulated(place, xp is TENSORS)


_one_at_a_time = threading.RLock()


def sum_to(g, shape):
    """The adjoint of broadcasting: sum `g` over what was stretched from `shape`."""
    xp = speaker(g)
    lead = len(g.shape) - len(shape)
    dims = [lead + i for i, n in enumerate(shape) if n == 1 != g.shape[lead + i]]
    return xp.reshape(xp.sum(g, (*range(lead), *dims), False), shape)


# The third world: the same vocabulary, spoken by tensors. A rule run in it is recorded.
TENSORS = ModuleType("tensors")
for _op in ops.Op.__subclasses__():
    _word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", _op.name).lower()
    setattr(TENSORS, _word, partial(apply, _op))
TENSORS.matmul = TENSORS.mat_mul
TENSORS.is_view = lambda tensor: tensor.origin is not None
TENSORS.asarray = lambda tensor: tensor
