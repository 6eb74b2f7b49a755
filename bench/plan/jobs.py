"""From a suite to its jobs: one model on one data set each, with what is known of its weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.host.files import digest
from bench.plan.checkpoints import checkpoint_path, read_record, state_hash, users_checkpoint
from bench.plan.datasets import OpenDataset
from bench.plan.keys import fixed_state, pretext_key, training_key
from bench.suite import ModelSpec, Suite


@dataclass(frozen=True)
class Weights:
    """A model's weights: `path` None where it has none or they are still to be trained.

    state: the state's hash, or the training key while there are no weights. pretext_key: of the first stage's.
    """

    state: str
    path: Path | None = None
    training_key: str | None = None
    pretext_key: str | None = None

    @property
    def pretext_path(self) -> Path | None:
        """Where the first stage's weights lie, or will."""
        return None if self.pretext_key is None else checkpoint_path("autoencoder", self.pretext_key)

    def autoencoder(self) -> Path | None:
        """Return the first stage's checkpoint that these weights began with; None where another lies in its place."""
        first = self.pretext_path
        if first is None or self.path is None or not first.is_file():
            return None
        return first if read_record(self.path).get("autoencoder") == state_hash(first) else None

    @property
    def to_train(self) -> bool:
        """Whether training comes first."""
        return self.training_key is not None and self.path is None


@dataclass(frozen=True)
class Job:
    """One model on one data set."""

    data: OpenDataset
    spec: ModelSpec
    weights: Weights

    @property
    def name(self) -> tuple[str, str]:
        """Data set's and model's label: unique in a suite."""
        return self.data.spec.label, self.spec.label

    def reconstructions(self) -> str | None:
        """Return a name for what the job's autoencoder makes of its images; None: it has none (any more)."""
        path = self.weights.autoencoder()
        return f"reconstruction-{digest(state_hash(path), self.data.subset.manifest)}" if path else None

    @property
    def trained_on(self) -> str:
        """The label of the data set whose training images it learns from."""
        return self.spec.train_on or self.data.spec.label


def plan_jobs(suite: Suite, datasets: Mapping[str, OpenDataset]) -> list[Job]:
    """Return every model on every data set, in the suite's order.

    Raises:
        BenchError: a checkpoint that the suite names is missing, or data to train on are.
    """
    return [
        Job(data, spec, weights_of(suite, spec, data, datasets)) for data in datasets.values() for spec in suite.models
    ]


def weights_of(suite: Suite, spec: ModelSpec, data: OpenDataset, datasets: Mapping[str, OpenDataset]) -> Weights:
    """Return what is known of a model's weights now, without training."""
    if spec.checkpoint:
        path = users_checkpoint(spec.checkpoint)
        return Weights(state_hash(path), path)
    if spec.recipe is None:
        return Weights(fixed_state(spec))
    source = datasets[spec.train_on or data.spec.label].dataset
    train, held_out = (source.subset(split, None, suite.seed) for split in ("train", "val"))
    manifests = train.manifest, held_out.manifest
    first = pretext_key(spec, manifests, suite.seed) if spec.pretext else None
    key = training_key(spec, manifests, suite.seed, first)
    path = checkpoint_path(spec.name, key)
    there = path.is_file()
    return Weights(state_hash(path) if there else key, path if there else None, key, first)
