"""One cell: every picture perturbed, predicted and counted, in batches, ahead of the network."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from bench.counts import IGNORE, Counts, confusion
from bench.data import Row, Sample
from bench.decoded import Decoded
from bench.perturb import Step, run_steps, single_threaded, step_keys
from bench.plan import Condition
from bench.similarity import Similarity, similarity
from bench.suite import Sweep
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
    """How a cell is evaluated; `batch_size` and `device` may not change a number.

    fresh: random numbers of their own at every strength. measure: compare each picture with its clean original.
    """

    seed: int
    apply_at: Literal["native", "model_input"]
    batch_size: int
    device: str
    geometry: Geometry | None
    fresh: bool = False
    measure: bool = False


class Prepared(NamedTuple):
    """A picture ready for the model: uint8 [3, h, w] on the device, and the sample it came from.

    The sample's mask has moved as the picture has. counted: bool [H, W], the pixels that are scored; None: all.
    similarity: to the clean picture, where it was to be measured.
    """

    image: Tensor
    sample: Sample
    counted: "NDArray[np.bool_] | None" = None
    similarity: Similarity | None = None


class Evaluation(NamedTuple):
    """What a cell gives: counts, and similarities where they were measured, in the order of the samples."""

    samples: tuple[str, ...]
    counts: Counts
    similarities: tuple[Similarity, ...]


def to_tensor(image: "NDArray[np.uint8]", device: str) -> Tensor:
    """Bring uint8 RGB [H, W, 3] to a uint8 tensor [3, H, W] on `device`; on the CPU it shares the memory."""
    return torch.from_numpy(image).permute(2, 0, 1).to(device)


def prepare(sample: Sample, condition: Condition, settings: Settings) -> Prepared:
    """Perturb one picture, at its native size or (`apply_at: model_input`) at the network's input size."""
    return prepare_all([sample], condition, settings)[0]


def prepare_all(samples: Sequence[Sample], condition: Condition, settings: Settings) -> list[Prepared]:
    """Perturb pictures: on a CPU one by one in the calling thread, elsewhere those of one size as a batch."""
    clean = [_clean(sample, settings) for sample in samples]
    if (sweep := condition.sweep) is None:
        return [Prepared(image.contiguous(), sample) for image, sample in zip(clean, samples, strict=True)]
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, image in enumerate(clean):
        groups.setdefault(tuple(image.shape) if image.is_cuda else (i,), []).append(i)
    done: dict[int, Prepared] = {}
    steps = sweep.steps(condition.strength)
    for members in groups.values():
        images = torch.stack([clean[i] for i in members]) if len(members) > 1 else clean[members[0]][None]
        changed = _perturbed(images, [samples[i] for i in members], steps, sweep, settings)
        done |= {
            i: one._replace(similarity=similarity(_array(clean[i]), _array(one.image)) if settings.measure else None)
            for i, one in zip(members, changed, strict=True)
        }
    return [done[i] for i in range(len(samples))]


def _clean(sample: Sample, settings: Settings) -> Tensor:
    image = to_tensor(sample.image, settings.device)
    if settings.apply_at == "native" or not settings.geometry:
        return image
    _, _, height, width = content(settings.geometry, Size(*image.shape[-2:]))
    return resize(image.float(), height, width).round().clamp(0, 255).to(torch.uint8)


def _perturbed(
    images: Tensor, samples: Sequence[Sample], steps: Sequence[Step], sweep: Sweep, settings: Settings
) -> list[Prepared]:
    """Return pictures of one size after `steps`, and their samples with masks after the same movements."""

    def keys(i: int) -> list[bytes]:
        return step_keys(steps, settings.seed, samples[i].image_hash, fresh=settings.fresh)

    ignored = sweep.occluded == "ignore"
    touched = sweep.any("moves") or sweep.any("needs_mask") or ignored
    masks = torch.stack([torch.from_numpy(s.mask) for s in samples]).to(images.device) if touched else None
    result = run_steps(images, steps, keys, masks)
    if result.masks is None:
        return [Prepared(image.contiguous(), sample) for image, sample in zip(result.images, samples, strict=True)]
    # Not by the mask's 255 alone: a metric set may count the border, but never what is not in the picture.
    counted = torch.ones_like(result.masks, dtype=torch.bool) if result.reached is None else result.reached
    if ignored and result.hidden is not None:
        counted = counted & ~result.hidden
    shown = result.masks.masked_fill(~counted, IGNORE)
    planes = zip(result.images, samples, shown.cpu().numpy(), counted.cpu().numpy(), strict=True)
    return [Prepared(image.contiguous(), replace(sample, mask=mask), c) for image, sample, mask, c in planes]


def _array(image: Tensor) -> "NDArray[np.uint8]":
    return image.permute(1, 2, 0).cpu().numpy()


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
    similarities: list[Similarity] = []
    tallies: deque[Future[Counts]] = deque()

    def load(indices: list[int]) -> list[Prepared]:
        return prepare_all([decoded[i] for i in indices], condition, settings)

    with ThreadPoolExecutor(1, initializer=single_threaded) as before, ThreadPoolExecutor(1) as after:
        for batch in ahead(before, load, batches(rows, settings.batch_size)):
            similarities += [p.similarity for p in batch if p.similarity]
            predictions = predict(segmenter, batch, condition)
            tallies.append(after.submit(count, batch, [p.labels for p in predictions], classes))
            if len(tallies) > AHEAD:
                parts.append(tallies.popleft().result())
            done(len(batch))
        parts += [tally.result() for tally in tallies]
    return Evaluation(tuple(row.id for row in rows), _joined(parts), tuple(similarities))


def count(batch: Sequence[Prepared], labels: Sequence[Tensor], classes: int) -> Counts:
    """Return the confusion counts of a batch, per image, at native size."""
    matrices = (_confusion(p, mask, classes) for p, mask in zip(batch, labels, strict=True))
    return Counts.gather(classes, matrices, [p.sample.foreground for p in batch])


def _confusion(prepared: Prepared, labels: Tensor, classes: int) -> Tensor:
    truth = torch.from_numpy(prepared.sample.mask).to(labels.device)
    if prepared.counted is not None:
        counted = torch.from_numpy(prepared.counted).to(labels.device)
        truth, labels = truth[counted], labels[counted]
    return confusion(truth, labels, classes).cpu()


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
