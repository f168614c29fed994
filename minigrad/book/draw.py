"""Pictures of a graph: what was computed from what, and the slopes along the way.

The single idea: every box goes one row above its lowest user, and sideways to where its
neighbours are. Nothing in that is random, so the same graph always gives the same
picture. Used by "A derivative that remembers" and "The graph and the walk".
"""

from html import escape
from itertools import pairwise

from minigrad.value import Value

from .quote import show

LIMIT = 60  # a picture of more boxes shows nothing
ROW, HEIGHT, GAP, MARGIN, LETTER = 100, 46, 28, 14, 8.0
STYLE = (
    "text{font:14px system-ui,sans-serif;text-anchor:middle;fill:#1f2328}"
    ".slope{fill:#0550ae}.grad{fill:#9a3412}.paper{fill:#fff}"
    ".box{fill:#f6f8fa;stroke:#57606a}.leaf{fill:#dff1e4}"
    ".arrow{fill:none;stroke:#6e7781;stroke-width:1.5}.head{fill:#6e7781}"
)


def draw(result, **names):
    """Show the graph that leads to `result`, with what it was made from on top.

    result: a Value, whose boxes show number and gradient, and arrows the slope; or a
        tensor that requires grad, whose boxes show operations and leaves with shapes
    names: what to call values in the picture, as in draw(loss, w=w, b=b)
    raises: ValueError for a graph of more than 60 boxes
    """
    scalar = isinstance(result, Value)
    root = result if scalar else (result.grad_fn or result)
    names = {id(getattr(v, "grad_fn", None) or v): name for name, v in names.items()}
    boxes = _boxes(root, _value_lines if scalar else _tensor_lines, names)
    arrows = sum(len(box.inputs) for box in boxes)
    kind = "values" if scalar else "operations and leaves"
    title = f"A graph of {len(boxes)} {kind}, joined by {arrows} arrows"
    listing = [f"{title}:", *(", ".join(box.lines) for box in boxes[::-1])]
    show("\n".join(listing), svg=_svg(boxes, title))


class _Place:
    """A box, or the bend of an arrow in a row that it passes."""

    def __init__(self, row=0):
        self.row, self.x, self.width = row, 0.0, GAP
        self.lines, self.inputs, self.near = (), [], []


def _value_lines(v, name):
    slopes = [f"×{_number(slope)}" for slope in v.slopes]
    lines = [f"{name} = " * bool(name) + _number(v.data), f"grad {_number(v.grad)}"]
    return lines, zip(v.inputs, slopes, strict=True)


def _tensor_lines(step, name):
    parents = getattr(step, "next_functions", ())
    what = step.name().rpartition("Backward")[0] if parents else "leaf"
    lines = [f"{name} = " * bool(name) + what, str(tuple(step.shape))]
    return lines, [(parent, "") for parent, _ in parents]


def _number(x):
    return f"{x:.4g}".replace("-", "\N{MINUS SIGN}")


def _boxes(root, describe, names):
    """A box for everything below `root`, with its row; row 0 is the result's."""
    things, boxes = [root], {id(root): _Place()}
    for thing in things:
        box = boxes[id(thing)]
        box.lines, inputs = describe(thing, names.get(id(thing), ""))
        box.width = max(map(len, box.lines)) * LETTER + 18
        for other, slope in inputs:
            if id(other) not in boxes:
                boxes[id(other)] = _Place()
                things.append(other)
            box.inputs.append((boxes[id(other)], slope))
        if len(things) > LIMIT:
            raise ValueError(
                f"draw of a graph with more than {LIMIT} boxes: draw a smaller one"
            )
    for _ in things:  # the longest path is no longer than that
        for box in boxes.values():
            for other, _ in box.inputs:
                other.row = max(other.row, box.row + 1)
    return list(boxes.values())


def _ways(boxes):
    """For each arrow its slope and the places it passes; all places get x and y."""
    ways, places = [], list(boxes)
    for box in boxes:
        for other, slope in box.inputs:
            bends = [_Place(row) for row in range(box.row + 1, other.row)][::-1]
            places += bends
            ways.append((slope, [other, *bends, box]))
            for a, b in pairwise(ways[-1][1]):
                a.near.append(b)
                b.near.append(a)
    last = max(box.row for box in boxes)
    rows = [[p for p in places if p.row == row] for row in range(last + 1)]
    for _ in range(8):
        for row in [*rows, *rows[::-1]]:
            _align(row)
    left = min(p.x - p.width / 2 for p in places)
    for p in places:
        p.x += MARGIN - left
        p.y = MARGIN + HEIGHT / 2 + (last - p.row) * ROW
    return ways


def _align(row):
    """Move the places of a row to the middle of their neighbours, in that order."""
    goals = {p: sum(b.x for b in p.near) / max(len(p.near), 1) for p in row}
    row.sort(key=goals.get)
    row[0].x = goals[row[0]]
    for a, b in pairwise(row):
        b.x = max(goals[b], a.x + (a.width + b.width) / 2 + GAP)
    shift = sum(goals[p] - p.x for p in row) / len(row)
    for p in row:
        p.x += shift


def _svg(boxes, title):
    """The picture as text."""
    ways = _ways(boxes)
    passed = [p for _, way in ways for p in way] + boxes
    width = max(p.x + p.width / 2 for p in passed) + MARGIN
    height = max(p.y for p in boxes) + HEIGHT / 2 + MARGIN
    arrows, labels = [], []
    for slope, way in ways:
        points = [(p.x, p.y) for p in way]
        points[0] = way[0].x + _offset(way, 0, ways), way[0].y + HEIGHT / 2
        x, y = way[-1].x + _offset(way, -1, ways), way[-1].y - HEIGHT / 2
        points[-1] = x, y - 7
        path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
        for (ax, ay), (bx, by) in pairwise(points):
            middle = (ay + by) / 2
            path += f"C{ax:.1f} {middle:.1f} {bx:.1f} {middle:.1f} {bx:.1f} {by:.1f}"
        arrows.append(f'<path class="arrow" d="{path}"/>')
        arrows.append(f'<path class="head" d="M{x:.1f} {y:.1f}l-4.5-8h9z"/>')
        if slope:
            x, wide = (ax + bx) / 2, len(slope) * LETTER
            labels.append(_rect("paper", x, middle, wide, 18))
            labels.append(_text("slope", x, middle + 5, slope))
    for box in boxes:
        kind = "box" if box.inputs else "box leaf"
        labels.append(_rect(kind, box.x, box.y, box.width, HEIGHT))
        labels.append(_text("", box.x, box.y - 4, box.lines[0]))
        labels.append(_text("grad", box.x, box.y + 15, box.lines[1]))
    size = f'width="{width:.0f}" height="{height:.0f}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}'
        f' viewBox="0 0 {width:.0f} {height:.0f}"><title>{escape(title)}</title>'
        f'<style>{STYLE}</style><rect {size} rx="8" fill="#fff"/>'
    )
    return "\n".join([head, *arrows, *labels, "</svg>"])


def _offset(way, end, ways):
    """How far from the middle of a box an arrow touches it, so that none overlap."""
    inner = 1 if end == 0 else -2
    here = [w for _, w in ways if w[end] is way[end]]
    here.sort(key=lambda w: w[inner].x)
    step = min(34, (way[end].width - 12) / len(here))
    position = next(i for i, w in enumerate(here) if w is way)
    return (position - (len(here) - 1) / 2) * step


def _rect(kind, x, y, width, height):
    corner = f'x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" rx="6"'
    return f'<rect class="{kind}" {corner} width="{width:.1f}" height="{height}"/>'


def _text(kind, x, y, words):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
