"""What segbench needs of a library of backbones, for one of its models."""

from abc import ABC, abstractmethod
from pathlib import Path

from torch import Tensor, nn

from registry.segmenter import Needed


class Library(ABC):
    """One model of a library, by its name there.

    tag: which of its weights on the hub; "": the model has none, or the tag stands in the name.
    """

    def __init__(self, name: str, tag: str) -> None:
        self.name, self.tag = name, tag

    @abstractmethod
    def check(self, size: int) -> None:
        """Raise BenchError, with a suggestion, for an unknown name or tag, and for a size it does not take."""

    @abstractmethod
    def network(self, size: int, *, hub: bool) -> nn.Module:
        """Return the network for images of size x size, with the hub's weights or random ones."""

    @abstractmethod
    def load(self, network: nn.Module, path: Path, *, by_position: bool) -> None:
        """Load a file's weights; see `registry.weights.load_backbone`."""

    @abstractmethod
    def normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return mean and standard deviation of RGB in 0..1 that the weights were trained with."""

    @abstractmethod
    def needed(self) -> Needed:
        """Return the hub's file; BenchError where the hub has none that suits the network."""

    @abstractmethod
    def licence(self) -> str:
        """Return words: under which licence the hub's weights are."""

    @staticmethod
    @abstractmethod
    def feature_map(network: nn.Module, images: Tensor) -> Tensor:
        """Return the last feature map, normalised as the network's head would get it: [N, C, h, w]."""

    @staticmethod
    @abstractmethod
    def pooled(network: nn.Module, images: Tensor) -> Tensor:
        """Return one vector for each image: [N, C, 1, 1]."""
