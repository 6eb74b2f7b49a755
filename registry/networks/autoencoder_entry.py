"""What the entries of the autoencoders share, without torch: parameters, recipes, the way to a segmenter."""

from typing import TYPE_CHECKING, Any, Literal

from registry.parameters import Parameters
from registry.recipe import Recipe
from registry.segmenter import Geometry, Pretext, Segmenter
from registry.weights import load_strictly

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

Activation = Literal["none", "softmax", "log_softmax"]
PRETRAINING = "its own autoencoder, trained on the training pictures without their labels"

# The first report, from which both are, names no schedule, weight decay or batch size: a constant rate, none and
# 16 are chosen.
RECONSTRUCTION = Recipe(epochs=100, learning_rate=1e-3, weight_decay=0, schedule="constant", loss="mse", monitor="loss")
SEGMENTATION = Recipe(epochs=50, learning_rate=1e-3, weight_decay=0, schedule="constant")


class AutoencoderParameters(Parameters):
    """frozen: the segmenter leaves the autoencoder's encoder as it is; else it goes on learning.

    activation: what stands behind the segmenter's last convolution. The losses expect `none`; with another the
    cross-entropy takes the softmax of a softmax, or of its logarithm (which changes nothing).
    """

    frozen: bool = True
    activation: Activation = "none"


def segmenter(network: "nn.Module", geometry: Geometry, activation: Activation) -> Segmenter:
    """Return the network as a segmenter that knows what its scores are."""
    from registry.adapter import TorchSegmenter

    return TorchSegmenter(network, geometry, output="probabilities" if activation == "softmax" else "logits")


def pretext(version: int, build: "Callable[[Any], nn.Module]", recipe: Recipe) -> Pretext:
    """Return the first stage of training; of an entry's parameters, width and size alone decide its autoencoder."""
    return Pretext(
        version=version,
        build=build,
        recipe=lambda _: recipe,
        identity=lambda p: {"width": p.width, "size": p.size},
        transfer=transfer,
    )


def transfer(state: "dict[str, Tensor]", network: "nn.Module") -> None:
    """Put the encoder out of an autoencoder's state dict into a segmenter's network, and nothing else.

    Raises:
        BenchError: it is not the same encoder.
    """
    prefix = "encoder."
    encoder = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    load_strictly(network.get_submodule("encoder"), encoder, "the autoencoder's encoder")
