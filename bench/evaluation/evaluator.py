"""One cell: every picture perturbed, predicted and counted, in batches, ahead of the network."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

import torch
from torch import Tensor

from bench.data import ManifestRow, Sample
from bench.data.sample_cache import Decoded
from bench.metrics.counts import Counts, confusion
from bench.perturb import Step, run_steps, single_threaded, step_keys
from bench.perturb.similarity import Similarity, similarity
from bench.plan.jobs import Condition
from bench.suite import Sweep
from bench.suite.prompt_policies import draw
from registry.geometry import content, resize
from registry.labels import IGNORE, Task
from registry.prompts import Prompt
from registry.segmenter import Case, Geometry, Prediction, Segmenter, Size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

A = TypeVar("A")
B = TypeVar("B")

BATCH_PIXELS = 8_000_000  # a batch stops growing here, so that large pictures do not add up in memory
AHEAD = 2  # batches prepared while the network works on another


@dataclass(frozen=True)
class Settings:
    """How a cell is evaluated; `batch_size` and `device` may not change a number.

    fresh: random numbers of their own at every strength. measure: compare each picture with its clean original.
    prompt: the policy that draws each picture's prompt from its clean truth. task: what the model's labels say.
    """

    seed: int
    apply_at: Literal["native", "model_input"]
    batch_size: int
    device: str
    geometry: Geometry | None
    fresh: bool = False
    measure: bool = False
    prompt: str = "none"
    task: Task = "classes"


class Prepared(NamedTuple):
    """A picture ready for the model: uint8 [3, h, w] on the device, and the sample it came from.

    The sample's mask has moved as the picture has. counted: bool [H, W], the pixels that are scored; None: all.
    similarity: to the clean picture, where it was to be measured. prompt: from the clean truth, in the picture's
    pixels; the same under every perturbation, also where the animal has moved away from it.
    """

    image: Tensor
    sample: Sample
    counted: "NDArray[np.bool_] | None" = None
    similarity: Similarity | None = None
    prompt: Prompt | None = None


class Evaluation(NamedTuple):
    """What a cell gives: counts, and similarities where they were measured, in the order of the samples.

    oracle: the counts of each picture's best candidate by the truth; None where the model has one answer only.
    """

    samples: tuple[str, ...]
    counts: Counts
    similarities: tuple[Similarity, ...]
    oracle: Counts | None = None


def to_tensor(image: "NDArray[np.uint8]", device: str) -> Tensor:
    """Bring uint8 RGB [H, W, 3] to a uint8 tensor [3, H, W] on `device`; on the CPU it shares the memory."""
    return torch.from_numpy(image).permute(2, 0, 1).to(device)


def prepare(sample: Sample, condition: Condition, settings: Settings) -> Prepared:
    """Perturb one picture, at its native size or (`apply_at: model_input`) at the network's input size."""
    return prepare_all([sample], condition, settings)[0]


def prepare_all(samples: Sequence[Sample], condition: Condition, settings: Settings) -> list[Prepared]:
    """Perturb pictures: on a CPU one by one in the calling thread, elsewhere those of one size as a batch."""
    clean = [_clean(sample, settings) for sample in samples]
    if condition.sweep is None:
        made = [Prepared(image.contiguous(), sample) for image, sample in zip(clean, samples, strict=True)]
    else:
        made = _all_perturbed(clean, samples, condition, condition.sweep, settings)
    if settings.prompt == "none":
        return made
    return [p._replace(prompt=_prompt(p.image, sample, settings)) for p, sample in zip(made, samples, strict=True)]


def _prompt(image: Tensor, clean: Sample, settings: Settings) -> Prompt | None:
    prompt = draw(settings.prompt, clean, settings.seed)
    return prompt and prompt.resized(Size(*clean.mask.shape), Size(*image.shape[-2:]))


def _all_perturbed(
    clean: Sequence[Tensor], samples: Sequence[Sample], condition: Condition, sweep: Sweep, settings: Settings
) -> list[Prepared]:
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
    images, prompts = [p.image for p in batch], [p.prompt for p in batch]
    return segmenter.predict(images, prompts, sizes=sizes, probabilities=probabilities)


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
    parts: list[Tally] = []
    similarities: list[Similarity] = []
    tallies: deque[Future[Tally]] = deque()

    def load(indices: list[int]) -> list[Prepared]:
        return prepare_all([decoded[i] for i in indices], condition, settings)

    with ThreadPoolExecutor(1, initializer=single_threaded) as before, ThreadPoolExecutor(1) as after:
        for batch in ahead(before, load, batches(rows, settings.batch_size)):
            similarities += [p.similarity for p in batch if p.similarity]
            predictions = predict(segmenter, batch, condition)
            tallies.append(after.submit(count, batch, predictions, classes))
            if len(tallies) > AHEAD:
                parts.append(tallies.popleft().result())
            done(len(batch))
        parts += [tally.result() for tally in tallies]
    oracle = [part.oracle for part in parts if part.oracle is not None]
    counts = Counts.joined([part.counts for part in parts])
    ids = tuple(row.id for row in rows)
    return Evaluation(ids, counts, tuple(similarities), Counts.joined(oracle) if oracle else None)


class Tally(NamedTuple):
    """The counts of a batch, and those of each picture's best candidate where there are candidates."""

    counts: Counts
    oracle: Counts | None = None


def count(batch: Sequence[Prepared], predictions: Sequence[Prediction], classes: int) -> Tally:
    """Return the confusion counts of a batch, per image, at native size."""
    foreground = [p.sample.foreground for p in batch]
    pairs = list(zip(batch, predictions, strict=True))
    counts = Counts.gather(classes, (_confusion(p, said.labels, classes) for p, said in pairs), foreground)
    if all(said.candidates is None for said in predictions):
        return Tally(counts)
    return Tally(counts, Counts.gather(classes, (_best(p, said, classes) for p, said in pairs), foreground))


def _best(prepared: Prepared, said: Prediction, classes: int) -> Tensor:
    """Return the matrix of the candidate with the best IoU of object and not object, the border being the object.

    That is how `sam2_binary` scores, so that no picture's oracle can stand below the model's own choice there.
    """
    candidates = said.labels[None] if said.candidates is None else said.candidates
    matrices = [_confusion(prepared, one, classes) for one in candidates]
    return max(matrices, key=_object_iou)


def _object_iou(matrix: Tensor) -> float:
    hit, union = matrix[1:, 1:].sum().double(), matrix.sum() - matrix[0, 0]
    return float(hit / union) if union else 1.0


def _confusion(prepared: Prepared, labels: Tensor, classes: int) -> Tensor:
    truth = torch.from_numpy(prepared.sample.mask).to(labels.device)
    if prepared.counted is not None:
        counted = torch.from_numpy(prepared.counted).to(labels.device)
        truth, labels = truth[counted], labels[counted]
    return confusion(truth, labels, classes).cpu()


def batches(rows: Sequence[ManifestRow], size: int) -> Iterator[list[int]]:
    """Yield indices in order, at most `size` and at most BATCH_PIXELS together (a larger picture goes alone).

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
