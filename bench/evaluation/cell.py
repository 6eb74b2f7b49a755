"""One cell from start to what is stored: counts, time, and the example images it leaves."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.evaluation.evaluator import HELD_BYTES, evaluate, predict, scores_bytes, scores_of
from bench.evaluation.example_budget import is_pictured, kept_ranks, shared_places
from bench.evaluation.examples import ExampleKeeper
from bench.evaluation.measuring import measuring_record
from bench.evaluation.preparation import PreparedImage, prepare
from bench.evaluation.readiness import Ready
from bench.host.files import StorageError
from bench.metrics.pooled import sparse
from bench.perturb import similarity
from bench.plan.cells import Cell, Condition
from bench.record.cell_file import StoredCell
from bench.record.ledger import Ledger
from bench.record.protocol import cell_maker
from registry.errors import in_one_line
from registry.segmenter import Prediction


def evaluate_cell(ledger: Ledger, prepared: Ready, cell: Cell, advance: Callable[[int], None]) -> StoredCell:
    """Evaluate one cell and write its example images; `advance` is called with the images of each batch.

    The seconds it records are of all this: decoding, perturbing (or reading what an earlier model's cell kept),
    predicting, counting, drawing. How far the
    images are from the clean ones is measured by the first cell of a condition, whatever its model.
    """
    begin = time.perf_counter()
    dataset, model = prepared.job.name
    measurement, known = prepared.measurement, ledger.strengths.known
    place = ledger.strengths.place(prepared.job, cell.condition)
    settings = replace(prepared.settings, measure=place not in known and cell.condition.sweep is not None)
    spec = prepared.job.spec
    headline = ledger.suite.headline(spec).on(prepared.job.data.subset.background)
    ranks = kept_ranks(ledger.suite, cell.condition) if is_pictured(spec) else ()
    shared = shared_places(prepared.job.data.subset.rows)
    again = partial(_again, prepared, cell.condition)
    keeper = ExampleKeeper(headline, spec.task, again, ranks, _room(prepared), shared)
    parts = (prepared.segmenter, prepared.pictures, cell.condition, settings)
    evaluation = evaluate(*parts, advance, keeper.watch)
    if settings.measure:
        known[place] = similarity.summary(evaluation.similarities)
    record = {
        "dataset": dataset,
        "model": model,
        "prompt": None if spec.prompt == "none" else spec.prompt,
        "supervision": spec.supervision,
        **cell.condition.names(),
        "precision": measurement.precision,
        "device": measurement.device,
        "batch_size": measurement.batch_size,
        "forward_ms_per_image": measurement.forward_ms_per_image,
        "ranked_by": headline.name,
        "measured_strength": known.get(place),
        "examples": _examples(keeper, ledger.folder.path / "examples", cell.key, prepared),
        "made": cell_maker(prepared.settings.device),
        "seconds": time.perf_counter() - begin,
    }
    if settings.further:
        record |= measuring_record(settings, evaluation.measured)
    if evaluation.pooled is not None and cell.condition.sweep is None:
        record["confusion"] = sparse(evaluation.pooled)
    return StoredCell(evaluation.samples, evaluation.counts, record, evaluation.oracle, evaluation.measured.terms)


def _room(prepared: Ready) -> int:
    """Return how many predictions may be kept whole: each keeps its image, and the scores of its batch."""
    subset, settings = prepared.job.data.subset, prepared.settings
    pixels, scores = max(row.height * row.width for row in subset.rows), scores_of(prepared.segmenter, subset.classes)
    batch = settings.batch_size
    return HELD_BYTES // (scores_bytes(settings, scores, pixels * batch, batch) + 5 * pixels)


def _again(prepared: Ready, condition: Condition, place: int) -> tuple[PreparedImage, Prediction]:
    """Return the image at a place of the data set under a condition, and its prediction."""
    image = prepare(prepared.samples[place], condition, prepared.settings)
    return image, predict(prepared.segmenter, [image], condition)[0]


def _examples(keeper: ExampleKeeper, folder: Path, stem: str, prepared: Ready) -> list[dict[str, Any]]:
    """Return the cell's examples; none when drawing them fails, because the counts are worth more."""
    try:
        subset = prepared.samples.subset
        return keeper.write(folder, stem, subset.classes, background=subset.background)
    except StorageError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the cell is complete without its images
        return [{"failed": in_one_line(error)}]
