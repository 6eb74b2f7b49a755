"""Data sets behind one interface: open one, take a split of it, load samples. Imports nothing heavy."""

from bench.data.absence import absent_words
from bench.data.dataset import Dataset, Subset, data_root, open_dataset
from bench.data.interface import (
    DATASETS,
    MAX_PIXELS,
    DatasetEntry,
    DoubtingSource,
    LeftOut,
    ManifestRow,
    MissingData,
    Reference,
    Sample,
    Source,
    UnreadableImage,
)

__all__ = [
    "DATASETS",
    "MAX_PIXELS",
    "Dataset",
    "DatasetEntry",
    "DoubtingSource",
    "LeftOut",
    "ManifestRow",
    "MissingData",
    "Reference",
    "Sample",
    "Source",
    "Subset",
    "UnreadableImage",
    "absent_words",
    "data_root",
    "open_dataset",
]
