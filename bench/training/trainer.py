"""From a recipe to a checkpoint: resumes an interrupted training, keeps the best epoch's weights."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bench.data import Subset
from bench.host.files import remove_folder, set_aside
from bench.host.screen import LONG_STEPS_EVERY, Screen
from bench.plan.checkpoints import DamagedCheckpointError, load_checkpoint, save_checkpoint
from bench.training.journal import Follow, Followed, Journal
from bench.training.lightning_loop import TrainingSetup, check, fit
from bench.training.processes import fit_together
from bench.training.state_file import DamagedStateError
from registry.adapter import TorchSegmenter
from registry.recipe import Recipe


@dataclass(frozen=True)
class Assignment:
    """What to train, on what, and where the checkpoint goes.

    build: returns the model with the weights that training begins with; its random numbers follow from `seed`.
    images: those to train and those to validate on; None: the recipe has no epochs.
    facts: further entries of the checkpoint's record: the model, its key, what made it.
    """

    label: str
    build: Callable[[], TorchSegmenter]
    recipe: Recipe
    images: tuple[Subset, Subset] | None
    seed: int
    path: Path
    facts: dict[str, Any]


def train(
    assignment: Assignment,
    device: str,
    screen: Screen,
    workers: int | None = None,
    devices: int = 1,
    follow: Follow | None = None,
) -> dict[str, Any]:
    """Train, write the checkpoint, and return its record's `training` part.

    An interrupted training goes on from its last finished epoch. Zero epochs give the initial weights.
    `follow` gets what each epoch measured, also those of before an interruption.
    With several devices, those of `device`'s kind from its number on share each batch; on a CPU, processes do.

    Raises:
        BenchError: the recipe, the model and the devices do not fit; the disk is full; the initial weights are
            out of reach.
    """
    a, folder = assignment, assignment.path.with_suffix(".partial")
    with torch.random.fork_rng():
        torch.manual_seed(a.seed)
        segmenter = a.build()
        # A segmenter comes ready to predict, and Lightning keeps the mode that it finds.
        segmenter.network.train().to(memory_format=torch.channels_last)
        with screen.task(f"training {a.label}", a.recipe.epochs, "epochs", LONG_STEPS_EVERY) as bar:
            task = Followed(bar, follow)
            journal = Journal(folder, a.recipe, task)
            _take_up(Journal(folder, a.recipe, task), a.label, screen)
            if a.images:
                setup = TrainingSetup(segmenter, a.recipe, *a.images, a.seed, folder, device, workers, devices)
                check(setup)
                journal = fit(setup, task) if devices == 1 else _together(setup, journal)
    if journal.best_epoch:
        load_checkpoint(segmenter.network, journal.best)
    facts = _facts(a, journal)
    save_checkpoint(segmenter.network, a.path, {**a.facts, "training": facts})
    remove_folder(folder)
    return facts


def _take_up(journal: Journal, label: str, screen: Screen) -> None:
    """Say that an interrupted training goes on; set its files aside where they are damaged, so that it begins anew."""
    if not journal.resumable.exists():
        return
    try:
        journal.reload()
    except (DamagedStateError, DamagedCheckpointError) as error:
        aside = [set_aside(path).name for path in (journal.resumable, journal.best) if path.exists()]
        words = f"{getattr(error, 'what', error)}; set aside as {', '.join(aside)}"
        screen.line(f"{label}: {words}: its training begins anew, from the first epoch")
    else:
        screen.line(f"{label}: an interrupted training goes on from its last finished epoch")


def _together(setup: TrainingSetup, journal: Journal) -> Journal:
    fit_together(setup, journal.task)
    journal.reload()
    return journal


def _facts(a: Assignment, journal: Journal) -> dict[str, Any]:
    sizes = [len(subset.rows) for subset in a.images] if a.images else [0, 0]
    manifests = [subset.manifest for subset in a.images] if a.images else ["", ""]
    return {
        "recipe": a.recipe.model_dump(mode="json"),
        "n_train": sizes[0],
        "n_val": sizes[1],
        "manifest": manifests[0],
        "manifest_val": manifests[1],
        "epochs_planned": a.recipe.epochs,
        "epochs_run": journal.finished,
        "best_epoch": journal.best_epoch,
        "stopped_by": journal.stopped_by,
        "seconds": round(journal.spent, 1),
        "curves": journal.curves,
    }
