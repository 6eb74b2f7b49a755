"""A model of transformers as files: where they lie, what they say of labels and pre-processing. Needs no torch."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.errors import BenchError
from registry.hub import unreachable
from registry.models._files import content_hash
from registry.segmenter import Geometry, Needed

CONFIG, PROCESSOR = "config.json", "preprocessor_config.json"
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
Three = tuple[float, float, float]


def folder(model: str) -> Path:
    """Return the folder of a model: a path, or a hub's id, whose files are fetched if they are not in its cache.

    Raises:
        BenchError: there is no such folder, it holds no model, or the hub cannot be reached.
    """
    needed = hub_needed(model)
    if needed is not None and not needed.present:
        needed.fetch()
    found = Path(model).expanduser() if needed is None else _cached(model)
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
    path = Path(model).expanduser()
    if path.is_dir():
        return None
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]+", model):
        raise BenchError(f"model: no folder {path.absolute()}; give a folder that save_pretrained wrote, or a hub's id")
    from huggingface_hub import constants

    names = f"{CONFIG}, {PROCESSOR} and {WEIGHTS[0]}"
    place = Path(constants.HF_HUB_CACHE) / f"models--{model.replace('/', '--')}"
    by_hand = (
        f"on a machine with a network say `hf download {model} {CONFIG} {PROCESSOR} {WEIGHTS[0]}`, and copy its "
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
        shards = {found / name for name in read_json(file)["weight_map"].values()} if file.suffix == ".json" else set()
        return [file, *shards] if all(shard.is_file() for shard in shards) else []
    return []


def read_json(file: Path) -> dict[str, Any]:
    """Return what a file says, {} where there is none.

    Raises:
        BenchError: it is not JSON.
    """
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except ValueError as error:
        raise BenchError(f"{file} is not readable JSON ({error}); save the model anew") from error
    return content


def identity(found: Path) -> str:
    """Return a hash of the configuration, the pre-processing and the weights."""
    return content_hash([f for f in (found / CONFIG, found / PROCESSOR) if f.is_file()] + weights_files(found))


def labels(found: Path) -> list[str]:
    """Return the model's own labels in order; transformers means two where a configuration names none."""
    named = read_json(found / CONFIG).get("id2label", {"0": "LABEL_0", "1": "LABEL_1"})
    return [named[key] for key in sorted(named, key=int)]


@dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes the model's input. mean, std: of RGB scaled to 0..1; bgr: the channels are turned round."""

    geometry: Geometry
    mean: Three
    std: Three
    bgr: bool


def preprocessing(
    found: Path, size: int | tuple[int, int] | None, mean: Three | None, std: Three | None
) -> Preprocessing:
    """Return what the folder's preprocessor_config.json says, or what is given instead.

    Without the file, the size is the configuration's `image_size`, mean and deviation are ImageNet's. A picture
    is stretched to the size; where the file wants its aspect kept (`shortest_edge`), that edge is both sides.
    """
    says = read_json(found / PROCESSOR)
    height, width = _pair(size or says.get("size") or read_json(found / CONFIG).get("image_size") or 512)
    # transformers computes (value * rescale_factor - mean) / std of values in 0..255.
    factor = 255 * says.get("rescale_factor", 1 / 255) if says.get("do_rescale", True) else 255
    normal = (says.get("image_mean", IMAGENET[0]), says.get("image_std", IMAGENET[1]))
    own = normal if says.get("do_normalize", True) else ((0, 0, 0), (1, 1, 1))
    return Preprocessing(
        Geometry(height, width, "stretch"),
        mean or _three(own[0], factor),
        std or _three(own[1], factor),
        bool(says.get("do_flip_channel_order", False)),
    )


def _three(values: Sequence[float], factor: float) -> Three:
    red, green, blue = (value / factor for value in values)
    return red, green, blue


def _pair(size: int | Sequence[int] | Mapping[str, int]) -> tuple[int, int]:
    if isinstance(size, int):
        return size, size
    if isinstance(size, Mapping):
        edge = size.get("shortest_edge") or size.get("longest_edge") or 512
        return size.get("height", edge), size.get("width", edge)
    height, width = size
    return height, width
