"""T6: what `import` costs.

The single idea: a fresh interpreter for every measurement; what NumPy takes of it is
not minigrad's. torch must not be imported before it is asked for. Files are compiled
at the first start alone, which is not measured, and kept apart from the sources.
"""

import os
import resource
import subprocess
import sys
from functools import partial
from tempfile import TemporaryDirectory

from .measure import Case

UNWANTED = "torch", "scipy"
COMPILED = TemporaryDirectory()


def cases(quick):
    yield Case(
        "T6 import, beyond NumPy",
        {
            name: partial(fresh, name)
            for name in ("numpy", "minigrad", "autograd", "mygrad")
        },
        {"minigrad": (60, 25)},
        reference="numpy",
        gauge=seconds,
        figure="difference",
        rounds=9,
        check=None,
    )


def fresh(module):
    """The program that imports `module`; raises if that brings in what it must not."""
    program = f"import {module}, sys"
    found = f"{program}; sys.exit(' '.join({{*sys.modules}} & {{*{UNWANTED}}}) or 0)"
    done = start(found, capture_output=True, text=True)
    if done.returncode and module == "minigrad":
        raise RuntimeError(f"import minigrad: {done.stderr.strip()} came with it")
    if "Error" in done.stderr:
        raise ModuleNotFoundError(done.stderr.strip().splitlines()[-1])
    return program


def start(program, **options):
    settings = os.environ | {"PYTHONPYCACHEPREFIX": COMPILED.name}
    settings.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run([sys.executable, "-c", program], env=settings, **options)


def seconds(program):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start(program, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
