"""Labels and pre-processing of a model of transformers, from its configuration files. Needs no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from registry.errors import BenchError
from registry.networks.transformers_files import CONFIG, PROCESSOR, read_json
from registry.segmenter import Geometry

Three = tuple[float, float, float]
IMAGENET: tuple[Three, Three] = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
DEFAULT_SIZE = 512


def _pair(size: object) -> object:
    if isinstance(size, Mapping):
        edge = size.get("shortest_edge") or size.get("longest_edge")
        return size.get("height", edge), size.get("width", edge)
    return (size, size) if isinstance(size, int) else size


Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Sides = Annotated[tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]], BeforeValidator(_pair)]
SIDES = "one side or two in pixels"


class _Labels(BaseModel):
    id2label: dict[int, str] | None = Field(None, min_length=1, description="names for the indices from 0")
    num_labels: int | None = Field(None, ge=1, description="a number of labels")


class _Input(BaseModel):
    image_size: Sides = Field((DEFAULT_SIZE, DEFAULT_SIZE), description=SIDES)


class _Processor(BaseModel):
    size: Sides | None = Field(None, description=SIDES)
    do_rescale: bool = Field(True, description="true or false")
    rescale_factor: Positive = Field(1 / 255, description="a number above 0")
    do_normalize: bool = Field(False, description="true or false")
    image_mean: tuple[Number, Number, Number] = Field(IMAGENET[0], description="three numbers")
    image_std: tuple[Positive, Positive, Positive] = Field(IMAGENET[1], description="three numbers above 0")
    do_flip_channel_order: bool = Field(False, description="true or false")


_Content = TypeVar("_Content", bound=BaseModel)


def _checked(kind: type[_Content], file: Path, given: Mapping[str, Any]) -> _Content:
    """Return a file's content as `kind`; null is as good as nothing.

    Raises:
        BenchError: a value is of another form.
    """
    values = {key: value for key, value in given.items() if value is not None}
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        wanted = kind.model_fields[key].description
        raise BenchError(f"{file}: '{key}' is {str(values[key])[:60]!r}, not {wanted}; save the model anew") from error


def labels(found: Path) -> list[str]:
    """Return the model's own labels in order; as in transformers, LABEL_0 and so on where nothing names them, or two.

    Raises:
        BenchError: the configuration names some other indices than those from 0.
    """
    file = found / CONFIG
    content = _checked(_Labels, file, read_json(file))
    named = content.id2label
    if named is None or content.num_labels not in (None, len(named)):
        return [f"LABEL_{i}" for i in range(content.num_labels or 2)]
    if sorted(named) != list(range(len(named))):
        raise BenchError(f"{file}: 'id2label' does not name each index from 0 to {len(named) - 1}; save the model anew")
    return [named[i] for i in range(len(named))]


@dataclass(frozen=True)
class Preprocessing:
    """How an image becomes the model's input. mean, std: of RGB scaled to 0..1; bgr: the channels are turned round."""

    geometry: Geometry
    mean: Three
    std: Three
    bgr: bool


def preprocessing(
    found: Path, size: int | tuple[int, int] | None, mean: Three | None, std: Three | None
) -> Preprocessing:
    """Return the pre-processing of the folder's preprocessor_config.json, or what is given instead.

    Without the file, the size is the configuration's `image_size`, mean and deviation are ImageNet's. An image
    is stretched to the size; where the file wants its aspect kept (`shortest_edge`), that edge is both sides.

    Raises:
        BenchError: a file's value is of another form, and nothing is given instead.
    """
    stored = _normalised(read_json(found / PROCESSOR))
    given = {"size": size, "image_mean": mean, "image_std": std}
    own = _checked(_Processor, found / PROCESSOR, {k: v for k, v in stored.items() if given.get(k) is None})
    # transformers computes (value * rescale_factor - mean) / std of values in 0..255.
    factor = 255 * own.rescale_factor if own.do_rescale else 255
    colours = (own.image_mean, own.image_std) if own.do_normalize else ((0, 0, 0), (1, 1, 1))
    return Preprocessing(
        geometry(found, size or own.size),
        mean or _three(colours[0], factor),
        std or _three(colours[1], factor),
        own.do_flip_channel_order,
    )


def _normalised(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a processor's file, with `do_normalize` filled in.

    A file without that key means what its class in transformers does. MobileViT's does not normalise: its files
    lack the key, and newer ones have a mean nevertheless.
    """
    kind = str(stored.get("image_processor_type") or stored.get("feature_extractor_type"))
    default = not stored or (stored.get("image_mean") is not None and not kind.startswith("MobileViT"))
    return {**stored, "do_normalize": default if stored.get("do_normalize") is None else stored["do_normalize"]}


def geometry(found: Path | None, size: int | tuple[int, int] | None) -> Geometry:
    """Return a size as a geometry; None: that of the configuration, or 512 where there is none (yet)."""
    if size is None and found is not None:
        file = found / CONFIG
        size = _checked(_Input, file, read_json(file)).image_size
    height, width = (size, size) if isinstance(size, int) else size or (DEFAULT_SIZE, DEFAULT_SIZE)
    return Geometry(height, width, "stretch")


def _three(values: Three, factor: float) -> Three:
    red, green, blue = (value / factor for value in values)
    return red, green, blue
