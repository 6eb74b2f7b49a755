"""Parquet files whose bytes carry their own checksum, in a JSON text among their metadata.

The text is our record of what the table is: it begins with the checksum, a key and a format number.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.host.checked_json import DamagedFile
from bench.host.files import write_atomic
from registry.errors import BenchError
from registry.regular_files import read_regular

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet

_MARK = b'{"checksum": "'
"""What our text in the file's metadata begins with: 32 hexadecimal digits follow."""
_NO_DIGITS = b"0" * 32
"""What stands in their place while the checksum is taken."""

_NOT_ITS_OWN = "its checksum is not that of its content"


class SealedKind(NamedTuple):
    """What such a file holds, in the words of messages, and its formats.

    does: what the next run does with a damaged one. newest: the format that is written. first_sealed: the first one
    with a checksum.
    """

    noun: str
    does: str
    newest: int
    first_sealed: int

    def damaged(self, path: Path, reason: str) -> DamagedFile:
        """Return the error for a file that cannot be used."""
        return DamagedFile(
            f"the {self.noun} {path} is damaged ({reason})", f"run the suite again, which {self.does} it anew", path
        )


class SealedFile(NamedTuple):
    """A file's bytes, looked at; sealed: they have a checksum, and it is theirs."""

    path: Path
    kind: SealedKind
    data: bytes
    sealed: bool

    def has_key(self, key: str) -> bool:
        """Return whether they are a sealed file of the newest format and of this key."""
        own = f'", "key": "{key}", "format": {self.kind.newest}, '.encode()
        return self.sealed and self.data.startswith(own, _place(self.data) + len(_NO_DIGITS))

    def opened(self) -> "parquet.ParquetFile":
        """Return them as a Parquet file."""
        import pyarrow as pa
        from pyarrow import parquet

        return parquet.ParquetFile(pa.BufferReader(self.data))

    def record(self, file: "parquet.ParquetFile", key: str) -> dict[str, Any]:
        """Return our text in their metadata, as it was written, if it is of this key.

        Raises:
            DamagedFile: it is of another key, or has lost its checksum.
            BenchError: a newer version wrote it.
        """
        found: dict[str, Any] = json.loads(file.metadata.metadata[b"segbench"])
        number, kind = found["format"], self.kind
        newer = isinstance(number, int) and number > kind.newest
        if newer and (self.sealed or "checksum" not in found):
            raise BenchError(
                f"the {kind.noun} {self.path} was written by a newer segbench (format {number}; this one reads "
                f"{kind.newest}); update segbench"
            )
        # Only what never had a checksum may lack one.
        if not self.sealed and (number not in range(1, kind.first_sealed) or "checksum" in found):
            raise self.damaged(_NOT_ITS_OWN)
        if found["key"] != key:
            raise self.damaged(f"it is the {kind.noun} {str(found['key'])[:40]!r}")
        return found

    def damaged(self, reason: str) -> DamagedFile:
        """Return the error for this file where it cannot be used."""
        return self.kind.damaged(self.path, reason)

    @contextmanager
    def in_one_line(self) -> Iterator[None]:
        """Make one line of what a reader says of damaged bytes: pyarrow has a dozen ways, and so has its content."""
        try:
            yield
        except BenchError:
            raise
        except Exception as error:
            raise self.damaged("it cannot be read") from error


def write_sealed(path: Path, kind: SealedKind, key: str, table: "pa.Table", record: Mapping[str, Any]) -> None:
    """Write a table and its record, whole or not at all."""
    import pyarrow as pa
    from pyarrow import parquet

    first = {"checksum": _NO_DIGITS.decode(), "key": key, "format": kind.newest}
    buffer = pa.BufferOutputStream()
    with parquet.ParquetWriter(buffer, table.schema, compression="zstd") as writer:
        writer.write_table(table)
        # Not as metadata of the schema, which is stored twice.
        writer.add_key_value_metadata({"segbench": json.dumps({**first, **record})})
    data = buffer.getvalue().to_pybytes()
    write_atomic(path, _with_digits(data, _checksum(data)))


def read_sealed(path: Path, kind: SealedKind) -> SealedFile:
    """Return a file's bytes, which are those that were written, if it has a checksum: no other reader sees damage.

    Raises:
        DamagedFile: they are not, or it is no file.
        BenchError: it cannot be read.
    """
    try:
        data = read_regular(path)
    except PermissionError as error:
        raise BenchError(f"cannot read {path} ({error.strerror}); correct its rights") from error
    except OSError as error:
        raise kind.damaged(path, error.strerror or str(error)) from error
    if (place := _place(data)) and data[place : place + len(_NO_DIGITS)] != _checksum(data):
        raise kind.damaged(path, _NOT_ITS_OWN)
    return SealedFile(path, kind, data, sealed=place > 0)


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
