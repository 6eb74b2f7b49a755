"""One cell: every picture perturbed, predicted and counted, in batches, ahead of the network."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from bench.counts import Counts, confusion
from bench.data import Row, Sample
from bench.decoded import Decoded
from bench.perturb import stream_for
from bench.plan import Condition
from registry.geometry import content, resize
from registry.segmenter import Case, Geometry, Prediction, Segmenter, Size

if TYPE_CHECKING:
    from numpy.typing import NDArray

A = TypeVar("A")
B = TypeVar("B")

BATCH_PIXELS = 8_000_000  # a batch stops growing here, so that large pictures do not add up in memory
AHEAD = 2  # batches prepared while the network works on another


@dataclass(frozen=True)
class Settings:
    """How a cell is evaluated; `batch_size` and `device` may not change a number."""

    seed: int
    apply_at: Literal["native", "model_input"]
    batch_size: int
    device: str
    geometry: Geometry | None


class Prepared(NamedTuple):
    """A picture ready for the model: uint8 [3, h, w] on the device, and the sample it came from."""

    image: Tensor
    sample: Sample


class Evaluation(NamedTuple):
    """What a cell gives: counts in the order of the samples."""

    samples: tuple[str, ...]
    counts: Counts


def to_tensor(image: "NDArray[np.uint8]", device: str) -> Tensor:
    """Bring uint8 RGB [H, W, 3] to a uint8 tensor [3, H, W] on `device`."""
    return torch.from_numpy(image).permute(2, 0, 1).contiguous().to(device)


def prepare(sample: Sample, condition: Condition, settings: Settings) -> Prepared:
    """Perturb one picture, at its native size or (`apply_at: model_input`) at the network's input size."""
    image = to_tensor(sample.image, settings.device)
    if settings.apply_at == "model_input" and settings.geometry:
        _, _, height, width = content(settings.geometry, Size(*image.shape[-2:]))
        image = resize(image.float(), height, width).round().clamp(0, 255).to(torch.uint8)
    if sweep := condition.sweep:
        stream = stream_for(settings.seed, sample.image_hash, sweep.name, sweep.entry.version, settings.device)
        clean, image = image, sweep.entry.apply(image, condition.strength, sweep.parameters, stream)
        if (image.dtype, image.shape) != (clean.dtype, clean.shape):
            given = f"{image.dtype} {list(image.shape)}"
            raise TypeError(f"{sweep.name} returned {given}, not {clean.dtype} {list(clean.shape)} as it was given")
    return Prepared(image, sample)


def predict(
    segmenter: Segmenter, batch: Sequence[Prepared], condition: Condition, *, probabilities: bool = False
) -> list[Prediction]:
    """Return the predictions for prepared pictures at the native sizes of their samples."""
    segmenter.announce(Case(condition.case, condition.strength, tuple(p.sample.id for p in batch)))
    sizes = [Size(*p.sample.mask.shape) for p in batch]
    return segmenter.predict([p.image for p in batch], sizes=sizes, probabilities=probabilities)


def evaluate(
    segmenter: Segmenter,
    decoded: Decoded,
    condition: Condition,
    settings: Settings,
    done: Callable[[int], None] = lambda _: None,
) -> Evaluation:
    """Evaluate one cell; `done` hears how many pictures each batch had.

    Decoding and perturbing run in one thread ahead of the network, counting in another behind it:
    memory holds a few batches whatever the number of pictures.
    """
    rows, classes = decoded.subset.rows, len(decoded.subset.classes)
    parts: list[Counts] = []
    tallies: deque[Future[Counts]] = deque()

    def load(indices: list[int]) -> list[Prepared]:
        return [prepare(decoded[i], condition, settings) for i in indices]

    with ThreadPoolExecutor(1) as before, ThreadPoolExecutor(1) as after:
        for batch in ahead(before, load, batches(rows, settings.batch_size)):
            predictions = predict(segmenter, batch, condition)
            tallies.append(after.submit(count, batch, [p.labels for p in predictions], classes))
            if len(tallies) > AHEAD:
                parts.append(tallies.popleft().result())
            done(len(batch))
        parts += [tally.result() for tally in tallies]
    return Evaluation(tuple(row.id for row in rows), _joined(parts))


def count(batch: Sequence[Prepared], labels: Sequence[Tensor], classes: int) -> Counts:
    """Return the confusion counts of a batch, per image, at native size."""
    truths = [torch.from_numpy(p.sample.mask).to(mask.device) for p, mask in zip(batch, labels, strict=True)]
    matrices = (confusion(truth, mask, classes).cpu() for truth, mask in zip(truths, labels, strict=True))
    return Counts.gather(classes, matrices, [p.sample.foreground for p in batch])


def _joined(parts: Sequence[Counts]) -> Counts:
    foreground, values = ([getattr(part, name) for part in parts] for name in ("foreground", "values"))
    return Counts(parts[0].classes, np.concatenate(foreground), np.concatenate(values))


def batches(rows: Sequence[Row], size: int) -> Iterator[list[int]]:
    """Yield indices in order, at most `size` and at most BATCH_PIXELS together (a larger picture goes alone).

    >>> row = Row("a", "", "", 2000, 2000, 0, ())
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
