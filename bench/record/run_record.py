"""The whole of `run.json`: the protocol of a run. A run writes these types and a report reads them.

See `model_record` for what a default means. Raise `FORMAT` when an old reader would misunderstand a new file.
"""

from collections.abc import Iterator
from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from bench.record.further_record import FurtherRecord, WithoutRecord
from bench.record.model_record import Measurement, ModelRecord, Part
from registry.labels import Task

FORMAT = 3
"""The format of a run folder that this version writes, and the newest that it reads.

Format 1 had no checksum; there is no format 2, so that one number (`checked_json.SEALED`) holds for all files.
"""


class MachineRecord(Part):
    """The computer a run was made on."""

    os: str = ""
    cpu: str = ""
    cores: int | None = None
    memory_gib: float | None = None
    gpu: str | None = None


class GitRecord(Part):
    """The state of the code."""

    commit: str
    dirty: bool = False


class LeftOutRecord(Part):
    """An image that could not be used."""

    id: str
    reason: str


class RemarkRecord(Part):
    """What the files of so many images leave open, and the first ids; `images` None: files that are no images."""

    text: str
    images: int | None = None
    first: tuple[str, ...] = ()


class DatasetRecord(Part):
    """One data set of the run; `classes[0]` is the background, if there is one.

    Not `perturbed`: only its clean images are scored. `samples`: a key of the ids of its images.
    """

    label: str
    name: str
    classes: tuple[str, ...]
    n: int
    samples: str = ""
    title: str = ""
    licence: str = ""
    source: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    split: str = ""
    layout: str = ""
    manifest: str = ""
    limit: int | None = None
    perturbed: bool = True
    background: bool = True
    left_out: tuple[LeftOutRecord, ...] = ()
    remarks: tuple[RemarkRecord, ...] = ()


class FollowingStep(Part):
    """A perturbation that follows another one, always at the same strength."""

    name: str
    strength: float
    parameters: dict[str, Any] = Field(default_factory=dict)


class DamageLevel(Part):
    """A level of damage, the strength that reaches it (None: there is none) and the damage of the sample there.

    `note`: why there is no strength, and what is the closest.
    """

    level: float
    strength: float | None = None
    damage: float | None = None
    note: str = ""


class EqualDamageRecord(Part):
    """How strengths at equal damage were found: by a `measure` ("ssim" or "rmse"), on `images` of a data set.

    `key`: of everything that they depend on, "" where the search failed. `note`: where damage is not monotone.
    """

    measure: str
    dataset: str
    images: tuple[str, ...]
    levels: tuple[DamageLevel, ...]
    key: str = ""
    note: str = ""


class PerturbationRecord(Part):
    """One perturbation; `strengths` are the planned ones without the clean image, from mild to strong.

    `moves`: the mask moves with the image; `covers`: it hides pixels, which count or not (`occluded`);
    `backend`: the package that makes the pixels, where it is not this one. `equal`: the levels of damage that the
    strengths were found for; None: the suite gives the strengths.
    """

    label: str
    name: str
    strengths: tuple[float, ...]
    title: str = ""
    unit: str = ""
    identity: float | None = None
    version: int | str = 1
    source: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    family: str = ""
    moves: bool = False
    covers: bool = False
    occluded: str = "count"
    then: tuple[FollowingStep, ...] = ()
    backend: str = ""
    resources: dict[str, str] = Field(default_factory=dict)
    equal: EqualDamageRecord | None = None

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


class MetricRecord(Part):
    """What a metric's entry declares: how a report prints, bounds and ranks it; a bound of None: there is none."""

    name: str
    title: str
    higher_is_better: bool = True
    bounds: tuple[float | None, float | None] = (0.0, 1.0)
    per_class: bool = True
    source: str = ""


class MetricSetRecord(Part):
    """The rules that turn counts into scores; `policy`: the same in words."""

    name: str
    border: str
    reduction: str
    absent_class: str
    title: str = ""
    dice_classes: str = "all"
    task: Task = "classes"
    epsilon: float = 0.0
    policy: str = ""


class FailedCell(Part):
    """A condition that could not be evaluated."""

    dataset: str
    model: str
    perturbation: str
    strength: float
    message: str

    @property
    def condition(self) -> tuple[str, float]:
        """Return what names its condition."""
        return self.perturbation, self.strength


class CellCounts(Part):
    """How far the run got, in conditions."""

    total: int = 0
    done: int = 0
    failed: tuple[FailedCell, ...] = ()


class ThroughputRecord(Part):
    """How fast one model was evaluated: `images` over all conditions in `seconds` of wall time.

    network_seconds: what the bare network would have needed; efficiency: its share of the wall time.
    """

    dataset: str
    model: str
    images: int
    seconds: float
    images_per_second: float | None = None
    network_seconds: float | None = None
    forward_ms_per_image: float | None = None
    efficiency: float | None = None


class PluginRecord(Part):
    """One entry of the user's: its registry's folder, its name, and the hash that stands for its version."""

    kind: str
    name: str
    source_hash: str


class Maker(Part):
    """What made some cells of the folder: it may hold cells of several days and machines."""

    segbench: str = ""
    code: str = ""
    commit: str | None = None
    torch: str = ""
    cpu: str = ""
    gpu: str | None = None
    cells: int = 0


class StripLevel(Part):
    """One image of a strip; `file` is relative to the run folder."""

    strength: float
    file: str


class Strip(Part):
    """One image under every strength of a perturbation; `key`: of what was drawn."""

    key: str
    dataset: str
    perturbation: str
    sample: str
    levels: tuple[StripLevel, ...]


class ReconstructedImage(Part):
    """An image and its reconstruction by an autoencoder, as files relative to the run folder."""

    sample: str
    original: str
    reconstruction: str


class ReconstructionMeans(Part):
    """Means over `n` images, each over those where it is defined: of values in 0..1, in decibels, at most 1."""

    n: int
    mse: float | None = None
    psnr: float | None = None
    ssim: float | None = None


class ReconstructionRecord(Part):
    """How well an autoencoder reconstructs a data set's images: means over them, and pairs that were kept as files."""

    means: ReconstructionMeans
    pairs: tuple[ReconstructedImage, ...] = ()


class PlannedTiming(Part):
    """One planned measurement of a model's speed; its file is `timing/<key>.parquet`.

    cell_key: of the clean cell that scores what is timed, "" where there can be none.
    """

    dataset: str
    model: str
    scenario: str
    variant: str
    key: str
    cell_key: str = ""


class StatisticsRecord(Part):
    """By what intervals and comparisons were computed; `reference`: the label of the model of the ratios, "" for none.

    version: raised when the numbers of the same cells change.
    """

    resamples: int = Field(default=2_000, ge=1)
    interval: Literal["percentile", "bca"] = "percentile"
    failure_below: float = 0.5
    reference: str = ""
    version: int = 0


_ASKED = {"timings", "further", "without"}
"""Keys of `RunRecord` that stand only in runs whose suite asks for what they tell of."""


class RunRecord(Part):
    """The whole of `run.json`.

    measured: what was learnt of each model, by a key of the model and its weights. fingerprint: of everything that
    the other files were made from. tables: the checksum of each table that was written with it; older runs have none.
    timings: the planned measurements of speed; only runs whose suite has `throughput` have this key. further, without:
    metrics that the suite asks for, and which models have no numbers of one. statistics: None in runs of before, whose
    tables have no intervals.
    """

    format: int
    name: str
    datasets: tuple[DatasetRecord, ...]
    metric_sets: tuple[MetricSetRecord, ...] = Field(min_length=1)
    models: tuple[ModelRecord, ...]
    segbench: str = ""
    code: str = ""
    suite: dict[str, Any] = Field(default_factory=dict)
    seed: int | None = None
    apply_at: str = ""
    fresh_per_strength: bool = False
    command: str = ""
    started: str | None = None
    updated: str | None = None
    finished: str | None = None
    machine: MachineRecord = MachineRecord()
    versions: dict[str, str] = Field(default_factory=dict)
    git: GitRecord | None = None
    plugins: tuple[PluginRecord, ...] = ()
    perturbations: tuple[PerturbationRecord, ...] = ()
    metrics: tuple[MetricRecord, ...] = ()
    further: tuple[FurtherRecord, ...] = ()
    without: tuple[WithoutRecord, ...] = ()
    cells: CellCounts = CellCounts()
    made: tuple[Maker, ...] = ()
    throughput: tuple[ThroughputRecord, ...] = ()
    harness_efficiency: float | None = None
    peak_memory_gib: float | None = None
    measured: dict[str, Measurement] = Field(default_factory=dict)
    strips: tuple[Strip, ...] = ()
    reconstructions: dict[str, ReconstructionRecord] = Field(default_factory=dict)
    fingerprint: str = ""
    tables: dict[str, str] = Field(default_factory=dict)
    timings: tuple[PlannedTiming, ...] = ()
    statistics: StatisticsRecord | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        content: dict[str, Any] = write(self)
        return {key: value for key, value in content.items() if value or key not in _ASKED}

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        """Check that every model is on a data set of the run, and that its keys are as many as its conditions."""
        known = {data.label for data in self.datasets}
        for model in self.models:
            if model.dataset not in known:
                raise ValueError(f"the model {model.label} is on a data set that is not in it")
            if model.cell_keys and len(model.cell_keys) != len(self._conditions(model)):
                raise ValueError(f"the model {model.label} has {len(model.cell_keys)} keys of cells")
        return self

    def dataset(self, label: str) -> DatasetRecord:
        """Return the data set called `label`."""
        return next(dataset for dataset in self.datasets if dataset.label == label)

    def planned(self, model: ModelRecord) -> Iterator[tuple[tuple[str, float], str]]:
        """Yield perturbation, strength and key of each cell of a model; none where its record names no keys."""
        if model.cell_keys:
            yield from zip(self._conditions(model), model.cell_keys, strict=True)

    def _conditions(self, model: ModelRecord) -> list[tuple[str, float]]:
        entries = self.perturbations if self.dataset(model.dataset).perturbed else ()
        return [("clean", 0.0), *((entry.label, strength) for entry in entries for strength in entry.strengths)]
