"""Summaries of how scores fall under perturbations; formulas and sources are in docs/statistics.md.

Everything is computed on draws, float64 [..., R]: first the value, then each resample, with the same weights for all
perturbations, strengths and models.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from bench.statistics.curves import area, half_lost, safe_ratio

if TYPE_CHECKING:
    from bench.statistics.intervals import Floats

ALL = "all"
"""Stands for the summary over all perturbations where a label could be."""
CENSORED = "censored"


class Damage(NamedTuple):
    """Where the points of a perturbation's curve lie: the clean level, then each strength from mild to strong.

    relative: float64 [S + 1], 0 to 1, of the declared strength. rmse: float64 [S + 1], measured grey levels; None
    where a strength was not measured.
    """

    relative: "Floats"
    rmse: "Floats | None"


class Curve(NamedTuple):
    """A model's scores under a perturbation: `draws` [S, R], from mild to strong."""

    label: str
    draws: "Floats"
    damage: Damage


@dataclass(frozen=True)
class CurveScores:
    """A model's scores of one metric: clean [R], the curves of the perturbations of which it has every strength.

    planned: how many perturbations there are. worst: the mean over images of each image's worst perturbed score [R].
    """

    clean: "Floats"
    curves: tuple[Curve, ...]
    planned: int
    worst: "Floats | None" = None

    @cached_property
    def whole(self) -> bool:
        """Whether every perturbation is there: only then there are summaries over all."""
        return bool(self.curves) and len(self.curves) == self.planned


class ReferenceScores(NamedTuple):
    """The model that ratios are taken against; `scores` None: why not stands in `reason`."""

    label: str
    scores: CurveScores | None
    reason: str = ""


class Summary(NamedTuple):
    """One line of robustness.csv: `draw` [R]; `note`: why there is no value, or that it is censored."""

    measure: str
    perturbation: str
    draw: "Floats"
    reference: str = ""
    note: str = ""


def summaries(scores: CurveScores, reference: ReferenceScores | None, ratios: Sequence[str]) -> Iterator[Summary]:
    """Yield the summaries of a model; those of the kinds in `ratios` (cd, rcd, mce) against a reference."""
    for curve in scores.curves:
        yield from _of_curve(scores, curve)
    if scores.whole:
        yield from _of_all(scores)
    if reference is not None:
        for kind in ratios:
            yield from _ratios(kind, scores, reference)


def _of_curve(scores: CurveScores, curve: Curve) -> Iterator[Summary]:
    mean = curve.draws.mean(0)
    yield Summary("mpc", curve.label, mean)
    yield Summary("drop", curve.label, scores.clean - mean)
    yield _noted(Summary("mrr", curve.label, safe_ratio(mean, scores.clean)), _NO_CLEAN)
    for axis in ("strength", "rmse"):
        yield from _over(axis, scores, curve)


_NO_CLEAN = "the clean score is 0"
_NO_RMSE = "the RMSE of a strength was not measured"
_NO_DAMAGE = "no strength changes the images"


def _over(axis: str, scores: CurveScores, curve: Curve) -> Iterator[Summary]:
    """Yield areas and half points over declared strength (0 to 1) or measured RMSE."""
    import numpy as np

    names, label = (f"auc_{axis}", f"auc_{axis}_relative", f"x50_{axis}"), curve.label
    x, y = curve.damage.relative if axis == "strength" else curve.damage.rmse, np.vstack([scores.clean, curve.draws])
    if x is None or not x.max() > 0:
        nothing = np.full_like(scores.clean, np.nan)
        yield from (Summary(name, label, nothing, note=_NO_RMSE if x is None else _NO_DAMAGE) for name in names)
        return
    order = np.argsort(x, kind="stable")
    turns = "" if (np.diff(x) >= 0).all() else "its RMSE falls between strengths; points in the order of RMSE"
    under = area(x[order], y[order])
    yield Summary(names[0], label, under, note=turns)
    yield _noted(Summary(names[1], label, safe_ratio(under, scores.clean), note=turns), _NO_CLEAN)
    half = Summary(names[2], label, half_lost(x[order], y[order]), note=turns)
    yield half._replace(note=CENSORED) if np.isinf(half.draw[0]) else _noted(half, _NO_CLEAN)


def _of_all(scores: CurveScores) -> Iterator[Summary]:
    """Yield the summaries over all perturbations: means over them, each of which is a mean over its strengths."""
    import numpy as np

    by_label = {curve.label: curve.draws.mean(0) for curve in scores.curves}
    mean = np.mean(list(by_label.values()), axis=0)
    yield Summary("mpc", ALL, mean)
    yield Summary("drop", ALL, scores.clean - mean)
    yield _noted(Summary("rpc", ALL, safe_ratio(mean, scores.clean)), _NO_CLEAN)
    yield _noted(Summary("mrr", ALL, safe_ratio(mean, scores.clean)), _NO_CLEAN)
    for axis in ("strength", "rmse"):
        found = [list(_over(axis, scores, curve))[:2] for curve in scores.curves]
        for several in zip(*found, strict=True):
            yield Summary(
                several[0].measure, ALL, np.mean([one.draw for one in several], axis=0), note=_shared(several)
            )
    if scores.worst is not None:
        yield Summary("worst_image", ALL, scores.worst)
    label = min(by_label, key=lambda one: (np.isnan(by_label[one][0]), by_label[one][0]))
    yield Summary("worst_perturbation", label, by_label[label])


def _shared(several: Sequence[Summary]) -> str:
    return "; ".join(dict.fromkeys(one.note for one in several if one.note))


def _ratios(kind: str, scores: CurveScores, reference: ReferenceScores) -> Iterator[Summary]:
    """Yield a ratio of errors under each perturbation, and its mean over all; `kind`: cd, rcd or mce."""
    import numpy as np

    nothing = np.full_like(scores.clean, np.nan)
    mean_name = kind if kind.startswith("m") else f"m{kind}"
    if reference.scores is None:
        yield Summary(mean_name, ALL, nothing, reference.label, reference.reason)
        return
    against = {curve.label: curve for curve in reference.scores.curves}
    found = []
    for curve in scores.curves:
        if curve.label not in against:
            found.append(Summary(kind, curve.label, nothing, reference.label, "the reference lacks this perturbation"))
            continue
        own, other = _error(kind, scores, curve), _error(kind, reference.scores, against[curve.label])
        ratio = Summary(kind, curve.label, safe_ratio(own, other), reference.label)
        found.append(_noted(ratio, _NO_LOSS if kind == "rcd" else _NO_ERROR))
    yield from found
    if scores.whole:
        mean = Summary(mean_name, ALL, np.mean([one.draw for one in found], axis=0), reference.label)
        yield mean._replace(note=_shared(found))


_NO_ERROR = "the reference makes no error here"
_NO_LOSS = "the reference does not get worse here"


def _error(kind: str, scores: CurveScores, curve: Curve) -> "Floats":
    """Return the sum of 1 - score over strengths; of rcd less the clean error at each."""
    error: Floats = (1 - curve.draws).sum(0)
    return error - len(curve.draws) * (1 - scores.clean) if kind == "rcd" else error


def _noted(summary: Summary, reason: str) -> Summary:
    """Return a summary with the reason why it has no value, where it has none."""
    import numpy as np

    return summary._replace(note=reason) if np.isnan(summary.draw[0]) else summary
