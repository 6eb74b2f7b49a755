"""The examples of a cell: its best, median and worst images, and those that all models draw.

They are kept from the predictions that the cell made anyway.
"""

from bisect import insort
from collections.abc import Sequence
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.evaluation.example_budget import SHARED, SPREAD, WORST
from bench.evaluation.example_files import confidence_maps, small_mask, write_example
from bench.evaluation.preparation import PreparedImage
from bench.metrics import MetricSet, per_image
from bench.metrics.counts import Counts
from bench.perturb.threads import pool
from registry.labels import Task
from registry.segmenter import Prediction

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def window(images: int) -> int:
    """Return how many images on either side of the running median are kept: it moves as images come.

    By about the root of their number: the place of a median of n random scores has a standard deviation of sqrt(n)/2.
    """
    return isqrt(images) + 1


class KeptExample(NamedTuple):
    """What an example is drawn from: labels uint8 [h, w] and confidence uint8 [K, h, w] at the stored size."""

    prepared: PreparedImage
    labels: "NDArray[np.uint8]"
    confidence: "NDArray[np.uint8] | None"


def ranked(scores: "NDArray[np.float64]") -> dict[str, int]:
    """Return the indices of the best, the median and the worst score; NaN scores do not take part.

    >>> ranked(np.array([0.5, np.nan, 0.9, 0.1]))
    {'best': 2, 'median': 0, 'worst': 3}
    """
    return _places([int(i) for i in np.argsort(-scores, kind="stable") if not np.isnan(scores[i])], SPREAD)


def _places(order: Sequence[int], ranks: Sequence[str], shared: Sequence[int] = ()) -> dict[str, int]:
    """Return the places of `ranks` in an order, and the shared ones.

    With one or two images best, median and worst fall together; the further ranks may name an image again.
    """
    spread = {"best": 0, "median": (len(order) - 1) // 2, "worst": len(order) - 1} if order else {}
    found: dict[str, int] = {}
    for rank, place in spread.items():
        if rank in ranks and order[place] not in found.values():
            found[rank] = order[place]
    further = {rank: order[-number] for number, rank in enumerate(WORST, 1) if 1 < number <= len(order)}
    further |= dict(zip(SHARED, shared, strict=False))
    return found | {rank: place for rank, place in further.items() if rank in ranks}


class ExampleKeeper:
    """Keeps what the examples of one cell are drawn from, a bounded number of images, while batches come in order.

    Best and worst are exact. The median of all images is known at the end only: those around the running median
    are kept, and where the last one is not among them, `again` predicts that image once more. Most of what is kept
    on the way is no example in the end, so a prediction is reduced to the stored size when it is drawn.
    Of the shared images it is known from the start where they stand.

    Args:
        metric_set: ranks the images, by their mean Dice.
        task: of a `binary` model the object is drawn in the colour of the image's own class.
        again: (place) -> the image and its prediction.
        ranks: which of `example_budget.RANKS` are kept.
        room: how many predictions may be kept whole; those beyond it are reduced at once.
        shared: the places of the images that all models draw.
    """

    def __init__(
        self,
        metric_set: MetricSet,
        task: Task,
        again: "Callable[[int], tuple[PreparedImage, Prediction]]",
        ranks: Sequence[str] = SPREAD,
        room: int = 0,
        shared: Sequence[int] = (),
    ) -> None:
        self._metric_set, self._task, self._again, self._ranks = metric_set, task, again, ranks
        self._shared = [place for rank, place in zip(SHARED, shared, strict=False) if rank in ranks]
        self._worst = max((WORST.index(rank) + 1 for rank in ranks if rank in WORST), default=0)
        self._order: list[tuple[float, int]] = []
        self._room = room
        self._whole: dict[int, tuple[PreparedImage, Prediction]] = {}
        self._kept: dict[int, KeptExample] = {}
        self._fault: Exception | None = None

    def watch(
        self,
        places: Sequence[int],
        batch: Sequence[PreparedImage],
        predictions: Sequence[Prediction],
        counts: Counts,
    ) -> None:
        """Take up a batch; see `evaluator.Watch`. A fault is kept for `write`: the counts are worth more."""
        if self._ranks and self._fault is None:
            try:
                self._take_up(places, batch, predictions, counts)
            except Exception as error:  # noqa: BLE001 - whatever it is, the cell is complete without its images
                self._fault = error

    def _take_up(
        self,
        places: Sequence[int],
        batch: Sequence[PreparedImage],
        predictions: Sequence[Prediction],
        counts: Counts,
    ) -> None:
        scores = per_image(counts, self._metric_set).tolist()
        for place, score, prepared, prediction in zip(places, scores, batch, predictions, strict=True):
            if score == score:  # not NaN
                insort(self._order, (-score, place))
            elif place not in self._shared:
                continue
            wanted = self._wanted()
            for kept in (self._whole, self._kept):
                for gone in kept.keys() - wanted:
                    del kept[gone]
            if place in wanted and len(self._whole) < self._room:
                self._whole[place] = prepared, prediction
            elif place in wanted:
                self._kept[place] = self._reduced(prepared, prediction)

    def _wanted(self) -> set[int]:
        """Return the places of the best, the worst, those around the median of all images so far, and the shared."""
        order, middle = self._order, (len(self._order) - 1) // 2
        reach = window(len(order))
        around = {
            "best": order[:1],
            "median": order[max(0, middle - reach) : middle + reach + 1],
        }
        kept = [one for rank, found in around.items() if rank in self._ranks for one in found]
        kept += order[len(order) - min(self._worst, len(order)) :]
        return {place for _, place in kept} | set(self._shared)

    def _reduced(self, prepared: PreparedImage, prediction: Prediction) -> KeptExample:
        native = prepared.sample.mask.shape
        if self._task == "binary":
            foreground = max(prepared.sample.foreground, 1)
            labels = (prediction.labels > 0).to(prediction.labels.dtype) * foreground
            return KeptExample(prepared, small_mask(labels.cpu().numpy(), native), None)
        confidence = confidence_maps(prediction.probabilities, native)
        return KeptExample(prepared, small_mask(prediction.labels.cpu().numpy(), native), confidence)

    def write(
        self, folder: Path, stem: str, classes: Sequence[str], *, background: bool = True
    ) -> list[dict[str, Any]]:
        """Write the examples' images below `folder`, each once, and return the entries for the cell's record.

        stem: a name for the files, unique among the cells. background: whether class 0 is one.

        Raises:
            StorageError: a file cannot be written. Or whatever fault `watch` met.
        """
        if self._fault is not None:
            raise self._fault
        ranks = _places([place for _, place in self._order], self._ranks, self._shared)
        names = {place: rank for rank, place in reversed(ranks.items())}
        found = [self._kept.get(place) or self._whole.get(place) or self._again(place) for place in names]

        def drawn(rank: str, one: KeptExample | tuple[PreparedImage, Prediction]) -> dict[str, Any]:
            kept = one if isinstance(one, KeptExample) else self._reduced(*one)
            name = f"{stem}-{rank.replace(' ', '-')}"
            image = write_example(folder, name, *kept, classes, background=background)
            return {"sample": kept.prepared.sample.id, "images": [image.model_dump()]}

        # Encoding takes some ten milliseconds each, without Python's lock.
        images = dict(zip(names, pool(len(SPREAD)).map(drawn, names.values(), found), strict=True))
        return [{"rank": rank, **images[place]} for rank, place in ranks.items()]
