"""A segmenter that onnxruntime computes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from registry.errors import BenchError
from registry.geometry import content, from_input, to_input
from registry.networks.label_map import NEVER, class_indices, merged
from registry.networks.onnx_file import Description, Layout, open_session, providers
from registry.networks.onnx_parameters import OnnxParameters
from registry.prompts import Prompt
from registry.segmenter import Geometry, Prediction, Segmenter, Size, size_of

TINY = 1e-30  # the smallest probability, in fp32: its share of a sum stays finite


class OnnxSegmenter(Segmenter):
    """Prepares images by the parameters, runs the file, and brings its output to the data set's classes.

    Args:
        mapped: the class name that each of the file's indices means; None: they are the classes in their order.

    Raises:
        BenchError: the file's output does not fit the classes, or `mapped` names another one.
    """

    def __init__(
        self,
        file: Path,
        description: Description,
        parameters: OnnxParameters,
        geometry: Geometry,
        layout: Layout,
        classes: Sequence[str],
        mapped: Mapping[int, str] | None,
    ) -> None:
        self.file, self.description, self.p = file, description, parameters
        self.geometry, self.layout, self.classes, self.mapped = geometry, layout, classes, mapped
        self.output = description.output(parameters.output_name)
        self.parameters_total = description.parameters
        self._sessions: dict[str, Any] = {}
        if mapped is not None:
            class_indices(mapped, max(mapped, default=0) + 1, classes)

    def predict_images(
        self,
        images: Sequence[Tensor],
        prompts: Sequence[Prompt | None],
        sizes: Sequence[Size],
    ) -> list[Prediction]:
        """See `Segmenter.predict`; a file that returns a mask has no probabilities.

        Raises:
            BenchError: the output has another number of channels than there are classes, or unknown indices.
        """
        output = torch.from_numpy(self._run(self._inputs(images), images[0].device.type))
        if self.p.output == "mask":
            each = zip(self._indices(_plane(output)), images, sizes, strict=True)
            return [Prediction(self._native(m, size_of(image), size).to(image.device)) for m, image, size in each]
        each = zip(self._scores(self._channels_first(output).float()), images, sizes, strict=True)
        return [self._finish(*one) for one in each]

    def _inputs(self, images: Sequence[Tensor]) -> "np.ndarray[Any, Any]":
        """Return the file's input for uint8 images [3, H, W]."""
        batch = torch.stack([to_input(image.cpu(), self.geometry) for image in images])
        if self.p.channel_order == "bgr":
            batch = batch.flip(1)
        mean, std = (torch.tensor(values)[:, None, None] for values in (self.p.mean, self.p.std))
        batch = (batch * (self.p.scale / 255) - mean) / std
        if self.layout == "nhwc":
            batch = batch.permute(0, 2, 3, 1)
        array: np.ndarray[Any, Any] = batch.contiguous().numpy()
        return (array.round() if self.description.whole else array).astype(self.description.dtype)

    def _run(self, inputs: "np.ndarray[Any, Any]", device: str) -> "np.ndarray[Any, Any]":
        """Run the file in pieces of its own batch size, where that is fixed; the last one is filled up."""
        if device not in self._sessions:
            self._sessions[device] = open_session(self.file, providers(self.p.provider, device))
        session, step = self._sessions[device], self.description.shape[0] or len(inputs)
        filled = np.concatenate([inputs, np.repeat(inputs[-1:], -len(inputs) % step, 0)])
        parts = [filled[i : i + step] for i in range(0, len(filled), step)]
        outputs = [session.run([self.output], {self.description.input: part})[0] for part in parts]
        return np.concatenate(outputs)[: len(inputs)]

    def _channels_first(self, output: Tensor) -> Tensor:
        """Return scores [N, C, h, w], wherever the file has the channels.

        Where two dimensions could be theirs, it is the one beside which the rest looks like the input.
        """
        if output.ndim == 3 and self.p.task == "binary":
            return output[:, None]
        if output.ndim != 4:
            raise BenchError(f"{self.file}: the output '{self.output}' is {tuple(output.shape)}, not [N, C, h, w]")
        _, first, middle, last = output.shape
        could = self._fits(first), self._fits(last)
        if all(could):
            could = self._like_input(middle, last), self._like_input(first, middle)
            if could[0] == could[1] and isinstance(self.p.label_map, dict):
                raise BenchError(
                    f"{self.file}: where the channels of the output '{self.output}' {tuple(output.shape)} stand is "
                    "unclear; give label_map: as a list with a class for each channel"
                )
        channels_last = could[1] if could[0] != could[1] else self.layout == "nhwc"
        return output.permute(0, 3, 1, 2) if channels_last else output

    def _like_input(self, rows: int, columns: int) -> bool:
        """Return whether dimensions have the input's ratio, each rounded by less than one pixel."""
        height, width, _ = self.geometry
        return abs(rows * width - columns * height) < max(height, width)

    def _fits(self, channels: int) -> bool:
        """Return whether a dimension can be that of the channels."""
        if self.p.task == "binary":
            return channels in (1, 2)
        if self.mapped is None:
            return channels == len(self.classes)
        listed = isinstance(self.p.label_map, tuple)
        return channels == len(self.mapped) if listed else channels > max(self.mapped, default=0)

    def _scores(self, scores: Tensor) -> Tensor:
        """Bring the file's channels [N, C, h, w] to the classes, or to background and object."""
        channels = scores.shape[1]
        if not self._fits(channels):
            expected = "1 or 2" if self.p.task == "binary" else len(self.mapped or self.classes)
            hint = "give task: binary" if channels == 1 else "give label_map:, or another output"
            raise BenchError(f"{self.file}: the output '{self.output}' has {channels} channels, not {expected}; {hint}")
        if self.p.task == "binary" and channels == 1:
            # The softmax of (0, z) is (1 - s, s) with the logistic function s of z.
            rest = torch.zeros_like(scores) if self.p.output == "logits" else 1 - scores
            return torch.cat([rest, scores], 1)
        if self.mapped is None:
            return scores
        floor = NEVER if self.p.output == "logits" else 0.0
        return merged(scores, class_indices(self.mapped, channels, self.classes), len(self.classes), floor)

    def _finish(self, scores: Tensor, image: Tensor, size: Size) -> Prediction:
        own = size_of(image)

        def native() -> Tensor:
            return from_input(self._at_input(scores, "bilinear"), self.geometry, own, size)

        return Prediction(native().max(0).indices.to(image.device, torch.uint8), lambda: self._shares(native()))

    def _shares(self, scores: Tensor) -> Tensor:
        """Return scores [C, H, W] as probabilities that sum to 1 over C."""
        if self.p.output == "logits":
            return scores.softmax(0)
        positive = scores.clamp_min(TINY)  # where a file gives 0 to all classes, their shares are equal
        return positive / positive.sum(0)

    def _at_input(self, scores: Tensor, mode: Literal["bilinear", "nearest-exact"]) -> Tensor:
        """Bring a file's output [C, h, w] to the input's size, where the image's edges lie between its pixels."""
        size = self.geometry[:2]
        if self.geometry.mode == "stretch" or scores.shape[-2:] == size:
            return scores
        return F.interpolate(scores[None], size, mode=mode)[0]

    def _indices(self, mask: Tensor) -> Tensor:
        """Bring a mask [N, h, w] of the file's indices to the classes, uint8."""
        if self.p.task == "binary":
            return (mask > 0.5).to(torch.uint8)
        mask = mask.float().round().long()
        table = list(range(len(self.classes)))
        if self.mapped is not None:
            table = class_indices(self.mapped, max(int(mask.max()), *self.mapped, 0) + 1, self.classes)
        if (bad := mask[(mask < 0) | (mask >= len(table))]).numel():
            raise BenchError(f"{self.file}: the mask '{self.output}' has the index {int(bad[0])}; give label_map:")
        return torch.tensor(table)[mask].to(torch.uint8)

    def _native(self, mask: Tensor, seen: Size, wanted: Size) -> Tensor:
        """Undo the geometry of a hard mask [h, w]: its padding is cut off, then each pixel takes the nearest label."""
        plane = self._at_input(mask[None].float(), "nearest-exact")
        if self.geometry.mode == "letterbox":
            top, left, height, width = content(self.geometry, seen)
            plane = plane[:, top : top + height, left : left + width]
        return F.interpolate(plane[None], tuple(wanted), mode="nearest-exact")[0, 0].to(torch.uint8)


def _plane(output: Tensor) -> Tensor:
    """Return a mask [N, h, w]; its channel may stand before or behind the pixels."""
    if output.ndim == 4 and 1 in (output.shape[1], output.shape[3]):
        output = output.squeeze(1 if output.shape[1] == 1 else 3)
    if output.ndim != 3:
        raise BenchError(f"output: a mask is [N, h, w], this one {tuple(output.shape)}; give logits or probabilities")
    return output
