"""A segmenter whose prompts are clicks, a heat map or the name of a class."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from registry.adapter import Batch, Inputs, NetworkStep, Objective, Pass, TorchSegmenter
from registry.errors import BenchError
from registry.networks.heat import draw_clicks, gaussians, heat_map
from registry.prompts import Prompt
from registry.segmenter import Geometry, Prediction, Size, size_of
from registry.text_prompts import named_class


class HeatSegmenter(TorchSegmenter):
    """Gives its network a heat map beside the image.

    A click means the class that its pixel has, background included; there are no negative clicks. The name of a
    class leaves the heat map zero, and keeps that class of the prediction alone, the other pixels being background.

    Args:
        network: (images [N, 3, h, w], heat [N, 1, h, w]) -> logits; `geometry` is one that stretches.
        classes: the data set's, for names.
        sigma: of a click's Gaussian, in pixels of the input.
        target: what the network learns to predict for a click, `full_mask` or `prompted_class`.
        objects: whether the clicks of training are on objects alone, never on the background (class 0).
        more: see `TorchSegmenter`.
    """

    def __init__(
        self,
        network: nn.Module,
        geometry: Geometry,
        classes: Sequence[str],
        *,
        sigma: float,
        target: str,
        objects: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(network, geometry, **more)
        self.classes, self.sigma, self.target, self.objects = tuple(classes), sigma, target, objects

    def prepare(self, images: Sequence[Tensor], prompts: Sequence[Prompt | None]) -> Inputs:
        """Return images [N, 3, h, w] and heat maps [N, 1, h, w].

        Raises:
            BenchError: a prompt is a box, a mask or a negative click.
        """
        for prompt in prompts:
            _check(prompt)
        pairs = zip(prompts, map(size_of, images), strict=True)
        heat = torch.stack([heat_map(p, size, self.geometry, self.sigma, self.device) for p, size in pairs])
        return (*super().prepare(images, prompts), heat.to(self.dtype))

    def network_steps(self) -> tuple[NetworkStep, ...]:
        """See `TorchSegmenter.network_steps`; what the frozen part finds is shared by all prompts on an image."""
        encode = NetworkStep("encode_image", torch.no_grad()(self._encode_images))
        return encode, NetworkStep("decode_prompt", torch.no_grad()(self._decode_prompts))

    def _encode_images(self, inputs: Inputs) -> tuple[Inputs, Tensor]:
        return inputs, self.network.features(inputs[0])  # type: ignore[operator]

    def _decode_prompts(self, encoded: tuple[Inputs, Tensor]) -> Tensor:
        inputs, features = encoded
        logits: Tensor = self.network(*inputs, features=features)
        return logits

    def predict_images(
        self,
        images: Sequence[Tensor],
        prompts: Sequence[Prompt | None],
        sizes: Sequence[Size],
    ) -> list[Prediction]:
        """See `Segmenter.predict`. An image without a prompt gets a heat map of zeros."""
        texts = [None if prompt is None else prompt.text for prompt in prompts]
        named = [None if text is None else named_class(text, self.classes) for text in texts]
        predictions = super().predict_images(images, prompts, sizes)
        pairs = zip(predictions, named, strict=True)
        return [found if name is None else _only(found, name) for found, name in pairs]

    def training_pass(self, batch: Batch, objective: Objective) -> Pass:
        """Draw a click for each image: a class that is in it, then a pixel of it. Validation has no clicks."""
        labels, heat = batch.labels, None
        if batch.generator is not None:
            chosen, points = draw_clicks(labels, len(self.classes), batch.generator, objects=self.objects)
            heat = (gaussians(points, self.geometry, self.sigma) * (chosen >= 0)[:, None, None])[:, None]
            if self.target == "prompted_class":
                others = (labels != chosen[:, None, None]) & (labels < len(self.classes))
                labels = labels.masked_fill(others, 0)
        more = {} if batch.frozen is None else {"features": batch.frozen}
        logits = self.canonical(self.network(batch.inputs, heat, **more)).float()
        return Pass(objective(logits, labels), logits, labels)


def _check(prompt: Prompt | None) -> None:
    if prompt is None:
        return
    if prompt.box is not None or prompt.mask is not None:
        given = "box" if prompt.box is not None else "mask"
        raise BenchError(f"this model takes points, a heat map or the name of a class, not a {given}")
    if 0 in prompt.labels:
        raise BenchError(
            "this model takes no points with label 0; give points with label 1, or a point on the background"
        )


def _only(prediction: Prediction, name: int) -> Prediction:
    """Return the prediction with every pixel that is not of class `name` labelled background.

    Where that is so, the background gets the probabilities of all the other classes.
    """
    if name == 0:  # its pixels are the background already
        return prediction
    kept = prediction.labels == name
    labels = prediction.labels.where(kept, torch.zeros_like(prediction.labels))

    def shares() -> Tensor:
        all_shares = prediction.probabilities
        assert all_shares is not None
        reduced = torch.zeros_like(all_shares)
        reduced[name] = all_shares[name]
        reduced[0] = 1 - reduced[name]
        return torch.where(kept, all_shares, reduced)

    return Prediction(labels, None if prediction.shares is None else shares)
