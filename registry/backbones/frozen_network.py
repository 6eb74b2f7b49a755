"""Any pre-trained network as a frozen map of features."""

from collections.abc import Callable
from itertools import chain

import torch
from torch import Tensor, nn
from torch.func import functional_call

from registry.errors import BenchError

Features = Callable[[nn.Module, Tensor], Tensor]


class Backbone(nn.Module):
    """A frozen network: images float [N, 3, size, size] -> features float [N, channels, h, w].

    Its parameters take no gradient, it is in evaluation mode for ever, and it is run without a graph.

    Args:
        network: the network.
        compute: (network, images) -> features; a function of a module, so that the whole can be copied.
        size: side of the images.
        name: what a message calls it.

    Raises:
        BenchError: the network gives no feature map at this size.
    """

    def __init__(self, network: nn.Module, compute: Features, size: int, name: str) -> None:
        super().__init__()
        self.network, self.compute = network.requires_grad_(False), compute
        self.train(False)
        self.channels = self._channels(size, name)

    def train(self, mode: bool = True) -> "Backbone":
        """Stay in evaluation mode, always: neither dropout nor running statistics."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Return the features."""
        return self.compute(self.network, images)

    def _channels(self, size: int, name: str) -> int:
        """Return how many channels the features have, from a pass that computes nothing."""
        tensors = chain(self.named_parameters(), self.named_buffers())
        shapes = {key: tensor.to("meta") for key, tensor in tensors}
        try:
            features = functional_call(self, shapes, torch.empty(1, 3, size, size, device="meta"))
        except (AssertionError, AttributeError, RuntimeError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise BenchError(f"backbone: {name} gives no feature map of {size} x {size} pixels ({reason})") from error
        channels: int = features.shape[1]
        return channels
