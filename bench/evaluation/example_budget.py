"""How many examples a run keeps: all of few conditions, the telling ones of many."""

from bench.plan.cells import Condition
from bench.suite import Suite

RANKS = ("best", "median", "worst")
_KINDS = ("clean", "strongest", "between")
_FIRST = ("worst",), ("best", "median")
"""In what order ranks are dropped last: the worst image tells most."""


def kept_ranks(suite: Suite, condition: Condition) -> tuple[str, ...]:
    """Return which ranks of a condition are kept, so that the suite's examples are at most `suite.examples`.

    The clean images come first, then each perturbation's strongest level (a report shows these), then what lies
    between; of each kind the worst images, then the others. Every model keeps the same.
    """
    left = suite.examples
    kept: set[tuple[str, str]] = set()
    for kind, number in _cells(suite).items():
        for ranks in _FIRST:
            left -= number * len(ranks)
            if left < 0:
                return _of(kept, condition)
            kept |= {(kind, rank) for rank in ranks}
    return _of(kept, condition)


def _of(kept: set[tuple[str, str]], condition: Condition) -> tuple[str, ...]:
    return tuple(rank for rank in RANKS if (_kind(condition), rank) in kept)


def _kind(condition: Condition) -> str:
    if condition.sweep is None:
        return "clean"
    return "strongest" if condition.strength == condition.sweep.strengths[-1] else "between"


def _cells(suite: Suite) -> dict[str, int]:
    """Return the number of cells of each kind."""
    levels = [len(sweep.strengths) for sweep in suite.sweeps if sweep.strengths]
    perturbed = len(suite.models) * sum(dataset.keys.perturbed for dataset in suite.datasets)
    numbers = (
        len(suite.models) * len(suite.datasets),
        perturbed * len(levels),
        perturbed * (sum(levels) - len(levels)),
    )
    return dict(zip(_KINDS, numbers, strict=True))
