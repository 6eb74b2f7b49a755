"""Backbones from timm: any of its models, without the classifier."""

from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor, nn

from registry.adapter import IMAGENET_MEAN, IMAGENET_STD
from registry.backbones.library import Library
from registry.errors import BenchError, suggestion
from registry.hub import fetched, timm_licence, timm_needed
from registry.segmenter import Needed
from registry.weights import load_backbone


class Timm(Library):
    """A model of timm's; see `Library`."""

    def check(self, size: int) -> None:
        """See `Library.check`; which sizes a model takes shows when it is built."""
        if self.tag:
            raise BenchError(f"tag: {self.tag} is for open_clip; give backbone: timm:{self.name}.{self.tag}")
        name, _, tag = self.name.partition(".")
        if not timm.is_model(name):
            raise BenchError(f"timm has no model '{name}'; {suggestion(name, timm.list_models())}")
        tags = [known.partition(".")[2] for known in timm.list_pretrained(f"{name}.*")]
        if tag and tag not in tags:
            raise BenchError(f"timm:{name} has no weights '{tag}'; {suggestion(tag, tags)}")

    def _config(self) -> Any:
        return timm.get_pretrained_cfg(self.name)

    def network(self, size: int, *, hub: bool) -> nn.Module:
        """See `Library.network`; a model of one size gets its embedding of places interpolated, if it can."""
        config = self._config()
        own = config.input_size[-1] if config and config.fixed_input_size else size
        options = {} if own == size else {"dynamic_img_size": True}
        try:
            if not hub:
                return self._create(**options)
            with fetched(self.needed()):
                return self._create(pretrained=True, **options)
        except TypeError as error:
            if not options:
                raise
            raise BenchError(f"timm:{self.name} takes images of {own} x {own} only, not {size}") from error

    def _create(self, **options: Any) -> nn.Module:
        network: nn.Module = timm.create_model(self.name, num_classes=0, **options)
        return network

    def load(self, network: nn.Module, path: Path, *, by_position: bool) -> None:
        """See `Library.load`."""
        load_backbone(network, path, by_position=by_position)

    def normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """See `Library.normalisation`."""
        config = self._config()
        return (tuple(config.mean), tuple(config.std)) if config else (IMAGENET_MEAN, IMAGENET_STD)

    def needed(self) -> Needed:
        """See `Library.needed`."""
        return timm_needed(self.name, "encoder_weights")

    def licence(self) -> str:
        """See `Library.licence`."""
        return timm_licence(self.name)

    @staticmethod
    def feature_map(network: nn.Module, images: Tensor) -> Tensor:
        """Return the last feature map, normalised where the model has a last normalisation: [N, C, h, w]."""
        found = network.forward_intermediates(  # type: ignore[operator]
            images, indices=1, norm=True, intermediates_only=True
        )
        last: Tensor = found[-1]
        return last

    @staticmethod
    def pooled(network: nn.Module, images: Tensor) -> Tensor:
        """Return the vector that a classifier would get: [N, C, 1, 1]."""
        vector: Tensor = network(images)
        return vector[:, :, None, None]


def tensor_names(name: str) -> set[str]:
    """Return the names of the weights of timm's whole model, classifier and all."""
    with torch.device("meta"):
        return set(timm.create_model(name).state_dict())
