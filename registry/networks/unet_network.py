"""The U-Net of Ronneberger et al. (2015) in its common form with normalisation and bilinear upsampling."""

from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NORMS = {
    "batch": nn.BatchNorm2d,
    "instance": lambda n: nn.InstanceNorm2d(n, affine=True),
    "none": nn.Identity,
}
ACTIVATIONS = {"relu": nn.ReLU, "leaky_relu": nn.LeakyReLU}


def convolutions(inputs: int, outputs: int, norm: str, activation: str, count: int = 2) -> nn.Sequential:
    """Return 3x3 convolutions one behind the other, each with its normalisation and activation."""
    layers: list[nn.Module] = []
    for i in (inputs, outputs)[:count]:
        # A convolution's own bias is lost in the normalisation behind it.
        layers += [nn.Conv2d(i, outputs, 3, padding=1, bias=norm == "none"), NORMS[norm](outputs)]  # type: ignore[operator]
        layers += [ACTIVATIONS[activation](inplace=True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Five stages, channels doubling at each 2x2 max pooling from `width`; skips joined by concatenation.

    float [N, 3, H, W] -> logits [N, classes, H, W], any H, W >= 16. With width 64, batch norm and
    ReLU: 28.95 million parameters.

    up_convolution: the last stage has one 3x3 convolution, and a 2x2 transposed one leads from it to the next,
    instead of two and of the bilinear enlargement with its 1x1: 21.08 million parameters.
    """

    def __init__(
        self,
        classes: int,
        width: int = 64,
        norm: str = "batch",
        activation: str = "relu",
        *,
        up_convolution: bool = False,
    ) -> None:
        super().__init__()
        channels = [width * 2**i for i in range(5)]
        block = partial(convolutions, norm=norm, activation=activation)
        counts = [2, 2, 2, 2, 1 if up_convolution else 2]
        steps = zip(pairwise([3, *channels]), counts, strict=True)
        self.encoder = nn.ModuleList(block(i, o, count=count) for (i, o), count in steps)
        upwards = list(pairwise(reversed(channels)))
        self.reduce = nn.ModuleList(nn.Conv2d(deep, flat, 1) for deep, flat in upwards)
        if up_convolution:
            self.reduce[0] = nn.ConvTranspose2d(*upwards[0], 2, stride=2)
        self.decoder = nn.ModuleList(block(2 * flat, flat) for _, flat in upwards)
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits at the input's size."""
        skips: list[Tensor] = []
        for i, stage in enumerate(self.encoder):
            x = stage(F.max_pool2d(x, 2) if i else x)
            skips.append(x)
        skips.pop()
        for reduce, stage in zip(self.reduce, self.decoder, strict=True):
            skip = skips.pop()
            # A 1x1 convolution and bilinear interpolation commute; in this order it is a quarter of the work.
            # What an up-convolution gives has the skip's size already, but for odd sides.
            x = F.interpolate(reduce(x), skip.shape[-2:], mode="bilinear", align_corners=False)
            x = stage(torch.cat([x, skip], 1))
        logits: Tensor = self.head(x)
        return logits
