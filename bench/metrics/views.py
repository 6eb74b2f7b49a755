"""One image as a metric set sees it: whose pixels count, which labels there are. What further metrics measure."""

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench.metrics.counts import Border
from bench.metrics.outlines import OutlinePair, outline_pair
from registry.labels import IGNORE, Task, can_score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from bench.metrics.sets import MetricSet

    Bytes = NDArray[np.uint8]
    Shares = NDArray[np.float32]


class MetricView(NamedTuple):
    """The two choices of a metric set that decide what is measured in an image."""

    border: Border
    task: Task

    @property
    def name(self) -> str:
        """How the columns of a cell call it."""
        return f"{self.border} {self.task}"

    def columns(self, classes: int) -> int:
        """Return how many classes are scored of data of so many."""
        return classes if self.task == "classes" else 1


def views_of(metric_sets: "Iterable[MetricSet]", task: Task) -> list[MetricView]:
    """Return what the metric sets that can score a model of this task see, each once, in a fixed order."""
    return sorted({MetricView(one.border, one.task) for one in metric_sets if can_score(one.task, task)})


class LabelledImage(NamedTuple):
    """What is known of one image before a metric set looks at it, at the size of the ground truth.

    ground_truth: uint8 [H, W], 255 is the border. prediction: uint8 [H, W]. foreground: the image's most frequent
    class other than background, 0 if none. counted: bool [H, W], the pixels that are in the image; None: all.
    shares: returns the class probabilities, float32 [C, H, W]; None: the model has none.
    """

    ground_truth: "Bytes"
    prediction: "Bytes"
    classes: int
    foreground: int = 0
    counted: "NDArray[np.bool_] | None" = None
    shares: "Callable[[], Shares] | None" = None


class MaskPair(NamedTuple):
    """One class in one image: uint8 [H, W], 1 where the mask is; pixels that do not count are in neither mask."""

    ground_truth: "Bytes"
    prediction: "Bytes"


class SeenImage:
    """One image under a view.

    ground_truth: uint8 [H, W], 255 where a pixel does not count. prediction: uint8 [H, W]. labels: those that are
    scored: all classes, or 1 alone where the question is object or not.
    """

    def __init__(self, image: LabelledImage, view: MetricView) -> None:
        self.ground_truth, self.prediction = _labels(image, view)
        self.labels = range(image.classes) if view.task == "classes" else range(1, 2)
        self._image, self._binary = image, view.task == "binary"
        self._outlines: dict[int, OutlinePair] = {}

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.ground_truth.shape
        return height, width

    @cached_property
    def counted(self) -> "NDArray[np.bool_]":
        """The pixels that count, bool [H, W]."""
        return np.not_equal(self.ground_truth, IGNORE)

    @cached_property
    def present(self) -> set[int]:
        """The scored labels that ground truth or prediction has where pixels count."""
        found = np.zeros(256, bool)
        found[self.ground_truth[self.counted]] = True
        found[self.prediction[self.counted]] = True
        return {label for label in self.labels if found[label]}

    def masks(self, label: int) -> MaskPair:
        """Return the two masks of a label."""
        prediction = (self.prediction == label) & self.counted
        return MaskPair((self.ground_truth == label).view(np.uint8), prediction.view(np.uint8))

    def outlines(self, label: int) -> OutlinePair:
        """Return the outlines of a label's masks; they are made once for all metrics."""
        if label not in self._outlines:
            self._outlines[label] = outline_pair(*self.masks(label))
        return self._outlines[label]

    @cached_property
    def shares(self) -> "Shares":
        """The probabilities of the labels 0, 1, …, float32 [C, P] of the P pixels in row-major order.

        Of object or not, there are two: of the background, and of everything else.
        """
        assert self._image.shares is not None
        found = self._image.shares()
        flat = found.reshape(len(found), -1)
        return np.stack([flat[0], 1 - flat[0]]) if self._binary and len(flat) != 2 else np.ascontiguousarray(flat)


def _labels(image: LabelledImage, view: MetricView) -> "tuple[Bytes, Bytes]":
    truth, prediction = image.ground_truth, image.prediction
    fill = {"ignore": IGNORE, "background": 0, "foreground": image.foreground or IGNORE}[view.border]
    if fill != IGNORE:
        truth = np.where(truth == IGNORE, np.uint8(fill), truth)
    if view.task == "binary":
        truth = np.where(truth == IGNORE, truth, (truth > 0).view(np.uint8))
        prediction = (prediction > 0).view(np.uint8)
    if image.counted is not None:
        truth = np.where(image.counted, truth, np.uint8(IGNORE))
    return truth, prediction
