"""The file of one measurement of speed: a sealed Parquet table of its raw samples."""

from pathlib import Path

from pydantic import ValidationError

from bench.record.sealed_parquet import SealedFile, SealedKind, read_sealed, write_sealed
from bench.record.timing_record import Samples, TimingRecord

TIMING = SealedKind("measurement", "measures", newest=1, first_sealed=1)


def write_timing_file(path: Path, key: str, samples: Samples, record: TimingRecord) -> None:
    """Write a measurement's file, whole or not at all."""
    import pyarrow as pa

    rates = pa.nulls(len(samples.ns), pa.float64()) if samples.rate is None else pa.array(samples.rate, pa.float64())
    columns = {
        "path": pa.array([str(one) for one in samples.path], pa.string()),
        "round": pa.array(samples.round, pa.int32()),
        "call": pa.array(samples.call, pa.int32()),
        "ns": pa.array(samples.ns, pa.int64()),
        "rate": rates,
    }
    write_sealed(path, TIMING, key, pa.table(columns), record.model_dump(mode="json"))


def check_timing_file(path: Path, key: str) -> None:
    """Make sure that a measurement's file is as it was written.

    Raises:
        DamagedFile: it is not, or is another measurement's.
        BenchError: it cannot be read, or a newer version wrote it.
    """
    if not path.is_file():
        raise TIMING.damaged(path, "it is no file")
    found = read_sealed(path, TIMING)
    if not found.has_key(key):
        _read(found, key)


def read_timing_file(path: Path, key: str) -> tuple[Samples, TimingRecord]:
    """Return a measurement.

    Raises:
        DamagedFile, BenchError: as `check_timing_file`.
    """
    return _read(read_sealed(path, TIMING), key)


def _read(found: SealedFile, key: str) -> tuple[Samples, TimingRecord]:
    import numpy as np

    with found.in_one_line():
        file = found.opened()
        try:
            record = TimingRecord.model_validate(found.record(file, key))
        except ValidationError as error:
            raise found.damaged("its record is that of no measurement") from error
        table = file.read(["path", "round", "call", "ns", "rate"], use_threads=False)
        rates = table["rate"]
        samples = Samples(
            np.array(table["path"].to_pylist(), np.str_),
            table["round"].to_numpy(),
            table["call"].to_numpy(),
            table["ns"].to_numpy(),
            None if rates.null_count or not len(rates) else rates.to_numpy(),
        )
    return samples, record
