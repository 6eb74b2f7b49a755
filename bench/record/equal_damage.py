"""What `run.json` holds of strengths at equal damage: written for readers, and read again by the run that goes on."""

from bench.host.checked_json import DamagedFile
from bench.perturb.equal_damage import FoundLevel, FoundStrengths
from bench.record.run_folder import RunFolder
from bench.record.run_record import DamageLevel, EqualDamageRecord
from bench.suite import Sweep


def equal_damage_record(sweep: Sweep) -> EqualDamageRecord | None:
    """Return how a sweep's strengths were found; None: the suite gives them, or nobody looked for them yet."""
    if sweep.equal is None or (found := sweep.equal.found) is None:
        return None
    levels = tuple(DamageLevel(**level._asdict()) for level in found.levels)
    return EqualDamageRecord(
        measure=sweep.equal.measure,
        dataset=found.dataset,
        images=found.images,
        levels=levels,
        key=found.key,
        note=found.note,
    )


def known_strengths(folder: RunFolder) -> dict[str, FoundStrengths]:
    """Return what a run's folder knows, by the keys of the searches; nothing where its record is damaged.

    Raises:
        BenchError: the record cannot be read, or a newer segbench wrote it.
    """
    try:
        record = folder.record()
    except DamagedFile:  # the ledger says it
        return {}
    found = [entry.equal for entry in record.perturbations if entry.equal and entry.equal.key] if record else []
    return {one.key: _found(one) for one in found}


def _found(record: EqualDamageRecord) -> FoundStrengths:
    levels = tuple(FoundLevel(one.level, one.strength, one.damage, one.note) for one in record.levels)
    return FoundStrengths(record.key, record.dataset, record.images, levels, record.note)
