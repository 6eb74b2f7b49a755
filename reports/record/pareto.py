"""The Pareto front: which points no other point beats."""

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def on_front(points: "Sequence[tuple[float, float]]") -> list[bool]:
    """Return for each (cost, score) whether it is on the front.

    It is, unless another point costs no more and scores no less, and is better in one of the two. Points that are
    equal in both are on the front together.

    >>> on_front([(1, 0.5), (2, 0.9), (3, 0.8)])
    [True, True, False]
    """
    found = [False] * len(points)
    above = (inf, -inf)  # the front's last point: the best score so far, and what it costs
    for i in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1])):
        cost, score = points[i]
        if score > above[1] or (cost, score) == above:
            found[i], above = True, (cost, score)
    return found
