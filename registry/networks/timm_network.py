"""What needs timm and torch at hand."""

from contextlib import nullcontext, suppress
from typing import Any, Self

import timm
from torch import Tensor, nn
from torch.nn import functional as F

from registry.adapter import IMAGENET_MEAN, IMAGENET_STD
from registry.backbones.timm_library import tensor_names
from registry.errors import BenchError, suggestion
from registry.hub import fetched, timm_needed
from registry.networks.trial import fault, size_that_works
from registry.weights import load_backbone, weights_file

WIDTH = 128  # channels of the decoder


def check_backbone(name: str, size: int) -> None:
    """Refuse what timm cannot give.

    Raises:
        BenchError: there is no such model, it has no feature maps, or it takes no images of this size.
    """
    known = {*timm.list_models(), *timm.list_models(pretrained=True)}
    if name not in known:
        raise BenchError(f"timm has no backbone '{name}'; {suggestion(name, known)}")

    def build(side: int) -> nn.Module:
        return TimmNetwork(build_backbone(name, "none", side), classes=2)

    if reason := fault(build, size):
        other = size_that_works(build, size)
        remedy = f"give size: {other}" if other else "choose another backbone"
        raise BenchError(f"size: timm's {name} takes no images of {size} x {size} pixels ({reason}); {remedy}")


def build_backbone(name: str, weights: str, size: int) -> nn.Module:
    """Return timm's extractor: float [N, 3, size, size] -> a list of feature maps [N, c, h, w], the finest first.

    It keeps timm's own names of the weights, behind `model.`. Weights come in at the size they were made for;
    then the positions of a transformer are resampled by timm to the wanted size.

    Raises:
        BenchError: see `check_backbone`; or the weights cannot be had or are another model's.
    """
    with fetched(timm_needed(name, "encoder_weights")) if weights == "hub" else nullcontext():
        extractor = _extractor(name, pretrained=weights == "hub")
    if path := weights_file(weights):
        load_backbone(extractor.model, path, by_position=weights == "package", whole=tensor_names(name))
    _resize(extractor, name, size)
    return extractor  # type: ignore[no-any-return]


def _extractor(name: str, *, pretrained: bool) -> Any:
    extractor: Any = None
    with suppress(TypeError):  # a family with an extractor of its own, which has no `feature_cls`
        extractor = timm.create_model(name, pretrained=pretrained, features_only=True, feature_cls="getter")
    if not hasattr(getattr(extractor, "model", None), "forward_intermediates"):
        raise BenchError(f"timm's {name} gives no feature maps; choose another backbone")
    return extractor


def _resize(extractor: Any, name: str, size: int) -> None:
    """Set a network of one input size to another one."""
    config, step = extractor.model.pretrained_cfg, max(extractor.feature_info.reduction())
    own = config["input_size"][-1]
    if not config["fixed_input_size"] or own == size:
        return
    if not hasattr(extractor.model, "set_input_size"):
        raise BenchError(f"timm's {name} takes images of {own} x {own} pixels only; give size: {own}")
    if size % step:
        raise BenchError(f"timm's {name} takes sizes that {step} divides, not {size}; its own is {own}")
    extractor.model.set_input_size(img_size=(size, size))


def normalisation(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation (RGB scaled to 0..1) that timm's configuration of the model states."""
    config = timm.get_pretrained_cfg(name)
    return (config.mean, config.std) if config else (IMAGENET_MEAN, IMAGENET_STD)


class TimmNetwork(nn.Module):
    """Projects each feature map by a 1x1 convolution, sums them at the finest one's size, smooths and classifies.

    The sum of projected maps is that of the semantic branch of panoptic feature pyramids (Kirillov et al., CVPR
    2019), with bilinear resizing in place of its chains of convolutions.

    Args:
        backbone: float [N, 3, h, w] -> a list of maps; `feature_info.channels()` are their channels.
        frozen: the backbone gets no gradients and stays in evaluation mode.
    """

    def __init__(self, backbone: Any, classes: int, *, frozen: bool = False) -> None:
        super().__init__()
        self.backbone, self.frozen = backbone, frozen
        self.project = nn.ModuleList(nn.Conv2d(c, WIDTH, 1) for c in backbone.feature_info.channels())
        smooth = nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False)
        self.head = nn.Sequential(smooth, nn.BatchNorm2d(WIDTH), nn.ReLU(), nn.Conv2d(WIDTH, classes, 1))
        if frozen:
            backbone.requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """Keep a frozen backbone in evaluation mode."""
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits [N, classes, h, w] for inputs [N, 3, h, w]."""
        maps = self.backbone(inputs)
        projected = [project(m) for project, m in zip(self.project, maps, strict=True)]
        summed = sum(_resized(p, projected[0]) for p in projected[1:]) + projected[0]
        return _resized(self.head(summed), inputs)


def _resized(scores: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(scores, like.shape[-2:], mode="bilinear", align_corners=False)
