"""Which of the kept images the page shows: a bounded choice, clean and strongest level first."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.record.run import CLEAN

if TYPE_CHECKING:
    from pathlib import Path

    from bench.record.example_index import Example
    from reports.record.run import Run

MAXIMUM_ROWS = 120
MAXIMUM_BYTES = 8_000_000
"""Of image files; in the page they take a third more."""

RANKS = ("best", "median", "worst")
_PRIORITY = ("worst", "best", "median")


@dataclass(frozen=True)
class Choice:
    """The examples that the page shows, in the order of the run, and how many it leaves in the folder."""

    shown: tuple["Example", ...]
    hidden: int


def choose(run: "Run", rows: int = MAXIMUM_ROWS, size: int = MAXIMUM_BYTES) -> Choice:
    """Choose among the examples of the clean condition and of each perturbation's strongest level.

    When they are more than `rows` or than `size` bytes, the clean ones stay longest, then the worst, and every model
    loses the same conditions first: the last of the run.
    """
    wanted = [example for example in run.index.examples if _is_extreme(run, example)]
    chosen: list[Example] = []
    left = size
    conditions = [CLEAN, *(entry.label for entry in run.record.perturbations)]
    for example in sorted(wanted, key=lambda one: (*_priority(one), conditions.index(one.perturbation))):
        weight = sum(_size(run.folder / image.file) for image in example.images)
        if len(chosen) == rows or weight > left:
            break
        chosen.append(example)
        left -= weight
    models = [(model.dataset, model.label) for model in run.record.models]

    def place(example: "Example") -> tuple[int, int, int]:
        model = (example.dataset, example.model)
        return (models.index(model), conditions.index(example.perturbation), RANKS.index(example.rank))

    return Choice(tuple(sorted(chosen, key=place)), len(wanted) - len(chosen))


def _is_extreme(run: "Run", example: "Example") -> bool:
    known = any((model.dataset, model.label) == (example.dataset, example.model) for model in run.record.models)
    if not known or example.rank not in RANKS:
        return False
    if example.perturbation == CLEAN:
        return True
    entry = run.perturbation(example.perturbation)
    return entry is not None and bool(entry.strengths) and example.strength == entry.by_damage()[-1]


def _priority(example: "Example") -> tuple[bool, int]:
    return (example.perturbation != CLEAN, _PRIORITY.index(example.rank))


def _size(path: "Path") -> int:
    return path.stat().st_size if path.is_file() else 0
