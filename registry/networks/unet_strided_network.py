"""The six-stage U-Net with strided convolutions, instance normalisation and spatial dropout, in its two parts.

Made of parts so that an autoencoder can pre-train its encoder and another model can add to its bottleneck.
"""

from itertools import pairwise
from typing import TypeVar

from torch import nn

from registry.networks.encoder_decoder import Activation, Decoder, DecoderStep, Encoder, EncoderDecoder

Half = TypeVar("Half", bound=nn.Module)

MULTIPLES = (1, 2, 4, 8, 16, 16)
DOWN_DROPOUT = (0.0, 0.0, 0.1, 0.2, 0.3, 0.3)
UP_DROPOUT = (0.3, 0.2, 0.2, 0.1, 0.0)


def stage_channels(width: int) -> list[int]:
    """Return the channels of the six stages.

    >>> stage_channels(32)
    [32, 64, 128, 256, 512, 512]
    """
    return [width * multiple for multiple in MULTIPLES]


def convolutions(inputs: int, outputs: int, stride: int, dropout: float) -> nn.Sequential:
    """Return two 3x3 convolutions, the first with the stride; whole channels are dropped behind each of them.

    Their biases are lost in the normalisation. They are kept because the count of 19.66 million has them.
    """
    layers: list[nn.Module] = []
    for i, step in ((inputs, stride), (outputs, 1)):
        layers += [nn.Conv2d(i, outputs, 3, step, 1), nn.InstanceNorm2d(outputs, eps=1e-5, affine=True)]
        layers += [nn.LeakyReLU(0.01, inplace=True), *([nn.Dropout2d(dropout)] if dropout else [])]
    return nn.Sequential(*layers)


def strided_unet_encoder(width: int = 32) -> Encoder:
    """Return the way down: six feature maps, the sides halved by each stage but the first."""
    channels = [3, *stage_channels(width)]
    stages = zip(pairwise(channels), (1, 2, 2, 2, 2, 2), DOWN_DROPOUT, strict=True)
    return _initialised(Encoder(convolutions(i, o, stride, dropout) for (i, o), stride, dropout in stages))


def strided_unet_decoder(width: int, outputs: int, kernel: int = 1) -> Decoder:
    """Return the way up: bilinear enlargement, skip, two convolutions; then the head of kernel x kernel."""
    upwards = zip(pairwise(reversed(stage_channels(width))), UP_DROPOUT, strict=True)
    steps = (
        # The sides are multiples of 32, so that twice the size is the skip's size.
        DecoderStep(nn.Upsample(scale_factor=2, mode="bilinear"), convolutions(deep + flat, flat, 1, dropout))
        for (deep, flat), dropout in upwards
    )
    return _initialised(Decoder(steps, nn.Conv2d(width, outputs, kernel, padding=kernel // 2), skips=True))


def strided_unet(width: int, classes: int, activation: Activation = "none", *, frozen: bool = False) -> EncoderDecoder:
    """Return the U-Net; 19.66 million parameters with width 32 and three classes.

    float [N, 3, h, w] -> logits [N, classes, h, w]; h and w are multiples of 32 and at least 64.
    """
    return EncoderDecoder(strided_unet_encoder(width), strided_unet_decoder(width, classes), activation, frozen=frozen)


def _initialised(part: Half) -> Half:
    """Draw a part's convolutions after He et al. 2015 (arXiv:1502.01852), keeping the variance of the gradients."""
    for layer in part.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="leaky_relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return part
