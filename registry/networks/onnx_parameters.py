"""The keys of a suite for an ONNX file. Imports nothing heavy."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from registry.networks.label_map import LabelMap
from registry.parameters import Parameters

Side = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]


class OnnxParameters(Parameters):
    """file: the ONNX file; tensors that it keeps in files of their own lie beside it.

    size: side or [height, width] of the input in pixels, for a file that leaves it open. mode: how an image gets
    there, `letterbox` pads with black. scale: the values of an image run from 0 to this before mean and std are
    applied: (value - mean) / std; mean and std are in the order of the channels, channel_order. A file that takes
    whole numbers takes images as they are: scale 255, mean 0 and std 1. layout: of the input, pixels last
    (nchw) or channels last (nhwc); auto: from the file's shape.

    output: what the file returns: logits, probabilities or a mask of indices; auto: seen from two trial images where
    it is certain, else refused. output_name: which output, where there are several. task: `classes`, or `binary` for
    a class-agnostic object: one channel (logits are taken through the logistic function), two channels (background,
    object), or a mask whose object is not 0.

    label_map: which class of the data set each index of the file means: a class name for each in order, or
    {index: class name}; an index that is not named means background. Without it they are the data set's classes
    in its order. The only channel of a file is its index 0, above a probability of .5.

    provider: `auto` computes on the device that holds the images if onnxruntime can, else on the CPU.
    """

    file: str
    size: Side | tuple[Side, Side] | None = None
    mode: Literal["stretch", "letterbox"] = "stretch"
    scale: Literal[1, 255] = 1
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[Positive, Positive, Positive] = (0.229, 0.224, 0.225)
    channel_order: Literal["rgb", "bgr"] = "rgb"
    layout: Literal["auto", "nchw", "nhwc"] = "auto"
    output: Literal["auto", "logits", "probabilities", "mask"] = "auto"
    output_name: str | None = None
    task: Literal["classes", "binary"] = "classes"
    label_map: LabelMap | None = None
    provider: Literal["auto", "cpu", "cuda"] = "auto"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.task == "binary" and self.label_map is not None:
            raise ValueError("a binary file has no classes to map; remove label_map or give task: classes")
        return self
