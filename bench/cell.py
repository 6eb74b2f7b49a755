"""One cell from start to what is stored: counts, time, and the example pictures it leaves."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.decoded import Decoded
from bench.evaluate import Settings, evaluate
from bench.examples import write_examples, write_strip
from bench.inputs import Opened
from bench.plan import Cell, Condition
from bench.prepare import Ready
from bench.storage import digest
from bench.store import RunFolder, StoredCell
from bench.suite import Suite, Sweep


def run_cell(folder: RunFolder, suite: Suite, prepared: Ready, cell: Cell, done: Callable[[int], None]) -> StoredCell:
    """Evaluate one cell and write its example pictures; `done` hears of each batch."""
    dataset, model = prepared.job.name
    settings, measured = prepared.settings, prepared.measured
    result = evaluate(prepared.segmenter, prepared.decoded, cell.condition, settings, done)
    examples = write_examples(
        folder.path / "examples",
        cell.key,
        prepared.segmenter,
        prepared.decoded,
        cell.condition,
        settings,
        result.counts,
        suite.metric_sets[0],
    )
    place = {"dataset": dataset, "model": model, **cell.condition.names()}
    speed = {name: measured[name] for name in ("precision", "device", "batch_size", "forward_ms_per_image")}
    record = {**place, "seconds": result.seconds, **speed, "examples": examples}
    return StoredCell(result.samples, result.counts, record)


def strips(
    folder: RunFolder,
    suite: Suite,
    opened: Mapping[str, Opened],
    known: Sequence[dict[str, Any]],
    device: str,
) -> list[dict[str, Any]]:
    """Return the entries of the perturbations' example strips, drawing those that are not there yet."""
    drawn = {entry["key"]: entry for entry in known}
    entries = []
    for label, data in opened.items():
        settings = Settings(suite.seed, "native", 1, device, None)
        for sweep in suite.sweeps:
            key = _strip_key(suite, data, sweep)
            entries.append(drawn.get(key) or _strip(folder, label, data, sweep, settings, key))
    return entries


def _strip_key(suite: Suite, data: Opened, sweep: Sweep) -> str:
    parameters = sweep.parameters.model_dump(mode="json")
    return digest(
        "strip",
        data.subset.manifest,
        suite.seed,
        sweep.label,
        sweep.entry.version,
        parameters,
        sweep.strengths,
    )


def _strip(folder: RunFolder, label: str, data: Opened, sweep: Sweep, settings: Settings, key: str) -> dict[str, Any]:
    levels = [Condition(None, sweep.entry.identity or 0.0), *(Condition(sweep, s) for s in sweep.strengths)]
    strip = write_strip(folder.path / "examples", f"strip-{key}", Decoded(data.subset), levels, settings)
    return {"key": key, "dataset": label, "perturbation": sweep.label, **strip}
