"""Which images of a cell a run keeps as pictures: all of few conditions, the telling ones of many."""

from typing import TYPE_CHECKING

from bench.plan.cells import Condition
from bench.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.data import ManifestRow
    from bench.suite import ModelSpec

SPREAD = ("best", "median", "worst")
WORST = ("worst", "worst 2", "worst 3", "worst 4", "worst 5")
"""The worst image first."""
SHARED = ("shared 1", "shared 2")
"""Images of the data set that every model draws, whatever it scores there: see `shared_places`."""
RANKS = ("best", "median", *WORST, *SHARED)
_ORDER = (
    ("clean", WORST[:1]),
    ("clean", SHARED),
    ("clean", ("best", "median")),
    ("clean", WORST[1:]),
    ("strongest", WORST[:1]),
    ("strongest", SHARED[:1]),
    ("middle", SHARED[:1]),
    ("strongest", WORST[1:]),
    ("between", SHARED[:1]),
    ("strongest", ("best", "median")),
    ("strongest", SHARED[1:]),
    ("middle", SHARED[1:]),
    ("middle", WORST[:1]),
    ("between", WORST[:1]),
    ("middle", ("best", "median")),
    ("between", ("best", "median")),
)
"""What is kept, the most telling first: ranks of the cells of one kind."""


def kept_ranks(suite: Suite, condition: Condition) -> tuple[str, ...]:
    """Return which ranks of a condition are kept, so that the suite's examples are at most `suite.examples`.

    Steps of `_ORDER` that do not fit are passed over. Every model keeps the same; baselines keep none.
    """
    left, cells = suite.examples, _cells(suite)
    kept: set[tuple[str, str]] = set()
    for kind, ranks in _ORDER:
        size = cells[kind] * len(ranks)
        if size <= left:
            left -= size
            kept |= {(kind, rank) for rank in ranks}
    return tuple(rank for rank in RANKS if (_kind(condition), rank) in kept)


def is_pictured(model: "ModelSpec") -> bool:
    """Return whether a model has examples: what looks at no image has nothing to show."""
    return not model.entry.baseline


def shared_places(rows: "Sequence[ManifestRow]") -> tuple[int, ...]:
    """Return the places of the images that all models draw: the middle one, and the middle one of another object.

    They follow from the data set alone, so that every model and every later run has the same.
    """
    first = len(rows) // 2
    others = [i for i, row in enumerate(rows) if row.foreground != rows[first].foreground]
    others = others or [i for i in range(len(rows)) if i != first]
    return (first, others[len(others) // 2]) if others else (first,)


def _kind(condition: Condition) -> str:
    if condition.sweep is None:
        return "clean"
    strengths = condition.sweep.strengths
    if condition.strength == strengths[-1]:
        return "strongest"
    return "middle" if condition.strength == strengths[(len(strengths) - 1) // 2] else "between"


def _cells(suite: Suite) -> dict[str, int]:
    """Return the number of cells of each kind, of the models that have examples."""
    models = sum(map(is_pictured, suite.models))
    perturbed = models * sum(dataset.keys.perturbed for dataset in suite.datasets)
    levels = [len(sweep.strengths) for sweep in suite.sweeps if sweep.strengths]
    return {
        "clean": models * len(suite.datasets),
        "strongest": perturbed * len(levels),
        "middle": perturbed * sum(number > 1 for number in levels),
        "between": perturbed * sum(max(0, number - 2) for number in levels),
    }
