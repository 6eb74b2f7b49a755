"""One cell from start to what is stored: counts, time, and the example pictures it leaves."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.data.sample_cache import Decoded
from bench.evaluation.evaluator import Settings, evaluate
from bench.evaluation.examples import write_examples, write_strip
from bench.evaluation.readiness import Ready
from bench.host.files import StorageError, digest
from bench.metrics import MetricSet
from bench.metrics.counts import Counts
from bench.perturb import similarity
from bench.plan.cells import Cell, Condition
from bench.plan.datasets import Opened
from bench.plan.keys import condition_identity
from bench.record.folder import RunFolder, StoredCell
from bench.record.protocol import cell_maker
from bench.record.strengths import Strengths
from bench.suite import Suite, Sweep


def run_cell(
    folder: RunFolder,
    suite: Suite,
    prepared: Ready,
    cell: Cell,
    strengths: Strengths,
    done: Callable[[int], None],
) -> StoredCell:
    """Evaluate one cell and write its example pictures; `done` hears of each batch.

    The seconds it records are of all this: decoding, perturbing, predicting, counting, drawing. How far the
    pictures are from the clean ones is measured by the first cell of a condition, whatever its model.
    """
    begin = time.perf_counter()
    dataset, model = prepared.job.name
    measured = prepared.measured
    place = strengths.place(prepared.job, cell.condition)
    known = strengths.known.get(place)
    settings = replace(prepared.settings, measure=known is None and cell.condition.sweep is not None)
    evaluation = evaluate(prepared.segmenter, prepared.decoded, cell.condition, settings, done)
    if settings.measure:
        known = strengths.known[place] = similarity.summary(evaluation.similarities)
    spec = prepared.job.spec
    headline = suite.headline(spec)
    examples = _examples(folder, prepared, cell, evaluation.counts, headline)
    record = {
        "dataset": dataset,
        "model": model,
        "prompt": None if spec.prompt == "none" else spec.prompt,
        "supervision": spec.supervision,
        **cell.condition.names(),
        **{name: measured[name] for name in ("precision", "device", "batch_size", "forward_ms_per_image")},
        "ranked_by": headline.name,
        "measured_strength": known,
        "examples": examples,
        "made": cell_maker(prepared.settings.device),
        "seconds": time.perf_counter() - begin,
    }
    return StoredCell(evaluation.samples, evaluation.counts, record, evaluation.oracle)


def _examples(
    folder: RunFolder, prepared: Ready, cell: Cell, counts: Counts, headline: MetricSet
) -> list[dict[str, Any]]:
    """Return the cell's examples; none when drawing them fails, because the counts are worth more."""
    place = folder.path / "examples"
    try:
        return write_examples(
            place, cell.key, prepared.segmenter, prepared.decoded, cell.condition, prepared.settings, counts, headline
        )
    except StorageError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the cell is complete without its pictures
        return [{"failed": f"{type(error).__name__}: {error}"}]
