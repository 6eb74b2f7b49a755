"""What the frozen part of a network says of each picture, computed once and kept in memory."""

import inspect
from typing import Any

import torch
from torch import Tensor, nn

from registry.recipe import Recipe

LIMIT = 16 * 2**30  # bytes; pictures beyond are computed anew in every epoch


class Frozen:
    """`network.features` of pictures, by their place in the list.

    The features stay in main memory as they come: 7 x 7 x 320 floats of a picture are 63 kB, 0.23 GB for 3,680
    pictures; 14 x 14 x 768 are 0.6 MB and 2.2 GB. Each training process keeps those of the pictures that it saw.
    """

    def __init__(self, network: Any) -> None:
        self.network = network
        self._known: dict[int, Tensor] = {}
        self._bytes = 0

    def __call__(self, inputs: Tensor, index: Tensor) -> Tensor:
        """Return the features [N, ...] of inputs [N, 3, h, w] whose places are `index` [N]."""
        found = [self._of(picture, place) for picture, place in zip(inputs, index.tolist(), strict=True)]
        return torch.stack([features.to(inputs.device) for features in found])

    def _of(self, picture: Tensor, place: int) -> Tensor:
        if (known := self._known.get(place)) is not None:
            return known
        # One picture at a time: what is kept must not depend on the batch that it happened to come with.
        features = self._computed(picture[None])[0].cpu()
        if self._bytes + features.nbytes <= LIMIT:
            self._bytes += features.nbytes
            self._known[place] = features
        return features

    @torch.no_grad()
    def _computed(self, inputs: Tensor) -> Tensor:
        mode = self.network.training
        self.network.eval()
        features: Tensor = self.network.features(inputs)
        self.network.train(mode)
        return features


def applies(network: nn.Module, recipe: Recipe) -> bool:
    """Tell whether the network has frozen features and every look at a picture is the same.

    A method of that name is not enough: the network's `forward` must take what it returns.
    """
    takes = "features" in inspect.signature(network.forward).parameters
    return takes and callable(getattr(network, "features", None)) and recipe.augmentation.still
