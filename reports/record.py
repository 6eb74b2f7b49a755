"""What ``run.json`` says: the protocol of a run. New keys are ignored, optional ones may be missing."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

FORMAT = 1
"""The newest format of a run folder that this package reads."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _null_is_unknown(cls, data: Any) -> Any:
        """Let null stand for a missing value: the default says what is then assumed."""
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None}


class Machine(_Part):
    """The computer a run was made on."""

    os: str = ""
    cpu: str = ""
    cores: int | None = None
    memory_gib: float | None = None
    gpu: str | None = None
    driver: str | None = None


class Git(_Part):
    """The state of the code."""

    commit: str
    dirty: bool = False


class LeftOut(_Part):
    """A picture that could not be used."""

    id: str
    reason: str


class Dataset(_Part):
    """One data set of the run; `classes[0]` is the background."""

    label: str
    name: str
    title: str = ""
    licence: str = ""
    source: str = ""
    split: str = ""
    layout: str = ""
    manifest: str = ""
    classes: tuple[str, ...]
    n: int
    limit: int | None = None
    left_out: tuple[LeftOut, ...] = ()


class Then(_Part):
    """A perturbation that follows another one, always at the same strength."""

    name: str
    strength: float
    parameters: dict[str, Any] = {}


class Perturbation(_Part):
    """One perturbation; `strengths` are the planned ones without the clean picture, from mild to strong.

    `moves`: the mask moves with the picture; `covers`: it hides pixels, which count or not (`occluded`);
    `backend`: the package that makes the pixels, where it is not this one.
    """

    label: str
    name: str
    title: str = ""
    unit: str = ""
    identity: float | None = None
    strengths: tuple[float, ...]
    version: int = 1
    source: str = ""
    parameters: dict[str, Any] = {}
    family: str = ""
    moves: bool = False
    covers: bool = False
    occluded: str = "count"
    then: tuple[Then, ...] = ()
    backend: str = ""
    resources: dict[str, str] = {}

    @property
    def package(self) -> str:
        """Return the package that makes the pixels with its version, where one is known."""
        return self.resources.get("package", self.backend)

    def by_damage(self) -> list[float]:
        """Return the strengths from mild to strong: by distance from the identity, else in the run's order."""
        if (identity := self.identity) is None:
            return list(self.strengths)
        return sorted(self.strengths, key=lambda strength: abs(strength - identity))


class MetricSet(_Part):
    """The rules that turn counts into scores."""

    name: str
    title: str = ""
    border: str
    reduction: str
    absent_class: str
    dice_classes: str = "all"
    task: str = "classes"
    epsilon: float = 0.0


class Checkpoint(_Part):
    """The weights that were evaluated."""

    state_hash: str
    file: str = ""


class Geometry(_Part):
    """How a picture becomes the network's input."""

    size: tuple[int, ...]
    mode: str


class Calibration(_Part):
    """One precision that was tried: its speed and the share of pixels on which it agrees with fp32."""

    precision: str
    ms_per_image: float | None = None
    agreement: float | None = None


class Curves(_Part):
    """One value an epoch; None where nothing was measured."""

    epoch: tuple[int, ...] = ()
    train_loss: tuple[float | None, ...] = ()
    val_loss: tuple[float | None, ...] = ()
    val_iou: tuple[float | None, ...] = ()
    learning_rate: tuple[float | None, ...] = ()


class Training(_Part):
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


class Model(_Part):
    """One model on one data set."""

    label: str
    name: str
    dataset: str
    summary: str = ""
    source: str = ""
    licence: str = ""
    pretraining: str | None = None
    parameters: dict[str, Any] = {}
    entry_version: int = 1
    parameters_total: int | None = None
    checkpoint: Checkpoint | None = None
    geometry: Geometry | None = None
    precision: str | None = None
    calibration: tuple[Calibration, ...] = ()
    device: str | None = None
    batch_size: int | None = None
    threads: int | None = None
    forward_ms_per_image: float | None = None
    training: Training | None = None


class FailedCell(_Part):
    """A condition that could not be evaluated."""

    dataset: str
    model: str
    perturbation: str
    strength: float
    message: str


class Cells(_Part):
    """How far the run got, in conditions."""

    total: int = 0
    done: int = 0
    failed: tuple[FailedCell, ...] = ()


class Throughput(_Part):
    """How fast one model was evaluated."""

    dataset: str
    model: str
    images: int
    seconds: float
    images_per_second: float | None = None
    forward_ms_per_image: float | None = None
    efficiency: float | None = None


class Record(_Part):
    """The whole of ``run.json``."""

    format: int
    segbench: str = ""
    name: str
    suite: dict[str, Any] = {}
    started: str | None = None
    updated: str | None = None
    finished: str | None = None
    machine: Machine = Machine()
    versions: dict[str, str] = {}
    git: Git | None = None
    seed: int | None = None
    apply_at: str = ""
    fresh_per_strength: bool = False
    command: str = ""
    datasets: tuple[Dataset, ...]
    perturbations: tuple[Perturbation, ...] = ()
    metric_sets: tuple[MetricSet, ...]
    models: tuple[Model, ...]
    cells: Cells = Cells()
    throughput: tuple[Throughput, ...] = ()
    harness_efficiency: float | None = None
    peak_memory_gib: float | None = None
