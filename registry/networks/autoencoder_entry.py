"""What the entries of the autoencoders share, without torch: parameters, recipes, and the entry itself."""

from typing import TYPE_CHECKING, Any, Literal

from registry.parameters import Parameters
from registry.recipe import Recipe
from registry.segmenter import Geometry, Mode, ModelEntry, Pretext, Segmenter
from registry.weights import load_strictly

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

ScoreActivation = Literal["none", "softmax", "log_softmax"]

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
    activation: ScoreActivation = "none"

    def first_stage(self) -> dict[str, Any]:
        """Return the parameters that decide the autoencoder's weights; a later one only where it is not the default."""
        return self.model_dump(mode="json", include={"width", "size"})


def autoencoder_entry(
    *,
    parameters: type[AutoencoderParameters],
    autoencoder: "Callable[[Any], nn.Module]",
    network: "Callable[[Any, int], nn.Module]",
    reconstruction: Recipe,
    segmentation: Recipe,
    mode: Mode,
    summary: str,
    source: str,
    later: tuple[str, ...] = (),
) -> ModelEntry:
    """Return the entry of a segmenter whose encoder is an autoencoder's, trained before without labels.

    Args:
        parameters: with `width`, and `size`, the side of the square input.
        autoencoder: (parameters) -> images [N, 3, h, w] to images in 0..1; decided by what `first_stage` returns.
        network: (parameters, number of classes) -> images [N, 3, h, w] to scores; it has the same encoder.
        reconstruction, segmentation: the recipes of the two stages.
        mode: how an image becomes the input; summary, source, later: as in `ModelEntry`.
    """

    def geometry(p: Any) -> Geometry:
        return Geometry(p.size, p.size, mode)

    def build(p: Any, classes: tuple[str, ...], initialise: bool) -> Segmenter:
        from registry.adapter import TorchSegmenter

        output: Literal["probabilities", "logits"] = "probabilities" if p.activation == "softmax" else "logits"
        return TorchSegmenter(network(p, len(classes)), geometry(p), output=output)

    pretext = Pretext(
        version=1,
        build=autoencoder,
        recipe=lambda _: reconstruction,
        identity=lambda p: p.first_stage(),
        transfer=transfer,
    )
    return ModelEntry(
        version=1,
        summary=summary,
        source=source,
        licence="Apache-2.0",
        parameters=parameters,
        build=build,
        recipe=lambda _: segmentation,
        geometry=geometry,
        pretext=lambda _: pretext,
        later=later,
        pretraining=lambda _: "its own autoencoder, trained on the training images without their labels",
    )


def transfer(state: "dict[str, Tensor]", network: "nn.Module") -> None:
    """Put the encoder out of an autoencoder's state dict into a segmenter's network, and nothing else.

    Raises:
        BenchError: it is not the same encoder.
    """
    prefix = "encoder."
    encoder = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    load_strictly(network.get_submodule("encoder"), encoder, "the autoencoder's encoder")
