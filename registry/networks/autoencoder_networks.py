"""The two reports' autoencoders, and the segmenters on their encoders; what a report leaves open is chosen here.

Each decoder ends at the size its encoder began with, if the sides are multiples of 4, 8, 32 and 32.
"""

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from registry.networks.encoder_decoder import Activation, Decoder, DecoderStep, Encoder, EncoderDecoder
from registry.networks.unet_strided_network import strided_unet_decoder, strided_unet_encoder

PretrainSkips = Literal["none", "pooled", "full"]


def simple_autoencoder(width: int) -> EncoderDecoder:
    """AE-1."""
    return EncoderDecoder(simple_encoder(width), simple_decoder(width, 3), "sigmoid")


def simple_segmenter(width: int, classes: int, activation: Activation, *, frozen: bool) -> EncoderDecoder:
    """AE-1's encoder and a decoder of the same shape."""
    decoder = simple_decoder(width, classes)  # first: the order decides which random weights it gets
    return EncoderDecoder(simple_encoder(width), decoder, activation, frozen=frozen)


def strided_autoencoder(width: int) -> EncoderDecoder:
    """AE-2."""
    return EncoderDecoder(strided_encoder(width), strided_decoder(width, 3, skips=False), "sigmoid")


def strided_segmenter(width: int, classes: int, activation: Activation, *, skips: bool, frozen: bool) -> EncoderDecoder:
    """AE-2's encoder and a decoder of the same shape, with skips on request."""
    decoder = strided_decoder(width, classes, skips=skips)
    return EncoderDecoder(strided_encoder(width), decoder, activation, frozen=frozen)


def unet_autoencoder(width: int, skips: PretrainSkips) -> EncoderDecoder:
    """AE-3."""
    return EncoderDecoder(unet_encoder(width), unet_decoder(width, 3, skips), "sigmoid")


def unet_segmenter(width: int, classes: int, activation: Activation, *, skips: bool, frozen: bool) -> EncoderDecoder:
    """AE-3's encoder and a simpler decoder, with skips on request."""
    decoder = unet_segmentation_decoder(width, classes, skips=skips)
    return EncoderDecoder(unet_encoder(width), decoder, activation, frozen=frozen)


def skip_autoencoder(width: int) -> EncoderDecoder:
    """AE-B: the second report's U-Net, with a head of 3x3 that gives an image; `strided_unet` is its segmenter."""
    return EncoderDecoder(strided_unet_encoder(width), strided_unet_decoder(width, 3, kernel=3), "sigmoid")


def simple_encoder(width: int) -> Encoder:
    """AE-1: two stages of one 3x3 convolution, ReLU and 2x2 max pooling; width and twice the width channels."""
    return Encoder(
        nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2))
        for i, o in pairwise((3, width, 2 * width))
    )


def simple_decoder(width: int, outputs: int) -> Decoder:
    """AE-1: two transposed convolutions with ReLU, a 3x3 convolution."""
    steps = (DecoderStep(_transposed(i, o), nn.Identity()) for i, o in pairwise((2 * width, width, width)))
    return Decoder(steps, nn.Conv2d(width, outputs, 3, padding=1), skips=False)


def strided_encoder(width: int) -> Encoder:
    """AE-2: three 3x3 convolutions of stride 2 with batch norm and LeakyReLU; channels double from `width`."""
    return Encoder(_normalised(i, o, stride=2) for i, o in pairwise((3, width, 2 * width, 4 * width)))


def strided_decoder(width: int, outputs: int, *, skips: bool) -> Decoder:
    """AE-2: three bilinear enlargements, each with a 3x3 convolution, batch norm, LeakyReLU; a 3x3 convolution."""
    channels = (4 * width, 2 * width, width, width)
    early = (2 * width, width, 0) if skips else (0, 0, 0)
    steps = (
        DecoderStep(nn.Upsample(scale_factor=2, mode="bilinear"), _normalised(i + skip, o, stride=1))
        for (i, o), skip in zip(pairwise(channels), early, strict=True)
    )
    return Decoder(steps, nn.Conv2d(width, outputs, 3, padding=1), skips=skips)


def unet_encoder(width: int) -> Encoder:
    """AE-3: five blocks of two 3x3 convolutions with ReLU and 2x2 max pooling; channels double from `width`.

    A pooling stands in front of the next block, so that skips have the size from before it; the last stage is
    a pooling alone.
    """
    blocks = [_block(i, o) for i, o in pairwise((3, *_doubling(width)))]
    return Encoder([blocks[0], *(nn.Sequential(nn.MaxPool2d(2), block) for block in blocks[1:]), nn.MaxPool2d(2)])


def unet_decoder(width: int, outputs: int, skips: PretrainSkips) -> Decoder:
    """AE-3: the mirror for images, five transposed convolutions, each with two 3x3 ones; a 1x1 convolution."""
    deep = list(reversed(_doubling(width)))
    joined = {"none": [0] * 5, "pooled": [*deep[1:], 0], "full": deep}[skips]
    steps = (
        DecoderStep(_transposed(i, o), _block(o + skip, o))
        for (i, o), skip in zip(pairwise([*deep, width]), joined, strict=True)
    )
    kind = PooledDecoder if skips == "pooled" else Decoder
    return kind(steps, nn.Conv2d(width, outputs, 1), skips=skips != "none")


class PooledDecoder(Decoder):
    """A decoder whose skips are a block's features behind its pooling, so that the last step gets none."""

    def forward(self, features: list[Tensor]) -> Tensor:
        """See `Decoder.forward`; `features` as `unet_encoder` gives them."""
        *early, _, deepest = features
        return super().forward([*(F.max_pool2d(found, 2) for found in early), deepest])


def unet_segmentation_decoder(width: int, outputs: int, *, skips: bool) -> Decoder:
    """AE-3: the mirror for labels, five transposed convolutions with ReLU alone; a 3x3 convolution.

    With skips, a step's transposed convolution gets the features that the step before it arrived at.
    """
    deep = list(reversed(_doubling(width)))
    early = deep if skips else [0] * 5
    arrived = zip(pairwise([*deep, width]), [0, *early[:-1]], strict=True)
    steps = (DecoderStep(_transposed(i + skip, o), nn.Identity()) for (i, o), skip in arrived)
    return Decoder(steps, nn.Conv2d(width + early[-1], outputs, 3, padding=1), skips=skips)


def _doubling(width: int) -> list[int]:
    return [width * 2**i for i in range(5)]


def _block(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for i in (inputs, outputs):
        layers += [nn.Conv2d(i, outputs, 3, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def _transposed(inputs: int, outputs: int) -> nn.Sequential:
    """Return a transposed convolution that doubles the sides without overlap, and ReLU."""
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 2, stride=2), nn.ReLU(inplace=True))


def _normalised(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    # A convolution's own bias is lost in the normalisation behind it.
    convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.01, inplace=True))
