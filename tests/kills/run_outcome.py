"""What a run left, without what follows the clock: equal outcomes are equal byte for byte."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from safetensors import safe_open

CLOCKED = {"seconds", "network_seconds", "images_per_second", "efficiency", "harness_efficiency"}
CLOCKED |= {"forward_ms_per_image", "ms_per_image", "peak_memory_gib", "started", "finished", "updated"}
CLOCKED |= {"checksum"}  # of a content in which such a value stands
WRITTEN_WITH_TIMES = ("report.html", "table.md", "table.tex")  # they must be there


def outcome(folder: Path) -> dict[str, Any]:
    """Return each file of `folder`/run and each checkpoint of `folder`/cache with what is in it.

    Of tables, figures and images that is every byte. Of cells and checkpoints it is all values, and the record
    without times; of run.json the same.
    """
    files = [path for path in (folder / "run").rglob("*") if path.is_file() and path.suffix not in (".lock", ".tmp")]
    files += (folder / "cache" / "checkpoints").glob("*.safetensors")
    return {str(path.relative_to(folder)): _content(path) for path in files if path.name != ".lock"}


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return the names of the files that are not the same in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _content(path: Path) -> Any:
    if path.name in WRITTEN_WITH_TIMES:
        return "there"
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        record = json.loads(pq.read_metadata(path).metadata[b"segbench"])
        return table.schema.names, str(table.schema.types), table.to_pydict(), timeless(record)
    if path.suffix == ".safetensors":
        with safe_open(path, "np") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no dictionary
            values = {name: (str(t.dtype), t.shape, t.tobytes()) for name, t in tensors.items()}
            return values, timeless(json.loads(file.metadata()["segbench"]))
    if path.name == "run.json":
        return timeless(json.loads(path.read_text()))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def timeless(value: Any) -> Any:
    """Return parsed JSON without the keys whose values follow the clock."""
    if isinstance(value, dict):
        return {key: timeless(inner) for key, inner in value.items() if key not in CLOCKED}
    return [timeless(inner) for inner in value] if isinstance(value, list) else value
