"""The images of a data set under its conditions, decoded and perturbed once for all models that see the same pixels."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import torch

from bench.data import Sample
from bench.data.sample_cache import SampleCache
from bench.evaluation.preparation import EvaluationSettings, PreparedImage, all_perturbed, prompted
from bench.plan.cells import Condition

if TYPE_CHECKING:
    from bench.host.scratch import Scratch, Span


class _Spans(NamedTuple):
    """Where a perturbed image lies, and its moved mask and the pixels that count, where there are any."""

    image: "Span"
    mask: "Span | None"
    counted: "Span | None"


class Pictures:
    """Prepares the images of a data set for any of its models.

    scratch: keeps what was perturbed on the CPU, for the next model; None: this is the only one.
    """

    def __init__(self, decoded: SampleCache, scratch: "Scratch | None" = None) -> None:
        self.decoded, self.scratch = decoded, scratch
        self._kept: dict[Hashable, _Spans] = {}

    def prepared(
        self, places: Sequence[int], condition: Condition, settings: EvaluationSettings
    ) -> list[PreparedImage]:
        """Do what `prepare_all` does, for the images at some places of the data set."""
        samples = [self.decoded[place] for place in places]
        return prompted(self._perturbed(places, samples, condition, settings), samples, settings)

    def _perturbed(
        self, places: Sequence[int], samples: list[Sample], condition: Condition, settings: EvaluationSettings
    ) -> list[PreparedImage]:
        if self.scratch is None or condition.sweep is None or settings.device != "cpu":
            return all_perturbed(samples, condition, settings)
        size = settings.geometry if settings.apply_at == "model_input" else None
        keys = [(place, condition.label, condition.strength, size) for place in places]
        if not settings.measure and all(key in self._kept for key in keys):
            return [_read(self.scratch, self._kept[key], sample) for key, sample in zip(keys, samples, strict=True)]
        made = all_perturbed(samples, condition, settings)
        for key, one, sample in zip(keys, made, samples, strict=True):
            if key not in self._kept and (spans := _written(self.scratch, one, sample)):
                self._kept[key] = spans
        return made


def _written(scratch: "Scratch", made: PreparedImage, sample: Sample) -> _Spans | None:
    """Keep what perturbing has made of a sample; None where there is no room."""
    moved = made.sample is not sample
    image = scratch.keep(made.image.numpy())
    mask = scratch.keep(made.sample.mask) if moved else None
    counted = None if made.counted is None else scratch.keep(made.counted.view("u1"))
    whole = image and (mask or not moved) and (counted or made.counted is None)
    return _Spans(image, mask, counted) if image and whole else None


def _read(scratch: "Scratch", spans: _Spans, sample: Sample) -> PreparedImage:
    shown = replace(sample, mask=scratch.read(spans.mask)) if spans.mask else sample
    counted = scratch.read(spans.counted).view("?") if spans.counted else None
    return PreparedImage(torch.from_numpy(scratch.read(spans.image)), shown, counted)
