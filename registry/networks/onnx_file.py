"""An ONNX file as onnxruntime sees it: what goes in, what comes out, and a session to run it.

No library of custom operators is ever loaded: a file that needs one is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import onnxruntime
import torch

from registry.errors import BenchError, suggestion

Layout = Literal["nchw", "nhwc"]
Shape = tuple[int | None, ...]
TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(uint16)": np.uint16,
    "tensor(int16)": np.int16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}
"""The types of an input: those that hold 0 to 255 and that NumPy has."""
NUMBERS = {*TYPES, "tensor(bool)", "tensor(int8)", "tensor(uint32)", "tensor(uint64)"}
"""The types of an output."""


class Declared(NamedTuple):
    """onnxruntime's word for an output's type, and its shape; None: its number of dimensions is open."""

    type: str
    shape: Shape | None


@dataclass(frozen=True)
class Description:
    """A file's input and outputs; a dimension that it leaves open is None.

    shape: of its one input, a batch of images or one image; dtype: the input's; outputs: by name; parameters: the
    number of its weights, None where the package onnx is not there to count them.
    """

    file: Path
    input: str
    shape: Shape
    dtype: type[np.generic]
    outputs: dict[str, Declared]
    parameters: int | None

    @property
    def whole(self) -> bool:
        """Whether the input takes whole numbers only."""
        return np.issubdtype(self.dtype, np.integer)

    @property
    def batched(self) -> bool:
        """Whether the input has an axis for the images."""
        return len(self.shape) == 4

    @property
    def batch(self) -> int | None:
        """How many images the file takes at once; None: any number."""
        return self.shape[0] if self.batched else 1

    def layout(self) -> Layout:
        """Return where the channels stand.

        Raises:
            BenchError: the shape leaves it open.
        """
        first, last = self.shape[-3] == 3, self.shape[-1] == 3
        if first == last:
            raise BenchError(f"layout: the input of {self.file} is {self.shape}, which is unclear; give nchw or nhwc")
        return "nchw" if first else "nhwc"

    def size(self, layout: Layout) -> tuple[int, int] | None:
        """Return height and width of the input, None where they are open.

        Raises:
            BenchError: the input has another number of channels than an RGB image.
        """
        channels, height, width = self.shape[-3:] if layout == "nchw" else (self.shape[-1], *self.shape[-3:-1])
        if channels not in (None, 3):
            raise BenchError(
                f"file: the input of {self.file} is {self.shape}, {layout}: {channels} channels; segbench gives RGB "
                "images, so export a file that takes 3"
            )
        return None if height is None or width is None else (height, width)

    def output(self, name: str | None) -> str:
        """Return the output to read.

        Raises:
            BenchError: there is none of that name, there are several and none is named, or it holds no numbers.
        """
        if name is None and len(self.outputs) > 1:
            raise BenchError(
                f"output_name: {self.file} has several outputs; give one of {', '.join(self.outputs)}{self._likely()}"
            )
        if name is not None and name not in self.outputs:
            raise BenchError(f"output_name: {self.file} has no output '{name}'; {suggestion(name, self.outputs)}")
        chosen = name or next(iter(self.outputs))
        if (kind := self.outputs[chosen].type) not in NUMBERS:
            raise BenchError(
                f"output_name: the output '{chosen}' of {self.file} is {kind}, no array of numbers"
                f"{self._likely() or '; export one that is'}"
            )
        return chosen

    def _likely(self) -> str:
        """Return words for the output that looks most like scores or labels of pixels: 4 dimensions, then 3 or 2."""

        def rank(name: str) -> tuple[bool, int]:
            shape = self.outputs[name].shape
            return "aux" in name.lower(), -len(shape or ())

        pictures = [n for n, o in self.outputs.items() if o.type in NUMBERS and (o.shape is None or len(o.shape) > 1)]
        return f"; the likely one is '{min(pictures, key=rank)}'" if pictures else ""


def describe(file: Path) -> Description:
    """Read a file's inputs and outputs.

    Raises:
        BenchError: onnxruntime cannot read it, or it does not take one image.
    """
    session = open_session(file, ["CPUExecutionProvider"], optimise=False)
    inputs = session.get_inputs()
    if len(inputs) != 1:
        named = ", ".join(f"{i.name} {i.shape}" for i in inputs)
        raise BenchError(f"file: {file} has {len(inputs)} inputs ({named}); segbench gives one image")
    only = inputs[0]
    if len(only.shape) not in (3, 4) or only.type not in TYPES:
        raise BenchError(
            f"file: the input of {file} is {only.type} {only.shape}; it has to be a batch of images or one image, four "
            f"or three dimensions of {', '.join(TYPES)}"
        )
    outputs = {o.name: Declared(o.type, _shape(o.shape) or None) for o in session.get_outputs()}
    return Description(file, only.name, _shape(only.shape), TYPES[only.type], outputs, _parameters(file))


def _shape(given: Sequence[Any]) -> Shape:
    return tuple(n if isinstance(n, int) else None for n in given)


def _parameters(file: Path) -> int | None:
    """Return the number of weights among the file's initialisers, None without the package onnx."""
    try:
        import onnx
    except ImportError:
        return None
    graph = onnx.load(file, load_external_data=False).graph
    kinds = onnx.TensorProto
    constants = {kinds.INT64, kinds.INT32, kinds.BOOL}  # of the graph itself: shapes, indices, switches
    return sum(int(np.prod(t.dims)) for t in graph.initializer if t.data_type not in constants)


def providers(wanted: str, device: str) -> list[str]:
    """Return onnxruntime's providers for `auto`, `cpu` or `cuda`; `device` is that of the images.

    Raises:
        BenchError: CUDA is wanted and this onnxruntime has none.
    """
    there = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if wanted == "cuda" and not there:
        raise BenchError("provider: this onnxruntime has no CUDA; give cpu, or pip install onnxruntime-gpu")
    cuda = wanted == "cuda" or (wanted == "auto" and there and device == "cuda")
    return ["CUDAExecutionProvider", "CPUExecutionProvider"] if cuda else ["CPUExecutionProvider"]


def open_session(file: Path, wanted: Sequence[str], *, optimise: bool = True) -> Any:
    """Return a session; on a CPU it has as many threads as torch, and they sleep while the others work.

    Raises:
        BenchError: the file is no ONNX model, needs custom operators, or a provider cannot be used here.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = torch.get_num_threads(), 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    if not optimise:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(str(file), options, providers=list(wanted))
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise BenchError(
            f"file: onnxruntime cannot run {file} ({reason}); export it with standard operators"
        ) from error
    if missing := set(wanted) - set(session.get_providers()):
        raise BenchError(f"provider: onnxruntime cannot use {missing.pop()} here; give provider: cpu")
    return session
