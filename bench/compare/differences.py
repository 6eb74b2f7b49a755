"""`bench diff`: what two runs' models score on the same images, and how sure the difference is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from bench.compare.asked import Asked
from bench.compare.draws import Estimated, estimate, mean_of, resampling_for
from bench.compare.pairing import ModelPair, PairReader, model_pairs
from bench.compare.protocols import model_remarks, remarks
from bench.compare.stored_run import StoredRun
from bench.metrics import MetricSet
from bench.statistics.board import CLEAN, BoardCondition
from registry.errors import BenchError

if TYPE_CHECKING:
    from bench.statistics.intervals import Floats

Verdict = Literal["better", "worse", "unclear", "equal", "not defined"]
MEAN = "perturbed (mean)"
"""The mean over the perturbations that both runs have of the mean over their common strengths."""


class Difference(NamedTuple):
    """One score of a pair: of the first run, of the second, and second minus first with its 95 % interval.

    strength: None of a mean over several conditions. verdict: by whether the interval holds 0.
    """

    dataset: str
    model: str
    perturbation: str
    strength: float | None
    metric_set: str
    images: int
    one: float | None
    other: float | None
    change: Estimated
    verdict: Verdict

    @property
    def condition(self) -> str:
        """The condition in words."""
        level = "" if self.strength is None or self.perturbation == "clean" else f" {self.strength:.12g}"
        return f"{self.perturbation}{level}"


@dataclass
class Comparison:
    """Two runs compared. overall: clean, and the mean over perturbations, of each pair; cells: of each condition.

    refused: what is not compared and why. marks: what has to be said beside the numbers. same_weights: pairs of which
    both have the same weights. remarks: what else differs.
    """

    runs: tuple[StoredRun, StoredRun]
    asked: Asked
    overall: list[Difference] = field(default_factory=list)
    cells: list[Difference] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    same_weights: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def of(self, verdict: Verdict) -> list[Difference]:
        """Return the perturbed conditions with a verdict, the largest change first."""
        found = [row for row in self.cells if row.verdict == verdict and row.perturbation != "clean"]
        return sorted(found, key=lambda row: -abs(row.change.value or 0.0))


def compare(one: StoredRun, other: StoredRun, asked: Asked, renamed: Sequence[str] = ()) -> Comparison:
    """Compare two runs: every model that both have, under every condition that both have evaluated.

    renamed: "A=B" for a model A of the first run that is compared with B of the second.

    Raises:
        BenchError: the metric is unknown, or the runs have no cell in common that compares.
    """
    asked = asked.settled([one.record, other.record])
    found = Comparison((one, other), asked, remarks=list(remarks(one.record, other.record)))
    for pair in model_pairs(one, other, renamed):
        try:
            _compare(pair, found)
        except BenchError as error:
            found.refused.append(str(error))
    found.refused[:] = dict.fromkeys(found.refused)
    if not found.cells:
        why = f": {found.refused[0]}" if found.refused else ""
        raise BenchError(f"{one.path} and {other.path} have no cell in common that compares{why}")
    return found


def _compare(pair: ModelPair, found: Comparison) -> None:
    if pair.faults:
        raise BenchError(f"{pair}: not compared: {'; '.join(pair.faults)}")
    metric_set, reader = pair.metric_set(found.asked), PairReader(pair, found.asked, found.refused, found.marks)
    found.marks += [f"{pair}: {mark}; compared on the images that both have" for mark in pair.marks]
    one, other = (run.models[name] for run, name in zip(pair.runs, pair.names, strict=True))
    if one.state and one.state == other.state:
        found.same_weights.append(str(pair))
    found.remarks += [f"{pair}: {remark}" for remark in model_remarks(one, other)]
    found.refused += _alone(pair)
    draws = {}
    for condition in pair.common:
        if faults := pair.condition_faults(condition[0]):
            found.refused.append(f"{condition[0]}: not compared: {'; '.join(faults)}")
        elif both := reader.draws(condition, metric_set):
            draws[condition] = both
    found.overall += _overall(pair, reader, metric_set, draws, found.asked)
    found.cells += [_difference(pair, reader, metric_set, *c, both, found.asked) for c, both in draws.items()]


def _alone(pair: ModelPair) -> Iterator[str]:
    """Yield a line for the conditions that one of the runs has not evaluated."""
    for i, number in enumerate(("first", "second")):
        lacking = [c for c in pair.planned[1 - i] if not pair.runs[i].has(pair.places(c)[i])]
        there = [c for c in lacking if pair.runs[1 - i].has(pair.places(c)[1 - i])]
        if there:
            words = ", ".join(
                f"{label} {strength:.12g}" if label != "clean" else label for label, strength in there[:3]
            )
            more = ", …" if len(there) > 3 else ""
            yield f"{pair}: not in the {number} run: {words}{more} ({len(there)} conditions)"


def _overall(
    pair: ModelPair,
    reader: PairReader,
    metric_set: MetricSet,
    draws: "dict[BoardCondition, tuple[Floats, Floats]]",
    asked: Asked,
) -> Iterator[Difference]:
    if CLEAN in draws:
        yield _difference(pair, reader, metric_set, *CLEAN, draws[CLEAN], asked)
    one, other = (mean_of({condition: both[i] for condition, both in draws.items()}) for i in (0, 1))
    if one is not None and other is not None:
        yield _difference(pair, reader, metric_set, MEAN, None, (one, other), asked)


def _difference(
    pair: ModelPair,
    reader: PairReader,
    metric_set: MetricSet,
    perturbation: str,
    strength: float | None,
    draws: "tuple[Floats, Floats]",
    asked: Asked,
) -> Difference:
    import numpy as np

    resampling = resampling_for(reader.images, asked)
    first, second = (estimate(draw, resampling).value for draw in draws)
    with np.errstate(invalid="ignore"):  # two infinite distances have no difference
        change = estimate(draws[1] - draws[0], resampling)
    (dataset, one), (_, other) = pair.names
    model = one if one == other else f"{one} → {other}"
    place = dataset, model, perturbation, strength, metric_set.name, reader.images
    return Difference(*place, first, second, change, verdict_of(change, asked.sign))


def verdict_of(change: Estimated, sign: int) -> Verdict:
    """Return what a change means; sign: -1 where less is better.

    >>> verdict_of(Estimated(0.1, 0.02, 0.2), 1), verdict_of(Estimated(0.1, -0.02, 0.2), 1)
    ('better', 'unclear')
    """
    if change.value is None or change.low is None or change.high is None:
        return "not defined"
    if change.value == change.low == change.high == 0:
        return "equal"
    if change.low <= 0 <= change.high:
        return "unclear"
    return "better" if sign * change.value > 0 else "worse"
