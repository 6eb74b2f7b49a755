"""An autoencoder as something that can be trained: the first of two stages."""

from typing import TYPE_CHECKING

from registry import MODELS
from registry.adapter import Batch, Objective, Pass, TorchSegmenter

if TYPE_CHECKING:
    from bench.suite import ModelSpec


class Reconstructor(TorchSegmenter):
    """Wraps an autoencoder: normalised images [N, 3, h, w] -> images [N, 3, h, w] in 0..1."""

    def training_pass(self, batch: Batch, objective: Objective) -> Pass:
        """Compare the network's output with the images before normalisation, in 0..1."""
        output = self.network(batch.inputs).float()
        mean, std = (t.to(batch.inputs.device)[:, None, None] for t in (self.mean, self.std))
        target = (batch.inputs * std + mean) / 255
        return Pass(objective(output, target), output, batch.labels)


def built_reconstructor(spec: "ModelSpec") -> Reconstructor:
    """Return the autoencoder of a model's first stage with random weights; the model must have such a stage.

    Raises:
        BenchError: the model is a plug-in that was edited.
    """
    pretext, geometry = spec.entry.pretext(spec.parameters), spec.geometry
    assert pretext is not None
    assert geometry is not None
    network = pretext.build(spec.parameters)
    MODELS.check_unchanged(spec.name)
    return Reconstructor(network, geometry)
