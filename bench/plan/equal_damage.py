"""The strengths of perturbations at equal damage: found on a sample of a data set's images, and remembered.

The sample is that of `limit: 16`: stratified, drawn by the seed, whatever a run's own limit is. It is of the suite's
first perturbed data set. The images are perturbed on the CPU with the random numbers that a run gives them.
What was found lies in the cache, and in `run.json` for machines that have another cache.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from statistics import fmean
from typing import TYPE_CHECKING

from bench.host.cached_json import keep, recall
from bench.host.files import cache_root, digest
from bench.perturb import run_steps, step_keys
from bench.perturb.equal_damage import EqualDamage, FoundLevel, FoundStrengths, search
from bench.perturb.similarity import similarity
from bench.perturb.threads import pool
from bench.plan.keys import Draws, condition_identity
from bench.suite.sweeps import ordered
from registry.errors import in_one_line

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data import Sample, Subset
    from bench.host.screen import Screen
    from bench.plan.datasets import OpenDataset
    from bench.suite import Suite, Sweep

IMAGES = 16
"""How many images damage is measured on."""
VERSION = 1
"""Of the search; raise it when it would find other strengths."""
_WHAT = "what is known of strengths at equal damage"

Earlier = Mapping[str, FoundStrengths]
"""What earlier searches found, by their keys."""


@dataclass(frozen=True)
class DamageSample:
    """The images that damage is measured on, and by what they are perturbed; `dataset`: what to call their data set."""

    dataset: str
    subset: "Subset"
    draws: Draws

    @cached_property
    def images(self) -> "list[Sample]":
        """The decoded images."""
        return [self.subset.load(i) for i in range(len(self.subset.rows))]

    def damage(self, sweep: "Sweep", strength: float) -> float:
        """Return the mean damage of the images at a strength."""
        import torch

        steps, measure = sweep.steps(strength), _asked(sweep).measure

        def one(image: "Sample") -> float:
            keys = step_keys(steps, self.draws.seed, image.image_hash, fresh=self.draws.fresh_per_strength)
            pixels = torch.from_numpy(image.image).permute(2, 0, 1)[None]
            result = run_steps(pixels, steps, lambda _: keys, torch.from_numpy(image.mask)[None])
            other = result.images[0].permute(1, 2, 0).numpy()
            return float(getattr(similarity(image.image, other), measure))

        return fmean(pool(torch.get_num_threads()).map(one, self.images))


def is_open(suite: "Suite") -> bool:
    """Return whether some of a suite's strengths are to be found yet."""
    perturbed = any(data.keys.perturbed for data in suite.datasets)
    return perturbed and any(sweep.equal and not sweep.equal.found for sweep in suite.sweeps)


def with_strengths(
    suite: "Suite", datasets: "Mapping[str, OpenDataset]", screen: "Screen", earlier: Earlier | None = None
) -> "Suite":
    """Return the suite with the strengths of its perturbations at equal damage; see `found_strengths`."""
    if not is_open(suite):
        return suite
    data = next(data for data in datasets.values() if data.spec.keys.perturbed)
    subset = data.dataset.subset(data.spec.keys.split, IMAGES, suite.seed)
    sample = DamageSample(data.spec.label, subset, suite)
    return replace(suite, sweeps=found_strengths(suite.sweeps, sample, screen, earlier))


def found_strengths(
    sweeps: "Sequence[Sweep]", sample: DamageSample, screen: "Screen", earlier: Earlier | None = None
) -> "tuple[Sweep, ...]":
    """Return the sweeps with the strengths of those at equal damage; say which levels they do not reach.

    earlier: what the run's folder knows; it comes before the cache.

    Raises:
        BenchError: an image cannot be read any more.
    """
    known = {sweep.label: _known(sweep, sample, earlier or {}) for sweep in sweeps if sweep.equal}
    missing = [sweep for sweep in sweeps if sweep.equal and known[sweep.label] is None]
    if missing:
        number = f"{len(missing)} {'perturbation' if len(missing) == 1 else 'perturbations'}"
        screen.line(
            f"finding strengths of {number} at equal damage, on {len(sample.images)} images of {sample.dataset}"
        )
    show = screen.counter("perturbations at equal damage")
    for i, sweep in enumerate(missing):
        show(i, len(missing))
        known[sweep.label] = _searched(sweep, sample)
    resolved = tuple(_with(sweep, known.get(sweep.label)) for sweep in sweeps)
    for line in unreached(resolved):
        screen.warning(line)
    return resolved


def unreached(sweeps: "Iterable[Sweep]") -> list[str]:
    """Return a line for each perturbation that does not reach all its levels, or is not monotone."""
    equal = [(sweep.label, sweep.equal) for sweep in sweeps if sweep.equal]
    notes = [(label, _notes(one.measure.upper(), one.found)) for label, one in equal if one.found]
    return [f"{label}: {'; '.join(words)}" for label, words in notes if words]


def _notes(measure: str, found: FoundStrengths) -> list[str]:
    left_out: dict[str, list[str]] = {}
    for one in found.levels:
        if one.strength is None:
            left_out.setdefault(one.note, []).append(f"{one.level:g}")
    notes = [f"left out at {measure} {', '.join(levels)}: {why}" for why, levels in left_out.items()]
    return [*notes, found.note] if found.note else notes


def _asked(sweep: "Sweep") -> EqualDamage:
    assert sweep.equal is not None
    return sweep.equal


def _with(sweep: "Sweep", found: FoundStrengths | None) -> "Sweep":
    if sweep.equal is None or found is None:
        return sweep
    strengths = ordered(sweep.entry, [one.strength for one in found.levels if one.strength is not None])
    return replace(sweep, strengths=strengths, equal=replace(sweep.equal, found=found))


def _known(sweep: "Sweep", sample: DamageSample, earlier: Earlier) -> FoundStrengths | None:
    if there := earlier.get(key := _key(sweep, sample)):
        return replace(there, dataset=sample.dataset)
    content = recall(_file(key), VERSION, _WHAT)
    return _found(sweep, sample, [FoundLevel(*one) for one in content["levels"]], content["note"]) if content else None


def _searched(sweep: "Sweep", sample: DamageSample) -> FoundStrengths:
    asked = _asked(sweep)
    try:
        levels, note = search(sweep.entry, asked, partial(sample.damage, sweep))
    except Exception as error:  # noqa: BLE001 - whatever it is, one perturbation must not cost the others
        why = f"it fails on these images: {in_one_line(error)}"
        failed = _found(sweep, sample, [FoundLevel(level, note=why) for level in asked.levels], "")
        return replace(failed, key="")  # no later run believes it
    found = _found(sweep, sample, levels, note)
    keep(_file(found.key), VERSION, _WHAT, {"levels": [list(one) for one in levels], "note": note})
    return found


def _file(key: str) -> "Path":
    return cache_root() / "equal_damage" / f"{key}.json"


def _found(sweep: "Sweep", sample: DamageSample, levels: Sequence[FoundLevel], note: str) -> FoundStrengths:
    images = tuple(row.id for row in sample.subset.rows)
    return FoundStrengths(_key(sweep, sample), sample.dataset, images, tuple(levels), note)


def _key(sweep: "Sweep", sample: DamageSample) -> str:
    equal = _asked(sweep)
    identity = condition_identity(sample.draws, sweep, 0.0)  # the strength is what is looked for
    return digest("equal damage", VERSION, equal.measure, equal.levels, sample.subset.manifest, identity)
