"""Whether computations are remembered: torch's switches, one setting for each thread.

Chapter: the graph and the walk.
"""

from contextlib import contextmanager
from functools import wraps

from .engine import is_recording, recording, set_recording


@contextmanager
def no_grad():
    """Compute without remembering: `with no_grad():`, or `@no_grad()` on a function."""
    with recording(False):
        yield


@contextmanager
def enable_grad():
    """Compute and remember, also inside `no_grad`."""
    with recording(True):
        yield


class set_grad_enabled:
    """Remember from here on, or do not: a statement, a `with` block, or a decorator."""

    def __init__(self, mode):
        self.before = is_recording()
        self.mode = mode
        set_recording(mode)

    def __enter__(self):
        pass

    def __exit__(self, *error):
        set_recording(self.before)

    def __call__(self, function):
        set_recording(self.before)  # it was meant for the function, not from here on

        @wraps(function)
        def decorated(*args, **kwargs):
            with recording(self.mode):
                return function(*args, **kwargs)

        return decorated


def is_grad_enabled():
    """Whether this thread remembers what it computes."""
    return is_recording()
