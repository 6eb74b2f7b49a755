"""Example strips: one image under every strength of a perturbation, drawn once for each data set."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.data.sample_cache import SampleCache
from bench.evaluation.example_files import save_image, small_photo
from bench.evaluation.preparation import EvaluationSettings, prepare
from bench.host.files import StorageError, digest
from bench.plan.cells import Condition
from bench.plan.datasets import OpenDataset
from bench.plan.keys import condition_identity
from bench.record.run_record import Strip, StripLevel
from bench.suite import Suite, Sweep


def drawn_strips(
    folder: Path, suite: Suite, datasets: Mapping[str, OpenDataset], known: Sequence[Strip], device: str
) -> tuple[Strip, ...]:
    """Return the strips of all perturbations, drawing those that are not there yet into `folder`/examples.

    A suite without examples gets no new ones. A strip shows the native image perturbed, whatever `apply_at` is.
    """
    drawn = {strip.key: strip for strip in known}
    settings = EvaluationSettings(suite.seed, "native", 1, device, None, suite.fresh_per_strength)
    strips = []
    for label, data in datasets.items():
        for sweep in suite.sweeps if data.spec.keys.perturbed else ():
            key = _key(suite, data, sweep)
            there = drawn.get(key)
            if suite.examples and (there is None or not all((folder / level.file).is_file() for level in there.levels)):
                there = _draw(folder / "examples", key, label, data, sweep, settings)
            strips += [there] if there else []
    return tuple(strips)


def _key(suite: Suite, data: OpenDataset, sweep: Sweep) -> str:
    levels = [condition_identity(suite, sweep, strength) for strength in sweep.strengths]
    return digest("strip", data.subset.manifest, suite.seed, sweep.label, levels)


def _draw(
    folder: Path, key: str, label: str, data: OpenDataset, sweep: Sweep, settings: EvaluationSettings
) -> Strip | None:
    """Draw one strip; None where the perturbation fails on its image, as its cells will record."""
    conditions = [Condition(None, sweep.entry.identity or 0.0), *(Condition(sweep, s) for s in sweep.strengths)]
    decoded = SampleCache(data.subset)
    sample = decoded[len(data.subset.rows) // 2]
    levels = []
    try:
        for i, condition in enumerate(conditions):
            photo = small_photo(prepare(sample, condition, settings).image, sample.mask.shape)
            file = save_image(folder, f"strip-{key}-{i}", photo)
            levels.append(StripLevel(strength=condition.strength, file=file))
    except StorageError:
        raise
    except Exception:  # noqa: BLE001 - whatever it is, one perturbation must not cost the others
        return None
    return Strip(key=key, dataset=label, perturbation=sweep.label, sample=sample.id, levels=tuple(levels))
