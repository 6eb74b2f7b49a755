"""Functions and networks as users have them, behind the one predict interface."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from registry.errors import BenchError
from registry.geometry import from_input
from registry.labels import IGNORE
from registry.segmenter import Geometry, Prediction, Segmenter, Size

if TYPE_CHECKING:
    from registry.prompts import Prompt

SUM_TOLERANCE = 1e-3  # how far from 1 the scores of a pixel may sum up and still be probabilities


class OneOutput(nn.Module):
    """A network whose output is one tensor: its own, or that called `out` (torchvision) or `logits` (transformers)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Return scores [N, C, h, w].

        Raises:
            BenchError: the network returns no such tensor.
        """
        output = self.network(x)
        # An output of transformers is a dict, too.
        found = output.get("out", output.get("logits", output)) if isinstance(output, dict) else output
        found = getattr(found, "logits", found)
        if not isinstance(found, Tensor) or found.ndim != 4 or len(found) != len(x):
            raise BenchError(
                f"the network returns {_words(found)}; it has to return scores [N, classes, h, w] (alone, as "
                "['out'] or as .logits); wrap it in a function from an image to labels otherwise"
            )
        return found


class CallableSegmenter(Segmenter):
    """A function of one image, uint8 RGB [H, W, 3] as a NumPy array.

    It returns labels, integers [H, W], or scores, floats [C, h, w] with one plane per class: logits, or probabilities
    that sum to 1. Arrays and tensors will do. Scores of another size are resized bilinearly, labels are not.
    """

    def __init__(self, function: Callable[[Any], Any], classes: int) -> None:
        self.function, self.classes = function, classes

    def predict_images(
        self, images: Sequence[Tensor], prompts: "Sequence[Prompt | None]", sizes: Sequence[Size]
    ) -> list[Prediction]:
        """See `Segmenter.predict_images`.

        Raises:
            BenchError: the function returns something else.
        """
        return [self._predict(image, size) for image, size in zip(images, sizes, strict=True)]

    def _predict(self, image: Tensor, size: Size) -> Prediction:
        output = self.function(np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy()))
        values = _tensor(output)
        if values is None:
            raise BenchError(f"the model returns {_words(output)}; {self._allowed(size)}")
        if values.ndim == 2 and not values.is_floating_point():
            return Prediction(self._labels(values, size).to(image.device))
        if values.ndim == 3 and values.is_floating_point() and len(values) == self.classes:
            return self._scored(values.float(), size, image.device)
        raise BenchError(f"the model returns {_words(values)}; {self._allowed(size)}")

    def _labels(self, values: Tensor, size: Size) -> Tensor:
        if tuple(values.shape) != tuple(size):
            raise BenchError(f"the model returns labels {tuple(values.shape)} for an image of {tuple(size)}")
        values = values.long()  # torch has no minimum of uint16
        low, high = int(values.min()), int(values.max())
        if low < 0 or high >= self.classes:
            hint = f"; {IGNORE} is for the ground truth alone" if high == IGNORE else ""
            raise BenchError(
                f"the model returns labels from {low} to {high}; allowed are 0 to {self.classes - 1}{hint}"
            )
        return values.to(torch.uint8)

    def _scored(self, scores: Tensor, size: Size, device: torch.device) -> Prediction:
        if not torch.isfinite(scores).all():
            raise BenchError("the model returns scores that are not finite (nan or inf)")
        rows, columns = scores.shape[-2:]
        resized = from_input(scores, Geometry(rows, columns, "stretch"), size, size)
        labels = resized.max(0).indices.to(device, torch.uint8)
        return Prediction(labels, lambda: _shares(resized).to(device))

    def _allowed(self, size: Size) -> str:
        return (
            f"it has to return labels, integers {tuple(size)}, or scores, floats ({self.classes}, h, w) with one plane "
            "per class"
        )


def _shares(scores: Tensor) -> Tensor:
    """Return scores [C, H, W] as probabilities: as they are where they are some, else their softmax."""
    sums = scores.sum(0)
    are_shares = bool((scores >= 0).all()) and bool(((sums - 1).abs() <= SUM_TOLERANCE).all())
    return scores / sums if are_shares else scores.softmax(0)


def _tensor(output: Any) -> Tensor | None:
    """Return an array of numbers as a tensor on the CPU, whatever its strides and its order of bytes; else None."""
    if isinstance(output, np.ndarray) and output.dtype.kind in "biuf":
        return torch.from_numpy(output.astype(output.dtype.newbyteorder("="), order="C"))
    if isinstance(output, Tensor) and not output.is_complex():
        return output.detach().cpu()
    return None


def _words(value: Any) -> str:
    if isinstance(value, Tensor | np.ndarray):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if isinstance(value, dict):
        return f"a {type(value).__name__} of {', '.join(map(str, value))}"
    return f"a {type(value).__name__}"
