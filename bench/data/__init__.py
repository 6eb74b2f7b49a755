"""Data sets behind one interface: open one, take a split of it, load samples. Imports nothing heavy."""

from bench.data.absence import absent_words
from bench.data.attributes import Described, described
from bench.data.dataset import Dataset, Subset, data_root, open_dataset
from bench.data.interface import (
    DATASETS,
    DatasetEntry,
    DescribedSource,
    DoubtingSource,
    LeftOut,
    ManifestRow,
    MissingData,
    Reference,
    Sample,
    Source,
)
from bench.data.remark_words import remark_words
from registry.image_files import MAX_PIXELS, UnreadableImage

__all__ = [
    "DATASETS",
    "MAX_PIXELS",
    "Dataset",
    "DatasetEntry",
    "Described",
    "DescribedSource",
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
    "described",
    "open_dataset",
    "remark_words",
]
