"""Where trained weights lie, what they are, and how they are read back. Imports torch only to load or save.

A checkpoint is one safetensors file; its header's metadata holds our record as one JSON text.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.host.files import cache_root, digest, read_json, write_atomic, write_json
from registry.errors import BenchError
from registry.regular_files import users_path

if TYPE_CHECKING:
    from torch import nn

METADATA_KEY = "segbench"


def checkpoint_path(name: str, key: str) -> Path:
    """Return where the checkpoint of a training key lies, whether it is there or not."""
    return cache_root() / "checkpoints" / f"{name}-{key}.safetensors"


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """Return the safetensors header and the offset at which the tensors' bytes begin."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > path.stat().st_size:
                raise ValueError("its header is longer than the file")
            header = json.loads(file.read(length))
        for name in header.keys() - {"__metadata__"}:
            begin, end = header[name]["data_offsets"]
            if not 0 <= begin <= end <= path.stat().st_size or "dtype" not in header[name]:
                raise ValueError(f"tensor {name} lies outside the file")
        return header, 8 + length
    except FileNotFoundError:
        raise BenchError(f"no checkpoint {path.absolute()}") from None
    except PermissionError:
        raise BenchError(f"no permission to read the checkpoint {path.absolute()}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BenchError(
            f"{path} is not a readable safetensors file; save model.state_dict() as safetensors"
        ) from error


def read_record(path: Path) -> dict[str, Any]:
    """Return the record stored with the weights; empty for a file that another program wrote."""
    metadata = _header(path)[0].get("__metadata__", {})
    record: dict[str, Any] = json.loads(metadata.get(METADATA_KEY, "{}"))
    return record


def state_hash(path: Path) -> str:
    """Return 32 hexadecimal digits: BLAKE2b-128 over name, dtype, shape and bytes of every tensor, by name.

    The same weights have the same hash whatever the file's metadata and order are.
    """
    header, start = _header(path)
    hashed = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        for name in sorted(header.keys() - {"__metadata__"}):
            tensor = header[name]
            begin, end = tensor["data_offsets"]
            hashed.update(json.dumps([name, tensor["dtype"], tensor["shape"]]).encode())
            file.seek(start + begin)
            hashed.update(file.read(end - begin))
    return hashed.hexdigest()


def save_checkpoint(network: "nn.Module", path: Path, record: dict[str, Any]) -> None:
    """Write the weights and their record, whole or not at all."""
    write_atomic(path, serialised(network, {METADATA_KEY: json.dumps(record, sort_keys=True)}))


def serialised(network: "nn.Module", metadata: dict[str, str] | None = None) -> bytes:
    """Return the weights in the safetensors format, to be written by us: a full disk is then an OSError."""
    from safetensors.torch import save

    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    return save(state, metadata)


def load_checkpoint(network: "nn.Module", path: Path, origin: str | None = None) -> None:
    """Load the weights at `path` into `network`; `origin` is what a message calls them.

    Raises:
        BenchError: the file is unreadable, or its tensors are not the network's; names the first ones.
    """
    from registry.weights import load_state, load_strictly

    load_strictly(network, load_state(path), f"the checkpoint {origin or path}")


class GivenCheckpoint(NamedTuple):
    """A user's checkpoint under the network's own names; `note` says in words what was done to it ("": nothing)."""

    path: Path
    note: str


def found_checkpoint(given: str) -> Path:
    """Return the path that a suite names, a ~ at its beginning resolved.

    Raises:
        BenchError: nothing is there.
    """
    path = users_path(given)
    if not path.exists():
        raise BenchError(
            f"no checkpoint {path.absolute()}; correct checkpoint: in the suite (paths start in this folder)"
        )
    return path


def users_checkpoint(
    given: str, key: str | None, model: Sequence[object], network: "Callable[[], nn.Module]"
) -> GivenCheckpoint:
    """Return a safetensors file of the network's tensors for the checkpoint that a suite names.

    Another kind of file, or tensors under other names, are converted once; how a file is to be read is remembered.

    Args:
        given: its path. key: which of several weights in it, None: there is one.
        model: what the names of the network's tensors depend on.
        network: builds the network; called where nothing is remembered.

    Raises:
        BenchError: there is no such file, it holds no plain tensors, or they are not the network's.
    """
    path = found_checkpoint(given)
    facts = path.stat()
    name = digest(str(path.absolute()), facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, key, model)
    converted = cache_root() / "converted" / f"{path.stem}-{name}.safetensors"
    known = _remembered(place := converted.with_suffix(".json"))
    if known is None or (known["converted"] and not converted.is_file()):
        known = _read(path, key, converted, network())
        write_json(place, known)
    return GivenCheckpoint(converted if known["converted"] else path, known["note"])


def _remembered(path: Path) -> dict[str, Any] | None:
    """Return what `_read` found; None where that is not known, or the file is damaged."""
    try:
        found = read_json(path)
        return {"converted": bool(found["converted"]), "note": str(found["note"])}
    except (OSError, ValueError, KeyError, TypeError):  # no file: None has no keys
        return None


def _read(path: Path, key: str | None, converted: Path, network: "nn.Module") -> dict[str, Any]:
    """Read a user's file once; write its tensors to `converted` where a copy under other names is needed."""
    from safetensors.torch import save

    from registry.state_fitting import fitted
    from registry.weight_files import is_safetensors, weight_sets

    sets = weight_sets(path)
    found = fitted(sets, network.state_dict(), key, f"the checkpoint {path}")
    as_it_is = is_safetensors(path) and not found.note and found.state.keys() == next(iter(sets.values())).keys()
    if not as_it_is:
        write_atomic(converted, save({name: t.contiguous().clone() for name, t in found.state.items()}))
    return {"converted": not as_it_is, "note": found.note}
