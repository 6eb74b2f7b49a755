"""Which cells of two runs are compared, and on which images."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from bench.compare.asked import Asked
from bench.compare.draws import CountedCell, drawn, ground_truth
from bench.compare.protocols import condition_faults, data_faults, data_marks, model_faults, rule_faults
from bench.compare.stored_run import CellPlace, StoredRun, check_label
from bench.metrics import MetricSet
from bench.record.cell_file import StoredCell
from bench.statistics.board import BoardCondition
from registry.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.statistics.intervals import Floats

    Places = tuple[NDArray[np.int64], NDArray[np.int64]]


class ModelNames(NamedTuple):
    """The labels of a data set and of a model of one run."""

    dataset: str
    model: str


@dataclass(frozen=True)
class ModelPair:
    """A model of the first run and one of the second on the same images."""

    runs: tuple[StoredRun, StoredRun]
    names: tuple[ModelNames, ModelNames]

    def __str__(self) -> str:
        """Return the pair in words."""
        (dataset, one), (_, other) = self.names
        return f"{one if one == other else f'{one} → {other}'} on {dataset}"

    @cached_property
    def faults(self) -> list[str]:
        """Why nothing of the two compares."""
        one, other = (run.models[name] for run, name in zip(self.runs, self.names, strict=True))
        records = self.runs[0].record, self.runs[1].record
        data = [run.record.dataset(name.dataset) for run, name in zip(self.runs, self.names, strict=True)]
        return data_faults(*data) + model_faults(one, other, records)

    @cached_property
    def marks(self) -> list[str]:
        """What has to be said of the images."""
        return data_marks(*(run.record.dataset(name.dataset) for run, name in zip(self.runs, self.names, strict=True)))

    def metric_set(self, asked: Asked) -> MetricSet:
        """Return the metric set that both are scored by: the one that is asked for, or the first run's headline.

        Raises:
            BenchError: there is none, or its rules differ.
        """
        known = [run.metric_sets(run.models[name]) for run, name in zip(self.runs, self.names, strict=True)]
        shared = [name for name in known[0] if name in known[1]]
        if asked.metric_set is not None:
            check_label(asked.metric_set, shared, "metric set")
        if not shared:
            raise BenchError(f"{self}: the runs share no metric set that scores both models")
        name = asked.metric_set or shared[0]
        if faults := rule_faults(self.runs[0].record, self.runs[1].record, name):
            raise BenchError(f"{self}: not compared: {'; '.join(faults)}")
        return known[0][name]

    def places(self, condition: BoardCondition) -> tuple[CellPlace, CellPlace]:
        """Return the places of a condition's two cells."""
        return CellPlace(*self.names[0], *condition), CellPlace(*self.names[1], *condition)

    @cached_property
    def planned(self) -> tuple[list[BoardCondition], list[BoardCondition]]:
        """The conditions of each run."""
        one, other = (
            [place.condition for place in run.keys if place[:2] == name]
            for run, name in zip(self.runs, self.names, strict=True)
        )
        return one, other

    @cached_property
    def common(self) -> list[BoardCondition]:
        """The conditions whose cells are there in both runs."""
        return [one for one in self.planned[0] if one in self.planned[1] and self._has_both(one)]

    def _has_both(self, condition: BoardCondition) -> bool:
        return all(run.has(place) for run, place in zip(self.runs, self.places(condition), strict=True))

    def condition_faults(self, label: str) -> list[str]:
        """Return why the images under a perturbation, which both runs have, are not the same."""
        return condition_faults(*self.runs, label)


@dataclass
class PairReader:
    """Reads a pair's cells; images: how many both have.

    refused: gets a line for each that is damaged. marks: gets one for what has to be said of the others.
    """

    pair: ModelPair
    asked: Asked
    refused: list[str]
    marks: list[str]
    images: int = 0
    _places: "Places | None" = None

    def draws(self, condition: BoardCondition, metric_set: MetricSet) -> "tuple[Floats, Floats] | None":
        """Return the scores of both under a condition, as draws over the images of both; None: a cell is damaged."""
        cells = self._cells(condition)
        if cells is None:
            return None
        if self._places is None:
            self._places = self._common(*cells)
            self.images = len(self._places[0])
        classes = self.pair.runs[0].record.dataset(self.pair.names[0].dataset).classes
        counts = [CountedCell.of(cell, places) for cell, places in zip(cells, self._places, strict=True)]
        one, other = (drawn(each, metric_set, classes, self.asked) for each in counts)
        return one, other

    def _cells(self, condition: BoardCondition) -> tuple[StoredCell, StoredCell] | None:
        found = []
        for run, place in zip(self.pair.runs, self.pair.places(condition), strict=True):
            try:
                found.append(run.cell(place))
            except BenchError as error:
                self.refused.append(str(error))
        if len(found) < 2:
            return None
        self._check_equal(condition, found[0], found[1])
        return found[0], found[1]

    def _check_equal(self, condition: BoardCondition, one: StoredCell, other: StoredCell) -> None:
        """Say so where cells of one key have different counts: one of them is not what its key says."""
        import numpy as np

        places = self.pair.places(condition)
        keys = {run.keys[place] for run, place in zip(self.pair.runs, places, strict=True)}
        if len(keys) == 1 and not np.array_equal(one.counts.values, other.counts.values):
            words = f"{self.pair}, {condition[0]} {condition[1]:.12g}"
            self.marks.append(f"{words}: equal keys ({keys.pop()}) and different counts; verify both runs")

    def _common(self, one: StoredCell, other: StoredCell) -> "Places":
        """Return the places of the images that both have: of one name, and of the same ground truth.

        Raises:
            BenchError: there is none.
        """
        import numpy as np

        there = {name: i for i, name in enumerate(other.samples)}
        named = np.array([(i, there[name]) for i, name in enumerate(one.samples) if name in there], dtype=np.int64)
        named = named.reshape(-1, 2)
        truths = ground_truth(one.counts)[named[:, 0]], ground_truth(other.counts)[named[:, 1]]
        same = (truths[0] == truths[1]).all(1)
        if unlike := int((~same).sum()):
            self.marks.append(f"{self.pair}: images of equal name with another ground truth, left out: {unlike}")
        if not same.any():
            raise BenchError(f"{self.pair}: the two runs have no image in common; compare runs on the same data")
        return named[same, 0], named[same, 1]


def model_pairs(one: StoredRun, other: StoredRun, renamed: Sequence[str] = ()) -> list[ModelPair]:
    """Return the pairs of models: of equal labels, and "A=B" of `renamed`; on data sets of equal label or manifest.

    Raises:
        BenchError: a label is unknown, or there is no pair.
    """
    labels = [list(dict.fromkeys(model.label for model in run.record.models)) for run in (one, other)]
    given = dict(_two_labels(word, *labels) for word in renamed)
    partners = {label: label for label in labels[0] if label in labels[1]} | given
    found = list(_pairs(one, other, partners))
    if not found:
        example = f"--pair '{labels[0][0]}={labels[1][0]}'" if all(labels) else "other runs"
        raise BenchError(
            f"{one.path} and {other.path} have no model of equal label on equal data; name one with {example}"
        )
    return found


def _two_labels(word: str, first: list[str], second: list[str]) -> tuple[str, str]:
    """Return the two labels of "A=B"; a label may have a = of its own."""
    cuts = [i for i, sign in enumerate(word) if sign == "="]
    found = [(word[:i], word[i + 1 :]) for i in cuts if word[:i] in first and word[i + 1 :] in second]
    if len(found) == 1:
        return found[0]
    if len(cuts) != 1:
        raise BenchError(f"--pair {word}: give a model of each run, as in --pair '{first[0]}={second[0]}'")
    check_label(word[: cuts[0]], first, "model of the first run")
    check_label(word[cuts[0] + 1 :], second, "model of the second run")
    raise AssertionError(word)


def _pairs(one: StoredRun, other: StoredRun, partners: dict[str, str]) -> Iterator[ModelPair]:
    manifests = {data.manifest: data.label for data in other.record.datasets if data.manifest}
    labels = {data.label for data in other.record.datasets}
    for dataset, label in one.models:
        own = one.record.dataset(dataset)
        there = dataset if dataset in labels else manifests.get(own.manifest, "")
        partner = ModelNames(there, partners.get(label, ""))
        if partner in other.models:
            yield ModelPair((one, other), (ModelNames(dataset, label), partner))
