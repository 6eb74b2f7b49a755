"""`ranking.csv`, `comparisons.csv` and `robustness.csv`, from the cells of a run."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.plan.cells import Plans
from bench.record import protocol
from bench.record.cell_file import Images, StoredCell
from bench.record.compared_models import all_compared
from bench.record.csv_columns import COMPARISONS, RANKING, ROBUSTNESS
from bench.record.run_record import PerturbationRecord, StatisticsRecord
from bench.record.score_rows import number_text
from bench.record.summary import Scoring, planned_images, scoring, statistics_record, table_text
from bench.statistics.board import CLEAN, BoardCondition, DrawnBoard, OfModel
from bench.statistics.comparing import Swapping, permutations_for
from bench.statistics.resampling import resampling_of
from bench.statistics.robustness import Curve, CurveScores, Damage, ReferenceScores, Summary, summaries
from bench.suite import Suite
from registry.errors import BenchError

if TYPE_CHECKING:
    from bench.statistics.intervals import Floats

TABLES = {"ranking.csv": RANKING, "comparisons.csv": COMPARISONS, "robustness.csv": ROBUSTNESS}
RATIOS = {"iou": ("cd", "rcd"), "dice": ("mce",)}
"""Ratios against the reference model, by the metric whose error they are of."""
_SEVERITY = "severity"


class RankedModel(NamedTuple):
    """A model on a data set: by what it is scored, its images, and the keys of its finished cells by condition."""

    scoring: Scoring
    images: Images
    keys: Mapping[BoardCondition, str]


Read = Callable[[str, Images], StoredCell]
MeasuredRmse = Mapping[tuple[str, str, float], float]
"""Mean RMSE by data set, perturbation and strength."""


@dataclass(frozen=True)
class Study:
    """What the tables are made of. perturbations: of each data set, by its label. read: a cell by key and images."""

    models: Sequence[RankedModel]
    perturbations: Mapping[str, Sequence[PerturbationRecord]]
    rmse: MeasuredRmse
    statistics: StatisticsRecord
    read: Read

    def tables(self) -> dict[str, str]:
        """Return the content of the three tables; a cell that cannot be read is left out."""
        rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}
        for dataset in dict.fromkeys(one.scoring.name[0] for one in self.models):
            boards = self._boards(dataset)
            self._fill(dataset, boards)
            for board in boards:
                for compared in all_compared(board, self.statistics.failure_below):
                    rows["ranking.csv"] += compared.ranking()
                    rows["comparisons.csv"] += compared.comparisons()
                rows["robustness.csv"] += self._robustness(board, boards)
        return {name: table_text(columns, rows[name]) for name, columns in TABLES.items()}

    def _of(self, dataset: str) -> list[RankedModel]:
        return [one for one in self.models if one.scoring.name[0] == dataset]

    def _boards(self, dataset: str) -> list[DrawnBoard]:
        """Return the boards of a data set: one for each group of supervision and metric set that scores one of it."""
        models, by = self._of(dataset), self.statistics
        images = models[0].images.n
        resampling = resampling_of(images, by.resamples, by.interval)
        swapping = Swapping(images, permutations_for(len(models), by.resamples))
        sweeps = {one.label: one.strengths for one in self.perturbations[dataset] if one.strengths}
        groups = {(m.scoring.supervision, s.name): (m.scoring, s) for m in models for s in m.scoring.own}
        return [
            DrawnBoard(dataset, scoring.supervision, metric_set, scoring.classes, sweeps, resampling, swapping)
            for scoring, metric_set in groups.values()
        ]

    def _fill(self, dataset: str, boards: Sequence[DrawnBoard]) -> None:
        """Read the cells of a data set, condition by condition, so that few are in memory."""
        for condition in boards[0].conditions:
            for one in self._of(dataset):
                if (key := one.keys.get(condition)) is None:
                    continue
                try:
                    counts = self.read(key, one.images).counts
                except BenchError:
                    continue  # whoever reads its scores tells of it
                for board in boards:
                    if _stands_on(one.scoring, board):
                        board.take(condition, one.scoring.name[1], counts)
            for board in boards:
                board.close(condition)

    def _robustness(self, board: DrawnBoard, boards: Sequence[DrawnBoard]) -> Iterator[tuple[Any, ...]]:
        for model in board.models:
            for metric in board.metrics:
                if (scores := self._scores(board, model, metric)) is None:
                    continue
                reference = self._reference(board, boards, metric)
                found = list(summaries(scores, reference, RATIOS.get(metric, ())))
                first = board.dataset, model, board.supervision, board.metric_set.name, metric
                yield from ((*first, *row) for row in _summary_rows(board, found))

    def _scores(self, board: DrawnBoard, model: str, metric: str) -> CurveScores | None:
        draws = board.draws[OfModel(model, metric)]
        if CLEAN not in draws:
            return None
        curves = []
        for one in self.perturbations[board.dataset]:
            strengths = one.by_damage()
            if strengths and all((one.label, strength) in draws for strength in strengths):
                curves.append(self._curve(board.dataset, one, [draws[one.label, strength] for strength in strengths]))
        scores = CurveScores(draws[CLEAN], tuple(curves), len(board.sweeps))
        if not scores.whole:
            return scores
        own = board.images[OfModel(model, metric), "perturbed"].worst
        return CurveScores(scores.clean, scores.curves, scores.planned, board.mean_over_images(own))

    def _curve(self, dataset: str, one: PerturbationRecord, draws: "Sequence[Floats]") -> Curve:
        import numpy as np

        measured = [self.rmse.get((dataset, one.label, twelve_digits(strength))) for strength in one.by_damage()]
        known = [rmse for rmse in measured if rmse is not None]
        rmse = np.array([0.0, *known]) if len(known) == len(measured) else None
        return Curve(one.label, np.stack(draws), Damage(np.array(relative_places(one)), rmse))

    def _reference(self, board: DrawnBoard, boards: Sequence[DrawnBoard], metric: str) -> ReferenceScores | None:
        if not (label := self.statistics.reference):
            return None
        if label not in board.models:
            elsewhere = any(label in other.models for other in boards)
            reason = "the reference is on another board" if elsewhere else "the reference is not evaluated"
            return ReferenceScores(label, None, reason)
        scores = self._scores(board, label, metric)
        return ReferenceScores(label, scores, "" if scores else "the clean images of the reference are not evaluated")


def planned_study(
    suite: Suite, plans: Plans, finished: Collection[str], strengths: Iterable[Mapping[str, Any]], read: Read
) -> Study:
    """Return the study of a suite's cells that are finished; strengths: rows of strengths.csv."""
    sweeps = tuple(protocol.perturbation_record(sweep) for sweep in suite.sweeps)
    models, perturbations = [], {}
    for job, cells in plans.values():
        there = {(c.condition.label, c.condition.strength): c.key for c in cells if c.key in finished}
        models.append(RankedModel(scoring(suite, job), planned_images(job), there))
        perturbations[job.name[0]] = sweeps if job.data.spec.keys.perturbed else ()
    return Study(models, perturbations, measured_rmse(strengths), statistics_record(suite), read)


def twelve_digits(strength: float) -> float:
    """Return a strength as the tables have it."""
    return float(f"{strength:.12g}")


def relative_places(perturbation: PerturbationRecord) -> list[float]:
    """Return 0 for the clean level, then |s - identity| / |s_n - identity| of each strength from mild to strong.

    Of a severity the identity is 0; where no strength is the clean image's (a JPEG quality), levels are counted.
    """
    strengths, identity = perturbation.by_damage(), perturbation.identity
    if identity is None and perturbation.unit == _SEVERITY:
        identity = 0.0
    if identity is None:
        return [level / len(strengths) for level in range(len(strengths) + 1)]
    away = [abs(strength - identity) for strength in strengths]
    return [0.0, *(one / (max(away) or 1.0) for one in away)]


def _stands_on(scoring: Scoring, board: DrawnBoard) -> bool:
    return scoring.supervision == board.supervision and board.metric_set in scoring.own


def _summary_rows(board: DrawnBoard, found: Sequence[Summary]) -> Iterator[tuple[Any, ...]]:
    """Yield measure, perturbation, reference, value, low, high, resamples and note of summaries."""
    import numpy as np

    if not found:
        return
    drawn = np.stack([one.draw for one in found], axis=1)
    low, high, _ = board.resampling.bounds(drawn)
    resamples = np.isfinite(drawn[1 : 1 + board.resampling.resamples]).sum(0)
    for i, one in enumerate(found):
        open_above = np.isfinite(drawn[0, i]) and np.isposinf(high[i])
        note = "; ".join(filter(None, (one.note, "the upper bound is censored" if open_above else "")))
        bounds = *map(number_text, (drawn[0, i], low[i], high[i])), int(resamples[i])
        yield one.measure, one.perturbation, one.reference, *bounds, note


def measured_rmse(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, float], float]:
    """Return the mean RMSE by data set, perturbation and strength from rows of strengths.csv."""
    return {
        (row["dataset"], row["perturbation"], float(row["strength"])): float(row["mean"])
        for row in rows
        if row["measure"] == "rmse" and row["mean"] not in (None, "")
    }
