"""The further metrics that a suite asks for: what they measure in an image, and their scores of a cell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bench.metrics.image_entry import IMAGE_METRICS, CellTerms, Given, ImageMetric
from bench.metrics.image_scores import undefined
from bench.metrics.scores import scored_classes
from bench.metrics.views import LabelledImage, MetricView, SeenImage
from registry.parameters import Parameters

if TYPE_CHECKING:
    from bench.metrics.counts import Counts
    from bench.metrics.quantities import Quantity
    from bench.metrics.scores import Floats
    from bench.metrics.sets import MetricSet

NO_PROBABILITIES = "the model predicts labels without probabilities"
"""Why a metric that reads probabilities has no value."""


@dataclass(frozen=True)
class AskedMetric:
    """A further metric as a suite asks for it."""

    name: str
    parameters: Parameters

    @property
    def entry(self) -> ImageMetric:
        """What its file declares."""
        return IMAGE_METRICS[self.name]

    @property
    def version(self) -> int | str:
        """What is raised when its numbers change, of a plug-in the hash of its code."""
        return IMAGE_METRICS.version(self.name)

    def identity(self) -> list[object]:
        """Return what decides its numbers."""
        return [self.name, self.version, self.parameters.model_dump(mode="json")]

    @property
    def is_measured(self) -> bool:
        """Whether images must be measured for it; else it is made of the counts that every cell has."""
        return self.entry.reads != "counts"


def measured_of(asked: Iterable[AskedMetric]) -> list[AskedMetric]:
    """Return those that images must be measured for, by name."""
    return sorted((one for one in asked if one.is_measured), key=lambda one: one.name)


def column(name: str, view: MetricView) -> str:
    """Return how a cell calls what a metric measured under a view."""
    return f"{name} {view.name}"


def columns(asked: Iterable[AskedMetric], views: Sequence[MetricView], classes: int) -> dict[str, int]:
    """Return the columns that a cell has for further metrics, each with its numbers per image, in order."""
    found: dict[str, int] = {}
    for one in measured_of(asked):
        assert one.entry.terms is not None
        found |= {column(one.name, view): one.entry.terms(view.columns(classes)) for view in views}
    return found


def measure(image: LabelledImage, asked: Iterable[AskedMetric], views: Iterable[MetricView]) -> "dict[str, Floats]":
    """Return what is measured of an image by column, float64 [K] each; none for what the image has no data for."""
    wanted = [one for one in measured_of(asked) if one.entry.reads == "masks" or image.shares is not None]
    found: dict[str, Floats] = {}
    for view in views if wanted else ():
        seen = SeenImage(image, view)
        for one in wanted:
            assert one.entry.measure is not None
            found[column(one.name, view)] = one.entry.measure(seen, one.parameters)
    return found


def further_quantities(
    counts: "Counts",
    terms: "Mapping[str, Floats]",
    asked: Iterable[AskedMetric],
    metric_set: "MetricSet",
    class_names: Sequence[str],
) -> "list[Quantity]":
    """Return the scores of further metrics under a metric set, in the order of the suite.

    terms: what was measured, float64 [N, K] by column. A metric whose column is not there gets no number.
    """
    names, view = scored_classes(class_names, metric_set.task), MetricView(metric_set.border, metric_set.task)
    rows: list[Quantity] = []
    for one in asked:
        own = terms.get(column(one.name, view))
        if one.is_measured and own is None:
            rows += [row for given in one.entry.gives for row in undefined(given.name, _classes(given, names))]
        else:
            rows += one.entry.scores(CellTerms(own, names, metric_set, one.parameters, counts))
    return rows


def _classes(given: Given, names: Sequence[str]) -> list[str]:
    return [*names, "mean"] if given.per_class else ["all"]


class Recorded(Protocol):
    """A further metric in a run's record."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """As a suite gives them."""


def asked_of(records: Iterable[Recorded]) -> list[AskedMetric]:
    """Return further metrics from a run's record; one that is unknown here is left out.

    So a run that used a plug-in can be read without it.
    """
    return [
        AskedMetric(one.name, IMAGE_METRICS[one.name].parameters.model_validate(one.parameters))
        for one in records
        if one.name in IMAGE_METRICS
    ]
