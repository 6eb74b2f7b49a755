"""The file of a measurement of speed: what is written is read again, by others too; what is damaged is named."""

import json
import re

import numpy as np
import pytest
from pyarrow import parquet

from bench.host.checked_json import DamagedFile
from bench.record.timing_file import check_timing_file, read_timing_file, write_timing_file
from bench.record.timing_record import Samples, TimingRecord
from registry.errors import BenchError

RECORD = TimingRecord(dataset="d", model="m", scenario="server", variant="fp32", rate_per_second=0.1 + 0.2)
SAMPLES = Samples(
    np.array(["predict", "network", "predict"]),
    np.array([0, 0, 1], np.int32),
    np.array([0, 0, 1], np.int32),
    np.array([5_000_000_000, 2, 3], np.int64),
    np.array([0.1 + 0.2, 0.5, 1.0]),
)


@pytest.fixture
def path(tmp_path):
    """A written file."""
    write_timing_file(tmp_path / "k.parquet", "k", SAMPLES, RECORD)
    return tmp_path / "k.parquet"


def test_what_is_written_is_read(path):
    """Bit for bit: a server's rate is compared with those of its samples."""
    samples, record = read_timing_file(path, "k")
    assert record == RECORD
    for found, written in zip(samples, SAMPLES, strict=True):
        assert np.array_equal(found, written)
    check_timing_file(path, "k")


@pytest.mark.parametrize("n", [0, 2])
def test_samples_without_a_rate(tmp_path, n):
    """All but a server's; a measurement that failed has none at all."""
    whole = Samples(*(column[:n] for column in SAMPLES))._replace(rate=None)
    write_timing_file(tmp_path / "k.parquet", "k", whole, RECORD)
    samples, _ = read_timing_file(tmp_path / "k.parquet", "k")
    assert samples.rate is None
    assert samples.ns.tolist() == SAMPLES.ns.tolist()[:n]


def test_any_reader_of_parquet_reads_it(path):
    """The columns and their types are the documented ones."""
    table = parquet.read_table(path)
    types = {name: str(table.schema.field(name).type) for name in table.column_names}
    assert types == {"path": "string", "round": "int32", "call": "int32", "ns": "int64", "rate": "double"}
    assert table["ns"].to_pylist() == [5_000_000_000, 2, 3]
    record = json.loads(parquet.read_metadata(path).metadata[b"segbench"])
    assert (record["key"], record["format"], record["scenario"]) == ("k", 1, "server")


def test_one_changed_byte_is_damage(path):
    """Wherever it is."""
    data = path.read_bytes()
    for place in range(0, len(data), 97):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        for read in (check_timing_file, read_timing_file):
            with pytest.raises(DamagedFile, match=r"the measurement .*k\.parquet is damaged .*which measures it anew"):
                read(path, "k")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no Parquet"])
def test_what_is_no_parquet_is_damage(tmp_path, content):
    """One line, no traceback of a library's."""
    (tmp_path / "k.parquet").write_bytes(content)
    with pytest.raises(DamagedFile, match="it cannot be read"):
        check_timing_file(tmp_path / "k.parquet", "k")


def test_a_file_of_another_key_is_damage(path):
    """Somebody renamed it."""
    with pytest.raises(DamagedFile, match=re.escape("it is the measurement 'k'")):
        check_timing_file(path, "another")


def test_a_folder_in_its_place_is_damage(tmp_path):
    """A run sets it aside like a file."""
    (tmp_path / "k.parquet").mkdir()
    with pytest.raises(DamagedFile, match="it is no file"):
        check_timing_file(tmp_path / "k.parquet", "k")


def test_a_file_of_a_newer_version_is_named(tmp_path, monkeypatch):
    """It is not damaged, and is not to be set aside."""
    import bench.record.timing_file as timing_file

    with monkeypatch.context() as later:
        later.setattr(timing_file, "TIMING", timing_file.TIMING._replace(newest=9))
        write_timing_file(tmp_path / "k.parquet", "k", SAMPLES, RECORD)
    with pytest.raises(BenchError, match=r"written by a newer segbench \(format 9; this one reads 1\)") as caught:
        read_timing_file(tmp_path / "k.parquet", "k")
    assert not isinstance(caught.value, DamagedFile)
