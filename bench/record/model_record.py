"""What `run.json` holds of a model: what it is, what it was prompted with, how it was trained, what it costs.

A run writes these types and a report reads them. A key without a default is in every run folder; one with a default
came later, and the default is what older folders mean by its absence. Unknown keys are ignored.
"""

from collections.abc import Set
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from registry.labels import NO_GROUND_TRUTH, Task


class Part(BaseModel):
    """A part of the record: unknown keys are ignored, so that a newer version may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _null_is_unknown(cls, data: Any) -> Any:
        """Let null stand for a missing value: the default is what is then assumed."""
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None}


class CheckpointRecord(Part):
    """The weights that were evaluated; `bytes`: the size of their file."""

    state_hash: str
    file: str = ""
    bytes: int | None = None


class GeometryRecord(Part):
    """How an image becomes the network's input: height and width in pixels, and `stretch` or `letterbox`."""

    size: tuple[int, ...]
    mode: str


class PrecisionTrial(Part):
    """One precision that was tried: its milliseconds per image and the share of pixels on which it agrees with fp32."""

    precision: str
    ms_per_image: float | None = None
    agreement: float | None = None


class TrainingCurves(Part):
    """One value an epoch; None where nothing was measured."""

    epoch: tuple[int, ...] = ()
    train_loss: tuple[float | None, ...] = ()
    val_loss: tuple[float | None, ...] = ()
    val_iou: tuple[float | None, ...] = ()
    val_dice: tuple[float | None, ...] = ()
    learning_rate: tuple[float | None, ...] = ()


class TrainingRecord(Part):
    """What a training did, and why it stopped; as in the checkpoint's own record."""

    dataset: str = ""
    n_train: int | None = None
    n_val: int | None = None
    recipe: dict[str, Any] = {}
    manifest: str = ""
    manifest_val: str = ""
    epochs_planned: int | None = None
    epochs_run: int | None = None
    best_epoch: int | None = None
    stopped_by: str = ""
    seconds: float | None = None
    curves: TrainingCurves = TrainingCurves()

    @property
    def untrained(self) -> bool:
        """Return whether no epoch was run, so that the weights are those that the training began with."""
        return self.epochs_run == 0


class AutoencoderRecord(Part):
    """The first stage of a training: the network that had to reconstruct its images."""

    state_hash: str = ""
    file: str = ""
    bytes: int | None = None
    training: TrainingRecord | None = None


class Measurement(Part):
    """What is learnt of a model by running it; remembered between runs for the same weights.

    macs: multiply-accumulates of one forward pass of one image. forward_ms_per_image: of the network alone.
    """

    parameters_total: int | None = None
    parameters_trainable: int | None = None
    parameters_frozen: int | None = None
    macs: int | None = None
    precision: str | None = None
    calibration: tuple[PrecisionTrial, ...] = ()
    device: str | None = None
    batch_size: int | None = None
    threads: int | None = None
    forward_ms_per_image: float | None = None


class ModelRecord(Measurement):
    """One model on one data set.

    `task`: "binary" for a model that tells objects from background and names no class. `prompt`: the policy by
    which it was prompted, `supervision`: the group of models whose prompts take as much from the ground truth.
    `baseline`: what it does instead of looking at the image, "" for a model that looks; older runs have none.
    `seed`, `group`: of a model that the suite trains with several seeds, and its label without the seed.
    `cell_keys`: of its planned cells, the clean one first, then each perturbation's strengths; older runs have none.
    """

    label: str
    name: str
    dataset: str
    summary: str = ""
    task: Task = "classes"
    baseline: str | None = None
    prompt: str = "none"
    supervision: str = NO_GROUND_TRUTH
    source: str = ""
    licence: str = ""
    pretraining: str | None = None
    weights_licence: str = ""
    label_order: tuple[str, ...] | None = None
    seen_in_training: tuple[str, ...] = ()
    parameters: dict[str, Any] = {}
    entry_version: int | str = 1
    state: str = ""
    training_key: str | None = None
    requested_precision: str = "auto"
    checkpoint: CheckpointRecord | None = None
    geometry: GeometryRecord | None = None
    training: TrainingRecord | None = None
    autoencoder: AutoencoderRecord | None = None
    cell_keys: tuple[str, ...] = ()
    seed: int | None = None
    group: str = ""

    def saw(self, perturbations: Set[str]) -> bool:
        """Return whether one of these perturbations was among the model's training images."""
        return not perturbations.isdisjoint(self.seen_in_training)
