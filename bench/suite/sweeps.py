"""The perturbations of a suite: presets unfolded, chains and backends resolved, strengths in order."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bench.perturb import PERTURBATIONS, PRESETS, Perturbation, Step
from bench.perturb.equal_damage import EqualDamage, level_fault
from bench.suite.faults import Faults, KeyPath
from bench.suite.labels import SWEEP, default_label
from bench.suite.members import Items, member, typed
from bench.suite.schema import EqualKeys, PresetKeys, StepKeys, Sweep, SweepKeys
from registry.errors import BenchError, suggestion
from registry.parameters import Parameters

_TAKEN = {"clean": "the unperturbed condition", "all": "the summary over all perturbations"}
"""Labels that mean something else in the tables."""
_REFERENCE = "imagecorruptions"
"""The entry that hands images to the package of that name."""


def read_sweeps(items: Items, apply_at: object, faults: Faults) -> tuple[Sweep, ...]:
    """Return the suite's sweeps in the order of first mention; those with one label become one curve."""
    sweeps: dict[str, Sweep] = {}
    for i, item in items:
        at: KeyPath = ("perturbations", i)
        for new in _preset(item, at, faults) if "preset" in item else _sweep(item, at, faults):
            _check_place(new, apply_at, at, faults)
            old = sweeps.get(new.label, new)
            if _curve(old) != _curve(new):
                faults.add(at, f"two different perturbations are labelled '{new.label}'; give one another label:")
                continue
            sweeps[new.label] = replace(new, strengths=ordered(new.entry, [*old.strengths, *new.strengths]))
    return tuple(sweeps.values())


def _curve(sweep: Sweep) -> tuple[Any, ...]:
    """Return what has to be equal for two sweeps to be one curve."""
    return sweep.name, sweep.parameters, sweep.then, sweep.occluded, sweep.equal


def ordered(entry: Perturbation, strengths: Iterable[float]) -> tuple[float, ...]:
    """Return the strengths, each once, from mild to strong: away from the identity, or as the defaults go."""
    if entry.identity is None:
        return tuple(sorted(set(strengths), reverse=entry.strengths[-1] < entry.strengths[0]))
    identity = entry.identity
    return tuple(sorted(set(strengths), key=lambda s: (abs(s - identity), s)))


def _check_place(sweep: Sweep, apply_at: object, at: KeyPath, faults: Faults) -> None:
    """Note what cannot be: masks are never resized, so what touches them happens at the native size."""
    if apply_at == "model_input" and (sweep.any("moves") or sweep.any("needs_mask") or sweep.occluded == "ignore"):
        faults.add(
            at,
            f"'{sweep.label}' changes or reads the mask, which is never resized; use apply_at: native"
            + (" (or elastic_transform_unmoved)" if sweep.name == "elastic_transform" else ""),
        )
    if apply_at == "model_input" and sweep.equal:
        faults.add((*at, "strengths"), "equal damage is measured on images of their own size; use apply_at: native")
    if sweep.occluded == "ignore" and not sweep.any("covers"):
        faults.add((*at, "occluded"), f"'{sweep.label}' hides no pixels; remove occluded:")


def _preset(item: dict[str, Any], at: KeyPath, faults: Faults) -> list[Sweep]:
    given = item.get("strengths")
    if given is not None and not isinstance(given, dict):
        words = "a preset has strengths of its own; leave them out, or give {equal: ssim, levels: [0.9, 0.8]}"
        faults.add((*at, "strengths"), words)
        return []
    keys = typed(PresetKeys, item, at, faults)
    if keys is None:
        return []
    if keys.preset not in PRESETS:
        faults.add((*at, "preset"), f"no preset named '{keys.preset}'; {suggestion(keys.preset, PRESETS)}")
        return []
    found = []
    for preset in PRESETS[keys.preset]:
        one: dict[str, Any] = {"name": preset.name, "backend": keys.backend}
        strengths = given or (list(preset.strengths) if preset.strengths else None)
        found += _sweep(one | ({"strengths": strengths} if strengths else {}), at, faults)
    return found


def _sweep(item: dict[str, Any], at: KeyPath, faults: Faults) -> list[Sweep]:
    item, label = _with_backend(item, at, faults)
    item, equal = _equal(item, at, faults)
    found = member(item, PERTURBATIONS, SweepKeys, at, faults)
    if found is None:
        return []
    keys, entry, parameters = found
    strengths = () if equal else keys.strengths if keys.strengths is not None else entry.strengths
    for j, strength in enumerate(strengths):
        _check_strength(entry, strength, (*at, "strengths", j), faults)
    then = tuple(step for j, one in enumerate(keys.then or ()) for step in _step(one, (*at, "then", j), faults))
    rest = tuple(s for s in strengths if s != entry.identity or then)
    words = [f"then {step.name} {step.strength:.12g}{step.parameters.suffix()}" for step in then]
    words += ["(occluded ignored)"] if keys.occluded == "ignore" else []
    words += [f"(equal {equal.measure.upper()})"] if equal else []
    own = (label, Parameters()) if label else (keys.name, parameters)
    name = keys.label or default_label(*own, SWEEP, words)
    if name in _TAKEN:
        faults.add((*at, "label"), f"'{name}' is the name of {_TAKEN[name]}; choose another label")
    return [Sweep(name, keys.name, entry, parameters, rest, then, keys.occluded, equal)]


def _equal(item: dict[str, Any], at: KeyPath, faults: Faults) -> tuple[dict[str, Any], EqualDamage | None]:
    """Split `strengths: {equal: ssim, levels: [0.9, 0.8]}` from an item."""
    if not isinstance(given := item.get("strengths"), dict):
        return item, None
    place = (*at, "strengths")
    rest, keys = (
        {key: value for key, value in item.items() if key != "strengths"},
        typed(EqualKeys, given, place, faults),
    )
    if keys is None:
        return rest, None
    if fault := level_fault(keys.equal, keys.levels):
        faults.add((*place, "levels"), fault)
    return rest, EqualDamage(keys.equal, keys.levels)


def _with_backend(item: dict[str, Any], at: KeyPath, faults: Faults) -> tuple[dict[str, Any], str | None]:
    """Turn `{name: fog, backend: imagecorruptions}` into the entry that calls the package, and its label."""
    name = item.get("name")
    if item.get("backend") != _REFERENCE or not isinstance(name, str) or name == _REFERENCE:
        return item, None
    known = [preset.name for preset in PRESETS["common19"]]
    if name not in known:
        faults.add((*at, "name"), f"the package {_REFERENCE} has no '{name}'; {suggestion(name, known)}")
        return item, None
    return item | {"name": _REFERENCE, "corruption": name}, f"{name} ({_REFERENCE})"


def _step(item: Any, at: KeyPath, faults: Faults) -> list[Step]:
    if not isinstance(item, dict):
        return []  # the schema has noted that
    found: tuple[StepKeys, Perturbation, Parameters] | None = member(item, PERTURBATIONS, StepKeys, at, faults)
    if found is None:
        return []
    keys, entry, parameters = found
    _check_strength(entry, keys.strength, (*at, "strength"), faults)
    return [Step(keys.name, entry, keys.strength, parameters)]


def _check_strength(entry: Perturbation, strength: float, at: KeyPath, faults: Faults) -> None:
    try:
        entry.check_strength(strength)
    except BenchError as error:
        faults.add(at, str(error))
