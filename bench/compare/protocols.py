"""What of two runs' protocols differs: only numbers that were made by equal rules compare."""

from collections.abc import Iterator
from typing import Any

from bench.record.run_record import DatasetRecord, PerturbationRecord, RunRecord

_OF_DATASET = ("manifest", "classes", "split", "perturbed", "background")
_OF_PERTURBATION = ("name", "version", "parameters", "strengths", "then", "occluded", "backend", "resources")
_OF_RUN = ("seed", "apply_at", "fresh_per_strength")


def protocol_difference(one: RunRecord, other: RunRecord) -> str:
    """Return in words the first thing that decides numbers and differs, "" where nothing does.

    Data sets are compared where both runs have one of that label; perturbations and metric sets are compared whole.
    """
    return next(differences(one, other), "")


def differences(one: RunRecord, other: RunRecord) -> Iterator[str]:
    """Yield in words everything that decides numbers and differs."""
    for name in _OF_RUN:
        if getattr(one, name) != getattr(other, name):
            yield _words(name, getattr(one, name), getattr(other, name))
    known = {data.label: data for data in other.datasets}
    for data in one.datasets:
        if data.label in known:
            yield from _of(f"the data set {data.label}", _OF_DATASET, data, known[data.label])
    yield from _perturbations(one, other)
    sets = [
        tuple((each.name, each.border, each.reduction, each.absent_class) for each in run.metric_sets)
        for run in (one, other)
    ]
    if sets[0] != sets[1]:
        yield _words("the metric sets", *(", ".join(name for name, *_ in each) for each in sets))


def _perturbations(one: RunRecord, other: RunRecord) -> Iterator[str]:
    ours, theirs = ({entry.label: entry for entry in run.perturbations} for run in (one, other))
    for label in [*ours, *(label for label in theirs if label not in ours)]:
        if label in ours and label in theirs:
            yield from _of(f"the perturbation {label}", _OF_PERTURBATION, ours[label], theirs[label])
        else:
            yield f"the perturbation {label}, which only one of them has"


def _of(
    what: str,
    names: tuple[str, ...],
    one: DatasetRecord | PerturbationRecord,
    other: DatasetRecord | PerturbationRecord,
) -> Iterator[str]:
    for name in names:
        if getattr(one, name) != getattr(other, name):
            yield _words(f"{name} of {what}", getattr(one, name), getattr(other, name))


def _words(what: str, one: Any, other: Any) -> str:
    return f"{what}: {_short(one)} and {_short(other)}"


def _short(value: Any) -> str:
    text = (
        ", ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in value)
        if isinstance(value, tuple)
        else str(value)
    )
    return text if len(text) <= 40 else f"{text[:37]}…"
