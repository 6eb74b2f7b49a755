"""Where the protocols of two runs differ, field by field: what forbids a comparison, and what only has to be said.

Equal here means: the same images, perturbed alike, prompted alike, scored by the same rules. The models' weights and
parameters are no part of it: they are what is compared.
"""

from collections.abc import Iterator
from typing import Any

from bench.compare.stored_run import StoredRun
from bench.record.model_record import ModelRecord, Part
from bench.record.run_record import DatasetRecord, MachineRecord, RunRecord
from registry.labels import NO_GROUND_TRUTH

_DATA = ("name", "split", "classes", "background")
_PERTURBATION = ("name", "version", "parameters", "then", "occluded", "backend", "resources")
_RULES = ("border", "reduction", "absent_class", "dice_classes", "task", "epsilon")
_MODEL = ("task", "prompt", "supervision")
_REPLAYED = ("seed", "apply_at", "fresh_per_strength")
"""Of the whole run: they decide the pixels of perturbed images."""


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return value.model_dump(mode="json")
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value


def _short(value: Any) -> str:
    text = str(_plain(value))
    return text if len(text) <= 40 else f"{text[:37]}…"


def unequal(one: Any, other: Any, fields: tuple[str, ...], of: str = "") -> list[str]:
    """Return words on each field that two records do not share; `of` stands before its name."""
    pairs = ((name, getattr(one, name), getattr(other, name)) for name in fields)
    return [f"{of}{name}: {_short(a)} / {_short(b)}" for name, a, b in pairs if _plain(a) != _plain(b)]


def data_faults(one: DatasetRecord, other: DatasetRecord) -> list[str]:
    """Return why the images of two data sets cannot be paired; none where their manifests are equal."""
    if one.manifest and one.manifest == other.manifest:
        return []
    return unequal(one, other, _DATA, "data set's ")


def data_marks(one: DatasetRecord, other: DatasetRecord) -> list[str]:
    """Return what has to be said of two data sets whose images can be paired by their ids."""
    if one.manifest and one.manifest == other.manifest:
        return []
    return unequal(one, other, ("manifest", "limit", "n", "parameters"), "data set's ")


def model_faults(one: ModelRecord, other: ModelRecord, runs: tuple[RunRecord, RunRecord]) -> list[str]:
    """Return why two models do not compare."""
    found = unequal(one, other, _MODEL, "model's ")
    prompted = NO_GROUND_TRUTH not in (one.supervision, other.supervision)
    return found + (unequal(*runs, ("seed",)) if prompted else [])


def condition_faults(one: StoredRun, other: StoredRun, label: str) -> list[str]:
    """Return why the images under a perturbation are not the same in two runs; none for "clean"."""
    if label == "clean":
        return []
    ours, theirs = ({entry.label: entry for entry in run.record.perturbations}[label] for run in (one, other))
    return unequal(ours, theirs, _PERTURBATION, f"{label}'s ") + unequal(one.record, other.record, _REPLAYED)


def rule_faults(one: RunRecord, other: RunRecord, metric_set: str) -> list[str]:
    """Return where a metric set of one name has other rules."""
    ours, theirs = ({entry.name: entry for entry in record.metric_sets}[metric_set] for record in (one, other))
    return unequal(ours, theirs, _RULES, f"metric set {metric_set}'s ")


def joining_faults(one: RunRecord, other: RunRecord) -> list[str]:
    """Return why two runs cannot become one: they have to be equal in all that decides numbers, but for the models.

    Data sets are compared where both have one of that label.
    """
    found = unequal(one, other, _REPLAYED)
    further = [{asked.name: _plain(asked) for asked in run.further} for run in (one, other)]
    if further[0] != further[1]:
        found.append(f"metrics: {', '.join(further[0]) or 'none'} / {', '.join(further[1]) or 'none'}")
    ours, theirs = ({entry.label: entry for entry in run.perturbations} for run in (one, other))
    for label in dict.fromkeys([*ours, *theirs]):
        if label in ours and label in theirs:
            found += unequal(ours[label], theirs[label], (*_PERTURBATION, "strengths"), f"{label}'s ")
        else:
            found.append(f"perturbation {label}, which only one of them has")
    names = [[entry.name for entry in run.metric_sets] for run in (one, other)]
    if names[0] != names[1]:
        found.append(f"metric sets: {', '.join(names[0])} / {', '.join(names[1])}")
    else:
        found += [fault for entry in one.metric_sets for fault in rule_faults(one, other, entry.name)]
    known = {data.label: data for data in other.datasets}
    pairs = [(data, known[data.label]) for data in one.datasets if data.label in known]
    return found + [f for a, b in pairs for f in unequal(a, b, (*_DATA, "manifest", "perturbed"), f"{a.label}'s ")]


def remarks(one: RunRecord, other: RunRecord) -> Iterator[str]:
    """Yield what else differs, and changes no meaning: code, libraries, machine."""
    yield from unequal(one, other, ("segbench", "code"))
    yield from (
        f"{name}: {one.versions.get(name, 'unknown')} / {other.versions.get(name, 'unknown')}"
        for name in ("torch", "numpy")
        if one.versions.get(name) != other.versions.get(name)
    )
    yield from unequal(one.machine, other.machine, tuple(MachineRecord.model_fields), "machine's ")


def model_remarks(one: ModelRecord, other: ModelRecord) -> list[str]:
    """Return what is known of the change from one model to the other, beside its weights."""
    return unequal(one, other, ("name", "entry_version", "parameters", "precision", "geometry"))
