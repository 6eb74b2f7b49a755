"""Any ONNX file with one image in and logits, probabilities or a mask out."""

import mmap
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from registry.errors import BenchError
from registry.networks.given_files import content_hash, users_file
from registry.networks.label_map import model_labels
from registry.networks.onnx_parameters import OnnxParameters
from registry.segmenter import Geometry, ModelEntry, Segmenter

if TYPE_CHECKING:
    from registry.networks.onnx_file import Description


@lru_cache(maxsize=16)
def _read(file: Path, stamp: tuple[int, int]) -> "Description":
    """Describe a file once for each of its states, which `stamp` distinguishes."""
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
    """Return the input's size, which the file or the suite has to state.

    Raises:
        BenchError: neither states it, or they differ.
    """
    fixed = _described(p).size(_layout(p))
    wanted = (p.size, p.size) if isinstance(p.size, int) else p.size
    if fixed is None and wanted is None:
        raise BenchError(f"file: {p.file} leaves the size of its input open; give size:")
    if fixed and wanted and fixed != wanted:
        raise BenchError(f"size: {p.file} takes {fixed[0]} x {fixed[1]} pixels only, not {wanted[0]} x {wanted[1]}")
    height, width = fixed or wanted or (0, 0)
    return Geometry(height, width, p.mode)


def _layout(p: OnnxParameters) -> Literal["nchw", "nhwc"]:
    return _described(p).layout() if p.layout == "auto" else p.layout


def _build(p: OnnxParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.onnx_segmenter import OnnxSegmenter

    mapped = None if p.label_map is None else model_labels(p.label_map, None)
    return OnnxSegmenter(_file(p), _described(p), p, _geometry(p), _layout(p), classes, mapped)


def _check(p: OnnxParameters) -> None:
    for name in _external(_file(p)):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise BenchError(f"file: {p.file} keeps tensors in {name!r}, outside its folder; save it as one file")
    _geometry(p)
    described = _described(p)
    described.output(p.output_name)
    untouched = (p.scale, p.mean, p.std) == (255, (0, 0, 0), (1, 1, 1))
    if described.whole and not untouched:  # else all values of an image would be rounded to a handful
        raise BenchError(f"file: {p.file} takes whole numbers; give scale: 255, mean: [0, 0, 0] and std: [1, 1, 1]")
    from registry.networks.onnx_file import providers

    providers(p.provider, "cpu")


def _identity(p: OnnxParameters) -> dict[str, str]:
    file = _file(p)
    beside = {path for name in _external(file) if (path := file.parent / name).is_file()}
    runtime = version("onnxruntime").split(".")[0] if find_spec("onnxruntime") else "missing"
    return {"onnxruntime": runtime, "file": content_hash([file, *beside])}


def _external(file: Path) -> Iterator[str]:
    """Return the names of the files where an ONNX file keeps tensors: the values of its keys `location`.

    Read from its bytes, since onnxruntime does not tell and the package onnx need not be there: in a protobuf of
    strings, field 1 is the key, field 2 the value, each after its length.
    """
    with file.open("rb") as opened:
        if not file.stat().st_size:
            return
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for found in re.finditer(rb"\n\x08location\x12([\x80-\xff]?[\x00-\x7f])", content):
                low, *high = found[1]
                length = (low & 127) + (high[0] << 7 if high else 0)
                yield content[found.end() : found.end() + length].decode(errors="replace")


ENTRY = ModelEntry(
    version=2,  # 2: labels are mapped where the pixels are the image's own; an output is read by a trial
    summary="any ONNX file with one image in and logits, probabilities or a mask out",
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
