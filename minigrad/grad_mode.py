"""Whether computations are remembered: torch's switches, one setting for each thread.

Each switch is a `with` block and a decorator. Chapter: the graph and the walk.
"""

from functools import wraps

from .engine import is_recording, recording, set_recording


class _Switch(recording):
    """A block, or with `@` a function, in which recording is on or off."""

    def __call__(self, function):
        @wraps(function)
        def decorated(*args, **kwargs):
            with recording(self.on):
                return function(*args, **kwargs)

        return decorated


class _Constant(_Switch):
    """A switch without a setting, so that as a decorator it needs no parentheses."""

    def __new__(cls, function=None):
        return super().__new__(cls) if function is None else cls()(function)


class no_grad(_Constant):
    """Compute without remembering: `with no_grad():`, or `@no_grad` on a function."""

    def __init__(self):
        super().__init__(False)


class enable_grad(_Constant):
    """Compute and remember, also inside `no_grad`."""

    def __init__(self):
        super().__init__(True)


class set_grad_enabled(_Switch):
    """Remember from here on, or do not: a statement, a `with` block, or a decorator."""

    def __init__(self, mode):
        super().__init__(mode)
        self.before = is_recording()
        set_recording(mode)

    def __enter__(self):
        set_recording(self.on)

    def __call__(self, function):
        set_recording(self.before)  # it was meant for the function, not from here on
        return super().__call__(function)


def is_grad_enabled():
    """Whether this thread remembers what it computes."""
    return is_recording()
