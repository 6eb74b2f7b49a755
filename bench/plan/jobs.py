"""From a suite to its jobs: one model on one data set each, with what is known of its weights."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.data import Dataset
from bench.host.files import digest
from bench.plan.building import built_segmenter, checkpointed
from bench.plan.checkpoints import DamagedCheckpointError, checkpoint_path, read_record, stored_state
from bench.plan.datasets import OpenDataset
from bench.plan.given_checkpoints import GivenCheckpoint, users_checkpoint
from bench.plan.keys import fixed_state, pretext_key, training_key
from bench.suite import ModelSpec, Suite
from registry.errors import BenchError, SeveralFaultsError
from registry.hub import UnreachableError

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Weights:
    """A model's weights: `path` None where it has none or they are still to be trained.

    state: the state's hash, or the training key while there are no weights. pretext_key, pretext_state: of the first
    stage's; its state is None while it has no weights. note: in words, how a given checkpoint was read.
    fault: why nothing is known of them; the model cannot run. damaged: what a training has to replace.
    """

    state: str
    path: Path | None = None
    training_key: str | None = None
    pretext_key: str | None = None
    pretext_state: str | None = None
    note: str = ""
    fault: Exception | None = None
    damaged: tuple[DamagedCheckpointError, ...] = ()

    @property
    def pretext_path(self) -> Path | None:
        """Where the first stage's weights lie, or will."""
        return None if self.pretext_key is None else checkpoint_path("autoencoder", self.pretext_key)

    def autoencoder(self) -> Path | None:
        """Return the first stage's checkpoint that these weights began with; None where another lies in its place."""
        if self.pretext_state is None or self.path is None:
            return None
        return self.pretext_path if read_record(self.path).get("autoencoder") == self.pretext_state else None

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
        weights = self.weights
        if weights.autoencoder() is None or weights.pretext_state is None:
            return None
        return reconstructions_of(weights.pretext_state, self.data.subset.manifest)

    @property
    def trained_on(self) -> str:
        """The label of the data set whose training images it learns from."""
        return self.spec.train_on or self.data.spec.label


def reconstructions_of(state: str, manifest: str) -> str:
    """Return a name for what an autoencoder of these weights makes of the images of a manifest."""
    return f"reconstruction-{digest(state, manifest)}"


def plan_jobs(suite: Suite, datasets: Mapping[str, OpenDataset]) -> list[Job]:
    """Return every model on every data set, in the suite's order; what is wrong with one is in its `weights.fault`."""
    return [
        Job(data, spec, _weights(suite, spec, data, datasets)) for data in datasets.values() for spec in suite.models
    ]


def is_refused(job: Job) -> bool:
    """Return whether the job's weights are not as the suite says, so that the user has to correct it."""
    return isinstance(job.weights.fault, BenchError) and not isinstance(job.weights.fault, UnreachableError)


def refuse_faults(jobs: Iterable[Job]) -> None:
    """Raise BenchError with a line for each model that is to be refused."""
    if lines := [f"{job.spec.label}: {job.weights.fault}" for job in jobs if is_refused(job)]:
        raise SeveralFaultsError(lines)


def _weights(suite: Suite, spec: ModelSpec, data: OpenDataset, datasets: Mapping[str, OpenDataset]) -> Weights:
    try:
        return weights_of(suite, spec, data, datasets)
    except Exception as error:  # noqa: BLE001 - the checks before a run say it, and no other model waits for it
        return Weights(digest("unknown weights", spec.label), fault=error)


def weights_of(suite: Suite, spec: ModelSpec, data: OpenDataset, datasets: Mapping[str, OpenDataset]) -> Weights:
    """Return what is known of a model's weights now, without training.

    Raises:
        BenchError: a checkpoint that the suite names is missing or another model's, or data to train on are.
    """
    spec.geometry  # noqa: B018 - part of every cell's key, and a file may not state it
    if spec.checkpoint:
        given = given_checkpoint(spec, data.dataset.classes)
        return Weights(given.state, given.path, note=given.note)
    if spec.recipe is None:
        return Weights(fixed_state(spec))
    manifests = _manifests(suite, spec, datasets[spec.train_on or data.spec.label].dataset)
    seed = suite.training_seed(spec)
    first = pretext_key(spec, manifests, seed) if spec.pretext else None
    key = training_key(spec, manifests, seed, first)
    return known_weights(Weights(key, training_key=key, pretext_key=first), spec.name)


def known_weights(weights: Weights, model: str) -> Weights:
    """Return the weights of a training with what lies in the cache by now; `model`: the entry's name."""
    damaged: list[DamagedCheckpointError] = []

    def look(path: Path | None, key: str | None) -> str | None:
        try:
            return stored_state(path, key) if path and key else None
        except DamagedCheckpointError as error:
            damaged.append(error)
            return None

    key, first = weights.training_key, look(weights.pretext_path, weights.pretext_key)
    assert key is not None
    state = look(path := checkpoint_path(model, key), key)
    return replace(
        weights,
        state=state or key,
        path=path if state else None,
        pretext_state=first,
        damaged=tuple(damaged),
    )


def _manifests(suite: Suite, spec: ModelSpec, source: Dataset) -> tuple[str, str]:
    """Return what stands for the training and the validation images; an untrained network depends on no image."""
    if not spec.learns:
        return "untrained", digest(source.classes)
    train, held_out = (source.subset(split, None, suite.seed) for split in ("train", "val"))
    return train.manifest, held_out.manifest


def given_checkpoint(spec: ModelSpec, classes: tuple[str, ...]) -> GivenCheckpoint:
    """Return the checkpoint that the suite names for a model; see `users_checkpoint`."""

    def network() -> "nn.Module":
        return checkpointed(spec, built_segmenter(spec, classes, initialise=False)).network

    model = [spec.name, spec.version, spec.parameters.model_dump(mode="json"), classes]
    return users_checkpoint(str(spec.checkpoint), spec.checkpoint_key, model, network)
