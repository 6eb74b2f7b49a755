"""`reconstructions.csv`: how well autoencoders reconstruct images, a line for each data set and model."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from bench.host.files import write_atomic
from bench.plan.cells import Plans
from bench.record.csv_columns import RECONSTRUCTIONS
from bench.record.example_index import ReconstructionPair
from bench.record.run_folder import RunFolder
from bench.record.run_record import ReconstructionRecord


def write_reconstructions(
    folder: RunFolder, plans: Plans, known: Mapping[str, ReconstructionRecord]
) -> list[ReconstructionPair]:
    """Write `reconstructions.csv` where an autoencoder was measured; return the index's entries of its pairs."""
    rows: list[dict[str, Any]] = []
    pairs: list[ReconstructionPair] = []
    for (dataset, model), plan in plans.items() if known else ():
        place = plan.job.reconstructions()
        if place is not None and (found := known.get(place)):
            rows.append({"dataset": dataset, "model": model, **found.means.model_dump()})
            pairs += [ReconstructionPair(dataset=dataset, model=model, **pair.model_dump()) for pair in found.pairs]
    if known:
        write_atomic(folder.path / "reconstructions.csv", reconstruction_table(rows))
    return pairs


def reconstruction_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the table; what is not defined stays empty.

    rows: a mapping each, from the names of the columns.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, RECONSTRUCTIONS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
