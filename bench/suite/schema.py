"""A checked suite. Frozen; names are resolved, parameters are typed, labels are unique."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from bench.data import MAX_PIXELS, DatasetEntry
from bench.metrics import MetricSet
from bench.metrics.further import AskedMetric
from bench.perturb import Perturbation, Step
from bench.perturb.equal_damage import DamageMeasure, EqualDamage
from bench.suite.prompt_policies import POLICIES
from bench.suite.statistics_rules import StatisticsRules
from bench.suite.throughput_rules import ThroughputRules
from registry import MODELS, ModelEntry
from registry.entry_results import geometry_of
from registry.labels import Task, can_score
from registry.parameters import Parameters
from registry.recipe import Recipe
from registry.safe_text import LABEL, NOT_FIRST
from registry.segmenter import Geometry

LABEL_LENGTH = 80
Label = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LABEL_LENGTH,
        pattern=LABEL,
        description=f"a label of 1 to 80 characters, {NOT_FIRST}, without slashes, backslashes and control characters",
    ),
]
SuiteName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=80,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="a name of 1 to 80 letters, digits and . _ -; a letter or digit first",
    ),
]
Precision = Literal["auto", "fp32", "bf16", "fp16"]
Occluded = Literal["count", "ignore"]
Backend = Literal["segbench", "imagecorruptions"]


class DatasetKeys(Parameters):
    """The keys that every data set has; the rest are its entry's own.

    perturbed: whether the suite's perturbations are for it; False: clean scores only.
    """

    name: str
    label: Label | None = None
    root: str | None = None
    split: Literal["train", "val", "trainval", "test"] = "test"
    limit: Annotated[int, Field(ge=1)] | None = None
    perturbed: bool = True
    max_unreadable: Annotated[float, Field(ge=0, le=1)] = 0.01
    max_pixels: Annotated[int, Field(ge=1)] = MAX_PIXELS


class ModelKeys(Parameters):
    """The keys that every model has; the rest are its entry's own.

    train, pretrain: overrides of the recipe, and of the recipe of a first stage without labels. checkpoint_key:
    which of several weights in the checkpoint's file, by the keys that lead to it. prompt: the policy that draws
    prompts from the clean ground truth. label_order: the classes in the order of the network's outputs, where that
    is not the data set's. seen_in_training: perturbations that a given checkpoint was trained with. precision: of
    its evaluation; None: the suite's. seeds: it is trained once for each, as models of their own.
    """

    name: str
    label: Label | None = None
    seeds: Annotated[tuple[Annotated[int, Field(ge=0, lt=2**63)], ...], Field(min_length=1)] | None = None
    train: dict[str, Any] | None = None
    pretrain: dict[str, Any] | None = None
    checkpoint: str | None = None
    checkpoint_key: str | None = None
    prompt: str | None = None
    label_order: Annotated[tuple[str, ...], Field(min_length=2)] | None = None
    seen_in_training: tuple[str, ...] | None = None
    precision: Precision | None = None


class SweepKeys(Parameters):
    """The keys that every perturbation has; the rest are its entry's own.

    then: further perturbations, each at one strength, applied after this one at every strength.
    occluded: whether hidden pixels count or are ignored. backend: whose code makes the pixels.
    """

    name: str
    label: Label | None = None
    strengths: Annotated[tuple[float, ...], Field(min_length=1)] | None = None
    then: Annotated[list[dict[str, Any]], Field(min_length=1)] | None = None
    occluded: Occluded = "count"
    backend: Backend = "segbench"


class EqualKeys(Parameters):
    """Strengths by what they do: levels of a measure, from mild to strong, in place of a list of strengths."""

    equal: DamageMeasure
    levels: Annotated[tuple[float, ...], Field(min_length=1)]


class StepKeys(Parameters):
    """The keys of each perturbation under `then`; the rest are its entry's own."""

    name: str
    strength: float


class PresetKeys(Parameters):
    """A named list of perturbations at their own strengths, or (`strengths`: see `EqualKeys`) at equal damage."""

    preset: str
    strengths: dict[str, Any] | None = None
    backend: Backend = "segbench"


EXAMPLES = 1000
"""Example images of a run, unless its suite says otherwise: some 60 MB."""


class SuiteKeys(Parameters):
    """The top level of a suite file.

    metrics: further ones, see `read_metrics`. examples: at most so many, or none. throughput: see `ThroughputRules`.
    statistics: see `StatisticsRules`. reference: the label of the model that robustness ratios are taken against.
    """

    name: SuiteName
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    datasets: Annotated[list[dict[str, Any]], Field(min_length=1)]
    models: Annotated[list[dict[str, Any]], Field(min_length=1)]
    perturbations: list[dict[str, Any]] = Field(default_factory=list)
    metric_sets: Annotated[tuple[str, ...], Field(min_length=1)] = ("standard",)
    metrics: list[Any] = Field(default_factory=list)
    apply_at: Literal["native", "model_input"] = "native"
    fresh_per_strength: bool = False
    precision: Precision = "auto"
    examples: Literal["none"] | Annotated[int, Field(ge=1)] = EXAMPLES
    throughput: Any = None
    statistics: Any = None
    reference: str | None = None


@dataclass(frozen=True)
class DatasetSpec:
    """One data set of a suite."""

    label: str
    keys: DatasetKeys
    entry: DatasetEntry
    parameters: Parameters


@dataclass(frozen=True)
class ModelSpec:
    """One model of a suite; `recipe` None: nothing to train; `train_on`: a data set's label, None: each its own.

    pretext: the recipe of the first stage, None where there is none or where nothing is trained.
    seen: perturbations that the training shows the network. precision: of its evaluation, None: the suite's.
    seed: of its training, None: the suite's. group: its label without the seed, shared by the trainings of one item.
    """

    label: str
    name: str
    entry: ModelEntry
    parameters: Parameters
    recipe: Recipe | None
    train_on: str | None
    checkpoint: str | None
    pretext: Recipe | None = None
    prompt: str = "none"
    label_order: tuple[str, ...] | None = None
    seen: tuple[str, ...] = ()
    precision: Precision | None = None
    checkpoint_key: str | None = None
    seed: int | None = None
    group: str = ""

    @property
    def learns(self) -> bool:
        """Whether one of its stages has an epoch to train; an untrained network needs no images."""
        return any(stage.epochs for stage in (self.pretext, self.recipe) if stage)

    @property
    def version(self) -> int | str:
        """What is raised when its numbers change: its entry's own version, of a plug-in the hash of its code."""
        return MODELS.version(self.name, self.entry.version)

    @property
    def task(self) -> Task:
        """What its labels mean: classes, or object or not."""
        return self.entry.task(self.parameters)

    @property
    def supervision(self) -> str:
        """What its prompt takes from the ground truth; only models of the same group compare."""
        return POLICIES[self.prompt].supervision

    @property
    def geometry(self) -> Geometry | None:
        """The size of its input and how an image gets there; None: it takes images as they are."""
        return geometry_of(self.entry, self.parameters)


@dataclass(frozen=True)
class Sweep:
    """One perturbation over its strengths, from mild to strong, the identity left out (that is the clean condition).

    then: what follows at every strength, always the same. equal: the levels of damage that the strengths are for;
    there are none until they are found. None: the strengths are the suite's own.
    """

    label: str
    name: str
    entry: Perturbation
    parameters: Parameters
    strengths: tuple[float, ...]
    then: tuple[Step, ...] = ()
    occluded: Occluded = "count"
    equal: EqualDamage | None = None

    def steps(self, strength: float) -> list[Step]:
        """Return the perturbation steps applied to an image at a strength."""
        return [Step(self.name, self.entry, strength, self.parameters), *self.then]

    @property
    def case(self) -> str:
        """Its perturbations with their non-default parameters, whatever the suite labels it."""
        first = self.name + self.parameters.suffix()
        return " then ".join([first, *(f"{s.name} {s.strength:.12g}{s.parameters.suffix()}" for s in self.then)])

    def any(self, quality: Literal["moves", "covers", "needs_mask"]) -> bool:
        """Return whether one of its perturbations is of that kind."""
        return any(getattr(step.entry, quality) for step in self.steps(self.strengths[0] if self.strengths else 0.0))


@dataclass(frozen=True)
class Suite:
    """A whole suite; `source` is the file's data as read, for the protocol record.

    examples: at most so many are kept as images; 0: none. throughput: what is timed; None: nothing is. statistics: how
    intervals are computed. reference: the label of a model, None: there are no ratios against one. further: metrics
    that are measured only because the suite asks.
    """

    name: str
    seed: int
    datasets: tuple[DatasetSpec, ...]
    models: tuple[ModelSpec, ...]
    sweeps: tuple[Sweep, ...]
    metric_sets: tuple[MetricSet, ...]
    apply_at: Literal["native", "model_input"]
    fresh_per_strength: bool
    precision: Precision
    source: dict[str, Any]
    examples: int = EXAMPLES
    throughput: ThroughputRules | None = None
    statistics: StatisticsRules = field(default_factory=StatisticsRules)
    reference: str | None = None
    further: tuple[AskedMetric, ...] = ()

    def training_seed(self, model: ModelSpec) -> int:
        """Return the seed of a model's training: its own, else the suite's."""
        return self.seed if model.seed is None else model.seed

    def precision_of(self, model: ModelSpec) -> Precision:
        """Return the precision that is asked for a model: its own, else the suite's."""
        return model.precision or self.precision

    def headline(self, model: ModelSpec) -> MetricSet:
        """Return the metric set that a model is ranked by: the first one that can score it."""
        return next(m for m in self.metric_sets if can_score(m.task, model.task))
