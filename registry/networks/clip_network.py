"""A decoder from a frozen feature map to classes, with low-level features of the image beside it.

Published are four transposed convolutions and their channels. Chosen: kernels of 2 and stride 2 (1.95 million
parameters for 768 channels and three classes), the low-level kernels of 3, one convolution in each fusion, and the
activations behind them.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LOW, CHANNELS = 64, (256, 128, 64)


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


def _pooled(x: Tensor, like: Tensor) -> Tensor:
    """Average float [N, C, H, W] to the height and width of `like`."""
    height, width = like.shape[-2:]
    return F.adaptive_avg_pool2d(x, (height, width))


class MapDecoder(nn.Module):
    """Four transposed convolutions; behind each of the first two, low-level features join and are mixed in.

    (features float [N, C, h, w], image float [N, 3, H, W]) -> logits [N, classes, H, W], for any h, w, H, W:
    the last map (16 h x 16 w) is brought to the image's size bilinearly.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.low = nn.Sequential(_convolution(3, LOW), nn.ReLU(), _convolution(LOW, LOW), nn.ReLU())
        steps = pairwise((channels, *CHANNELS, classes))
        self.up = nn.ModuleList(nn.ConvTranspose2d(i, o, 2, 2) for i, o in steps)
        self.mix = nn.ModuleList(_convolution(n + LOW, n) for n in CHANNELS[:2])

    def forward(self, features: Tensor, image: Tensor) -> Tensor:
        """Return the logits at the image's size."""
        low, x = self.low(image), features
        for up, mix in zip(self.up, self.mix, strict=False):
            x = F.relu(up(x))
            x = F.relu(mix(torch.cat([x, _pooled(low, x)], 1)))
        x = self.up[3](F.relu(self.up[2](x)))
        return F.interpolate(x, image.shape[-2:], mode="bilinear", align_corners=False)


class FeatureNetwork(nn.Module):
    """A frozen backbone and the decoder: float [N, 3, H, W] -> logits [N, classes, H, W]."""

    def __init__(self, backbone: nn.Module, channels: int, classes: int) -> None:
        super().__init__()
        self.backbone, self.decoder = backbone, MapDecoder(channels, classes)

    def features(self, image: Tensor) -> Tensor:
        """Return the frozen map [N, C, h, w], which depends on the image alone."""
        found: Tensor = self.backbone(image)
        return found

    def forward(self, image: Tensor, *, features: Tensor | None = None) -> Tensor:
        """Return the logits; `features`: what `features` gave for this image."""
        seen = self.features(image) if features is None else features.to(image.dtype)
        logits: Tensor = self.decoder(seen, image)
        return logits


class PromptNetwork(FeatureNetwork):
    """The same with a heat map of the prompt, averaged to the map's size, as one more of its channels."""

    def __init__(self, backbone: nn.Module, channels: int, classes: int) -> None:
        super().__init__(backbone, channels + 1, classes)

    def forward(self, image: Tensor, heat: Tensor | None = None, *, features: Tensor | None = None) -> Tensor:
        """Return the logits; heat: float [N, 1, H, W] in 0..1, None: zeros."""
        seen = self.features(image) if features is None else features.to(image.dtype)
        # Without a prompt the channel is there all the same: the network was trained on zeros too.
        pooled = torch.zeros_like(seen[:, :1]) if heat is None else _pooled(heat, seen)
        logits: Tensor = self.decoder(torch.cat([seen, pooled.to(seen.dtype)], 1), image)
        return logits
