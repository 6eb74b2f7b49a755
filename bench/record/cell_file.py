"""The file of one cell: a Parquet table of counts whose bytes carry their own checksum.

A file of format 1 (from before) has no checksum: of such a file every value is checked that can be.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic import Field

from bench.host.checked_json import DamagedFile
from bench.host.files import digest, write_atomic
from bench.metrics.counts import Counts, values_shape
from bench.record.example_index import ExampleImage
from bench.record.model_record import Part
from bench.record.run_record import DatasetRecord, Maker
from registry.errors import BenchError
from registry.regular_files import read_regular

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet

CELL_FORMAT = 2
"""Format 1 had no checksum."""

_MARK = b'{"checksum": "'
"""What our text in the file's metadata begins with: 32 hexadecimal digits follow."""
_NO_DIGITS = b"0" * 32
"""What stands in their place while the checksum is taken."""


_NOT_ITS_OWN = "its checksum is not that of its content"
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

    oracle: the counts of each image's best candidate; None where the model predicts one mask only.
    """

    samples: tuple[str, ...]
    counts: Counts
    record: dict[str, Any]
    oracle: Counts | None = None


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


def write_cell_file(path: Path, key: str, cell: StoredCell) -> None:
    """Write a cell's file, whole or not at all."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {"sample": pa.array(cell.samples, pa.string()), "foreground": pa.array(cell.counts.foreground)}
    for name, counts in (("counts", cell.counts), ("oracle", cell.oracle)):
        if counts is not None:
            rows = counts.columns()
            columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
    first = {"checksum": _NO_DIGITS.decode(), "key": key, "format": CELL_FORMAT, "classes": cell.counts.classes}
    table, buffer = pa.table(columns), pa.BufferOutputStream()
    with parquet.ParquetWriter(buffer, table.schema, compression="zstd") as writer:
        writer.write_table(table)
        # Not as metadata of the schema, which is stored twice.
        writer.add_key_value_metadata({"segbench": json.dumps({**first, **cell.record})})
    data = buffer.getvalue().to_pybytes()
    write_atomic(path, _with_digits(data, _checksum(data)))


def check_cell_file(path: Path, key: str, images: Images) -> None:
    """Make sure that a cell's file is as it was written; that costs little more than reading its bytes.

    Raises:
        DamagedFile: it is not, or is another cell's.
        BenchError: it cannot be read, or a newer version wrote it.
    """
    data = _bytes(path)
    own = f'", "key": "{key}", "format": {CELL_FORMAT}, '.encode()
    if (place := _place(data)) and data.startswith(own, place + len(_NO_DIGITS)):
        return
    _cell(path, data, key, images)


def read_cell_file(path: Path, key: str, images: Images | None = None) -> StoredCell:
    """Return a cell.

    images: what it must hold; None: whatever its file says.

    Raises:
        DamagedFile: the file is damaged, is another cell's, or of other images.
        BenchError: it cannot be read, or a newer version wrote it.
    """
    return _cell(path, _bytes(path), key, images)


def read_record(path: Path, key: str) -> dict[str, Any]:
    """Return what was measured while making a cell, without its counts.

    Raises:
        DamagedFile, BenchError: as `read_cell_file`.
    """
    data = _bytes(path)
    with _one_line(path):
        return _record(path, _parquet(data), key, sealed=_place(data) > 0)


def _bytes(path: Path) -> bytes:
    """Return a file's bytes, which are those that were written, if it has a checksum: no other reader sees damage."""
    try:
        data = read_regular(path)
    except PermissionError as error:
        raise BenchError(f"cannot read {path} ({error.strerror}); correct its rights") from error
    except OSError as error:
        raise damaged_cell(path, error.strerror or str(error)) from error
    if (place := _place(data)) and data[place : place + len(_NO_DIGITS)] != _checksum(data):
        raise damaged_cell(path, _NOT_ITS_OWN)
    return data


def damaged_cell(path: Path, reason: str) -> DamagedFile:
    """Return the error for a cell that cannot be used."""
    return DamagedFile(f"the cell {path} is damaged ({reason})", "run the suite again, which evaluates it anew", path)


def _place(data: bytes) -> int:
    """Return where the digits of the checksum begin; 0 where there are none."""
    # The last one: an image may be called like this, but its name stands before our text, which cannot quote itself.
    found = data.rfind(_MARK)
    return found + len(_MARK) if found >= 0 else 0


def _checksum(data: bytes) -> bytes:
    """Return the checksum of a file that has a place for it: BLAKE2b-128 of all bytes, with zeros for its digits."""
    view, place = memoryview(data), _place(data)
    state = hashlib.blake2b(view[:place], digest_size=16)
    for part in (_NO_DIGITS, view[place + len(_NO_DIGITS) :]):
        state.update(part)
    return state.hexdigest().encode()


def _with_digits(data: bytes, digits: bytes) -> bytes:
    place = _place(data)
    return data[:place] + digits + data[place + len(digits) :]


def _cell(path: Path, data: bytes, key: str, images: Images | None) -> StoredCell:
    with _one_line(path):
        file = _parquet(data)
        record = _record(path, file, key, sealed=_place(data) > 0)
        table = _table(path, file, record["classes"], images)
        foreground = table["foreground"].to_numpy()
        samples = tuple(table["sample"].to_pylist())

        def counts(name: str) -> Counts:
            flat = table[name].combine_chunks().flatten().to_numpy()
            found = Counts.from_columns(record["classes"], foreground, flat.reshape(len(samples), -1))
            if flat.min() < 0 or flat.max() > _PIXELS:
                raise damaged_cell(path, "a count is no number of pixels")
            return found

        oracle = counts("oracle") if "oracle" in table.column_names else None
        cell = StoredCell(samples, counts("counts"), record, oracle)
        _check(path, cell, images)
    return cell


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """Make one line of whatever a reader says of damaged bytes: pyarrow has a dozen ways, and so has its content."""
    try:
        yield
    except BenchError:
        raise
    except Exception as error:
        raise damaged_cell(path, "it cannot be read") from error


def _parquet(data: bytes) -> "parquet.ParquetFile":
    import pyarrow as pa
    from pyarrow import parquet

    return parquet.ParquetFile(pa.BufferReader(data))


def _record(path: Path, file: "parquet.ParquetFile", key: str, *, sealed: bool) -> dict[str, Any]:
    """Return a cell's record, every key that readers rely on checked and there."""
    found = json.loads(file.metadata.metadata[b"segbench"])
    number = found["format"]
    newer = isinstance(number, int) and number > CELL_FORMAT
    if newer and (sealed or "checksum" not in found):
        raise BenchError(
            f"the cell {path} was written by a newer segbench (format {number}; this one reads {CELL_FORMAT}); "
            "update segbench"
        )
    # Only what never had a checksum may lack one.
    if not sealed and (number != 1 or "checksum" in found):
        raise damaged_cell(path, _NOT_ITS_OWN)
    checked = _Record.model_validate(found).model_dump()
    if found["key"] != key:
        raise damaged_cell(path, f"it is the cell {str(found['key'])[:40]!r}")
    return {**checked, "examples": [], **found, "measured_strength": checked["measured_strength"]}


def _table(path: Path, file: "parquet.ParquetFile", classes: int, images: Images | None) -> "pa.Table":
    """Return a cell's table, if it has the right columns and size: before that, nothing of it is in memory."""
    import pyarrow as pa

    rows, schema = file.metadata.num_rows, file.schema_arrow
    if images and (classes, rows) != (images.classes, images.n):
        raise damaged_cell(path, f"it has {rows} images of {classes} classes, not {images.n} of {images.classes}")
    counts = pa.list_(pa.int64(), prod(values_shape(classes)))
    wanted = {"sample": pa.string(), "foreground": pa.int64(), "counts": counts}
    if "oracle" in schema.names:
        wanted["oracle"] = counts
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
