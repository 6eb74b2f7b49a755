"""Strengths at which a perturbation damages images by as much as another one: the search, by bisection.

A level is a mean over images of SSIM or RMSE to the clean image (`similarity`). The strength of a level is looked for
from the mild end of a perturbation to its strong end: first among the default strengths, and beyond the last one at
twice its distance from the mild end again and again, up to the entry's limit. Between the first of them that reaches
the level and the one before, bisection goes on over decimal steps, 100 or more of them (whole numbers where only these
make sense). Of the two neighbours that are left, the nearer one counts. So no last digit of a measurement decides.

Where damage does not grow with every strength, this is the mildest strength that reaches the level, as far as the
default strengths show it; `Levels.note` says so.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bench.perturb.entry import Perturbation

DamageMeasure = Literal["ssim", "rmse"]
WITHIN = {"ssim": 0.02, "rmse": 0.05}
"""How far the damage may be from its level: of SSIM the difference, of RMSE the share of the level."""
DIGITS = 6
"""Decimals of a measured damage."""


class FoundLevel(NamedTuple):
    """A level of damage, the strength that reaches it and the damage there; `note`: why there is no strength."""

    level: float
    strength: float | None = None
    damage: float | None = None
    note: str = ""


@dataclass(frozen=True)
class FoundStrengths:
    """What a search found: in order of `levels`, on which images; `key`: of everything that it depends on.

    note: what a reader should know of the perturbation as a whole.
    """

    key: str
    dataset: str
    images: tuple[str, ...]
    levels: tuple[FoundLevel, ...]
    note: str = ""


@dataclass(frozen=True)
class EqualDamage:
    """Levels of a measure, from mild to strong, and the strengths for them; `found` None: they are not known yet."""

    measure: DamageMeasure
    levels: tuple[float, ...]
    found: FoundStrengths | None = None


def level_fault(measure: DamageMeasure, levels: Sequence[float]) -> str | None:
    """Return what is wrong with levels of a measure and what to do; None: nothing."""
    top = 1 if measure == "ssim" else 255
    if outside := [level for level in levels if not 0 < level < top]:
        why = "1 is the clean image" if measure == "ssim" else "0 is the clean image, 255 black for white"
        return f"{measure} {outside[0]:g} is out of range; give levels between 0 and {top} ({why})"
    ordered = sorted(set(levels), reverse=measure == "ssim")
    if list(levels) != ordered:
        return (
            "the levels are not in order; give each once, from mild to strong: "
            f"[{', '.join(f'{level:g}' for level in ordered)}]"
        )
    return None


def search(
    entry: Perturbation, asked: EqualDamage, damage: Callable[[float], float]
) -> tuple[tuple[FoundLevel, ...], str]:
    """Return the strength of each level, and a note on the perturbation ("": none).

    damage: measures the images at a strength; it is asked once for each strength.
    """
    curve = _Curve(entry, asked.measure, damage)
    levels = tuple(curve.find(level) for level in asked.levels)
    return levels, curve.note()


class _Curve:
    """Damage over strength, measured where it is asked for."""

    def __init__(self, entry: Perturbation, measure: DamageMeasure, damage: Callable[[float], float]) -> None:
        self.entry, self.measure, self._damage = entry, measure, damage
        self.known: dict[float, float] = {}
        self.ends = _ends(entry)
        self.stages = _stages(entry, *self.ends)

    def at(self, strength: float) -> float:
        if strength not in self.known:
            self.known[strength] = round(self._damage(strength), DIGITS)
        return self.known[strength]

    def worse(self, damage: float) -> float:
        """Return a damage as a number that grows with it."""
        return -damage if self.measure == "ssim" else damage

    def off(self, strength: float, level: float) -> float:
        return round(abs(self.at(strength) - level), DIGITS)

    def allowed(self, level: float) -> float:
        """Return how far damage may be from a level and still count as that level."""
        return WITHIN[self.measure] * (1 if self.measure == "ssim" else level)

    def find(self, level: float) -> FoundLevel:
        before = self.stages[0]
        for strength in self.stages:
            if self.worse(self.at(strength)) >= self.worse(level):
                return self._nearer(level, *self._bisected(level, before, strength))
            before = strength
        closest = min(self.stages, key=lambda strength: self.off(strength, level))
        return self._level(level, closest, "at most")

    def _bisected(self, level: float, mild: float, strong: float) -> tuple[float, float]:
        """Return two neighbours of which the first is milder than the level and the second is not."""
        step = _step(abs(strong - mild), whole=self.entry.integer)
        while True:
            middle = float(f"{round((mild + strong) / 2 / step) * step:.12g}")
            if not min(mild, strong) < middle < max(mild, strong):
                return mild, strong
            if self.worse(self.at(middle)) >= self.worse(level):
                strong = middle
            else:
                mild = middle

    def _nearer(self, level: float, mild: float, strong: float) -> FoundLevel:
        nearer = strong if self.off(strong, level) < self.off(mild, level) else mild
        return self._level(level, nearer, "at least" if mild == strong else "next to it")

    def _level(self, level: float, closest: float, how: str) -> FoundLevel:
        """Return the level at its closest strength, where that is close enough."""
        damage = self.at(closest)
        clean = damage == (1.0 if self.measure == "ssim" else 0.0)
        if self.off(closest, level) <= self.allowed(level) and not clean:
            return FoundLevel(level, closest, damage)
        there = f"{self.measure.upper()} {damage:.3g}"
        notes = {
            "at most": f"it reaches at most {there}, at strength {closest:.12g}",
            "at least": f"its mildest strength, {closest:.12g}, has {there} already",
            "next to it": f"its strengths jump over it; the closest, {closest:.12g}, has {there}",
        }
        return FoundLevel(level, note=notes[how])

    def note(self) -> str:
        """Return where damage falls although the strength grows."""
        mild = self.ends[0]
        places = sorted(self.known, key=lambda strength: abs(strength - mild))
        values = [self.worse(self.known[strength]) for strength in places]
        falls = [i for i in range(1, len(values)) if values[i - 1] - values[i] > self.allowed(values[i]) / 4]
        if not falls:
            return ""
        i = falls[0]
        return (
            f"not monotone: {self.measure.upper()} is {self.known[places[i - 1]]:.3g} at {places[i - 1]:.12g} and "
            f"{self.known[places[i]]:.3g} at {places[i]:.12g}; the mildest strength found counts"
        )


def _ends(entry: Perturbation) -> tuple[float, float]:
    """Return the mild and the strong end of a perturbation; of two sides of an identity, that of the defaults."""
    rising = entry.strengths[-1] >= entry.strengths[0]
    lowest, highest = (entry.minimum, entry.maximum) if rising else (entry.maximum, entry.minimum)
    return (lowest if entry.identity is None else entry.identity), highest


def _stages(entry: Perturbation, mild: float, strong: float) -> list[float]:
    """Return the strengths that are looked at first, from mild to strong."""
    sign = 1 if strong >= mild else -1
    stages = [mild, *(s for s in entry.strengths if sign * (s - mild) > 0 and sign * (strong - s) >= 0)]
    while stages[-1] != strong:
        distance = 2 * abs(stages[-1] - mild)
        reached = sign * (strong - mild) if not distance else min(distance, abs(strong - mild))
        stages.append(strong if reached == abs(strong - mild) else float(f"{mild + sign * reached:.12g}"))
    return [float(stage) for stage in stages]


def _step(width: float, *, whole: bool) -> float:
    """Return the decimal step of a bisection: 100 to 1,000 of them are in the width.

    >>> _step(2, whole=False), _step(0.25, whole=False), _step(0.25, whole=True)
    (0.01, 0.001, 1)
    """
    if not width:
        return 1
    step = float(f"{10.0 ** (math.floor(math.log10(width)) - 2):.12g}")
    return max(step, 1) if whole else step
