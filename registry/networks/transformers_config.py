"""What the configuration files of a model of transformers say of its labels and its pre-processing. Needs no torch."""

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


_Said = TypeVar("_Said", bound=BaseModel)


def _checked(kind: type[_Said], file: Path, says: Mapping[str, Any]) -> _Said:
    """Return what a file says as `kind`; null is as good as nothing.

    Raises:
        BenchError: a value is of another form.
    """
    said = {key: value for key, value in says.items() if value is not None}
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        wanted = kind.model_fields[key].description
        raise BenchError(f"{file}: '{key}' is {str(said[key])[:60]!r}, not {wanted}; save the model anew") from error


def labels(found: Path) -> list[str]:
    """Return the model's own labels in order; as in transformers, LABEL_0 and so on where nothing names them, or two.

    Raises:
        BenchError: the configuration names some other indices than those from 0.
    """
    file = found / CONFIG
    said = _checked(_Labels, file, read_json(file))
    named = said.id2label
    if named is None or said.num_labels not in (None, len(named)):
        return [f"LABEL_{i}" for i in range(said.num_labels or 2)]
    if sorted(named) != list(range(len(named))):
        raise BenchError(f"{file}: 'id2label' does not name each index from 0 to {len(named) - 1}; save the model anew")
    return [named[i] for i in range(len(named))]


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

    Raises:
        BenchError: a file says something of another form, and nothing is given instead.
    """
    says = _normalised(read_json(found / PROCESSOR))
    given = {"size": size, "image_mean": mean, "image_std": std}
    said = _checked(_Processor, found / PROCESSOR, {k: v for k, v in says.items() if given.get(k) is None})
    # transformers computes (value * rescale_factor - mean) / std of values in 0..255.
    factor = 255 * said.rescale_factor if said.do_rescale else 255
    own = (said.image_mean, said.image_std) if said.do_normalize else ((0, 0, 0), (1, 1, 1))
    return Preprocessing(
        geometry(found, size or said.size),
        mean or _three(own[0], factor),
        std or _three(own[1], factor),
        said.do_flip_channel_order,
    )


def _normalised(says: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a processor's file says, with a word on whether values are normalised.

    A file without that word means what its class in transformers does. MobileViT's does not normalise: its files
    say no word, and newer ones a mean nevertheless.
    """
    kind = str(says.get("image_processor_type") or says.get("feature_extractor_type"))
    default = not says or (says.get("image_mean") is not None and not kind.startswith("MobileViT"))
    return {**says, "do_normalize": default if says.get("do_normalize") is None else says["do_normalize"]}


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
