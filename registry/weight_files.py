"""Reads a file of weights as plain tensors: safetensors or torch's own format; nothing of a pickle is ever run.

What else a user may have put there is told by the file's first bytes and refused in a sentence of ours.
"""

import re
import zipfile
from pathlib import Path, PosixPath, PurePosixPath
from typing import TYPE_CHECKING, Any

from registry.errors import BenchError, first_of

if TYPE_CHECKING:
    from torch import Tensor

State = dict[str, "Tensor"]
HOW = "where it was made, run torch.save(model.state_dict(), 'weights.pth') and give that file"
TOP = "."
"""The name of the tensors that lie at the top of a file."""
DEPTH = 3

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "it is a pointer of git-lfs, not the file; run git lfs pull"),
    (b"<", "it is a web page, so its download failed; get the file again"),
    (b"\x89HDF\r\n\x1a\n", "it is an HDF5 file, as Keras saves them; convert it to a PyTorch state dict"),
    (b"\x1f\x8b", "it is compressed by gzip; unpack it first"),
    (b"BZh", "it is compressed by bzip2; unpack it first"),
    (b"\xfd7zXZ", "it is compressed by xz; unpack it first"),
)
_TORCH = (b"PK", b"\x80")


def weight_sets(path: Path) -> dict[str, State]:
    """Return each set of tensors in a file, by the dotted path of the keys that lead to it; `TOP`: at the top.

    Raises:
        BenchError: the file is no file of weights, or holds something other than tensors and plain values.
    """
    begin = _begin(path)
    if is_safetensors(path):
        return {TOP: _safetensors(path, begin)}
    found = dict(_sets(_torch_content(path, begin), ()))
    if not found:
        raise BenchError(f"{path} holds no state dict of tensors; {HOW}")
    return found


def is_safetensors(path: Path) -> bool:
    """Return whether a file is to be read as safetensors: by its content, else by its name."""
    begin = _begin(path)
    return begin[8:9] == b"{" or (path.suffix == ".safetensors" and not begin.startswith(_TORCH))


def _begin(path: Path) -> bytes:
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise BenchError(f"{path} is a pipe, a socket or a device; give a file of weights")
        with path.open("rb") as file:
            return file.read(64)
    except FileNotFoundError:
        raise BenchError(f"no file {path.absolute()}") from None
    except IsADirectoryError:
        raise BenchError(f"{path} is a folder; give the file of weights in it") from None
    except PermissionError:
        raise BenchError(f"no permission to read {path}") from None
    except OSError as error:
        raise BenchError(f"{path} cannot be read ({error.strerror}); give a file of weights") from None


def _safetensors(path: Path, begin: bytes) -> State:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        reason = _told_by(begin) or "it is damaged or cut off; copy it again"
        raise BenchError(f"{path} is not a readable safetensors file: {reason}") from error


def _told_by(begin: bytes) -> str | None:
    """Return what the first bytes of a file tell: what it is, and what to do."""
    if not begin:
        return "it is empty; copy it again"
    return next((words for start, words in _BEGINNINGS if begin.lstrip().startswith(start)), None)


def _torch_content(path: Path, begin: bytes) -> Any:
    import torch

    _check_kind(path, begin)
    try:
        # Opened here: torch would go by the file's name.
        with torch.serialization.safe_globals(_harmless()), path.open("rb") as file:
            return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        raise _refused(path, _why(path, error)) from error


def _why(path: Path, error: Exception) -> str:
    """Return in our words why torch refuses a file: torch's words say how to load it all the same."""
    foreign = _foreign_classes(path, str(error))
    if any(name.startswith("torch.nn.modules.") for name in foreign):
        return f"it holds a whole model, and loading that would run its code; {HOW}"
    if foreign:
        return f"besides tensors it holds objects ({first_of(foreign)}), and loading these could run code; {HOW}"
    return f"it is damaged, cut off, or not of PyTorch's format; copy it again, or {HOW}"


def _check_kind(path: Path, begin: bytes) -> None:
    if path.suffix == ".onnx":
        raise _refused(path, f"it is an ONNX file; write {{name: onnx, file: {path}}}")
    if words := _told_by(begin):
        raise _refused(path, words)
    if begin.startswith(b"PK"):
        _check_archive(path)


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        raise _refused(path, "it is damaged or cut off; copy it again") from None
    if any(name.endswith("/constants.pkl") for name in names):
        raise _refused(path, f"it is a TorchScript program, not weights; {HOW}")
    if not any(name.endswith("data.pkl") for name in names):
        raise _refused(path, "it is an archive of other files; unpack it, and give the file of weights in it")


def _foreign_classes(path: Path, words: str) -> list[str]:
    """Return the classes and functions that a pickle would call besides those of tensors and of plain values."""
    from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

    try:
        with safe_globals(_harmless()), path.open("rb") as file:
            return sorted(get_unsafe_globals_in_checkpoint(file))
    except Exception:  # noqa: BLE001 - torch lists them of its newer format alone; of the older it names the first
        return re.findall(r"GLOBAL (\w[\w.]*\.\w+)", words)[:1]


def _harmless() -> list[Any]:
    """Return what training scripts save beside their weights and what does nothing but hold values."""
    from argparse import Namespace

    import numpy as np
    from numpy._core.multiarray import _reconstruct, scalar

    # Files of NumPy 1 have the same functions under an older name.
    older = [(_reconstruct, "numpy.core.multiarray._reconstruct"), (scalar, "numpy.core.multiarray.scalar")]
    types = [getattr(np.dtypes, name) for name in np.dtypes.__all__]
    return [Namespace, PosixPath, PurePosixPath, np.ndarray, np.dtype, *types, _reconstruct, scalar, *older]


def _refused(path: Path, why: str) -> BenchError:
    return BenchError(f"{path} cannot be read as plain weights: {why}")


def _sets(content: Any, place: tuple[str, ...]) -> "list[tuple[str, State]]":
    """Return the dicts of tensors in `content`; numbers and words beside the tensors are no weights."""
    import torch

    if not isinstance(content, dict) or len(place) > DEPTH or not all(isinstance(key, str) for key in content):
        return []
    state = {key: value for key, value in content.items() if isinstance(value, torch.Tensor)}
    own = [(".".join(place) or TOP, state)] if state else []
    return own + [one for key, value in content.items() for one in _sets(value, (*place, key))]
