"""Any ONNX file with one picture in and logits, probabilities or a mask out."""

import glob
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from registry.errors import BenchError
from registry.networks.files import content_hash, users_file
from registry.networks.label_map import LabelMap, model_labels
from registry.parameters import Parameters
from registry.segmenter import Geometry, ModelEntry, Segmenter

if TYPE_CHECKING:
    from registry.networks.onnx_file import Description

Side = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]


class OnnxParameters(Parameters):
    """file: the ONNX file; tensors that it keeps in files of their own lie beside it, their names begin with its name.

    size: side or [height, width] of the input in pixels, for a file that leaves it open. mode: how a picture gets
    there, `letterbox` pads with black. scale: the values of a picture run from 0 to this before mean and std are
    applied: (value - mean) / std; mean and std are in the order of the channels, channel_order. A file that takes
    whole numbers (uint8) takes pictures as they are: scale 255, mean 0 and std 1. layout: of the input, pixels last
    (nchw) or channels last (nhwc); auto: from the file's shape.

    output: what the file says: logits, probabilities or a mask of indices; output_name: which output, where there
    are several. task: `classes`, or `binary` for a class-agnostic object: one channel (logits are taken through
    the logistic function), two channels (background, object), or a mask whose object is not 0.

    label_map: which class of the data set each index of the file means: a class name for each in order, or
    {index: class name}; an index that is not named means background. Without it they are the data set's classes
    in its order.

    provider: `auto` computes on the device that holds the pictures if onnxruntime can, else on the CPU.
    """

    file: str
    size: Side | tuple[Side, Side] | None = None
    mode: Literal["stretch", "letterbox"] = "stretch"
    scale: Literal[1, 255] = 1
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[Positive, Positive, Positive] = (0.229, 0.224, 0.225)
    channel_order: Literal["rgb", "bgr"] = "rgb"
    layout: Literal["auto", "nchw", "nhwc"] = "auto"
    output: Literal["logits", "probabilities", "mask"] = "logits"
    output_name: str | None = None
    task: Literal["classes", "binary"] = "classes"
    label_map: LabelMap | None = None
    provider: Literal["auto", "cpu", "cuda"] = "auto"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.task == "binary" and self.label_map is not None:
            raise ValueError("a binary file has no classes to map; remove label_map or give task: classes")
        return self


@lru_cache(maxsize=16)
def _read(file: Path, stamp: tuple[int, int]) -> "Description":
    """Describe a file once for each of its states, which `stamp` tells apart."""
    if find_spec("onnxruntime") is None:
        raise BenchError("onnx: needs the extra [onnx]: pip install 'onnxruntime>=1.20' (or onnxruntime-gpu)")
    from registry.networks.onnx_file import describe

    return describe(file)


def _file(p: OnnxParameters) -> Path:
    return users_file(p.file, "file", "the path of an ONNX file")


def _described(p: OnnxParameters) -> "Description":
    file = _file(p)
    facts = file.stat()
    return _read(file, (facts.st_size, facts.st_mtime_ns))


def _geometry(p: OnnxParameters) -> Geometry:
    """Return the input's size, which the file or the suite has to say.

    Raises:
        BenchError: neither says it, or they say different ones.
    """
    fixed = _described(p).size(_layout(p))
    asked = (p.size, p.size) if isinstance(p.size, int) else p.size
    if fixed is None and asked is None:
        raise BenchError(f"file: {p.file} leaves the size of its input open; give size:")
    if fixed and asked and fixed != asked:
        raise BenchError(f"size: {p.file} takes {fixed[0]} x {fixed[1]} pixels only, not {asked[0]} x {asked[1]}")
    height, width = fixed or asked or (0, 0)
    return Geometry(height, width, p.mode)


def _layout(p: OnnxParameters) -> Literal["nchw", "nhwc"]:
    return _described(p).layout() if p.layout == "auto" else p.layout


def _build(p: OnnxParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.onnx_segmenter import OnnxSegmenter

    mapped = None if p.label_map is None else model_labels(p.label_map, None)
    return OnnxSegmenter(_file(p), _described(p), p, _geometry(p), _layout(p), classes, mapped)


def _check(p: OnnxParameters) -> None:
    _geometry(p)
    described = _described(p)
    described.output(p.output_name)
    untouched = (p.scale, p.mean, p.std) == (255, (0, 0, 0), (1, 1, 1))
    if described.whole and not untouched:  # else all values of a picture would be rounded to a handful
        raise BenchError(f"file: {p.file} takes whole numbers; give scale: 255, mean: [0, 0, 0] and std: [1, 1, 1]")
    from registry.networks.onnx_file import providers

    providers(p.provider, "cpu")


def _identity(p: OnnxParameters) -> dict[str, str]:
    file = _file(p)
    named = file.parent.glob(f"{glob.escape(file.name)}*")
    runtime = version("onnxruntime").split(".")[0] if find_spec("onnxruntime") else "missing"
    return {"onnxruntime": runtime, "file": content_hash([path for path in named if path.is_file()])}


ENTRY = ModelEntry(
    version=1,
    summary="any ONNX file with one picture in and logits, probabilities or a mask out",
    source="the file's author; run by onnxruntime, github.com/microsoft/onnxruntime",
    licence="that of the file",
    parameters=OnnxParameters,
    build=_build,
    geometry=_geometry,
    task=lambda p: p.task,
    identity=_identity,
    pretraining=lambda _: "unknown: made elsewhere",
    weights_licence=lambda _: "that of the file",
    check=_check,
)
