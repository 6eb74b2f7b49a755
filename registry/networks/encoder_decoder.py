"""A network of two parts, an encoder and a decoder: what the strided U-Net and all the autoencoders are made of."""

from collections.abc import Callable, Iterable
from typing import Literal

import torch
from torch import Tensor, nn

Activation = Literal["none", "sigmoid", "softmax", "log_softmax"]
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "none": nn.Identity,
    "sigmoid": nn.Sigmoid,
    "softmax": lambda: nn.Softmax(1),
    "log_softmax": lambda: nn.LogSoftmax(1),
}


class Encoder(nn.Module):
    """Stages one behind the other; float [N, 3, h, w] -> what each stage returns, the first one's first."""

    def __init__(self, stages: Iterable[nn.Module]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return one feature map for each stage."""
        found: list[Tensor] = []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        return found


class DecoderStep(nn.Module):
    """One step of a decoder: enlarge, put the encoder's features of that size behind (if given), mix."""

    def __init__(self, enlarge: nn.Module, mix: nn.Module) -> None:
        super().__init__()
        self.enlarge, self.mix = enlarge, mix

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        """Return the next feature map."""
        x = self.enlarge(x)
        mixed: Tensor = self.mix(x if skip is None else torch.cat([x, skip], 1))
        return mixed


class Decoder(nn.Module):
    """Steps from the last feature map upwards, then the head.

    skips: each step also gets the encoder's features of the size it arrives at, while there are any; else the
    last feature map is all that the decoder sees.
    """

    def __init__(self, steps: Iterable[DecoderStep], head: nn.Module, *, skips: bool) -> None:
        super().__init__()
        self.steps, self.head, self.skips = nn.ModuleList(steps), head, skips

    def forward(self, features: list[Tensor]) -> Tensor:
        """Return what the head makes of an encoder's features: [N, channels, h, w]."""
        *skips, x = features
        for step in self.steps:
            x = step(x, skips.pop() if self.skips and skips else None)
        out: Tensor = self.head(x)
        return out


class EncoderDecoder(nn.Module):
    """An autoencoder or a segmenter: float [N, 3, h, w] -> [N, channels, h, w].

    activation: the last layer, `none`, `sigmoid`, `softmax` or `log_softmax` over the channels. frozen: the
    encoder gets no gradient and stays in evaluation mode, so that neither its dropout nor its running
    statistics know that the rest is being trained.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        activation: Activation = "none",
        *,
        frozen: bool = False,
    ) -> None:
        super().__init__()
        self.encoder, self.decoder, self.activation = encoder, decoder, ACTIVATIONS[activation]()
        self.frozen = frozen
        self.encoder.requires_grad_(not frozen)

    def train(self, mode: bool = True) -> "EncoderDecoder":
        """Set the mode of everything but a frozen encoder."""
        super().train(mode)
        self.encoder.train(mode and not self.frozen)
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Return an image, or a score for each class and pixel."""
        out: Tensor = self.activation(self.decoder(self.encoder(x)))
        return out
