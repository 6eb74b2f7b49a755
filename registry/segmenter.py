"""The one predict interface, and what a model's entry declares about itself. Imports no torch."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, final

from registry.core import Registry
from registry.errors import BenchError
from registry.labels import Task
from registry.parameters import Parameters
from registry.prompts import Prompt, check_prompts
from registry.recipe import Recipe

if TYPE_CHECKING:
    from torch import Tensor, nn

Mode = Literal["stretch", "letterbox"]


class Geometry(NamedTuple):
    """How an image becomes the network's input: `stretch` to the size, or `letterbox` (scaled, centred, padded)."""

    height: int
    width: int
    mode: Mode


class Size(NamedTuple):
    """Height and width in pixels."""

    height: int
    width: int


def size_of(image: "Tensor") -> Size:
    """Return the size of an image [..., H, W]."""
    height, width = image.shape[-2:]
    return Size(height, width)


class Case(NamedTuple):
    """One condition and the images that come next; only a model that reads stored results needs it."""

    perturbation: str
    strength: float
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Prediction:
    """What a model predicts for one image.

    labels: uint8 [H, W], class indices in the data set's order, on the input's device. A class-agnostic model
        (task `binary`) labels its object 1.
    shares: returns the class probabilities, float32 [C, H, W] summing to 1 over C; None: the model has hard masks.
        They are computed when they are asked for: few of a run's predictions need them.
    candidates: uint8 [K, H, W], all the masks that `labels` was chosen from by the model itself; None: there
        was one. The best of them by the ground truth is reported in columns of their own, named "oracle".
    """

    labels: "Tensor"
    shares: "Callable[[], Tensor] | None" = None
    candidates: "Tensor | None" = None

    @property
    def probabilities(self) -> "Tensor | None":
        """The class probabilities, computed now, float32 [C, H, W] on the device of `labels`; None for hard masks."""
        return None if self.shares is None else self.shares().to(self.labels.device)


class Segmenter(ABC):
    """A model behind the one predict interface.

    Pre-processing, geometry, normalisation and the order of the labels are the model's own business:
    it gets images as decoded and predicts at their own sizes.

    parameters_total: the number of weights of a model that has no torch network to count; None: unknown.
    scores_per_pixel: how many scores its predictions keep, where the model has more labels than there are classes.
    """

    parameters_total: int | None = None
    scores_per_pixel: int = 0

    @final
    def predict(
        self,
        images: "Sequence[Tensor]",
        prompts: Sequence[Prompt | None] | None = None,
        *,
        sizes: Sequence[Size] | None = None,
    ) -> list[Prediction]:
        """Label every pixel of every image.

        Args:
            images: uint8 RGB [3, H, W], sizes may differ, all on one device.
            prompts: one (or None) per image for a promptable model; others ignore them. An image without a
                prompt has nothing to point at; what that means is the model's own business.
            sizes: where the labels are wanted; default: each image's own size.

        Raises:
            BenchError: as in `check_prompts`; the sizes are not one (height, width) per image; or the model does
                not take such a prompt.
        """
        own = [size_of(image) for image in images]
        return self.predict_images(images, check_prompts(prompts, own), _wanted(sizes, own))

    @abstractmethod
    def predict_images(
        self,
        images: "Sequence[Tensor]",
        prompts: Sequence[Prompt | None],
        sizes: Sequence[Size],
    ) -> list[Prediction]:
        """Do what `predict` promises, for one checked prompt (or None) and one wanted size per image.

        This is what a model of one's own defines; callers use `predict`.
        """

    def announce(self, case: Case) -> None:  # noqa: B027 - a model of images alone has nothing to do here
        """Receive which condition and images the next call of `predict` is about."""


def _wanted(sizes: Sequence[Size] | None, own: list[Size]) -> list[Size]:
    """Return the size that each image's labels are wanted at; default: its own."""
    if sizes is None:
        return own
    if len(sizes) != len(own):
        raise BenchError(f"{len(sizes)} sizes for {len(own)} images; give one (height, width) for each image")
    for size in sizes:
        sides = size if isinstance(size, tuple | list) else ()
        if len(sides) != 2 or not all(isinstance(side, Integral) and side > 0 for side in sides):
            raise BenchError(f"{size!r} is no size; give (height, width), two whole numbers of pixels above 0")
    return [Size(*size) for size in sizes]


@dataclass(frozen=True)
class Pretext:
    """A first stage of training that needs no labels: an autoencoder, whose encoder the network then takes over.

    Attributes:
        build: (parameters) -> the autoencoder: normalised images [N, 3, h, w] -> images [N, 3, h, w] in 0..1.
        recipe: how to train it; its loss is one of the reconstruction losses.
        identity: the parameters that decide its weights, so that models with equal ones share a checkpoint.
        transfer: (autoencoder's state dict, network): put the encoder's weights into the network.
    """

    version: int
    build: "Callable[[Any], nn.Module]"
    recipe: Callable[[Any], Recipe]
    identity: Callable[[Any], dict[str, Any]]
    transfer: "Callable[[dict[str, Tensor], nn.Module], None]"


@dataclass(frozen=True)
class Needed:
    """A file from elsewhere that a model or a data set cannot do without.

    what: in words, with the file's name. source: where it comes from, a hub's id or an address.
    megabytes: its size, None if unknown. place: where it is looked for. present: whether it is there now.
    fetch: gets it; BenchError where that fails. by_hand: what to do on a machine without a network.
    """

    what: str
    source: str
    megabytes: float | None
    place: str
    present: bool
    fetch: Callable[[], None]
    by_hand: str


@dataclass(frozen=True)
class ModelEntry:
    """What a model's file declares; `ENTRY` of each file in ``registry/models``.

    Attributes:
        build: (parameters, classes, initialise) -> Segmenter; `initialise` False: weights follow from a
            checkpoint, so none need be fetched for the backbone.
        version: raised whenever the same parameters would give other numbers.
        recipe: how to train it; None, or None with these parameters: there is nothing to train.
        geometry: the network's input; None: the model takes images as they are.
        pretext: a stage of training before that; None: there is none (or not with these parameters).
        prompts: the prompt policies that it can be evaluated under, its default first; empty: it takes no prompt.
        prediction_only: names of parameters that no training depends on: models that differ in them alone share
            a checkpoint.
        later: names of parameters that came when there were numbers already: they stand in a key only where they are
            not the default, which means what their absence meant.
        task: `binary` for a class-agnostic mask, which only metric sets of that task can score.
        identity: what else decides its numbers (a file's or folder's content, a package's version).
        baseline: words for the report: what it does instead of looking at the image ("only ever predicts background");
            "" for a model that looks. Others are compared with the baselines.
        pretraining: words for the report: where the initial weights come from.
        weights_licence: words for the report: under which licence; "" where there are no such weights.
        needs: files from elsewhere, for `bench fetch`.
        check: raises BenchError for what a suite needs and this machine lacks; called before a run starts.
        check_cases: (parameters, cases): raises BenchError where a model that reads stored results lacks those of a
            condition or an image; the images' names are empty where they are not known yet.
    """

    summary: str
    build: Callable[[Any, tuple[str, ...], bool], Segmenter]
    parameters: type[Parameters] = Parameters
    version: int = 1
    source: str = "the user's own"
    licence: str = "unknown"
    recipe: Callable[[Any], Recipe | None] | None = None
    geometry: Callable[[Any], Geometry] | None = None
    pretext: Callable[[Any], Pretext | None] = lambda _: None
    prompts: tuple[str, ...] = ()
    prediction_only: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    task: Callable[[Any], Task] = lambda _: "classes"
    identity: Callable[[Any], dict[str, str]] = lambda _: {}
    baseline: str = ""
    pretraining: Callable[[Any], str] = lambda _: "none"
    weights_licence: Callable[[Any], str] = lambda _: ""
    needs: Callable[[Any], Sequence[Needed]] = lambda _: ()
    check: Callable[[Any], None] = lambda _: None
    check_cases: Callable[[Any, Sequence[Case]], None] = lambda _parameters, _cases: None


MODELS: Registry[ModelEntry] = Registry("model", "registry.models", ModelEntry)
