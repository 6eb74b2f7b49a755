"""The file of a cell: its checksum, and what is checked of files that have none."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from bench.host.checked_json import DamagedFile
from bench.host.files import digest
from bench.metrics.counts import Counts
from bench.record.cell_file import Images, StoredCell, check_cell_file, read_cell_file, read_record, write_cell_file
from registry.errors import BenchError

BEFORE = Path(__file__).parents[2] / "runs" / "before_rooms" / "cells"
IDS = ("a", "b", "c")
IMAGES = Images(3, 3, digest([*IDS]))
FACTS = {"seconds": 1.5, "precision": "fp32"}


def cell(ids=IDS):
    matrices = np.random.default_rng(0).integers(0, 1000, (3, 4, 3))
    return StoredCell(ids, Counts.gather(3, matrices, [1, 2, 0]), FACTS)


@pytest.fixture
def path(tmp_path):
    write_cell_file(tmp_path / "k.parquet", "k", cell())
    return tmp_path / "k.parquet"


def fault(path, key="k", images=IMAGES):
    """Return the one line of every reader."""
    lines = set()
    for read in (lambda: check_cell_file(path, key, images), lambda: read_cell_file(path, key, images)):
        with pytest.raises(DamagedFile) as caught:
            read()
        lines.add(str(caught.value))
    assert len(lines) == 1
    return lines.pop()


def test_the_checksum_is_that_of_all_bytes(path):
    """As docs/formats.md tells another program: with zeros in place of its own digits."""
    data = path.read_bytes()
    place = data.rindex(b'{"checksum": "') + 14
    zeros = data[:place] + b"0" * 32 + data[place + 32 :]
    assert data[place : place + 32].decode() == hashlib.blake2b(zeros, digest_size=16).hexdigest()
    assert (
        json.loads(parquet.read_metadata(path).metadata[b"segbench"])["checksum"] == data[place : place + 32].decode()
    )


def test_an_image_may_be_called_like_the_checksum(tmp_path):
    """Its name stands in the table and in the statistics of the file too."""
    ids = ('{"checksum": "00000000000000000000000000000000', "b", "c")
    write_cell_file(tmp_path / "k.parquet", "k", cell(ids))
    check_cell_file(tmp_path / "k.parquet", "k", IMAGES)
    assert read_cell_file(tmp_path / "k.parquet", "k").samples == ids


def test_a_whole_cell_is_read(path):
    """By all three."""
    check_cell_file(path, "k", IMAGES)
    assert np.array_equal(read_cell_file(path, "k", IMAGES).counts.values, cell().counts.values)
    assert read_record(path, "k")["precision"] == "fp32"


def test_a_changed_count_is_seen_through_any_parquet_writer(path):
    """A file that another program wrote again has our text, but not our bytes."""
    table, text = parquet.read_table(path), parquet.read_metadata(path).metadata[b"segbench"]
    parquet.write_table(table.replace_schema_metadata({"segbench": text}), path)
    assert fault(path).startswith(f"the cell {path} is damaged (its checksum is not that of its content); run the")


def test_a_cell_under_another_name_is_told(path):
    """Copied by hand, its bytes are whole."""
    shutil.copy(path, path.with_name("other.parquet"))
    assert "is damaged (it is the cell 'k')" in fault(path.with_name("other.parquet"), "other")
    with pytest.raises(DamagedFile, match="it is the cell 'k'"):
        read_record(path.with_name("other.parquet"), "other")


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (Images(3, 4, ""), "it has 3 images of 3 classes, not 4 of 3"),
        (Images(2, 3, ""), "it has 3 images of 3 classes, not 3 of 2"),
        (Images(3, 3, digest(["a", "c", "b"])), "it is of other images"),
    ],
)
def test_a_cell_of_other_images_is_told(path, images, words):
    """The number, the classes, or the order of the ids."""
    with pytest.raises(DamagedFile, match=words):
        read_cell_file(path, "k", images)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1\0\0\0\0PAR1", b"not a table" * 50])
def test_what_is_no_table_is_told(path, content):
    """Also an empty file, which a full disk leaves."""
    path.write_bytes(content)
    assert "is damaged (it cannot be read)" in fault(path)


def written_by_hand(path, text, rows=3, counts=None, **columns):
    """Write a table with this text, as the first format did."""
    values = np.ones(12 * rows, np.int64) if counts is None else counts
    table = {"sample": [*IDS][:rows], "foreground": pa.array([0] * rows, pa.int64()), **columns}
    table["counts"] = pa.FixedSizeListArray.from_arrays(pa.array(values), 12)
    parquet.write_table(pa.table(table, metadata={"segbench": json.dumps(text)}), path)


FIRST = {"format": 1, "key": "k", "classes": 3, "seconds": 1.0}


def test_a_cell_of_the_first_format_is_read(path):
    """It has no checksum; its record gets what it lacks."""
    written_by_hand(path, FIRST)
    check_cell_file(path, "k", IMAGES)
    assert read_cell_file(path, "k", IMAGES).record["examples"] == []


@pytest.mark.parametrize("key", sorted(one.stem for one in BEFORE.glob("*.parquet")))
def test_cells_of_before_are_whole(key):
    """Files that an earlier version wrote."""
    samples = parquet.read_table(BEFORE / f"{key}.parquet")["sample"].to_pylist()
    check_cell_file(BEFORE / f"{key}.parquet", key, Images(3, 4, digest(samples)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ({**FIRST, "checksum": "0" * 32}, "its checksum is not that of its content"),
        ({**FIRST, "format": 2}, "its checksum is not that of its content"),
        ({**FIRST, "format": "1"}, "its checksum is not that of its content"),
        ({**FIRST, "key": "l"}, "it is the cell 'l'"),
        ({**FIRST, "classes": 0}, "it cannot be read"),
        ({**FIRST, "seconds": "soon"}, "it cannot be read"),
        ({**FIRST, "measured_strength": {"rmse": 3}}, "it cannot be read"),
        ({**FIRST, "examples": [{"rank": "best", "sample": "z"}]}, "an example is of another image"),
        ([], "it cannot be read"),
    ],
)
def test_a_record_without_a_checksum_is_checked(path, text, words):
    """A file that had one does not become one of before by a flipped digit."""
    written_by_hand(path, text)
    assert words in fault(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"counts": np.array([*range(35), -1])}, "a count is no number of pixels"),
        ({"counts": np.array([*range(35), 2**60])}, "a count is no number of pixels"),
        ({"foreground": pa.array([0, 1, 3], pa.int64())}, "a foreground class is out of range"),
        ({"foreground": pa.array([0, 1, -1], pa.int64())}, "a foreground class is out of range"),
        ({"foreground": pa.array([0.0, 1, 2])}, "its columns are not those of a cell"),
        ({"foreground": pa.array([0, 1, None], pa.int64())}, "values are missing"),
        ({"sample": ["a", "b", "a"]}, "it is of other images"),
        ({"sample": ["a", "b", None]}, "values are missing"),
        ({"more": [1, 2, 3]}, "its columns are not those of a cell"),
    ],
)
def test_a_table_without_a_checksum_is_checked(path, change, words):
    """Types, ranges, names."""
    written_by_hand(path, FIRST, **change)
    assert words in fault(path)


def test_a_file_of_millions_of_rows_is_refused_before_it_is_read(path, monkeypatch):
    """Equal values take few bytes in a file and many in memory."""
    rows = 2_000_000
    table = pa.table({"sample": pa.array(["a"] * rows), "foreground": pa.array(np.zeros(rows, np.int64))})
    parquet.write_table(table.replace_schema_metadata({"segbench": json.dumps(FIRST)}), path)
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(parquet.ParquetFile, "read", None)
    assert "it has 2000000 images of 3 classes, not 3 of 3" in fault(path)


def test_a_cell_of_a_newer_version_is_not_damaged(path):
    """It is refused, not evaluated again."""
    written_by_hand(path, {**FIRST, "format": 3})
    with pytest.raises(BenchError, match=r"written by a newer segbench \(format 3; this one reads 2\)") as caught:
        check_cell_file(path, "k", IMAGES)
    assert not isinstance(caught.value, DamagedFile)


def test_a_file_that_may_not_be_read_is_not_damaged(path, monkeypatch):
    """Its rights are to be corrected."""

    def refused(self, mode="r"):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(
        BenchError, match=r"cannot read .*k.parquet \(Permission denied\); correct its rights"
    ) as caught:
        check_cell_file(path, "k", IMAGES)
    assert not isinstance(caught.value, DamagedFile)
