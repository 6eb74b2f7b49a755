"""The one predict interface, and what a model's entry declares about itself. Imports no torch."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from registry.parameters import Parameters
from registry.recipe import Recipe

if TYPE_CHECKING:
    from torch import Tensor


class Geometry(NamedTuple):
    """How a picture becomes the network's input: `stretch` to the size, or `letterbox` (scaled, centred, padded)."""

    height: int
    width: int
    mode: Literal["stretch", "letterbox"]


class Size(NamedTuple):
    """Height and width in pixels."""

    height: int
    width: int


class Case(NamedTuple):
    """One condition and the pictures that come next; only a model that looks results up needs to know."""

    perturbation: str
    strength: float
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Prediction:
    """What a model says of one picture.

    labels: uint8 [H, W], class indices in the data set's order, on the input's device.
    probabilities: float32 [C, H, W] summing to 1 over C; None unless asked for, or for a model of hard masks.
    """

    labels: "Tensor"
    probabilities: "Tensor | None" = None


class Segmenter(ABC):
    """A model behind the one predict interface.

    Pre-processing, geometry, normalisation and the order of the labels are the model's own business:
    it gets pictures as decoded and answers at their own sizes.
    """

    @abstractmethod
    def predict(
        self,
        images: "Sequence[Tensor]",
        prompts: Sequence[Any] | None = None,
        *,
        sizes: Sequence[Size] | None = None,
        probabilities: bool = False,
    ) -> list[Prediction]:
        """Label every pixel of every picture.

        Args:
            images: uint8 RGB [3, H, W], sizes may differ, all on one device.
            prompts: one per picture for a promptable model; others ignore them.
            sizes: where the labels are wanted; default: each picture's own size.
            probabilities: also return the class probabilities.
        """

    def announce(self, case: Case) -> None:  # noqa: B027 - a model of pictures alone has nothing to do here
        """Hear which condition and pictures the next call of `predict` is about."""


@dataclass(frozen=True)
class ModelEntry:
    """What a model's file declares; `ENTRY` of each file in ``registry/models``.

    Attributes:
        version: raised whenever the same parameters would give other numbers.
        build: (parameters, classes, initialise) -> Segmenter; `initialise` False: weights follow from a
            checkpoint, so none need be fetched for the backbone.
        recipe: how to train it; None: there is nothing to train.
        geometry: the network's input; None: the model takes pictures as they are.
        identity: what else decides its numbers (a file's or folder's content, a package's version).
        pretraining: words for the report: where the initial weights come from.
        check: raises BenchError for what a suite asks and this machine lacks; called before a run starts.
    """

    version: int
    summary: str
    source: str
    licence: str
    parameters: type[Parameters]
    build: Callable[[Any, tuple[str, ...], bool], Segmenter]
    recipe: Callable[[Any], Recipe] | None = None
    geometry: Callable[[Any], Geometry] | None = None
    identity: Callable[[Any], dict[str, str]] = lambda _: {}
    pretraining: Callable[[Any], str] = lambda _: "none"
    check: Callable[[Any], None] = lambda _: None
