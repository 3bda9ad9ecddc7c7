"""How easily a layout reads, as a number: crossings, lines through labels, arrows that go up, and length. Less is better."""

import math
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygraphviz import AGraph

__all__ = ["untidiness"]

Point = tuple[float, float]
Box = tuple[float, float, float, float]
_STEPS = 5
"""Straight pieces for each piece of a curve."""


def untidiness(drawing: "AGraph", labels: dict[tuple[str, str, str], Box]) -> float:
    """One for a crossing, two for a label that another edge runs through, two for an arrow that goes up, one for 900 points;
    and one for each 36 points that the first node stands below the top.

    `labels` has the box of each edge's label, by source, target and key.
    Cost: quadratic in the number of edges; boxes around the curves spare most of it.
    """
    lines = {(edge[0], edge[1], edge.name): _sampled(edge.attr["pos"]) for edge in drawing.edges()}
    boxes = {edge: _around(line) for edge, line in lines.items()}
    crossings = sum(
        _crossings(lines[one], lines[other]) for one, other in combinations(lines, 2) if _overlap(boxes[one], boxes[other])
    )
    hidden = sum(
        any(_within(point, label) for point in line)
        for owner, label in labels.items()
        for edge, line in lines.items()
        if edge != owner and _overlap(boxes[edge], label)
    )
    height = {node: _point(node.attr["pos"])[1] for node in drawing.nodes()}
    upward = sum(height[source] < height[target] for source, target, _ in lines)
    sunk = max(height.values()) - height[next(iter(height))]
    length = sum(math.dist(a, b) for line in lines.values() for a, b in pairwise(line))
    return round(crossings + 2 * hidden + 2 * upward + length / 900 + sunk / 36, 3)


def _sampled(position: str) -> list[Point]:
    """Points along a Graphviz spline: an arrow head's tip, then control points, three for each piece."""
    points = [_point(part) for part in position.split() if part[0] not in "es"]
    line = points[:1]
    for a, b, c, d in zip(points[::3], points[1::3], points[2::3], points[3::3], strict=False):
        for step in range(1, _STEPS + 1):
            t = step / _STEPS
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            line.append((_mix(weights, a[0], b[0], c[0], d[0]), _mix(weights, a[1], b[1], c[1], d[1])))
    return line


def _point(text: str) -> Point:
    x, y = text.split(",")
    return float(x), float(y)


def _mix(weights: tuple[float, ...], *values: float) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def _around(line: list[Point]) -> Box:
    xs, ys = [x for x, _ in line], [y for _, y in line]
    return min(xs), min(ys), max(xs), max(ys)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _within(point: Point, box: Box) -> bool:
    return box[0] < point[0] < box[2] and box[1] < point[1] < box[3]


def _crossings(one: list[Point], other: list[Point]) -> int:
    return sum(_cross(a, b, c, d) for a, b in pairwise(one) for c, d in pairwise(other))


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _left(a, b, c) != _left(a, b, d) and _left(c, d, a) != _left(c, d, b)


def _left(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0])
