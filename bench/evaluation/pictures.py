"""The images of a data set under its conditions, decoded and perturbed once for all models that see the same pixels."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
import torch

from bench.data import Sample
from bench.data.sample_cache import SampleCache
from bench.evaluation.preparation import EvaluationSettings, PreparedImage, all_perturbed, prompted
from bench.host.scratch import Span
from bench.plan.cells import Condition

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.host.scratch import Scratch


class _Spans(NamedTuple):
    """Where a perturbed image lies, and its moved mask and the pixels that count, where there are any.

    A row of them is all that memory holds of an image under a condition: there are many.
    """

    image: "Span"
    mask: "Span | None"
    counted: "Span | None"

    def row(self) -> list[int]:
        """Return height and width of image and mask, and where each lies; -1: there is none."""
        starts = [-1 if span is None else span.start for span in self]
        return [*self.image.shape[-2:], *(self.mask or self.counted or self.image).shape[-2:], *starts]

    @classmethod
    def of(cls, row: "Sequence[int]") -> Self:
        """Return what `row` gave."""
        height, width, tall, wide, *starts = map(int, row)
        shapes = (3, height, width), (tall, wide), (tall, wide)
        image, mask, counted = (None if at < 0 else Span(at, shape) for at, shape in zip(starts, shapes, strict=True))
        assert image is not None
        return cls(image, mask, counted)


class Pictures:
    """Prepares the images of a data set for any of its models.

    scratch: keeps what was perturbed on the CPU, for the next model; None: this is the only one.
    """

    def __init__(self, decoded: SampleCache, scratch: "Scratch | None" = None) -> None:
        self.decoded, self.scratch = decoded, scratch
        self._kept: dict[Hashable, NDArray[np.int64]] = {}
        """By condition and size, a row for each place of the data set; its first number is 0 where nothing is kept."""

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
        empty = np.zeros((len(self.decoded.subset), 7), np.int64)
        kept = self._kept.setdefault((condition.label, condition.strength, size), empty)
        if not settings.measure and kept[list(places), 0].all():
            pairs = zip(places, samples, strict=True)
            return [_read(self.scratch, _Spans.of(kept[place]), sample) for place, sample in pairs]
        made = all_perturbed(samples, condition, settings)
        for place, one, sample in zip(places, made, samples, strict=True):
            if not kept[place, 0] and (spans := _written(self.scratch, one, sample)):
                kept[place] = spans.row()
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
