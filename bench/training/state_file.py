"""The file of a training's state: PyTorch's format behind a line with a checksum of all its bytes."""

import hashlib
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from lightning.fabric.plugins.io.checkpoint_io import CheckpointIO

from bench.host.files import refuse_pipes, write_atomic
from registry.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Mapping

_BEGIN = b"segbench training state 1, BLAKE2b-128 "
_LENGTH = len(_BEGIN) + 32 + 1  # bytes of the line
_ZIP = b"PK"  # how PyTorch's own files begin: states of before had no line


class DamagedStateError(BenchError):
    """The state of an interrupted training is not what was written."""


class StateFiles(CheckpointIO):
    """How Lightning writes and reads the state of a training."""

    def save_checkpoint(self, checkpoint: "Mapping[str, Any]", path: Any, storage_options: Any = None) -> None:
        """Write the state to `path`, whole or not at all."""
        file = BytesIO()
        torch.save(checkpoint, file)
        write_atomic(Path(path), b"".join([_line(file.getbuffer()), file.getbuffer()]))

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Return the state; see `read_state`."""
        return read_state(Path(path))

    def remove_checkpoint(self, path: Any) -> None:
        """Remove a state; nobody does: the folder goes as a whole."""
        Path(path).unlink(missing_ok=True)


def read_state(path: Path) -> dict[str, Any]:
    """Return the state in `path`, tensors on the CPU; nothing of a pickle is run.

    Raises:
        DamagedStateError: it is not what was written.
        BenchError: there is no right to read it.
    """
    try:
        refuse_pipes(path)
        content = path.read_bytes()
    except PermissionError:
        raise BenchError(f"no permission to read {path}; correct its rights") from None
    except OSError as error:
        raise DamagedStateError(f"{path} is damaged: {error.strerror}") from error
    packed = content if content.startswith(_ZIP) else content[_LENGTH:]
    if not (_is_whole_archive(content) if packed is content else content[:_LENGTH] == _line(packed)):
        raise DamagedStateError(f"{path} is damaged: its content is not that of its checksum")
    try:
        state: dict[str, Any] = torch.load(BytesIO(packed), map_location="cpu", weights_only=True)
    except Exception as error:  # whatever torch stumbles over; its words say how to run what is in a file
        raise DamagedStateError(f"{path} is damaged: it is no state as PyTorch writes it") from error
    return state


def _is_whole_archive(content: bytes) -> bool:
    """Return whether a state of before is as PyTorch wrote it, as far as its format can tell."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            # Of a member that is marked as a folder, PyTorch reads nothing: its tensor would hold anything.
            kinds = {(one.external_attr, one.compress_type, one.flag_bits) for one in archive.infolist()}
            return archive.testzip() is None and len(kinds) == 1
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error):
        return False


def _line(content: "memoryview | bytes") -> bytes:
    return _BEGIN + hashlib.blake2b(content, digest_size=16).hexdigest().encode() + b"\n"
