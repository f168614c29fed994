"""Prints, after the tests of this folder, how far the rules were from torch's."""

from collections import Counter

import rule_judge


def pytest_terminal_summary(terminalreporter):
    """The largest relative differences in float64, and the fate of planted faults."""
    for device, found in rule_judge.largest.items():
        pairs = zip(rule_judge.ORDERS, found, strict=True)
        figures = ", ".join(f"{order} {figure:.1e}" for order, figure in pairs)
        terminalreporter.write_line(
            f"largest difference from torch, {device}: {figures}"
        )
    if rule_judge.planted:
        how = Counter(rule_judge.planted.values())
        seen = {kind: how.pop(kind, 0) for kind in ("difference", "error", None)}
        terminalreporter.write_line(
            f"faults planted: {len(rule_judge.planted)}; noticed by a difference: "
            f"{seen['difference']}, by an error: {seen['error']}; no fault in "
            f"mathematics: {how.total()}; missed: {seen[None]}"
        )
