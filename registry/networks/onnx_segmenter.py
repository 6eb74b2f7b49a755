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
from registry.networks.label_map import class_indices
from registry.networks.mapped_segmenter import TINY, check_single_label, mapped_prediction, with_rest
from registry.networks.onnx_file import Description, Layout, open_session, providers
from registry.networks.onnx_parameters import OnnxParameters
from registry.networks.onnx_reading import TOLERANCE, Reader
from registry.networks.onnx_trial import Array, trial_images, tried
from registry.prompts import Prompt
from registry.segmenter import Geometry, Prediction, Segmenter, Size, size_of


class OnnxSegmenter(Segmenter):
    """Prepares images by the parameters, runs the file, and brings its output to the data set's classes.

    Args:
        mapped: the class name that each of the file's indices means; None: they are the classes in their order.

    Raises:
        BenchError: the file cannot be run, its output does not fit the classes or can mean two things, or `mapped`
            names another class.
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
        self.who = f"the output '{self.output}' of {file}"
        self.parameters_total = description.parameters
        self._sessions: dict[str, Any] = {}
        if mapped is not None:
            class_indices(mapped, max(mapped, default=0) + 1, classes)
        self._read()

    def _read(self) -> None:
        """Decide by a trial how the file is run and its output is read."""
        inputs = self._inputs(trial_images(self.geometry.height, self.geometry.width))
        trial = tried(self.description, self.output, lambda part: self._run(part, "cpu"), inputs)
        self.step, self.batched = trial.step, trial.batched
        self._check_numbers(trial.output)
        reader = Reader(self.who, self.p, self.geometry, self._fits, self._expected())
        self.kind, self.axis = reader.reading(trial.output)
        channels = 1 if self.axis is None else trial.output.shape[self.axis]
        self.indices: tuple[int, ...] | None = None
        if self.kind != "mask" and self.mapped is not None:
            self.indices = tuple(class_indices(self.mapped, channels, self.classes))
            check_single_label(self.indices)
        self.scores_per_pixel = channels

    def predict_images(
        self,
        images: Sequence[Tensor],
        prompts: Sequence[Prompt | None],
        sizes: Sequence[Size],
    ) -> list[Prediction]:
        """See `Segmenter.predict`; a file that returns a mask has no probabilities.

        Raises:
            BenchError: the output is not finite, has unknown indices, or is not what it was with the trial images.
        """
        output = self._outputs(self._inputs(images), images[0].device.type)
        self._check_numbers(output)
        if self.kind == "mask":
            each = zip(self._indices(self._planes(output)[:, 0]), images, sizes, strict=True)
            return [Prediction(self._native(m, size_of(image), size).to(image.device)) for m, image, size in each]
        scores = torch.from_numpy(self._planes(output).astype(np.float32))
        return [self._finish(*one) for one in zip(scores, images, sizes, strict=True)]

    def _inputs(self, images: Sequence[Tensor]) -> Array:
        """Return the file's input for uint8 images [3, H, W]."""
        batch = torch.stack([to_input(image.cpu(), self.geometry) for image in images])
        if self.p.channel_order == "bgr":
            batch = batch.flip(1)
        mean, std = (torch.tensor(values)[:, None, None] for values in (self.p.mean, self.p.std))
        batch = (batch * (self.p.scale / 255) - mean) / std
        if self.layout == "nhwc":
            batch = batch.permute(0, 2, 3, 1)
        array: Array = batch.contiguous().numpy()
        return (array.round() if self.description.whole else array).astype(self.description.dtype)

    def _outputs(self, inputs: Array, device: str) -> Array:
        """Run the file in pieces of the size that it takes; the last one is filled up."""
        step = self.step or len(inputs)
        filled = np.concatenate([inputs, np.repeat(inputs[-1:], -len(inputs) % step, 0)])
        outputs = [self._run(filled[i : i + step], device) for i in range(0, len(filled), step)]
        return np.concatenate([part if self.batched else part[None] for part in outputs])[: len(inputs)]

    def _run(self, inputs: Array, device: str) -> Array:
        """Return the file's output for one input of its own."""
        if device not in self._sessions:
            self._sessions[device] = open_session(self.file, providers(self.p.provider, device))
        given = inputs if self.description.batched else inputs[0]
        output: Array = self._sessions[device].run([self.output], {self.description.input: given})[0]
        return output

    def _check_numbers(self, output: Array) -> None:
        """Refuse what is no number: it would be labelled like the first class."""
        if not np.isfinite(output).all():
            raise BenchError(f"{self.who} is not finite (nan or inf); its weights may be damaged, so export it anew")

    def _planes(self, output: Array) -> Array:
        """Return the output with its channels first: [N, C, h, w]."""
        if self.axis is None:
            return output.reshape(len(output), 1, *output.shape[-2:])
        return output if self.axis == -3 else np.moveaxis(output, -1, 1)

    def _fits(self, channels: int) -> bool:
        """Return whether a dimension can be that of the channels."""
        if self.p.task == "binary":
            return channels in (1, 2)
        if self.mapped is None:
            return channels == len(self.classes)
        listed = isinstance(self.p.label_map, tuple)
        return channels == len(self.mapped) if listed else channels > max(self.mapped, default=0)

    def _expected(self) -> str:
        """Return in words how many channels fit."""
        if self.p.task == "binary":
            return "1 or 2"
        if isinstance(self.p.label_map, dict):
            return f"more than {max(self.mapped or {0: ''})}"
        return str(len(self.mapped or self.classes))

    def _finish(self, scores: Tensor, image: Tensor, size: Size) -> Prediction:
        """Return the prediction from the scores [C, h, w] of one image."""
        assert self.kind != "mask"
        if self.kind == "probabilities" and not (scores.min() >= -TOLERANCE and scores.max() <= 1 + TOLERANCE):
            raise BenchError(f"output: {self.who} holds values outside 0..1; give output: logits")
        if self.p.task == "binary" and len(scores) == 1:
            scores = with_rest(scores, self.kind)
        own = size_of(image)

        def native(part: Tensor) -> Tensor:
            return from_input(self._at_input(part, "bilinear"), self.geometry, own, size)

        if self.indices is not None:
            return mapped_prediction(scores, native, self.indices, len(self.classes), self.kind, image.device)
        labels = native(scores).max(0).indices.to(image.device, torch.uint8)
        return Prediction(labels, lambda: self._shares(native(scores)))

    def _shares(self, scores: Tensor) -> Tensor:
        """Return scores [C, H, W] as probabilities that sum to 1 over C."""
        if self.kind == "logits":
            return scores.softmax(0)
        positive = scores.clamp_min(TINY)  # where a file gives 0 to all classes, their shares are equal
        return positive / positive.sum(0)

    def _at_input(self, scores: Tensor, mode: Literal["bilinear", "nearest-exact"]) -> Tensor:
        """Bring a file's output [C, h, w] to the input's size, where the image's edges lie between its pixels."""
        size = self.geometry[:2]
        if self.geometry.mode == "stretch" or scores.shape[-2:] == size:
            return scores
        return F.interpolate(scores[None], size, mode=mode)[0]

    def _indices(self, mask: Array) -> Tensor:
        """Bring a mask [N, h, w] of the file's indices to the classes, uint8."""
        if (mask != mask.round()).any():
            raise BenchError(
                f"output: {self.who} holds values that are no labels; give output: logits or probabilities"
            )
        labels = torch.from_numpy(mask.astype(np.int64))
        if self.p.task == "binary":
            return (labels != 0).to(torch.uint8)
        table = list(range(len(self.classes)))
        if self.mapped is not None:
            table = class_indices(self.mapped, max(int(labels.max()), *self.mapped, 0) + 1, self.classes)
        if (bad := labels[(labels < 0) | (labels >= len(table))]).numel():
            raise BenchError(f"{self.file}: the mask '{self.output}' has the index {int(bad[0])}; give label_map:")
        return torch.tensor(table)[labels].to(torch.uint8)

    def _native(self, mask: Tensor, seen: Size, wanted: Size) -> Tensor:
        """Undo the geometry of a hard mask [h, w]: its padding is cut off, then each pixel takes the nearest label."""
        plane = self._at_input(mask[None].float(), "nearest-exact")
        if self.geometry.mode == "letterbox":
            top, left, height, width = content(self.geometry, seen)
            plane = plane[:, top : top + height, left : left + width]
        return F.interpolate(plane[None], tuple(wanted), mode="nearest-exact")[0, 0].to(torch.uint8)
