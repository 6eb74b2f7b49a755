"""A model of transformers as files: where they lie, how they are fetched and read. Needs no torch."""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from registry.errors import BenchError
from registry.hub import unreachable
from registry.networks.given_files import content_hash
from registry.regular_files import users_path
from registry.segmenter import Needed

CONFIG, PROCESSOR = "config.json", "preprocessor_config.json"
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")


def needs_transformers(who: str) -> None:
    """Raise BenchError where transformers is not installed; `who` needs it."""
    if find_spec("transformers") is None:
        raise BenchError(f"{who}: needs the extra [transformers]: pip install 'transformers>=5.20'")


def folder(model: str) -> Path:
    """Return the folder of a model: a path, or a hub's id, whose files are fetched if they are not in its cache.

    Raises:
        BenchError: there is no such folder, it holds no model, or the hub cannot be reached.
    """
    needed = hub_needed(model)
    if needed is not None and not needed.present:
        needed.fetch()
    return _whole(model, needed)


def local_folder(model: str) -> Path | None:
    """Return the folder of a model as `folder` does, but fetch nothing; None: the hub's files are not all here.

    Raises:
        BenchError: there is no such folder, or it holds no model.
    """
    needed = hub_needed(model)
    return None if needed is not None and not needed.present else _whole(model, needed)


def _whole(model: str, needed: Needed | None) -> Path:
    found = users_path(model) if needed is None else _cached(model)
    if found is None or not (found / CONFIG).is_file():
        raise BenchError(
            f"model: no {CONFIG} in {found or model}; give a folder that save_pretrained wrote, or a hub's id"
        )
    return found


def hub_needed(model: str) -> Needed | None:
    """Return the files behind a hub's id; None: `model` is a folder.

    Raises:
        BenchError: it is neither.
    """
    path = users_path(model)
    if path.is_dir():
        return None
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]+", model):
        raise BenchError(f"model: no folder {path.absolute()}; give a folder that save_pretrained wrote, or a hub's id")
    from huggingface_hub import constants

    names = f"{CONFIG}, {PROCESSOR} and {WEIGHTS[0]}"
    place = Path(constants.HF_HUB_CACHE) / f"models--{model.replace('/', '--')}"
    by_hand = (
        f"on a machine with a network run `hf download {model} {CONFIG} {PROCESSOR} {WEIGHTS[0]}`, and copy its "
        f"folder to {place}, or give model: FOLDER"
    )
    found = _cached(model)
    present = found is not None and bool(weights_files(found))
    needed = Needed(f"{model} ({names})", f"huggingface.co/{model}", None, str(place), present, lambda: None, by_hand)
    return Needed(**{**vars(needed), "fetch": lambda: _fetch(model, needed)})


def _cached(model: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(model, CONFIG)
    return Path(found).parent if isinstance(found, str) else None


def _fetch(model: str, needed: Needed) -> None:
    """Fetch configuration and weights; a pickle only where there is no safetensors file. Never code."""
    from huggingface_hub import snapshot_download

    try:
        for weights in ("model*.safetensors*", "pytorch_model*.bin*"):
            found = Path(snapshot_download(model, allow_patterns=[CONFIG, PROCESSOR, weights]))
            if weights_files(found):
                return
    except Exception as error:
        raise unreachable(needed, error) from error
    raise BenchError(f"model: {model} has no weights for torch on the hub; choose another model")


def weights_files(found: Path) -> list[Path]:
    """Return the files that hold the weights, safetensors before pickles; empty where one is missing."""
    for file in (found / name for name in WEIGHTS):
        if not file.is_file():
            continue
        shards = _shards(file) if file.suffix == ".json" else set()
        return [file, *shards] if all(shard.is_file() for shard in shards) else []
    return []


def _shards(index: Path) -> set[Path]:
    names = read_json(index).get("weight_map")
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise BenchError(f"{index} has no 'weight_map' from tensors to files; save the model anew")
    if outside := [name for name in names.values() if name != Path(name).name]:
        raise BenchError(f"{index} names {outside[0]!r}, which is no file beside it; save the model anew")
    return {index.parent / name for name in names.values()}


def read_json(file: Path) -> dict[str, Any]:
    """Return a file's content, {} where there is none.

    Raises:
        BenchError: it is not JSON, or no object with keys.
    """
    try:
        content: Any = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except ValueError as error:
        raise BenchError(f"{file} is not readable JSON ({error}); save the model anew") from error
    if not isinstance(content, dict):
        raise BenchError(f"{file} holds {str(content)[:60]!r}, not an object with keys; save the model anew")
    return content


def identity(found: Path) -> str:
    """Return a hash of the configuration, the pre-processing and the weights."""
    return content_hash([f for f in (found / CONFIG, found / PROCESSOR) if f.is_file()] + weights_files(found))
