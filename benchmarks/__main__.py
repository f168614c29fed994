"""All benchmarks, or those that are named, as one table.

    python -m benchmarks                  everything, some twenty minutes
    python -m benchmarks T0 T2            the cases whose names begin so
    python -m benchmarks --quick          fewer rounds, without torch.compile
    python -m benchmarks --list           the cases

Run it from the repository's root. `pip install -r benchmarks/requirements.txt` brings
the other libraries; the table names those that are missing. Every case is measured in
processor time of one thread, unless its name says otherwise. A goal is a pair: what the
ratio to PyTorch must not exceed, and what it aims at.
"""

import argparse
import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "2")  # read at import; `measure` sets the real number

import platform  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402

from . import gpu, layers, memory, networks, scalars, start, tiny  # noqa: E402
from .measure import run  # noqa: E402

MODULES = [tiny, networks, layers, memory, start, scalars, gpu]
ROW = "{:<34} {:<19} {:>12} {:>9} {:>15} {:>7} {:>7}  {}"
HEAD = "case", "contender", "measured", "figure", "middle half", "must", "aim", "met"
SIGNS = {"ratio": "{:.2f}x", "difference": "{:+.1f}", "value": "{:.1f}"}


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("cases", nargs="*", help="beginnings of names; none for all")
    parser.add_argument("--quick", action="store_true", help="three rounds of each")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    parser.add_argument("--without", nargs="*", default=[], metavar="CONTENDER")
    asked = parser.parse_args()
    cases = [case for module in MODULES for case in module.cases(asked.quick)]
    if asked.cases:
        cases = [c for c in cases if c.name.startswith(tuple(asked.cases))]
    if asked.list:
        print(*(case.name for case in cases), sep="\n")
        return
    without = [*asked.without, *(["torch.compile"] if asked.quick else [])]
    print(machine(), ROW.format(*HEAD), sep="\n\n", flush=True)
    for case in cases:
        rounds = min(case.rounds, 3) if asked.quick else case.rounds
        show(case, run(case, without, rounds))
    if not torch.cuda.is_available():
        print("\nGPU: no GPU here: unmeasured.")


def machine():
    return (
        f"{platform.machine()}, {os.cpu_count()} cores; "
        f"Python {platform.python_version()}, NumPy {np.__version__}, "
        f"torch {torch.__version__}"
    )


def show(case, rows):
    print()
    for number, row in enumerate(rows):
        name = "" if number else case.name
        if row.missing:
            print(f"{name:<34} {row.contender:<19} skipped: {row.missing}")
            continue
        sign = SIGNS[case.figure].format
        goal = [sign(bound) for bound in row.goal] or ["", ""]
        middle = "-".join(sign(edge).rstrip("x") for edge in row.spread)
        measured = f"{row.measured:.2f} {case.unit}"
        shown = measured, sign(row.figure), middle, *goal, row.verdict
        print(ROW.format(name, row.contender, *shown).rstrip(), flush=True)


if __name__ == "__main__":
    main()
