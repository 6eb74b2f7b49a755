"""What `bench perturb` and `bench corrupt` are asked for: perturbations, their parameters and strengths."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from bench.perturb import PERTURBATIONS, PRESETS, Perturbation
from registry.errors import BenchError, suggestion
from registry.parameters import Parameters, typed


class Chosen(NamedTuple):
    """One perturbation over its strengths."""

    name: str
    entry: Perturbation
    parameters: Parameters
    strengths: tuple[float, ...]

    @property
    def label(self) -> str:
        """The name with the parameters that are not at their defaults."""
        return self.name + self.parameters.suffix()


def from_preset(preset: str, strengths: Sequence[float] | None = None) -> list[Chosen]:
    """Return a preset's perturbations, at its strengths or at those given.

    Raises:
        BenchError: no preset has that name, or a strength is not one that a perturbation takes.
    """
    if preset not in PRESETS:
        raise BenchError(f"no preset named '{preset}'; {suggestion(preset, PRESETS)}")
    return [from_name(item.name, strengths or item.strengths) for item in PRESETS[preset]]


def from_name(
    name: str, strengths: Sequence[float] | None = None, parameters: Mapping[str, Any] | None = None
) -> Chosen:
    """Return a perturbation at its default strengths or at those given; the default identity is left out.

    Raises:
        BenchError: no perturbation has that name, or it does not take a strength or a parameter.
    """
    entry = PERTURBATIONS[name]
    checked = [entry.check_strength(strength) for strength in strengths or ()]
    asked = tuple(dict.fromkeys(checked)) or tuple(s for s in entry.strengths if s != entry.identity)
    return Chosen(name, entry, typed(entry.parameters, parameters or {}, name), asked)


def everything() -> list[Chosen]:
    """Return every perturbation but the reference packages, which only do again what others do."""
    found = [from_name(name) for name in PERTURBATIONS.names()]
    return [one for one in found if one.entry.family != "reference"]


def merged(chosen: Iterable[Chosen]) -> list[Chosen]:
    """Return each perturbation once, with the strengths of all its mentions."""
    found: dict[str, Chosen] = {}
    for one in chosen:
        before = found[one.label].strengths if one.label in found else ()
        found[one.label] = one._replace(strengths=tuple(dict.fromkeys([*before, *one.strengths])))
    return list(found.values())


def pairs(words: Iterable[str], option: str) -> dict[str, Any]:
    """Return `key=value` words as a mapping; a value is JSON where it reads as such, else text.

    Raises:
        BenchError: a word has no `=`, or a key stands twice.

    >>> pairs(["room=60", "placement=anywhere", "colour=[0, 0, 0]"], "-p")
    {'room': 60, 'placement': 'anywhere', 'colour': [0, 0, 0]}
    """
    found: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (key and equals):
            raise BenchError(f"{option} {word}: give key=value")
        if key in found:
            raise BenchError(f"{option} {key} stands twice; keep one")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found


def numbers(text: str | None, option: str) -> list[float] | None:
    """Return the numbers of a list with commas.

    Raises:
        BenchError: something in it is not a number.

    >>> numbers("1,2.5", "--strengths")
    [1.0, 2.5]
    """
    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise BenchError(f"{option} takes numbers with commas between them, not '{text}'; write 1,3,5") from None
