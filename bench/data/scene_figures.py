"""Two body plans, cat and dog, as lists of polygons; every proportion varies from figure to figure.

Units: the length of the body is 1, x to the right, y down, the figure looks to the right. The plans differ in
ears (upright triangles, hanging flaps), snout (none, long), tail (long and thin, short and tapering), legs
(short and thin, long and thick) and neck, not in size, colour or pattern.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator

Point = tuple[float, float]


@dataclass(frozen=True)
class Polygon:
    """A polygon and how bright it is against the rest of the fur (1 = as bright)."""

    points: tuple[Point, ...]
    tone: float = 1.0


def figure(name: str, rng: "Generator") -> list[Polygon]:
    """Return the parts of a "cat" or a "dog", farthest first: from the side, or sitting and facing us."""
    plan = {"cat": (_cat_side, _cat_front), "dog": (_dog_side, _dog_front)}[name]
    return plan[int(rng.random() < 0.35)](_Wobble(rng))


class _Wobble:
    """Draws numbers around 1 and 0, so that no two figures are alike."""

    def __init__(self, rng: "Generator") -> None:
        self._rng = rng

    def factor(self, spread: float = 0.15) -> float:
        return 1 + spread * self.offset(1)

    def offset(self, spread: float) -> float:
        return spread * (2 * float(self._rng.random()) - 1)


def _cat_side(w: _Wobble) -> list[Polygon]:
    thick, head = 0.23 * w.factor(), 0.21 * w.factor(0.1)
    x, y = 0.52 + w.offset(0.04), -0.26 + w.offset(0.1)
    rise = 0.5 * w.factor(0.3)
    tail = _stroke([(-0.42, -0.05), (-0.62, -0.02), (-0.74, -rise / 2), (-0.68 + w.offset(0.12), -rise)], 0.09, 0.06)
    ears = [
        Polygon(
            (
                (x + a - 0.1, y - head * 0.75),
                (x + a * 1.3, y - head - 0.2 * w.factor()),
                (x + a + 0.1, y - head * 0.7),
            )
        )
        for a in (-0.11, 0.11)
    ]
    neck = Polygon(((0.25, -0.2), (x - 0.05, y - 0.1), (x + 0.08, y + 0.15), (0.4, 0.12)))
    return [
        *_legs(w, length=0.36, width=0.1),
        Polygon(tail, 0.9),
        Polygon(_ellipse(0, 0, 0.5, thick, w.offset(0.06))),
        neck,
        *ears,
        Polygon(_ellipse(x, y, head, head * 0.9)),
        *_dots((x + 0.09, y - 0.03), (x + 0.19, y + 0.05)),
    ]


def _dog_side(w: _Wobble) -> list[Polygon]:
    thick, head = 0.24 * w.factor(), 0.18 * w.factor(0.1)
    x, y = 0.56 + w.offset(0.04), -0.36 + w.offset(0.1)
    tail = _stroke([(-0.4, -0.1), (-0.58, -0.22 + w.offset(0.15)), (-0.7, -0.3 + w.offset(0.25))], 0.13, 0.05)
    snout = _ellipse(x + 0.2, y + 0.06, 0.19 * w.factor(), 0.09 * w.factor(), 0.15 + w.offset(0.2))
    ear = _ellipse(x - 0.1, y + 0.08, 0.075 * w.factor(), 0.19 * w.factor(), w.offset(0.3))
    neck = Polygon(((0.22, -0.15), (x - 0.15, y), (x + 0.1, y + 0.12), (0.42, 0.1)))
    return [
        *_legs(w, length=0.5, width=0.13),
        Polygon(tail, 0.9),
        Polygon(_ellipse(0, 0, 0.5, thick, w.offset(0.06))),
        neck,
        Polygon(snout, 1.05),
        Polygon(_ellipse(x, y, head, head)),
        Polygon(ear, 0.72),
        *_dots((x + 0.06, y - 0.04), (x + 0.36, y + 0.06)),
    ]


def _cat_front(w: _Wobble) -> list[Polygon]:
    head, y = 0.26 * w.factor(0.1), -0.36 + w.offset(0.04)
    side = 1 if w.offset(1) > 0 else -1
    tail = _stroke([(side * 0.25, 0.55), (side * 0.55, 0.5), (side * 0.66, 0.2), (side * 0.55, -0.1)], 0.1, 0.07)
    ears = [
        Polygon(
            (
                (a * 0.24, y - 0.1),
                (a * 0.27 * w.factor(), y - head - 0.2 * w.factor()),
                (a * 0.02, y - head * 0.9),
            )
        )
        for a in (-1, 1)
    ]
    face = _dots((-0.1, y - 0.03), (0.1, y - 0.03), (0, y + 0.08))
    return [Polygon(tail, 0.85), *_sitting(w, 0.3), *ears, Polygon(_ellipse(0, y, head, head * 0.88)), *face]


def _dog_front(w: _Wobble) -> list[Polygon]:
    head, y = 0.23 * w.factor(0.1), -0.4 + w.offset(0.04)
    side = 1 if w.offset(1) > 0 else -1
    tail = _stroke([(side * 0.25, 0.5), (side * 0.48, 0.42), (side * 0.56, 0.25 + w.offset(0.1))], 0.12, 0.05)
    ears = [
        Polygon(_ellipse(a * (head + 0.05), y + 0.1, 0.09 * w.factor(), 0.22 * w.factor(), -a * 0.2), 0.72)
        for a in (-1, 1)
    ]
    snout = Polygon(_ellipse(0, y + 0.15, 0.13 * w.factor(), 0.15 * w.factor()), 1.08)
    face = _dots((-0.09, y - 0.04), (0.09, y - 0.04), (0, y + 0.2))
    return [Polygon(tail, 0.85), *_sitting(w, 0.36), Polygon(_ellipse(0, y, head, head * 1.1)), *ears, snout, *face]


def _legs(w: _Wobble, length: float, width: float) -> list[Polygon]:
    """Return four legs, the far pair darker, each at its own slant."""
    legs = []
    for x, tone in ((-0.3, 0.7), (0.36, 0.7), (-0.38, 0.95), (0.28, 0.95)):
        foot = x + w.offset(0.14)
        down = length * w.factor(0.1)
        upper, lower = width * 0.75, width * 0.5
        shape = ((x - upper, 0), (x + upper, 0), (foot + lower, down), (foot - lower, down))
        legs.append(Polygon(shape, tone))
    return legs


def _sitting(w: _Wobble, wide: float) -> list[Polygon]:
    """Return the trunk of a figure that sits and faces us, with its forelegs."""
    trunk = Polygon(_ellipse(0, 0.2, wide * w.factor(), 0.45 * w.factor(0.08)))
    haunches = [Polygon(_ellipse(a * wide * 0.8, 0.48, 0.17, 0.16), 0.85) for a in (-1, 1)]
    forelegs = [Polygon(_ellipse(a * wide * 0.38, 0.42, wide * 0.27, 0.26), 0.93) for a in (-1, 1)]
    return [*haunches, trunk, *forelegs]


def _dots(*centres: Point) -> list[Polygon]:
    return [Polygon(_ellipse(x, y, 0.028, 0.03), 0.15) for x, y in centres]


def _ellipse(x: float, y: float, a: float, b: float, turn: float = 0.0, points: int = 28) -> tuple[Point, ...]:
    cos, sin = math.cos(turn), math.sin(turn)
    angles = [2 * math.pi * k / points for k in range(points)]
    rim = [(a * math.cos(angle), b * math.sin(angle)) for angle in angles]
    return tuple((x + u * cos - v * sin, y + u * sin + v * cos) for u, v in rim)


def _stroke(path: list[Point], first: float, last: float) -> tuple[Point, ...]:
    """Return the outline of a brush stroke along `path`, `first` wide at its start and `last` at its end."""
    left, right = [], []
    for k, (x, y) in enumerate(path):
        (ax, ay), (bx, by) = path[max(k - 1, 0)], path[min(k + 1, len(path) - 1)]
        norm = math.hypot(bx - ax, by - ay)
        half = (first + (last - first) * k / (len(path) - 1)) / 2
        dx, dy = -(by - ay) / norm * half, (bx - ax) / norm * half
        left.append((x + dx, y + dy))
        right.append((x - dx, y - dy))
    return (*left, *reversed(right))
