"""From a recipe to a checkpoint: resumes an interrupted training, keeps the best epoch's weights."""

import logging
import os
import shutil
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch

from bench.checkpoints import load_checkpoint, save_checkpoint
from bench.data import Subset
from bench.screen import Screen
from bench.training.callbacks import Journal
from bench.training.module import Training
from bench.training.pictures import loaders
from registry.adapter import TorchSegmenter
from registry.parameters import Parameters
from registry.recipe import Recipe
from registry.segmenter import ModelEntry


@dataclass(frozen=True)
class Assignment:
    """What to train, on what, and where the checkpoint goes."""

    label: str
    entry: ModelEntry
    parameters: Parameters
    recipe: Recipe
    train: Subset
    held_out: Subset
    seed: int
    path: Path
    facts: dict[str, Any]
    """What else the checkpoint's record says: the model, its key, what made it."""


def train(assignment: Assignment, device: str, screen: Screen, workers: int | None = None) -> dict[str, Any]:
    """Train, write the checkpoint, and return its record's `training` part.

    An interrupted training goes on from its last finished epoch. Zero epochs give the initial weights.

    Raises:
        BenchError: the disk is full, or the initial weights are out of reach.
    """
    a, recipe = assignment, assignment.recipe
    classes = len(a.train.classes)
    with torch.random.fork_rng():
        torch.manual_seed(a.seed)
        segmenter = a.entry.build(a.parameters, a.train.classes, True)
        assert isinstance(segmenter, TorchSegmenter)
        # A segmenter comes ready to predict, and Lightning keeps the mode that it finds.
        segmenter.network.train().to(memory_format=torch.channels_last)
        with screen.task(f"training {a.label}", recipe.epochs, "epochs") as task:
            journal = Journal(a.path.with_suffix(".partial"), recipe, task)
            if recipe.epochs:
                _fit(a, segmenter, Training(segmenter, recipe, classes), journal, device, workers)
    if journal.best.is_file():
        load_checkpoint(segmenter.network, journal.best)
    facts = _facts(a, journal)
    save_checkpoint(segmenter.network, a.path, {**a.facts, "training": facts})
    shutil.rmtree(journal.folder, ignore_errors=True)
    return facts


def _fit(
    a: Assignment,
    segmenter: TorchSegmenter,
    module: Training,
    journal: Journal,
    device: str,
    workers: int | None,
) -> None:
    journal.folder.mkdir(parents=True, exist_ok=True)
    if workers is None:
        # A few pictures are read faster than a process starts.
        workers = 0 if len(a.train.rows) < 64 else min(4, (os.cpu_count() or 1) - 1)
    with _quiet():
        trainer = _trainer(a.recipe, journal, device)
        train_loader, val_loader = loaders(a.train, a.held_out, segmenter, a.recipe, a.seed, workers)
        state = journal.resumable if journal.resumable.is_file() else None
        with _interruptible():
            trainer.fit(module, train_loader, val_loader, ckpt_path=state, weights_only=True)


def _trainer(recipe: Recipe, journal: Journal, device: str) -> lightning.Trainer:
    cuda = device.startswith("cuda")
    return lightning.Trainer(
        max_epochs=recipe.epochs,
        accelerator="gpu" if cuda else "cpu",
        devices=[int(device.partition(":")[2] or 0)] if cuda else 1,
        precision="bf16-mixed" if recipe.precision == "bf16" else "32-true",
        callbacks=[journal],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        default_root_dir=journal.folder,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice (more workers, a logger) off the screen; its errors still come."""
    log = logging.getLogger("lightning.pytorch")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\.")
            yield
    finally:
        log.setLevel(level)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C through as KeyboardInterrupt: Lightning turns it into an exit and deafens the process."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as stop:
        signal.signal(signal.SIGINT, handler)
        if isinstance(stop.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise


def _facts(a: Assignment, journal: Journal) -> dict[str, Any]:
    return {
        "recipe": a.recipe.model_dump(mode="json"),
        "n_train": len(a.train.rows),
        "n_val": len(a.held_out.rows),
        "manifest": a.train.manifest,
        "manifest_val": a.held_out.manifest,
        "epochs_planned": a.recipe.epochs,
        "epochs_run": len(journal.curves["epoch"]),
        "best_epoch": journal.best_epoch,
        "stopped_by": journal.stopped_by,
        "seconds": round(journal.spent, 1),
        "curves": journal.curves,
    }
