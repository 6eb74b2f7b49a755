"""What needs torchvision and torch at hand."""

from pathlib import Path

from torch import Tensor, nn
from torchvision.models import WeightsEnum, get_model, get_model_weights

from registry.errors import BenchError
from registry.hub import address_needed
from registry.regular_files import users_path
from registry.segmenter import Needed
from registry.weights import load_state, load_strictly, unwrapped, without_rest

HEADS = ("classifier.4.", "classifier.low_classifier.", "classifier.high_classifier.")  # the layers of the classes
MIB = 2**20 / 1e6


class TorchvisionNetwork(nn.Module):
    """Returns the tensor of logits [N, C, h, w] out of torchvision's dictionary."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits [N, C, h, w] for inputs [N, 3, h, w]."""
        logits: Tensor = self.model(inputs)["out"]
        return logits


def build_network(arch: str, weights: str, classes: int) -> nn.Module:
    """Return torchvision's network with `classes` output channels; `weights` initialise all but its last layer.

    Raises:
        BenchError: the weights cannot be had, or are another network's.
    """
    model: nn.Module = get_model(arch, weights=None, weights_backbone=None, num_classes=classes)
    if weights != "none":
        _load(model, _file(arch, weights))
    return TorchvisionNetwork(model)


def _file(arch: str, weights: str) -> Path:
    if weights not in ("backbone", "hub"):
        return users_path(weights)
    needed = published_file(arch, weights)
    if not needed.present:
        needed.fetch()
    return Path(needed.place)


def published_file(arch: str, weights: str) -> Needed:
    """Return the file behind `weights: backbone` or `weights: hub`, as torchvision's own list of weights has it."""
    chosen = _published(arch, weights)
    what, digits = f"torchvision's {chosen}", Path(chosen.url).stem.rpartition("-")[2]
    return address_needed(what, chosen.url, None, chosen.meta["_file_size"] * MIB, "weights", digits)


def _published(arch: str, weights: str) -> WeightsEnum:
    if weights == "hub":
        return get_model_weights(arch).COCO_WITH_VOC_LABELS_V1
    return get_model_weights(arch.partition("_")[2]).IMAGENET1K_V1


def _load(model: nn.Module, path: Path) -> None:
    """Load a whole network's state dict but for its last layer, or a classifier's into the backbone."""
    own, part = model.state_dict(), model
    state = unwrapped(load_state(path), own)
    if any(name.startswith("backbone.") for name in state):
        state = {k: v for k, v in state.items() if not k.startswith((*HEADS, "aux_classifier."))}
        kept = {k: v for k, v in own.items() if k.startswith(HEADS)}
    else:
        assert isinstance(model.backbone, nn.Module)
        part, kept = model.backbone, {}
        own = part.state_dict()
        # MobileNet's extractor is its `features` alone; a ResNet's has the classifier's names. The head is left over.
        named = {k.removeprefix("features."): v for k, v in state.items()}
        state = without_rest(named, own)
    # Files of torchvision's first years have no counters of batches; torch itself lets them be absent.
    counters = {k: v for k, v in own.items() if k.endswith("num_batches_tracked")}
    if not state:
        raise BenchError(f"{path} holds neither this network nor its backbone; save one of torchvision's state dicts")
    load_strictly(part, counters | kept | state, str(path))
