"""Segmenters that predict the prompt's own shape and never read the image."""

from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from registry.errors import BenchError
from registry.prompts import Prompt
from registry.segmenter import Prediction, Segmenter, Size, size_of


class PromptShape(Segmenter):
    """Labels 1 the pixels whose centres lie in the prompt's shape; without a prompt all is background."""

    parameters_total = 0

    def predict_images(
        self,
        images: Sequence[Tensor],
        prompts: Sequence[Prompt | None],
        sizes: Sequence[Size],
    ) -> list[Prediction]:
        """See `Segmenter.predict`; a hard mask has no probabilities.

        Raises:
            BenchError: a prompt has not what the shape is made of.
        """
        return [Prediction(self._mask(*one)) for one in zip(images, prompts, sizes, strict=True)]

    def _mask(self, image: Tensor, prompt: Prompt | None, wanted: Size) -> Tensor:
        if prompt is None:
            return torch.zeros(*wanted, dtype=torch.uint8, device=image.device)
        seen = size_of(image)
        x = (torch.arange(wanted.width, device=image.device) + 0.5) * (seen.width / wanted.width)
        y = (torch.arange(wanted.height, device=image.device) + 0.5) * (seen.height / wanted.height)
        return self.shape(prompt, x, y[:, None], min(seen)).to(torch.uint8)

    @abstractmethod
    def shape(self, prompt: Prompt, x: Tensor, y: Tensor, short: int) -> Tensor:
        """Return bool [H, W]: whether the pixel centres x [W], y [H, 1], in the image's pixels, lie in the shape.

        short: the image's short side in pixels.
        """


class PromptBox(PromptShape):
    """The prompt's box, filled."""

    def shape(self, prompt: Prompt, x: Tensor, y: Tensor, short: int) -> Tensor:
        """See `PromptShape.shape`."""
        if prompt.box is None:
            raise BenchError("prompt_box needs a box in each prompt; give prompt: gt_box or full_box")
        left, top, right, bottom = prompt.box
        return (left <= x) & (x < right) & (top <= y) & (y < bottom)


class PromptDisc(PromptShape):
    """A disc around each point that is on the object; radius: as a share of the short side."""

    def __init__(self, radius: float) -> None:
        self.radius = radius

    def shape(self, prompt: Prompt, x: Tensor, y: Tensor, short: int) -> Tensor:
        """See `PromptShape.shape`."""
        centres = [at for at, label in zip(prompt.points, prompt.labels, strict=True) if label == 1]
        if not centres:
            raise BenchError(
                "prompt_disc needs a point on the object in each prompt; "
                "give prompt: gt_centroid, gt_random_pixel or image_center"
            )
        reach = (self.radius * short) ** 2
        return torch.stack([(x - cx) ** 2 + (y - cy) ** 2 <= reach for cx, cy in centres]).any(0)
