"""What ``run.json`` says: the protocol of a run. New keys are ignored, optional ones may be missing."""

from typing import Any

from pydantic import Field

from reports.record.model_record import Model, Part, Task

FORMAT = 1
"""The newest format of a run folder that this package reads."""


class Machine(Part):
    """The computer a run was made on."""

    os: str = ""
    cpu: str = ""
    cores: int | None = None
    memory_gib: float | None = None
    gpu: str | None = None
    driver: str | None = None


class Git(Part):
    """The state of the code."""

    commit: str
    dirty: bool = False


class LeftOut(Part):
    """A picture that could not be used."""

    id: str
    reason: str


class Dataset(Part):
    """One data set of the run; `classes[0]` is the background; not `perturbed`: only its clean pictures are scored."""

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
    perturbed: bool = True
    left_out: tuple[LeftOut, ...] = ()


class Then(Part):
    """A perturbation that follows another one, always at the same strength."""

    name: str
    strength: float
    parameters: dict[str, Any] = Field(default_factory=dict)


class Perturbation(Part):
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
    version: int | str = 1
    source: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    family: str = ""
    moves: bool = False
    covers: bool = False
    occluded: str = "count"
    then: tuple[Then, ...] = ()
    backend: str = ""
    resources: dict[str, str] = Field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """Return the names under which a training may have known it, those of what follows it included."""
        return {self.label, self.name, *(step.name for step in self.then)}

    @property
    def package(self) -> str:
        """Return the package that makes the pixels with its version, where one is known."""
        return self.resources.get("package", self.backend)

    def by_damage(self) -> list[float]:
        """Return the strengths from mild to strong: by distance from the identity, else in the run's order."""
        if (identity := self.identity) is None:
            return list(self.strengths)
        return sorted(self.strengths, key=lambda strength: abs(strength - identity))


class MetricSet(Part):
    """The rules that turn counts into scores."""

    name: str
    title: str = ""
    border: str
    reduction: str
    absent_class: str
    dice_classes: str = "all"
    task: Task = "classes"
    epsilon: float = 0.0


class FailedCell(Part):
    """A condition that could not be evaluated."""

    dataset: str
    model: str
    perturbation: str
    strength: float
    message: str


class Cells(Part):
    """How far the run got, in conditions."""

    total: int = 0
    done: int = 0
    failed: tuple[FailedCell, ...] = ()


class Throughput(Part):
    """How fast one model was evaluated."""

    dataset: str
    model: str
    images: int
    seconds: float
    images_per_second: float | None = None
    forward_ms_per_image: float | None = None
    efficiency: float | None = None


class Record(Part):
    """The whole of ``run.json``."""

    format: int
    segbench: str = ""
    name: str
    suite: dict[str, Any] = Field(default_factory=dict)
    started: str | None = None
    updated: str | None = None
    finished: str | None = None
    machine: Machine = Machine()
    versions: dict[str, str] = Field(default_factory=dict)
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
