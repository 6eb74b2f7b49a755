"""The file of one cell: a Parquet table of counts whose bytes carry their own checksum.

A file of format 1 (from before) has no checksum: of such a file every value is checked that can be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic import Field

from bench.host.checked_json import DamagedFile
from bench.host.files import digest
from bench.host.sealed_parquet import FileKind, SealedFile, read_sealed, write_sealed
from bench.metrics.counts import Counts, values_shape
from bench.record.example_index import ExampleImage
from bench.record.model_record import Part
from bench.record.run_record import DatasetRecord, Maker

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray
    from pyarrow import parquet

    from bench.metrics.scores import Floats

CELL = FileKind("cell", "evaluates", newest=2, first_sealed=2)
"""Format 1 had no checksum."""

_PIXELS = 2**40
"""More than any image has: sums of counts stay far from the end of int64."""


class Images(NamedTuple):
    """What is known of the images that a cell must hold: the number of classes, and of images, and a key of their ids.

    samples: `digest` of the ids in order; "" where a record of an older version has none.
    """

    classes: int
    n: int
    samples: str

    @classmethod
    def planned(cls, classes: Sequence[str], ids: Sequence[str]) -> Self:
        """Return those of images with these ids."""
        return cls(len(classes), len(ids), digest(list(ids)))

    @classmethod
    def recorded(cls, data: DatasetRecord) -> Self:
        """Return those that `run.json` tells of."""
        return cls(len(data.classes), data.n, data.samples)


@dataclass(frozen=True)
class StoredCell:
    """What a cell's file holds: integer counts per image, and what was measured while making them.

    oracle: the counts of each image's best candidate; None where the model predicts one mask only. terms: what further
    metrics measured, float64 [N, K] by column; nothing where the suite asks for none.
    """

    samples: tuple[str, ...]
    counts: Counts
    record: dict[str, Any]
    oracle: Counts | None = None
    terms: Mapping[str, "Floats"] = field(default_factory=dict)


class _Spread(Part):
    n: int
    mean: float | None = None
    sd: float | None = None
    min: float | None = None
    max: float | None = None


class _Kept(Part):
    """An example as a cell names it; its images' files are `files` in older cells."""

    rank: str
    sample: str
    images: tuple[ExampleImage, ...] = ()
    files: dict[str, str | dict[str, str]] = Field(default_factory=dict)


class _Failed(Part):
    """Why a cell has no examples."""

    failed: str


class _Record(Part):
    """What readers rely on in a cell's record."""

    format: int
    key: str
    classes: int = Field(ge=1, le=255)
    seconds: float = Field(ge=0, allow_inf_nan=False)
    precision: str | None = None
    forward_ms_per_image: float | None = None
    ranked_by: str = ""
    measured_strength: dict[str, _Spread] | None = None
    examples: tuple[_Failed | _Kept, ...] = ()
    made: Maker = Maker()
    terms: dict[str, int] = Field(default_factory=dict)
    without: dict[str, str] = Field(default_factory=dict)


def write_cell_file(path: Path, key: str, cell: StoredCell) -> None:
    """Write a cell's file, whole or not at all."""
    import pyarrow as pa

    columns = {"sample": pa.array(cell.samples, pa.string()), "foreground": pa.array(cell.counts.foreground)}
    for name, counts in (("counts", cell.counts), ("oracle", cell.oracle)):
        if counts is not None:
            columns[name] = _lists(counts.columns())
    columns |= {name: _lists(terms) for name, terms in cell.terms.items()}
    write_sealed(path, CELL, key, pa.table(columns), {"classes": cell.counts.classes, **cell.record})


def _lists(rows: "NDArray[Any]") -> "pa.FixedSizeListArray":
    """Return a table's column with a list of numbers in each row, of an array [N, K]."""
    import pyarrow as pa

    return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])


def check_cell_file(path: Path, key: str, images: Images) -> None:
    """Make sure that a cell's file is as it was written; that costs little more than reading its bytes.

    Raises:
        DamagedFile: it is not, or is another cell's.
        BenchError: it cannot be read, or a newer version wrote it.
    """
    found = read_sealed(path, CELL)
    if not found.has_key(key):
        _cell(found, key, images)


def read_cell_file(path: Path, key: str, images: Images | None = None) -> StoredCell:
    """Return a cell.

    images: what it must hold; None: whatever its file says.

    Raises:
        DamagedFile: the file is damaged, is another cell's, or of other images.
        BenchError: it cannot be read, or a newer version wrote it.
    """
    return _cell(read_sealed(path, CELL), key, images)


def read_record(path: Path, key: str) -> dict[str, Any]:
    """Return what was measured while making a cell, without its counts.

    Raises:
        DamagedFile, BenchError: as `read_cell_file`.
    """
    found = read_sealed(path, CELL)
    with found.in_one_line():
        return _record(found, found.parquet(), key)


def damaged_cell(path: Path, reason: str) -> DamagedFile:
    """Return the error for a cell that cannot be used."""
    return CELL.damaged(path, reason)


def _cell(found: SealedFile, key: str, images: Images | None) -> StoredCell:
    with found.in_one_line():
        file = found.parquet()
        record = _record(found, file, key)
        table = _table(found.path, file, record, images)
        foreground = table["foreground"].to_numpy()
        samples = tuple(table["sample"].to_pylist())

        def numbers(name: str) -> "NDArray[Any]":
            flat: NDArray[Any] = table[name].combine_chunks().flatten().to_numpy()
            return flat.reshape(len(samples), -1)

        def counts(name: str) -> Counts:
            flat = numbers(name)
            counted = Counts.from_columns(record["classes"], foreground, flat)
            if flat.min() < 0 or flat.max() > _PIXELS:
                raise found.damaged("a count is no number of pixels")
            return counted

        oracle = counts("oracle") if "oracle" in table.column_names else None
        cell = StoredCell(samples, counts("counts"), record, oracle, {name: numbers(name) for name in record["terms"]})
        _check(found.path, cell, images)
    return cell


def _record(contents: SealedFile, file: "parquet.ParquetFile", key: str) -> dict[str, Any]:
    """Return a cell's record, every key that readers rely on checked and there."""
    found = contents.record(file, key)
    checked = _Record.model_validate(found).model_dump()
    later: dict[str, Any] = {"examples": [], "terms": {}, "without": {}}
    return {**checked, **later, **found, "measured_strength": checked["measured_strength"]}


def _table(path: Path, file: "parquet.ParquetFile", record: dict[str, Any], images: Images | None) -> "pa.Table":
    """Return a cell's table, if it has the right columns and size: before that, nothing of it is in memory."""
    import pyarrow as pa

    rows, schema, classes = file.metadata.num_rows, file.schema_arrow, record["classes"]
    if images and (classes, rows) != (images.classes, images.n):
        raise damaged_cell(path, f"it has {rows} images of {classes} classes, not {images.n} of {images.classes}")
    counts = pa.list_(pa.int64(), prod(values_shape(classes)))
    wanted = {"sample": pa.string(), "foreground": pa.int64(), "counts": counts}
    if "oracle" in schema.names:
        wanted["oracle"] = counts
    wanted |= {name: pa.list_(pa.float64(), size) for name, size in record["terms"].items()}
    if [(name, schema.field(name).type) for name in schema.names] != list(wanted.items()):
        raise damaged_cell(path, "its columns are not those of a cell")
    table = file.read(list(wanted), use_threads=False)
    if table.num_rows != rows or any(column.null_count for column in table.columns):
        raise damaged_cell(path, "values are missing")
    return table


def _check(path: Path, cell: StoredCell, images: Images | None) -> None:
    """Check what a table says against itself and against the images that it must be of."""
    foreground, samples = cell.counts.foreground, set(cell.samples)
    if len(samples) != len(cell.samples) or (images and images.samples not in ("", digest(list(cell.samples)))):
        raise damaged_cell(path, "it is of other images")
    if foreground.min() < 0 or foreground.max() >= cell.counts.classes:
        raise damaged_cell(path, "a foreground class is out of range")
    if any(one["sample"] not in samples for one in cell.record["examples"] if "failed" not in one):
        raise damaged_cell(path, "an example is of another image")
