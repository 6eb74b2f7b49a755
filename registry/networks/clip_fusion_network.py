"""The strided U-Net with a frozen backbone's features at its bottleneck.

A global vector has no effect there: as a constant map it adds one number to each channel of the 1x1 convolution,
and the instance normalisation behind it takes a channel's mean away. This is how the second report describes its
model (CLIP-B), so it is kept, and it is the default; patch tokens, which are not constant, do have an effect.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from registry.networks.encoder_decoder import Decoder, Encoder


class FusionNetwork(nn.Module):
    """Normalised images float [N, 3, H, W] -> logits [N, classes, H, W].

    The backbone looks at a copy of the same input, resized to its own size and normalised anew, so that training
    and prediction see the same.

    Args:
        unet: encoder and decoder, which meet at a bottleneck of `width` channels.
        backbone: images [N, 3, side, side] -> features [N, channels, h, w]; one vector is h = w = 1.
        side: of the backbone's images.
        rescale: for each colour the factor and the summand that turn the input's normalisation into the backbone's.
    """

    def __init__(
        self,
        unet: tuple[Encoder, Decoder],
        width: int,
        backbone: nn.Module,
        channels: int,
        side: int,
        rescale: tuple[Sequence[float], Sequence[float]],
    ) -> None:
        super().__init__()
        self.encoder, self.decoder = unet
        # Plain numbers: a buffer would be rounded when the network is cast to half precision.
        self.backbone, self.side, self.rescale = backbone, side, rescale
        self.fuse = nn.Sequential(
            nn.Conv2d(width + channels, width, 1), nn.InstanceNorm2d(width, eps=1e-5, affine=True), nn.LeakyReLU(0.01)
        )

    def features(self, image: Tensor) -> Tensor:
        """Return the backbone's features of the image: [N, channels, h, w]."""
        small = F.interpolate(image.float(), (self.side, self.side), mode="bilinear", antialias=True)
        factor, summand = small.new_tensor(self.rescale)[..., None, None]
        found: Tensor = self.backbone((small * factor + summand).to(image.dtype))
        return found

    def forward(self, image: Tensor, *, features: Tensor | None = None) -> Tensor:
        """Return the logits; `features`: what `features` gave for this image."""
        *skips, deepest = self.encoder(image)
        seen = self.features(image) if features is None else features
        seen = F.interpolate(seen.to(deepest.dtype), deepest.shape[-2:], mode="bilinear", align_corners=False)
        logits: Tensor = self.decoder([*skips, self.fuse(torch.cat([deepest, seen], 1))])
        return logits
