"""`attributes.json`: what is known of the images of a run, so that `slices.csv` can be made anew without the data."""

import json
from collections.abc import Mapping
from pathlib import Path

from bench.data import described
from bench.host.checksum import changed
from bench.plan.datasets import OpenDataset
from bench.record.run_record import RunRecord

ATTRIBUTES = "attributes.json"
Attributes = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By data set and name: a value for each of its images in the order of its cells, "" where there is none."""


def attributes_of(datasets: Mapping[str, OpenDataset]) -> Attributes:
    """Return what is known of the evaluated images of each data set."""
    return {label: described(data.subset).attributes for label, data in datasets.items()}


def attributes_text(attributes: Attributes) -> str:
    """Return the content of `attributes.json`."""
    return json.dumps(attributes, ensure_ascii=False) + "\n"


def stored_attributes(folder: Path, record: RunRecord) -> Attributes:
    """Return what a run folder's file says; nothing where it has none, or another one than was written."""
    if ATTRIBUTES not in record.tables or changed(folder, {ATTRIBUTES: record.tables[ATTRIBUTES]}):
        return {}
    content = json.loads((folder / ATTRIBUTES).read_text(encoding="utf-8"))
    return {label: {name: tuple(values) for name, values in one.items()} for label, one in content.items()}
