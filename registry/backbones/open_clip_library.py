"""Backbones from open_clip: the visual tower of a CLIP alone; its text tower is neither built nor loaded."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import open_clip
from open_clip.constants import HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME
from open_clip.model import _build_vision_tower
from torch import Tensor, nn

from registry.backbones.library import Library
from registry.errors import BenchError, suggestion
from registry.hub import fetched, hub_needed
from registry.segmenter import Needed
from registry.weights import load_state, load_strictly

VISUAL = "visual."
MEGABYTES = {"timm/vit_base_patch32_clip_224.openai": 605.0, "timm/vit_base_patch16_clip_224.openai": 599.0}
"""Sizes as the hub lists them; the text tower, which is not used, is in the files."""


class OpenClip(Library):
    """A CLIP of open_clip's; see `Library`."""

    def __init__(self, name: str, tag: str) -> None:
        self.tags: list[str] = open_clip.list_pretrained_tags_by_model(name)
        super().__init__(name, tag or ("openai" if "openai" in self.tags else next(iter(self.tags), "")))

    def _config(self) -> dict[str, Any]:
        # By the list first: `get_model_config` would go to a hub for a name with a scheme.
        if self.name not in (known := open_clip.list_models()):
            raise BenchError(f"open_clip has no model '{self.name}'; {suggestion(self.name, known)}")
        config: dict[str, Any] = open_clip.get_model_config(self.name)
        return config

    def check(self, size: int) -> None:
        """See `Library.check`: the size is the model's own, since its embedding of places has one."""
        native = self._config()["vision_cfg"].get("image_size", 224)
        if size != native:
            raise BenchError(f"open_clip:{self.name} takes images of {native} x {native} only, not {size}")
        if self.tag and self.tag not in self.tags:
            raise BenchError(f"open_clip:{self.name} has no weights '{self.tag}'; {suggestion(self.tag, self.tags)}")

    def network(self, size: int, *, hub: bool) -> nn.Module:
        """See `Library.network`."""
        config = self._config()
        tower = config["vision_cfg"] | {"output_tokens": False, "timm_model_pretrained": False}
        network: nn.Module = _build_vision_tower(config["embed_dim"], tower, config.get("quick_gelu", False))
        if hub:
            self.load(network, self._download(), by_position=False)
        return network

    def load(self, network: nn.Module, path: Path, *, by_position: bool) -> None:
        """Load the visual tower's part of a whole CLIP, or the state dict of a visual tower alone.

        The file does not state for which activation it was made: the name has to (see `BackboneParameters`).
        """
        state = load_state(path)
        visual = {name.removeprefix(VISUAL): t for name, t in state.items() if name.startswith(VISUAL)}
        load_strictly(network, visual or state, str(path))

    def normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """See `Library.normalisation`: CLIP's own, where the weights state nothing else."""
        config = self._hub()
        mean = config.get("mean", open_clip.OPENAI_DATASET_MEAN)
        return tuple(mean), tuple(config.get("std", open_clip.OPENAI_DATASET_STD))

    def _hub(self) -> dict[str, Any]:
        config: dict[str, Any] = open_clip.get_pretrained_cfg(self.name, self.tag)
        return config

    def needed(self) -> Needed:
        """See `Library.needed`; the hub's repositories hold one file in two formats, and either will do."""
        address = self._hub().get("hf_hub")
        if not address:
            raise BenchError(f"open_clip has no weights for {self.name}; give encoder_weights: none or a path")
        self._check_activation()
        repository, _, file = address.rpartition("/")
        what = f"open_clip's weights {self.tag} of {self.name}"
        files = [
            hub_needed(what, repository, name, MEGABYTES.get(repository), "encoder_weights")
            for name in ([file] if file else [HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME])
        ]
        found = next((f for f in files if f.present), files[0])

        def fetch() -> None:
            self._download()

        return replace(found, fetch=fetch)

    def _check_activation(self) -> None:
        """Refuse weights that want QuickGELU in a network without it: they would load, and give other features.

        The other way round there is nothing to refuse: a name that ends in -quickgelu has such tags alone, and
        roberta-ViT-B-32 has QuickGELU by its own configuration, which the list of weights does not repeat.
        """
        if self._hub().get("quick_gelu") and not self._config().get("quick_gelu"):
            raise BenchError(
                f"open_clip's weights {self.tag} want QuickGELU, which {self.name} does not have; "
                f"give backbone: open_clip:{self.name}-quickgelu"
            )

    def _download(self) -> Path:
        # `present`: it is open_clip that searches the cache and chooses the format.
        with fetched(replace(self.needed(), present=True)):
            return Path(open_clip.download_pretrained(self._hub()))

    def licence(self) -> str:
        """See `Library.licence`."""
        repository = self._hub().get("hf_hub", "").rpartition("/")[0]
        return "MIT (OpenAI's CLIP)" if self.tag == "openai" else f"see huggingface.co/{repository}"

    @staticmethod
    def feature_map(network: nn.Module, images: Tensor) -> Tensor:
        """Return the patch tokens behind the last normalisation, without the class token: [N, C, h, w]."""
        found = network.forward_intermediates(  # type: ignore[operator]
            images, indices=1, normalize_intermediates=True, intermediates_only=True
        )
        patches: Tensor = found["image_intermediates"][-1]
        return patches

    @staticmethod
    def pooled(network: nn.Module, images: Tensor) -> Tensor:
        """Return the embedding of the image that CLIP compares with texts, not scaled to length 1: [N, C, 1, 1]."""
        embedding: Tensor = network(images)
        return embedding[:, :, None, None]
