"""Which score of two runs, or of one, is asked for: a metric by its name in summary.csv, under a metric set."""

from collections.abc import Sequence
from typing import NamedTuple

from bench.compare.protocols import unequal
from bench.metrics import METRICS
from bench.metrics.further import AskedMetric, asked_of
from bench.metrics.image_entry import IMAGE_METRICS
from bench.record.run_record import RunRecord
from bench.statistics.resampling import RESAMPLES
from registry.errors import BenchError, suggestion

_SUFFIXES = {"_per_image": "mean over images", "_worst_5": "mean over the worst 5 % of the images"}
"""Of scores of overlap: the ends of their names, and what they mean."""


class AskedFacts(NamedTuple):
    """What is known of a metric. further: the entry that gives it, where it is no score that every cell has."""

    title: str
    higher_is_better: bool
    further: tuple[AskedMetric, ...] = ()


class Asked(NamedTuple):
    """A metric, a metric set (None: the headline), and the number of resamples; `settled` finds the facts."""

    metric: str = "dice"
    metric_set: str | None = None
    resamples: int = RESAMPLES
    facts: AskedFacts = AskedFacts("", higher_is_better=True)

    @property
    def sign(self) -> int:
        """1 where more is better, else -1."""
        return 1 if self.facts.higher_is_better else -1

    def settled(self, records: Sequence[RunRecord]) -> "Asked":
        """Return it with what is known of its metric.

        Raises:
            BenchError: the cells of one of the runs have no such metric, or have it by other rules than the first one,
                or the resamples are too few or too many.
        """
        if not 100 <= self.resamples <= 100_000:
            raise BenchError(f"{self.resamples} resamples: give 100 to 100000")
        for record in records:
            if self.metric not in (known := known_metrics(record)):
                raise BenchError(
                    f"no metric '{self.metric}' in the run {record.name}; {suggestion(self.metric, known)}"
                )
        facts = known_metrics(records[0])[self.metric]
        for one in facts.further:
            entries = [next(entry for entry in record.further if entry.name == one.name) for record in records]
            if faults := unequal(entries[0], entries[-1], ("version", "parameters"), f"metric {one.name}'s "):
                raise BenchError(f"the runs do not compare: {'; '.join(faults)}")
        return self._replace(facts=facts)


def known_metrics(record: RunRecord) -> dict[str, AskedFacts]:
    """Return the metrics that the cells of a run have, by their names in summary.csv."""
    found = {}
    for name in METRICS.names():
        entry = METRICS[name]
        found[name] = AskedFacts(entry.title, entry.higher_is_better)
        for ending, words in _SUFFIXES.items() if entry.overlap else ():
            found[name + ending] = AskedFacts(f"{entry.title}, {words}", entry.higher_is_better)
    for one in asked_of(record.further):
        for given in IMAGE_METRICS[one.name].gives:
            found[given.name] = AskedFacts(given.title, given.higher_is_better, (one,))
    return found
