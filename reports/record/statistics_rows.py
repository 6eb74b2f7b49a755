"""The tables of statistics, line by line: ranks, comparisons, summaries, distributions, slices, seeds, calibration.

A run that lacks one of them (an older one, or one whose suite asks for less) has no rows of it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_type_hints

from bench.record.csv_columns import CALIBRATION, COMPARISONS, DISTRIBUTION, RANKING, ROBUSTNESS, SEEDS, SLICES
from reports.record.rows import level, number, read_table

if TYPE_CHECKING:
    from pathlib import Path


T = TypeVar("T")


class RankRow(NamedTuple):
    """One line of ``ranking.csv``: a model on a board; models of one `tie_group` (1 is the best) cannot be told apart.

    `scope`: "clean", or "perturbed" for the mean over perturbations of the mean over strengths. `rank_low` to
    `rank_high` holds the rank in 95 % of the resamples, `p_best` is the share of resamples in which it is first.
    """

    dataset: str
    supervision: str
    metric_set: str
    metric: str
    scope: str
    model: str
    value: float | None
    low: float | None
    high: float | None
    resamples: int
    rank: int
    rank_low: int
    rank_high: int
    p_best: float | None
    tie_group: int


class ComparisonRow(NamedTuple):
    """One line of ``comparisons.csv``: `difference` is the score of `model` minus that of `other`.

    p: of the paired permutation test; p_holm: after Holm's correction over the table. Fails: images whose own score is
    below `failure_below`; mcnemar_p: of McNemar's exact test on them.
    """

    dataset: str
    supervision: str
    metric_set: str
    metric: str
    scope: str
    model: str
    other: str
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None
    told_apart: bool
    failure_below: float | None
    images: int | None
    model_fails: int | None
    other_fails: int | None
    only_model_fails: int | None
    only_other_fails: int | None
    mcnemar_p: float | None


class RobustnessRow(NamedTuple):
    """One line of ``robustness.csv``: a summary (`measure`) over one perturbation, or over "all".

    `reference`: the model that a ratio is taken against, "" for none; `note`: why there is no number, or "censored".
    """

    dataset: str
    model: str
    supervision: str
    metric_set: str
    metric: str
    measure: str
    perturbation: str
    reference: str
    value: float | None
    low: float | None
    high: float | None
    resamples: int
    note: str


class DistributionRow(NamedTuple):
    """One line of ``distribution.csv``: how a score is distributed over images; 20 bins of equal width from 0 to 1."""

    dataset: str
    model: str
    supervision: str
    perturbation: str
    strength: float
    metric_set: str
    metric: str
    n: int
    min: float | None
    p5: float | None
    p25: float | None
    p50: float | None
    p75: float | None
    p95: float | None
    max: float | None
    histogram: tuple[int, ...]


class SliceRow(NamedTuple):
    """One line of ``slices.csv``: a score over the images that have `slice` as their `attribute`; small: few images."""

    dataset: str
    model: str
    supervision: str
    perturbation: str
    strength: float
    metric_set: str
    metric: str
    class_name: str
    attribute: str
    slice: str
    images: int
    n: int
    value: float | None
    low: float | None
    high: float | None
    resamples: int
    small: bool


class SeedRow(NamedTuple):
    """One line of ``seeds.csv``: how far the trainings of one model with different seeds lie apart."""

    dataset: str
    model: str
    supervision: str
    perturbation: str
    strength: float
    metric_set: str
    metric: str
    class_name: str
    seeds: int
    mean: float | None
    sd: float | None
    min: float | None
    max: float | None


class CalibrationRow(NamedTuple):
    """One line of ``calibration.csv``: pixels of a bin of confidence (15 of equal width), their mean and accuracy."""

    dataset: str
    model: str
    perturbation: str
    strength: float
    metric_set: str
    bin: int
    pixels: int
    confidence: float | None
    accuracy: float | None


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


_READ: dict[Any, Callable[[str], Any]] = {
    str: str,
    float: lambda text: level(float(text)),
    float | None: number,
    int: lambda text: int(text or 0),
    int | None: lambda text: int(text) if text else None,
    bool: _flag,
    tuple[int, ...]: lambda text: tuple(int(one) for one in text.split()),
}
"""How a cell is read, by the type of the field that it goes to."""


def _row(kind: type[T]) -> Callable[[dict[str, str]], T]:
    """Return what makes a row of this kind from a line: each field from the column of its name."""
    fields = {name: _READ[hint] for name, hint in get_type_hints(kind).items()}

    def parse(row: dict[str, str]) -> T:
        return kind(**{name: read(row[name.removesuffix("_name")]) for name, read in fields.items()})

    return parse


class Statistics(NamedTuple):
    """The rows of all tables of statistics of a run."""

    ranking: tuple[RankRow, ...] = ()
    comparisons: tuple[ComparisonRow, ...] = ()
    robustness: tuple[RobustnessRow, ...] = ()
    distribution: tuple[DistributionRow, ...] = ()
    slices: tuple[SliceRow, ...] = ()
    seeds: tuple[SeedRow, ...] = ()
    calibration: tuple[CalibrationRow, ...] = ()


def read_statistics(folder: "Path") -> Statistics:
    """Return the rows of the tables that a run folder has.

    Raises:
        BenchError: a table cannot be read; one line names it and the place.
    """
    return Statistics(
        read_table(folder / "ranking.csv", RANKING, _row(RankRow)) or (),
        read_table(folder / "comparisons.csv", COMPARISONS, _row(ComparisonRow)) or (),
        read_table(folder / "robustness.csv", ROBUSTNESS, _row(RobustnessRow)) or (),
        read_table(folder / "distribution.csv", DISTRIBUTION, _row(DistributionRow)) or (),
        read_table(folder / "slices.csv", SLICES, _row(SliceRow)) or (),
        read_table(folder / "seeds.csv", SEEDS, _row(SeedRow)) or (),
        read_table(folder / "calibration.csv", CALIBRATION, _row(CalibrationRow)) or (),
    )
