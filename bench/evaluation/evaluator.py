"""One condition over all images of a data set: decoded, perturbed, predicted and counted in batches."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from bench.data import ManifestRow
from bench.evaluation.counting import Tally, count
from bench.evaluation.measuring import ImageTerms, joined, measured
from bench.evaluation.pictures import Pictures
from bench.evaluation.preparation import EvaluationSettings, PreparedImage
from bench.metrics.counts import Counts
from bench.perturb import single_threaded
from bench.perturb.similarity import Similarity
from bench.plan.cells import Condition
from registry.segmenter import Case, Prediction, Segmenter, Size

if TYPE_CHECKING:
    from bench.metrics.counts import Integers

A = TypeVar("A")
B = TypeVar("B")

BATCH_PIXELS = 8_000_000  # a batch stops growing here, so that large images do not add up in memory
AHEAD = 2  # batches prepared while the network works on another
HELD_BYTES = 512 * 2**20
"""Of scores that predictions not yet counted may keep for their probabilities; as much again of those for examples."""

Watch = Callable[[Sequence[int], Sequence[PreparedImage], Sequence[Prediction], Counts], None]
"""(places, images, predictions, counts) of each batch, in order: for what predictions are needed for besides counts."""


class Evaluation(NamedTuple):
    """What a cell gives: counts, and similarities where they were measured, in the order of the samples.

    oracle: the counts of each image's best candidate by the ground truth; None where the model predicts one mask.
    pooled: the matrices of all images added up; None where the counts hold them.
    measured: for the further metrics.
    """

    samples: tuple[str, ...]
    counts: Counts
    similarities: tuple[Similarity, ...]
    oracle: Counts | None = None
    pooled: "Integers | None" = None
    measured: ImageTerms = ImageTerms()


def predict(segmenter: Segmenter, batch: Sequence[PreparedImage], condition: Condition) -> list[Prediction]:
    """Return the predictions for prepared images at the native sizes of their samples."""
    segmenter.announce(Case(condition.case, condition.strength, tuple(one.sample.id for one in batch)))
    sizes = [Size(*one.sample.mask.shape) for one in batch]
    return segmenter.predict([one.image for one in batch], [one.prompt for one in batch], sizes=sizes)


def evaluate(
    segmenter: Segmenter,
    pictures: Pictures,
    condition: Condition,
    settings: EvaluationSettings,
    advance: Callable[[int], None] = lambda _: None,
    watch: Watch | None = None,
) -> Evaluation:
    """Evaluate one cell; `advance` is called with the number of images of each batch.

    Decoding and perturbing run in one thread ahead of the network, counting (and `watch`) in another behind it:
    memory holds a few batches whatever the number of images.
    """
    subset = pictures.decoded.subset
    rows, classes = subset.rows, len(subset.classes)
    kept = scores_of(segmenter, subset.classes)
    finished: list[tuple[Tally, ImageTerms]] = []
    similarities: list[Similarity] = []
    tallies: deque[Future[tuple[Tally, ImageTerms]]] = deque()

    def load(places: list[int]) -> tuple[list[int], list[PreparedImage]]:
        return places, pictures.prepared(places, condition, settings)

    def tally(places: list[int], batch: list[PreparedImage], predictions: list[Prediction]) -> tuple[Tally, ImageTerms]:
        found = count(batch, predictions, classes)
        if watch:
            watch(places, batch, predictions, found.counts)
        return found, measured(batch, predictions, classes, settings)

    alone = partial(ThreadPoolExecutor, 1, initializer=single_threaded)
    with alone() as before, alone() as after:
        for places, batch in ahead(before, load, batches(rows, settings.batch_size)):
            similarities += [one.similarity for one in batch if one.similarity]
            tallies.append(after.submit(tally, places, batch, predict(segmenter, batch, condition)))
            if len(tallies) > _may_wait(settings, kept, batch):
                finished.append(tallies.popleft().result())
            advance(len(batch))
        finished += [one.result() for one in tallies]
    parts = [part for part, _ in finished]
    oracle = [part.oracle for part in parts if part.oracle is not None]
    counts = Counts.joined([part.counts for part in parts])
    ids = tuple(row.id for row in rows)
    totals = [part.pooled for part in parts if part.pooled is not None]
    best = Counts.joined(oracle) if oracle else None
    pooled = sum(totals[1:], totals[0]) if totals else None
    return Evaluation(ids, counts, tuple(similarities), best, pooled, joined([one for _, one in finished]))


def _may_wait(settings: EvaluationSettings, scores: int, batch: Sequence[PreparedImage]) -> int:
    """Return how many batches like this one may wait to be counted."""
    size = scores_bytes(settings, scores, sum(one.image[0].numel() for one in batch), len(batch))
    return AHEAD if size * (AHEAD + 1) <= HELD_BYTES else 0


def scores_of(segmenter: Segmenter, classes: Sequence[str]) -> int:
    """Return how many scores a pixel a model's predictions keep, at most."""
    return max(len(classes), segmenter.scores_per_pixel)


def scores_bytes(settings: EvaluationSettings, scores: int, pixels: int, images: int) -> int:
    """Return the bytes of scores that the predictions of a batch keep: `scores` a pixel, float32.

    Of the network's size, or of the images' own `pixels` together where a model takes them as they are.
    """
    if settings.geometry:
        pixels = settings.geometry.height * settings.geometry.width * images
    return 4 * scores * pixels


def batches(rows: Sequence[ManifestRow], size: int) -> Iterator[list[int]]:
    """Yield indices in order, at most `size` and at most BATCH_PIXELS together (a larger image goes alone).

    >>> row = ManifestRow("a", "", "", 2000, 2000, 0, ())
    >>> list(batches([row] * 5, size=4))
    [[0, 1], [2, 3], [4]]
    """
    batch: list[int] = []
    pixels = 0
    for i, row in enumerate(rows):
        area = row.height * row.width
        if batch and (len(batch) == size or pixels + area > BATCH_PIXELS):
            yield batch
            batch, pixels = [], 0
        batch.append(i)
        pixels += area
    if batch:
        yield batch


def ahead(pool: ThreadPoolExecutor, work: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
    """Yield work(item) in order while `pool` is at most AHEAD items further on."""
    waiting: deque[Future[B]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
