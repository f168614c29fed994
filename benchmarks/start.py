"""T6: what `import` costs.

The single idea: a fresh interpreter for every measurement; what NumPy takes of it is
not minigrad's. torch must not be imported before it is asked for.
"""

import resource
import subprocess
import sys
from functools import partial

from .measure import Case

UNWANTED = "torch", "scipy"


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
    done = subprocess.run([sys.executable, "-c", found], capture_output=True, text=True)
    if done.returncode and module == "minigrad":
        raise RuntimeError(f"import minigrad: {done.stderr.strip()} came with it")
    if "Error" in done.stderr:
        raise ModuleNotFoundError(done.stderr.strip().splitlines()[-1])
    return program


def seconds(program):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
