"""The output of a network's frozen part for each image, computed once and kept in memory."""

import inspect
import os
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from registry.recipe import Recipe

SHARE = 0.5  # of the memory that is available when the training begins, for all of its processes together


class FrozenFeatures:
    """`network.features` of images, by their place in the list of training or of validation images.

    The features stay in main memory as they come: 7 x 7 x 320 floats of an image are 63 kB, 0.23 GB for 3,680
    images; 14 x 14 x 768 are 0.6 MB and 2.2 GB. Each training process keeps those of the images that it saw,
    `room` bytes at most; images beyond are computed anew in every epoch, with the same outcome.
    """

    def __init__(self, network: Any, room: float) -> None:
        self.network, self.room = network, room
        self._known: dict[tuple[bool, int], Tensor] = {}

    def __call__(self, inputs: Tensor, index: Tensor, training: bool) -> Tensor:
        """Return the features [N, ...] of inputs [N, 3, h, w] whose places are `index` [N]."""
        places = [(training, place) for place in index.tolist()]
        found = [self._of(image, place) for image, place in zip(inputs, places, strict=True)]
        return torch.stack([features.to(inputs.device) for features in found])

    def _of(self, image: Tensor, place: tuple[bool, int]) -> Tensor:
        if (known := self._known.get(place)) is not None:
            return known
        # One image at a time: what is kept must not depend on the batch that it happened to come with.
        features = self._computed(image[None])[0].cpu()
        if features.nbytes <= self.room:
            self.room -= features.nbytes
            self._known[place] = features
        return features

    @torch.no_grad()
    def _computed(self, inputs: Tensor) -> Tensor:
        mode = self.network.training
        self.network.eval()
        features: Tensor = self.network.features(inputs)
        self.network.train(mode)
        return features


def room(processes: int) -> float:
    """Return how many bytes each of so many training processes of this machine may keep."""
    return SHARE * available() / processes


def available() -> int:
    """Return the bytes of memory that programs can still take, a container's own limit not considered.

    Linux has it in /proc/meminfo (the free pages that `sysconf` counts leave out what the file cache would give
    back, most of the memory after some hours of reading images). Elsewhere all of the machine's memory counts.
    """
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file() and (found := re.search(r"^MemAvailable: +(\d+) kB$", meminfo.read_text(), re.MULTILINE)):
        return int(found[1]) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def applies(network: nn.Module, recipe: Recipe) -> bool:
    """Return whether the network has frozen features and every view of an image is the same.

    A method of that name is not enough: the network's `forward` must take what it returns.
    """
    takes = "features" in inspect.signature(network.forward).parameters
    return takes and callable(getattr(network, "features", None)) and recipe.augmentation.still
