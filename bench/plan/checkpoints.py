"""Files of trained weights that we write: what is in them, and whether it is that. Imports torch only to load or save.

A checkpoint is one safetensors file. Its header's metadata holds our record as one JSON text, sealed, with the hash of
the tensors; a second entry says that there is a record. So no changed byte makes it a file of somebody else's.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from bench.host.checksum import KEY, seal, unseal
from bench.host.files import cache_root, refuse_pipes, write_atomic
from registry.errors import BenchError

if TYPE_CHECKING:
    from torch import nn

    from registry.weight_files import State

FORMAT = 2  # of the record; 1 had neither this number nor a checksum
METADATA_KEY, MARK = "segbench", "segbench_format"
LONGEST_HEADER = 100_000_000  # bytes, as in the safetensors library


class DamagedCheckpointError(BenchError):
    """A file of weights that is not what was written; `why` in words, `what` with its path."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(path, why)  # both: errors are sent between processes
        self.path, self.why = path, why

    @property
    def what(self) -> str:
        """The fault in words, without what to do."""
        return f"the checkpoint {self.path} is damaged: {self.why}"

    def __str__(self) -> str:
        return f"{self.what}; give a whole copy of it, or train it again"


class UnreadableCheckpointError(DamagedCheckpointError):
    """A file in which no tensors can be found, whoever wrote it."""

    def __str__(self) -> str:
        return f"{self.path} is not a readable safetensors file: {self.why}; save model.state_dict() as safetensors"


class Contents(NamedTuple):
    """The record of a checkpoint, empty for a file that another program wrote, and the hash of its tensors."""

    record: dict[str, Any]
    state: str


def checkpoint_path(name: str, key: str) -> Path:
    """Return where the checkpoint of a training key lies, whether it is there or not."""
    return cache_root() / "checkpoints" / f"{name}-{key}.safetensors"


def stored_state(path: Path, key: str) -> str | None:
    """Return the state hash of a training's checkpoint in the cache; None: it is not there.

    Raises:
        DamagedCheckpointError: it is not what was written, or is the checkpoint of another `key`.
    """
    if not path.exists():
        return None
    record, state = contents(path)
    if (found := record.get("training_key")) != key:
        raise DamagedCheckpointError(path, f"its key is {found}" if found else "it has no record")
    return state


def contents(path: Path) -> Contents:
    """Return what is in a checkpoint, every byte of it looked at once.

    Raises:
        DamagedCheckpointError: the record or the tensors are not those that were written.
        BenchError: it cannot be read, or a newer version wrote it.
    """
    with _opened(path) as file:
        header = _header(file)
        record, recorded = _record(path, header)
        state = _state(file, header)
    if recorded is not None and recorded != state:
        raise DamagedCheckpointError(path, "its tensors are not those of its checksum")
    return Contents(record, state)


def state_hash(path: Path) -> str:
    """Return 32 hexadecimal digits: BLAKE2b-128 over name, dtype, shape and bytes of every tensor, by name.

    The same weights have the same hash whatever the file's metadata and order are.

    Raises:
        BenchError: as `contents`.
    """
    return contents(path).state


def read_record(path: Path) -> dict[str, Any]:
    """Return the record stored with the weights, without a look at these; empty for a file of another program.

    Raises:
        BenchError: as `contents`.
    """
    with _opened(path) as file:
        return _record(path, _header(file))[0]


def refuse_damaged(path: Path) -> None:
    """Say of a file of ours what is wrong with it; what is no safetensors file passes: its reader can tell more.

    Raises:
        DamagedCheckpointError: the file is not what was written.
    """
    with suppress(UnreadableCheckpointError):
        contents(path)


def save_checkpoint(network: "nn.Module", path: Path, record: dict[str, Any]) -> None:
    """Write the weights and their record, whole or not at all."""
    save_state(
        {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}, path, record
    )


def save_state(state: "State", path: Path, record: dict[str, Any]) -> None:
    """Write tensors (contiguous, on the CPU) and a record as a checkpoint."""
    from safetensors.torch import save

    content = save(state)  # bytes, written by us: a full disk is then an OSError
    file = BytesIO(content)
    header = _header(file)
    begin = file.tell()
    sealed = seal({**record, "format": FORMAT, "state_hash": _state(file, header)})
    header["__metadata__"] = {METADATA_KEY: json.dumps(sealed, sort_keys=True), MARK: str(FORMAT)}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so the tensors' bytes are aligned, as the library does
    write_atomic(path, b"".join([len(text).to_bytes(8, "little"), text, memoryview(content)[begin:]]))


def load_checkpoint(network: "nn.Module", path: Path, origin: str | None = None, state: str | None = None) -> None:
    """Load the weights at `path` into `network`.

    origin: what a message calls them. state: the hash that they had when the work was planned.

    Raises:
        BenchError: the file is damaged or changed, or its tensors are not the network's; names the first ones.
    """
    from registry.weights import load_strictly

    load_strictly(network, loaded_state(path, state), f"the checkpoint {origin or path}")


def loaded_state(path: Path, state: str | None = None) -> "State":
    """Return the tensors of a checkpoint; see `load_checkpoint`."""
    from registry.weights import load_state

    try:
        loaded = load_state(path)
    except BenchError:
        refuse_damaged(path)
        raise
    found = state_hash(path)  # after loading, so that no change slips between
    if state not in (None, found):
        raise BenchError(f"the checkpoint {path} changed since this run began; run the same command again")
    return loaded


def _record(path: Path, header: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return the record, and the tensors' hash that was written with it, if there is one."""
    metadata = header.get("__metadata__") or {}
    if METADATA_KEY not in metadata and MARK not in metadata:
        return {}, None
    try:
        found = json.loads(metadata[METADATA_KEY])
        if MARK not in metadata and found.keys().isdisjoint((KEY, "format", "state_hash")):
            return found, None  # of format 1
        found = unseal(found)
        number, state = found.pop("format"), found.pop("state_hash")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DamagedCheckpointError(path, "its record is not that of its checksum") from None
    if number > FORMAT:
        raise BenchError(
            f"the checkpoint {path} was written by a newer segbench (format {number}; this one reads {FORMAT}); update "
            "segbench, or give another checkpoint"
        )
    return found, state


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Yield the open file; turn what can be wrong with its bytes into one line."""
    try:
        refuse_pipes(path)
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise BenchError(f"no checkpoint {path.absolute()}") from None
    except PermissionError:
        raise BenchError(f"no permission to read the checkpoint {path.absolute()}") from None
    except UnicodeDecodeError:
        raise UnreadableCheckpointError(path, "its header is not text") from None
    except json.JSONDecodeError:
        raise UnreadableCheckpointError(path, "its header is not JSON") from None
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise UnreadableCheckpointError(path, "its header is that of another kind of file") from None
    except (ValueError, OSError) as error:
        raise UnreadableCheckpointError(path, getattr(error, "strerror", None) or str(error)) from error


def _header(file: BinaryIO) -> dict[str, Any]:
    """Return the safetensors header; the tensors' bytes begin where the file stands then."""
    size = file.seek(0, os.SEEK_END) - 8
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if length > min(size, LONGEST_HEADER):
        raise ValueError("its header is longer than the file")
    header: dict[str, Any] = json.loads(file.read(length))
    if not all(isinstance(text, str) for text in (header.get("__metadata__") or {}).values()):
        raise TypeError
    end = 0
    for one in sorted(_tensors(header).values(), key=lambda one: one["data_offsets"]):
        begin, after = one["data_offsets"]
        shape = one["shape"]
        if not isinstance(one["dtype"], str) or not all(type(n) is int and n >= 0 for n in [*shape, begin, after]):
            raise TypeError
        # As the format wants it; else a few bytes of a file could be read a million times.
        if begin != end or after < begin or (after == begin) != (0 in shape):
            raise ValueError("its tensors do not lie one after the other")
        end = after
    if end != size - length:
        raise ValueError("it is cut off" if end > size - length else "it is longer than its tensors")
    return header


def _tensors(header: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in header.items() if name != "__metadata__"}


def _state(file: BinaryIO, header: dict[str, Any]) -> str:
    """Return the hash of the tensors, whose bytes begin where the file stands; it stands there again afterwards."""
    start = file.tell()
    hashed = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(_tensors(header).items()):
        begin, end = tensor["data_offsets"]
        hashed.update(json.dumps([name, tensor["dtype"], tensor["shape"]]).encode())
        file.seek(start + begin)
        hashed.update(file.read(end - begin))
    file.seek(start)
    return hashed.hexdigest()
