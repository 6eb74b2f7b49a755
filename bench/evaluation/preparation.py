"""From a decoded sample to what a model sees under a condition: the image perturbed, its mask moved, its prompt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import torch
from torch import Tensor

from bench.data import Sample
from bench.metrics.further import AskedMetric
from bench.metrics.views import MetricView
from bench.perturb import Step, run_steps, step_keys
from bench.perturb.similarity import Similarity, similarity
from bench.plan.cells import Condition
from bench.suite import Sweep
from bench.suite.prompt_policies import draw
from registry.geometry import content, resize
from registry.labels import IGNORE, Task
from registry.prompts import Prompt
from registry.segmenter import Geometry, Size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class EvaluationSettings:
    """How a cell is evaluated; `batch_size` and `device` may not change a number.

    fresh: random numbers of their own at every strength. measure: compare each image with its clean original.
    prompt: the policy that draws each image's prompt from its clean ground truth. task: what the labels mean.
    further: metrics that images are measured for, under each of `views`.
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
    further: tuple[AskedMetric, ...] = ()
    views: tuple[MetricView, ...] = ()


class PreparedImage(NamedTuple):
    """An image ready for the model: uint8 [3, h, w] on the device, and the sample it came from.

    The sample's mask has moved as the image has. counted: bool [H, W], the pixels that are scored; None: all.
    similarity: to the clean image, where it was to be measured. prompt: from the clean ground truth, in the image's
    pixels; the same under every perturbation, also where the object has moved away from it.
    """

    image: Tensor
    sample: Sample
    counted: "NDArray[np.bool_] | None" = None
    similarity: Similarity | None = None
    prompt: Prompt | None = None


def to_tensor(image: "NDArray[np.uint8]", device: str) -> Tensor:
    """Bring uint8 RGB [H, W, 3] to a uint8 tensor [3, H, W] on `device`; on the CPU it shares the memory."""
    return torch.from_numpy(image).permute(2, 0, 1).to(device)


def prepare(sample: Sample, condition: Condition, settings: EvaluationSettings) -> PreparedImage:
    """Perturb one image, at its native size or (`apply_at: model_input`) at the network's input size."""
    return prepare_all([sample], condition, settings)[0]


def prepare_all(samples: Sequence[Sample], condition: Condition, settings: EvaluationSettings) -> list[PreparedImage]:
    """Perturb images: on a CPU one by one in the calling thread, elsewhere those of one size as a batch."""
    return prompted(all_perturbed(samples, condition, settings), samples, settings)


def all_perturbed(samples: Sequence[Sample], condition: Condition, settings: EvaluationSettings) -> list[PreparedImage]:
    """Do what `prepare_all` does but for the prompts: what is the same for all models."""
    clean = [_clean(sample, settings) for sample in samples]
    if condition.sweep is None:
        return [PreparedImage(image.contiguous(), sample) for image, sample in zip(clean, samples, strict=True)]
    return _all_perturbed(clean, samples, condition, condition.sweep, settings)


def prompted(
    prepared: list[PreparedImage], samples: Sequence[Sample], settings: EvaluationSettings
) -> list[PreparedImage]:
    """Give each image its prompt, from the clean ground truth of its sample."""
    if settings.prompt == "none":
        return prepared
    pairs = zip(prepared, samples, strict=True)
    return [one._replace(prompt=_prompt(one.image, sample, settings)) for one, sample in pairs]


def _prompt(image: Tensor, clean: Sample, settings: EvaluationSettings) -> Prompt | None:
    prompt = draw(settings.prompt, clean, settings.seed)
    return prompt and prompt.resized(Size(*clean.mask.shape), Size(*image.shape[-2:]))


def _all_perturbed(
    clean: Sequence[Tensor],
    samples: Sequence[Sample],
    condition: Condition,
    sweep: Sweep,
    settings: EvaluationSettings,
) -> list[PreparedImage]:
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, image in enumerate(clean):
        groups.setdefault(tuple(image.shape) if image.is_cuda else (i,), []).append(i)
    done: dict[int, PreparedImage] = {}
    steps = sweep.steps(condition.strength)
    for members in groups.values():
        images = torch.stack([clean[i] for i in members]) if len(members) > 1 else clean[members[0]][None]
        perturbed = _perturbed(images, [samples[i] for i in members], steps, sweep, settings)
        done |= {
            i: one._replace(similarity=similarity(_array(clean[i]), _array(one.image)) if settings.measure else None)
            for i, one in zip(members, perturbed, strict=True)
        }
    return [done[i] for i in range(len(samples))]


def _clean(sample: Sample, settings: EvaluationSettings) -> Tensor:
    image = to_tensor(sample.image, settings.device)
    if settings.apply_at == "native" or not settings.geometry:
        return image
    _, _, height, width = content(settings.geometry, Size(*image.shape[-2:]))
    return resize(image.float(), height, width).round().clamp(0, 255).to(torch.uint8)


def _perturbed(
    images: Tensor, samples: Sequence[Sample], steps: Sequence[Step], sweep: Sweep, settings: EvaluationSettings
) -> list[PreparedImage]:
    """Return images of one size after `steps`, and their samples with masks after the same movements."""

    def keys(i: int) -> list[bytes]:
        return step_keys(steps, settings.seed, samples[i].image_hash, fresh=settings.fresh)

    ignored = sweep.occluded == "ignore"
    touched = sweep.any("moves") or sweep.any("needs_mask") or ignored
    masks = torch.stack([torch.from_numpy(s.mask) for s in samples]).to(images.device) if touched else None
    result = run_steps(images, steps, keys, masks)
    if result.masks is None:
        pairs = zip(result.images, samples, strict=True)
        return [PreparedImage(image.contiguous(), sample) for image, sample in pairs]
    # Not by the mask's 255 alone: a metric set may count the border, but never what is not in the image.
    counted = torch.ones_like(result.masks, dtype=torch.bool) if result.reached is None else result.reached
    if ignored and result.hidden is not None:
        counted = counted & ~result.hidden
    shown = result.masks.masked_fill(~counted, IGNORE)
    planes = zip(result.images, samples, shown.cpu().numpy(), counted.cpu().numpy(), strict=True)
    return [PreparedImage(image.contiguous(), replace(sample, mask=mask), c) for image, sample, mask, c in planes]


def _array(image: Tensor) -> "NDArray[np.uint8]":
    return image.permute(1, 2, 0).cpu().numpy()
