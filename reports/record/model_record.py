"""What ``run.json`` says of a model: what it is, what it was told, how it was trained."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

if TYPE_CHECKING:
    from reports.record.protocol_record import Perturbation

UNPROMPTED = "no ground truth"
"""The supervision of a model whose input holds nothing of the truth."""

Task = Literal["classes", "binary"]


class Part(BaseModel):
    """A part of the record: unknown keys are ignored, so that a newer version may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _null_is_unknown(cls, data: Any) -> Any:
        """Let null stand for a missing value: the default says what is then assumed."""
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None}


class Checkpoint(Part):
    """The weights that were evaluated; `bytes`: the size of their file."""

    state_hash: str
    file: str = ""
    bytes: int | None = None


class Geometry(Part):
    """How a picture becomes the network's input."""

    size: tuple[int, ...]
    mode: str


class Calibration(Part):
    """One precision that was tried: its speed and the share of pixels on which it agrees with fp32."""

    precision: str
    ms_per_image: float | None = None
    agreement: float | None = None


class Curves(Part):
    """One value an epoch; None where nothing was measured."""

    epoch: tuple[int, ...] = ()
    train_loss: tuple[float | None, ...] = ()
    val_loss: tuple[float | None, ...] = ()
    val_iou: tuple[float | None, ...] = ()
    val_dice: tuple[float | None, ...] = ()
    learning_rate: tuple[float | None, ...] = ()


class Training(Part):
    """What a training did, and why it stopped."""

    dataset: str = ""
    n_train: int | None = None
    n_val: int | None = None
    recipe: dict[str, Any] = {}
    epochs_planned: int | None = None
    epochs_run: int | None = None
    best_epoch: int | None = None
    stopped_by: str = ""
    seconds: float | None = None
    curves: Curves = Curves()

    @property
    def untrained(self) -> bool:
        """Return whether no epoch was run, so that the weights are those that the training began with."""
        return self.epochs_run == 0


class Autoencoder(Part):
    """The first stage of a training: the network that had to give its pictures back."""

    file: str = ""
    state_hash: str = ""
    training: Training | None = None


class Model(Part):
    """One model on one data set.

    `task`: "binary" for a model that tells objects from background and names no class. `prompt`: the policy by
    which it was told where to look, `supervision`: the group of models that were told as much. `macs`:
    multiplications with addition of one forward pass of one picture.
    """

    label: str
    name: str
    dataset: str
    summary: str = ""
    task: Task = "classes"
    prompt: str = "none"
    supervision: str = UNPROMPTED
    source: str = ""
    licence: str = ""
    pretraining: str | None = None
    weights_licence: str = ""
    label_order: tuple[str, ...] | None = None
    seen_in_training: tuple[str, ...] = ()
    parameters: dict[str, Any] = {}
    entry_version: int | str = 1
    parameters_total: int | None = None
    parameters_trainable: int | None = None
    parameters_frozen: int | None = None
    macs: int | None = None
    checkpoint: Checkpoint | None = None
    geometry: Geometry | None = None
    precision: str | None = None
    calibration: tuple[Calibration, ...] = ()
    device: str | None = None
    batch_size: int | None = None
    threads: int | None = None
    forward_ms_per_image: float | None = None
    training: Training | None = None
    autoencoder: Autoencoder | None = None

    def saw(self, entry: "Perturbation") -> bool:
        """Return whether the perturbation, or one that follows it, was among the model's training pictures."""
        return not entry.names.isdisjoint(self.seen_in_training)
