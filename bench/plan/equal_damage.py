"""The strengths of a suite's perturbations at equal damage: found on a sample of its images, and remembered.

The sample is that of `limit: 16` of the first data set that is perturbed: stratified, drawn by the suite's seed from
its split, whatever a run's own limit is. The images are perturbed on the CPU with the random numbers that a run gives
them. What was found lies in the cache, and in `run.json` for machines that have another cache.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from bench.host.cached_json import keep, recall
from bench.host.files import cache_root, digest
from bench.perturb import run_steps, step_keys
from bench.perturb.equal_damage import EqualDamage, Found, Level, search
from bench.perturb.similarity import similarity
from bench.perturb.threads import pool
from bench.plan.keys import condition_identity
from bench.suite.sweeps import ordered
from registry.errors import in_one_line

if TYPE_CHECKING:
    from bench.data import Sample, Subset
    from bench.host.screen import Screen
    from bench.plan.datasets import OpenDataset
    from bench.suite import Suite, Sweep

IMAGES = 16
"""How many images damage is measured on."""
VERSION = 1
"""Of the search; raise it when it would find other strengths."""
_WHAT = "what is known of strengths at equal damage"

Earlier = Mapping[str, Found]
"""What earlier searches found, by their keys."""


class _Sample(NamedTuple):
    """The images that damage is measured on; `load` decodes them."""

    dataset: str
    subset: "Subset"
    load: "Callable[[], list[Sample]]"


def is_open(suite: "Suite") -> bool:
    """Return whether some of a suite's strengths are to be found yet."""
    perturbed = any(data.keys.perturbed for data in suite.datasets)
    return perturbed and any(sweep.equal and not sweep.equal.found for sweep in suite.sweeps)


def with_strengths(
    suite: "Suite", datasets: "Mapping[str, OpenDataset]", screen: "Screen", earlier: Earlier | None = None
) -> "Suite":
    """Return the suite with the strengths of its perturbations at equal damage; say which levels they do not reach.

    earlier: what the run's folder knows; it comes before the cache.
    """
    if not is_open(suite):
        return suite
    sample = _sample(suite, next(data for data in datasets.values() if data.spec.keys.perturbed))
    asked = [sweep for sweep in suite.sweeps if sweep.equal]
    known = {sweep.label: _known(suite, sweep, sample, earlier or {}) for sweep in asked}
    missing = [sweep for sweep in asked if known[sweep.label] is None]
    if missing:
        screen.line(f"finding strengths of {len(missing)} perturbations at equal damage, on {_words(sample)}")
        sample.load()
        show = screen.counter("perturbations at equal damage")
        for i, sweep in enumerate(missing):
            show(i, len(missing))
            known[sweep.label] = _searched(suite, sweep, sample)
    sweeps = tuple(_with(sweep, known.get(sweep.label)) for sweep in suite.sweeps)
    for line in unreached(sweeps):
        screen.warning(line)
    return replace(suite, sweeps=sweeps)


def unreached(sweeps: "tuple[Sweep, ...]") -> list[str]:
    """Return a line for each perturbation that does not reach all its levels, or is not monotone."""
    equal = [(sweep.label, sweep.equal) for sweep in sweeps if sweep.equal]
    notes = [(label, _notes(one.measure.upper(), one.found)) for label, one in equal if one.found]
    return [f"{label}: {'; '.join(words)}" for label, words in notes if words]


def _notes(measure: str, found: Found) -> list[str]:
    left_out: dict[str, list[str]] = {}
    for one in found.levels:
        if one.strength is None:
            left_out.setdefault(one.note, []).append(f"{one.level:g}")
    notes = [f"left out at {measure} {', '.join(levels)}: {why}" for why, levels in left_out.items()]
    return [*notes, found.note] if found.note else notes


def _words(sample: _Sample) -> str:
    return f"{len(sample.subset.rows)} images of {sample.dataset}"


def _sample(suite: "Suite", data: "OpenDataset") -> _Sample:
    subset = data.dataset.subset(data.spec.keys.split, IMAGES, suite.seed)
    decoded: list[Sample] = []

    def load() -> "list[Sample]":
        if not decoded:
            decoded.extend(subset.load(i) for i in range(len(subset.rows)))
        return decoded

    return _Sample(data.spec.label, subset, load)


def _with(sweep: "Sweep", found: Found | None) -> "Sweep":
    if sweep.equal is None or found is None:
        return sweep
    strengths = ordered(sweep.entry, [one.strength for one in found.levels if one.strength is not None])
    return replace(sweep, strengths=strengths, equal=replace(sweep.equal, found=found))


def _key(suite: "Suite", sweep: "Sweep", sample: _Sample) -> str:
    equal = _asked(sweep)
    identity = condition_identity(suite, sweep, 0.0)  # the strength is what is looked for
    return digest("equal damage", VERSION, equal.measure, equal.levels, sample.subset.manifest, identity)


def _asked(sweep: "Sweep") -> EqualDamage:
    assert sweep.equal is not None
    return sweep.equal


def _known(suite: "Suite", sweep: "Sweep", sample: _Sample, earlier: Earlier) -> Found | None:
    key = _key(suite, sweep, sample)
    if there := earlier.get(key):
        return replace(there, dataset=sample.dataset)
    content = recall(cache_root() / "equal_damage" / f"{key}.json", VERSION, _WHAT)
    return (
        _found(suite, sweep, sample, tuple(Level(*one) for one in content["levels"]), content["note"])
        if content
        else None
    )


def _searched(suite: "Suite", sweep: "Sweep", sample: _Sample) -> Found:
    asked = _asked(sweep)
    try:
        levels, note = search(sweep.entry, asked, partial(_damage, suite, sweep, sample))
    except Exception as error:  # noqa: BLE001 - whatever it is, one perturbation must not cost the others
        why = f"it fails on these images: {in_one_line(error)}"
        levels = tuple(Level(level, note=why) for level in asked.levels)
        return replace(_found(suite, sweep, sample, levels, ""), key="")  # no later run believes it
    found = _found(suite, sweep, sample, levels, note)
    path = cache_root() / "equal_damage" / f"{found.key}.json"
    keep(path, VERSION, _WHAT, {"levels": [list(one) for one in levels], "note": note})
    return found


def _found(suite: "Suite", sweep: "Sweep", sample: _Sample, levels: tuple[Level, ...], note: str) -> Found:
    images = tuple(row.id for row in sample.subset.rows)
    return Found(_key(suite, sweep, sample), sample.dataset, images, levels, note)


def _damage(suite: "Suite", sweep: "Sweep", sample: _Sample, strength: float) -> float:
    """Return the mean damage of the sample at a strength."""
    import torch

    steps, measure = sweep.steps(strength), _asked(sweep).measure

    def one(image: "Sample") -> float:
        keys = step_keys(steps, suite.seed, image.image_hash, fresh=suite.fresh_per_strength)
        pixels = torch.from_numpy(image.image).permute(2, 0, 1)[None]
        result = run_steps(pixels, steps, lambda _: keys, torch.from_numpy(image.mask)[None])
        other = result.images[0].permute(1, 2, 0).numpy()
        return float(getattr(similarity(image.image, other), measure))

    return fmean(pool(torch.get_num_threads()).map(one, sample.load()))
