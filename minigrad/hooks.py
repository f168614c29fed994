"""Functions that a gradient passes through when it is known: hooks.

The engine calls `place.hook(g)` before it passes the gradient `g` of a node or leaf on,
and passes on what that returns. When it has added to the `.grad` of a leaf, it calls
`leaf.hook.accumulated(leaf)`. Chapter: the graph and the walk.
"""

import weakref
from itertools import count

from .engine import Variable, accumulate, recording, result, speaker

_number = count().__next__


class Hooks:
    """The hooks of one node or leaf, called in the order in which they were registered.

    functions: {number: hook}; what a hook returns, if not None, goes on in g's place.
    keeper: None, or a weak reference to a tensor, no leaf, that wants its gradient.
    after: {number: hook}; of a leaf, called with it when its `.grad` is complete.
    """

    __slots__ = ("after", "functions", "keeper")

    def __init__(self):
        self.functions, self.after = {}, {}
        self.keeper = None

    def __call__(self, g):
        seen = g if isinstance(g, Variable) else result(speaker(g).asarray(g))
        for hook in tuple(self.functions.values()):
            changed = hook(seen)
            seen = seen if changed is None else changed
        # A hook may have put away what it saw: what goes on is nobody else's.
        g = seen if isinstance(g, Variable) else speaker(seen.array).copy(seen.array)
        keeper = self.keeper() if self.keeper else None
        if keeper is not None:
            accumulate({keeper: g}, given=(g,))
        return g

    def accumulated(self, leaf, recorded):
        """Call the hooks that wait for `leaf.grad`, recording as the walk did."""
        with recording(recorded):
            for hook in tuple(self.after.values()):
                hook(leaf)


class RemovableHandle:
    """What registering a hook returns: `remove()`, or the end of a `with` block, takes
    the hook off again."""

    def __init__(self, functions):
        self.functions = functions
        self.id = _number()

    def remove(self):
        """Take the hook off; more than once does no harm."""
        self.functions.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()


def register(functions, hook):
    """Put `hook` last into a dictionary of hooks; returns its handle."""
    handle = RemovableHandle(functions)
    functions[handle.id] = hook
    return handle


def add(variable, hook):
    """Have the gradient of a tensor pass through `hook`; returns a handle."""
    return register(_hooks(variable).functions, hook)


def add_after(leaf, hook):
    """Have `hook(leaf)` called when its `.grad` is complete; returns a handle."""
    return register(_hooks(leaf).after, hook)


def keep_grad(variable):
    """Have the walk leave its gradient in `variable.grad` although it is no leaf."""
    _hooks(variable).keeper = weakref.ref(variable)


def _hooks(variable):
    place = variable.node or variable
    if place.hook is None:
        place.hook = Hooks()
    return place.hook
