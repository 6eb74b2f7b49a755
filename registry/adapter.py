"""Any torch network with picture in, logits out, behind the one predict interface."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from registry.geometry import from_input, to_input
from registry.segmenter import Geometry, Prediction, Segmenter, Size

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class TorchSegmenter(Segmenter):
    """Normalises, resizes, runs the network, resizes the logits back and takes the argmax.

    Args:
        network: float [N, 3, h, w] -> logits [N, C, h', w'].
        geometry: the network's input size and how a picture gets there; padding is black.
        mean, std: of RGB scaled to 0..1, applied before the network.
        label_order: the data set's class index for each output channel; default: the same order.
    """

    def __init__(
        self,
        network: nn.Module,
        geometry: Geometry,
        *,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        label_order: Sequence[int] | None = None,
    ) -> None:
        self.network = network.eval()
        self.geometry = geometry
        self.label_order = None if label_order is None else torch.tensor(label_order)
        self.mean, self.std = torch.tensor(mean) * 255, torch.tensor(std) * 255
        self.device = torch.device("cpu")
        self.dtype = torch.float32
        self.layout = torch.contiguous_format

    def place(self, device: str, precision: str) -> None:
        """Move the network to `device` and cast it: `fp32`, `fp32_channels_last`, `bf16_channels_last`, ….

        Casting back to fp32 does not restore the weights: reload them.
        """
        kind, _, layout = precision.partition("_")
        self.device, self.dtype = torch.device(device), DTYPES[kind]
        self.layout = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        self.network.to(self.device, self.dtype, memory_format=self.layout)  # type: ignore[call-overload]

    def prepare(self, images: Sequence[Tensor]) -> Tensor:
        """Return the network's input [N, 3, h, w] for uint8 pictures [3, H, W] of any sizes."""
        batch = torch.stack([to_input(image.to(self.device), self.geometry) for image in images])
        mean, std = (t.to(self.device)[:, None, None] for t in (self.mean, self.std))
        return ((batch - mean) / std).to(self.dtype, memory_format=self.layout)

    def canonical(self, logits: Tensor) -> Tensor:
        """Bring the channels of logits [N, C, h, w] into the data set's class order."""
        return logits if self.label_order is None else logits[:, self.label_order.argsort().to(logits.device)]

    @torch.inference_mode()
    def forward(self, batch: Tensor) -> Tensor:
        """Run the network alone: what the harness's efficiency is measured against."""
        logits: Tensor = self.network(batch)
        return logits

    @torch.inference_mode()
    def predict(
        self,
        images: Sequence[Tensor],
        prompts: Sequence[Any] | None = None,
        *,
        sizes: Sequence[Size] | None = None,
        probabilities: bool = False,
    ) -> list[Prediction]:
        """See `Segmenter.predict`."""
        logits = self.canonical(self.forward(self.prepare(images)))
        seen = [Size(*image.shape[-2:]) for image in images]
        finish = zip(logits, images, seen, sizes or seen, strict=True)
        return [self._finish(*args, probabilities=probabilities) for args in finish]

    def _finish(self, logits: Tensor, image: Tensor, seen: Size, wanted: Size, *, probabilities: bool) -> Prediction:
        scores = from_input(logits, self.geometry, seen, wanted)
        # max, not argmax: the same indices, and on a CPU 40 times faster over the first axis.
        labels = scores.max(0).indices.to(image.device, torch.uint8)
        return Prediction(labels, scores.softmax(0).to(image.device) if probabilities else None)
