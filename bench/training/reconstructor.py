"""An autoencoder as something that can be trained: the first of two stages."""

from registry.adapter import Batch, Objective, Pass, TorchSegmenter


class Reconstructor(TorchSegmenter):
    """Wraps an autoencoder: normalised pictures [N, 3, h, w] -> pictures [N, 3, h, w] in 0..1."""

    def training_pass(self, batch: Batch, objective: Objective) -> Pass:
        """Compare what the network makes of the pictures with the pictures before normalisation, in 0..1."""
        made = self.network(batch.inputs).float()
        mean, std = (t.to(batch.inputs.device)[:, None, None] for t in (self.mean, self.std))
        target = (batch.inputs * std + mean) / 255
        return Pass(objective(made, target), made, batch.labels)
