"""What further metrics measure in the predictions of a batch, in the same pass as the counts."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.evaluation.preparation import EvaluationSettings, PreparedImage
from bench.metrics.further import NO_PROBABILITIES, measure
from bench.metrics.views import LabelledImage
from registry.segmenter import Prediction

if TYPE_CHECKING:
    from bench.metrics.scores import Floats
    from bench.metrics.views import Shares


class ImageTerms(NamedTuple):
    """What was measured of some images: float64 [N, K] by column, those that all of them have.

    without: why a metric has none, by its name.
    """

    terms: "dict[str, Floats]" = {}  # noqa: RUF012 - never changed
    without: dict[str, str] = {}  # noqa: RUF012


def measured(
    batch: Sequence[PreparedImage], predictions: Sequence[Prediction], classes: int, settings: EvaluationSettings
) -> ImageTerms:
    """Measure a batch, per image, at native size."""
    if not settings.further:
        return ImageTerms()
    pairs = [_pair(one, prediction, classes) for one, prediction in zip(batch, predictions, strict=True)]
    found = [measure(pair, settings.further, settings.views) for pair in pairs]
    lacking = any(pair.shares is None for pair in pairs)
    without = {one.name: NO_PROBABILITIES for one in settings.further if lacking and one.entry.reads == "probabilities"}
    return ImageTerms({name: np.stack([one[name] for one in found]) for name in _shared(found)}, without)


def joined(parts: Sequence[ImageTerms]) -> ImageTerms:
    """Return what was measured of all images of `parts`, in order."""
    names = _shared([part.terms for part in parts])
    without = {name: reason for part in parts for name, reason in part.without.items()}
    return ImageTerms({name: np.concatenate([part.terms[name] for part in parts]) for name in names}, without)


def measuring_record(settings: EvaluationSettings, found: ImageTerms) -> dict[str, Any]:
    """Return what a cell's record says of its further columns."""
    asked = [dict(zip(("name", "version", "parameters"), one.identity(), strict=True)) for one in settings.further]
    return {
        "metrics": asked,
        "terms": {name: terms.shape[1] for name, terms in found.terms.items()},
        "without": found.without,
    }


def _shared(parts: "Sequence[dict[str, Floats]]") -> list[str]:
    return [name for name in parts[0] if all(name in part for part in parts)] if parts else []


def _pair(one: PreparedImage, prediction: Prediction, classes: int) -> LabelledImage:
    labels = prediction.labels.cpu().numpy()
    shares = None if prediction.shares is None else partial(_shares, prediction)
    return LabelledImage(one.sample.mask, labels, classes, one.sample.foreground, one.counted, shares)


def _shares(prediction: Prediction) -> "Shares":
    assert prediction.probabilities is not None
    found: Shares = prediction.probabilities.float().cpu().numpy()
    return found
