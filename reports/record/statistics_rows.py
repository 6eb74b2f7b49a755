"""The tables of statistics, line by line: ranks, comparisons, summaries, distributions, slices, seeds, calibration.

A run that lacks one of them (an older one, or one whose suite asks for less) has no rows of it.
"""

from typing import TYPE_CHECKING, NamedTuple

from bench.record.csv_columns import CALIBRATION, COMPARISONS, DISTRIBUTION, RANKING, ROBUSTNESS, SEEDS, SLICES
from reports.record.rows import level, number, read_table

if TYPE_CHECKING:
    from pathlib import Path


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


def _count(text: str) -> int | None:
    return int(text) if text else None


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


def _words(row: dict[str, str], columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(row[name] for name in columns)


def _rank(row: dict[str, str]) -> RankRow:
    bounds = (number(row["value"]), number(row["low"]), number(row["high"]), int(row["resamples"]))
    ranks = (int(row["rank"]), int(row["rank_low"]), int(row["rank_high"]))
    return RankRow(*_words(row, RANKING[:6]), *bounds, *ranks, number(row["p_best"]), int(row["tie_group"]))


def _comparison(row: dict[str, str]) -> ComparisonRow:
    numbers = (number(row[name]) for name in COMPARISONS[7:12])
    fails = (_count(row[name]) for name in COMPARISONS[14:19])
    tail = (number(row["failure_below"]), *fails, number(row["mcnemar_p"]))
    return ComparisonRow(*_words(row, COMPARISONS[:7]), *numbers, _flag(row["told_apart"]), *tail)


def _robustness(row: dict[str, str]) -> RobustnessRow:
    bounds = (number(row["value"]), number(row["low"]), number(row["high"]), int(row["resamples"] or 0))
    return RobustnessRow(*_words(row, ROBUSTNESS[:8]), *bounds, row["note"])


def _distribution(row: dict[str, str]) -> DistributionRow:
    quantiles = (number(row[name]) for name in DISTRIBUTION[8:15])
    bins = tuple(int(count) for count in row["histogram"].split())
    place = (*_words(row, DISTRIBUTION[:4]), level(float(row["strength"])), *_words(row, DISTRIBUTION[5:7]))
    return DistributionRow(*place, int(row["n"]), *quantiles, bins)


def _slice(row: dict[str, str]) -> SliceRow:
    place = (*_words(row, SLICES[:4]), level(float(row["strength"])), *_words(row, SLICES[5:10]))
    bounds = (number(row["value"]), number(row["low"]), number(row["high"]), int(row["resamples"] or 0))
    return SliceRow(*place, int(row["images"]), int(row["n"]), *bounds, _flag(row["small"]))


def _seeds(row: dict[str, str]) -> SeedRow:
    place = (*_words(row, SEEDS[:4]), level(float(row["strength"])), *_words(row, SEEDS[5:8]))
    return SeedRow(*place, int(row["seeds"]), *(number(row[name]) for name in SEEDS[9:]))


def _calibration(row: dict[str, str]) -> CalibrationRow:
    place = (*_words(row, CALIBRATION[:3]), level(float(row["strength"])), row["metric_set"])
    return CalibrationRow(
        *place, int(row["bin"]), int(row["pixels"]), number(row["confidence"]), number(row["accuracy"])
    )


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
        read_table(folder / "ranking.csv", RANKING, _rank) or (),
        read_table(folder / "comparisons.csv", COMPARISONS, _comparison) or (),
        read_table(folder / "robustness.csv", ROBUSTNESS, _robustness) or (),
        read_table(folder / "distribution.csv", DISTRIBUTION, _distribution) or (),
        read_table(folder / "slices.csv", SLICES, _slice) or (),
        read_table(folder / "seeds.csv", SEEDS, _seeds) or (),
        read_table(folder / "calibration.csv", CALIBRATION, _calibration) or (),
    )
