"""Strengths at equal damage in place of given ones, for `bench corrupt --equal`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from bench.corrupt.source import CleanImages
from bench.perturb.equal_damage import DamageMeasure, EqualDamage, level_fault
from bench.perturb.requests import Chosen, numbers
from bench.plan.equal_damage import DamageSample, found_strengths
from bench.suite import Sweep
from registry.errors import BenchError, suggestion

if TYPE_CHECKING:
    from bench.host.screen import Screen


@dataclass(frozen=True)
class _Draws:
    seed: int
    fresh_per_strength: bool = False


def equal_damage(words: str) -> EqualDamage:
    """Return the levels that `ssim=0.9,0.8` asks for.

    Raises:
        BenchError: there is no such measure, or the levels are not in range and order.
    """
    measure, _, levels = words.partition("=")
    if measure not in get_args(DamageMeasure):
        known = suggestion(measure, get_args(DamageMeasure))
        raise BenchError(f"--equal {words}: no measure '{measure}'; {known}; write ssim=0.9,0.8")
    found = EqualDamage(measure, tuple(numbers(levels, f"--equal {measure}") or ()))  # type: ignore[arg-type]
    if fault := level_fault(found.measure, found.levels):
        raise BenchError(f"--equal {words}: {fault}")
    return found


def at_equal_damage(
    chosen: Sequence[Chosen], equal: EqualDamage, images: CleanImages, seed: int, screen: "Screen"
) -> list[Chosen]:
    """Return the perturbations at the strengths that reach the levels; those that reach none are left out.

    Raises:
        BenchError: none of them reaches one.
    """
    sweeps = [Sweep(one.label, one.name, one.entry, one.parameters, (), equal=equal) for one in chosen]
    sample = DamageSample("this data set", images.sample, _Draws(seed))
    found = found_strengths(sweeps, sample, screen)
    pairs = zip(chosen, found, strict=True)
    reached = [one._replace(strengths=sweep.strengths) for one, sweep in pairs if sweep.strengths]
    if not reached:
        raise BenchError("nothing to do: no perturbation reaches one of these levels; give others with --equal")
    return reached
