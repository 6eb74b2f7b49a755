"""`reconstructions.csv`: how well autoencoders reconstruct images, a line for each data set and model."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.record.csv_columns import RECONSTRUCTIONS
from bench.record.example_index import ReconstructionPair
from bench.record.run_record import ReconstructionRecord

Place = tuple[str, str, str | None]
"""The labels of a data set and a model, and the name of its reconstructions; None: it has no autoencoder."""


def reconstructions(
    places: Iterable[Place], known: Mapping[str, ReconstructionRecord]
) -> tuple[dict[str, str], list[ReconstructionPair]]:
    """Return the table by its name, where an autoencoder was measured, and the index's entries of its pairs."""
    rows: list[dict[str, Any]] = []
    pairs: list[ReconstructionPair] = []
    for dataset, model, place in places if known else ():
        if place is not None and (found := known.get(place)):
            rows.append({"dataset": dataset, "model": model, **found.means.model_dump()})
            pairs += [ReconstructionPair(dataset=dataset, model=model, **pair.model_dump()) for pair in found.pairs]
    return ({"reconstructions.csv": reconstruction_table(rows)} if known else {}), pairs


def reconstruction_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the table; what is not defined stays empty.

    rows: a mapping each, from the names of the columns.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, RECONSTRUCTIONS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
