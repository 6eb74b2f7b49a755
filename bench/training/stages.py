"""The trainings that a job's weights need: the autoencoder of a first stage, then the segmenter itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.host.files import locked, remove_folder, set_aside
from bench.host.screen import Screen, duration
from bench.plan.building import built_segmenter
from bench.plan.checkpoints import DamagedCheckpointError, checkpoint_path, loaded_state, state_hash, stored_state
from bench.plan.datasets import OpenDataset
from bench.plan.jobs import Job, known_weights
from bench.record import speeds
from bench.record.protocol import cell_maker
from bench.suite import ModelSpec, Suite
from bench.suite.recipe_rules import Stage
from registry.errors import BenchError

if TYPE_CHECKING:
    from registry.adapter import TorchSegmenter


@dataclass(frozen=True)
class TrainingContext:
    """What all trainings of a suite share: the seed of its splits and its data sets, the device, the screen.

    again: train also where a checkpoint exists. devices: how many share a training.
    trained_keys: of the checkpoints trained in this process, so that `again` means once. follow: gets the label of a
    model in training, and what each of its epochs measured.
    """

    suite: Suite
    datasets: Mapping[str, OpenDataset]
    device: str
    screen: Screen
    again: bool = False
    devices: int = 1
    trained_keys: set[str] = field(default_factory=set)
    follow: Callable[[str, Mapping[str, float | None]], None] | None = None


def trained(job: Job, context: TrainingContext) -> Job:
    """Return the job with weights, training them if they are missing, and before that the first stage's.

    Two processes never train one checkpoint at once: the second waits, and finds it there.

    Raises:
        BenchError: as `bench.training.trainer.train`.
    """
    weights = job.weights
    if weights.training_key is None or not (weights.to_train or weights.damaged or context.again):
        return job
    if weights.pretext_path and weights.pretext_key:
        _train_missing(job, "pretext", weights.pretext_path, weights.pretext_key, context)
    path = checkpoint_path(job.spec.name, weights.training_key)
    _train_missing(job, "training", path, weights.training_key, context)
    found = known_weights(weights, job.spec.name)
    if found.damaged or found.to_train:  # the disk does not give back what was just written
        raise found.damaged[0] if found.damaged else BenchError(f"no checkpoint {path}; run the same command again")
    return replace(job, weights=found)


def _train_missing(job: Job, stage: Stage, path: Path, key: str, context: TrainingContext) -> None:
    def waiting() -> None:
        context.screen.line(f"{_label(job.spec, stage)}: another process trains it; waiting for its checkpoint")

    with locked(path.with_suffix(".lock"), waiting=waiting):
        if context.again and key not in context.trained_keys:
            remove_folder(path.with_suffix(".partial"))
        elif _is_whole(path, key, _label(job.spec, stage), context.screen):
            return
        facts = _train(job, stage, path, key, context)
    context.trained_keys.add(key)
    if facts["epochs_run"]:
        speeds.note(job, stage, facts["n_train"], facts["seconds"] / facts["epochs_run"], context.screen.line)
    context.screen.line(f"{_label(job.spec, stage)}: {_outcome(facts)}")


def _is_whole(path: Path, key: str, label: str, screen: Screen) -> bool:
    """Return whether a checkpoint is there; set it aside where it is damaged."""
    try:
        return stored_state(path, key) is not None
    except DamagedCheckpointError as error:
        place = set_aside(path)
        screen.line(f"{label}: {error.what}; set aside as {place.name}, trained again")
        return False


def _train(job: Job, stage: Stage, path: Path, key: str, context: TrainingContext) -> dict[str, Any]:
    """Train one stage, write its checkpoint to `path` and return the record's `training` part."""
    from bench.training.trainer import Assignment, train

    spec, source = job.spec, context.datasets[job.trained_on].dataset
    recipe = spec.recipe if stage == "training" else spec.pretext
    assert recipe is not None
    images = None
    if recipe.epochs:
        images = source.subset("train", None, context.suite.seed), source.subset("val", None, context.suite.seed)
    named = {"model": spec.name, "parameters": spec.parameters.model_dump(mode="json"), "dataset": job.trained_on}
    assignment = Assignment(
        label=_label(spec, stage),
        build=partial(_untrained, job, stage, source.classes),
        recipe=recipe,
        images=images,
        seed=context.suite.training_seed(spec),
        path=path,
        facts={**named, "training_key": key, **_first_stage(job, stage), "made": cell_maker(context.device)},
    )
    title = _label(spec, stage) + (f" on {job.trained_on}" if len(context.datasets) > 1 else "")
    follow = partial(context.follow, title) if context.follow else None
    return train(assignment, context.device, context.screen, devices=context.devices, follow=follow)


def _label(spec: ModelSpec, stage: Stage) -> str:
    return spec.label if stage == "training" else f"the autoencoder of {spec.label}"


def _outcome(facts: dict[str, Any]) -> str:
    if not facts["epochs_run"]:
        return "left untrained: its recipe has no epochs"
    epochs = "1 epoch" if facts["epochs_run"] == 1 else f"{facts['epochs_run']} epochs"
    return (
        f"trained {epochs} in {duration(facts['seconds'])} "
        f"(stopped by {facts['stopped_by']}), best epoch {facts['best_epoch']}"
    )


def _first_stage(job: Job, stage: Stage) -> dict[str, str]:
    """Return the hash of the first stage's weights, for the record of the training that begins with them."""
    path = job.weights.pretext_path
    return {"autoencoder": state_hash(path)} if path and stage == "training" else {}


def _untrained(job: Job, stage: Stage, classes: tuple[str, ...]) -> "TorchSegmenter":
    """Return the segmenter as training finds it: its encoder from the first stage, where there was one."""
    from bench.training.reconstructor import built_reconstructor
    from registry.adapter import TorchSegmenter

    spec, first = job.spec, job.weights.pretext_path
    if stage == "pretext":
        return built_reconstructor(spec)
    segmenter = built_segmenter(spec, classes, initialise=True)
    assert isinstance(segmenter, TorchSegmenter)
    if first and (pretext := spec.entry.pretext(spec.parameters)):
        pretext.transfer(loaded_state(first), segmenter.network)
    return segmenter
