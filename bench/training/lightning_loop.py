"""Lightning's loop in one process: the only one, or one of several that share a training."""

import logging
import os
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.strategies import DDPStrategy

from bench.data import Subset
from bench.host.devices import first_cuda
from bench.host.files import make_folder
from bench.suite.recipe_rules import check_devices
from bench.training.image_loading import loaders
from bench.training.journal import Journal, Progress
from bench.training.lightning_module import TrainingModule
from bench.training.state_file import StateFiles
from registry.adapter import TorchSegmenter
from registry.errors import BenchError
from registry.recipe import Recipe

PRECISIONS: dict[str, Any] = {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}


@dataclass(frozen=True)
class TrainingSetup:
    """One training: the model, its recipe and data, where its state is kept, on how many devices; sent as a pickle."""

    segmenter: TorchSegmenter
    recipe: Recipe
    train: Subset
    held_out: Subset
    seed: int
    folder: Path
    device: str
    workers: int | None
    devices: int = 1

    @property
    def first(self) -> int | None:
        """The number of the first CUDA device; None: the CPU."""
        return first_cuda(self.device)


def check(setup: TrainingSetup) -> None:
    """Refuse what cannot be trained here.

    Raises:
        BenchError: as `check_devices`; fewer images than devices.
    """
    check_devices(setup.recipe, setup.device, setup.devices)
    fewest = min(len(setup.train.rows), len(setup.held_out.rows))
    if 1 < setup.devices > fewest:
        raise BenchError(f"{setup.devices} devices cannot share {fewest} images; give fewer devices")


def fit(setup: TrainingSetup, task: Progress, rank: int = 0) -> Journal:
    """Train from the start or from the last finished epoch, and return the journal; the weights end as they end."""
    journal = Journal(setup.folder, setup.recipe, task)
    make_folder(journal.folder)
    module = TrainingModule(setup.segmenter, setup.recipe, setup.seed, background=setup.train.background)
    state = journal.resumable if journal.resumable.is_file() else None
    if state:
        journal.reload()  # before there is a loader, which asks it for the epoch
    with _quiet():
        images, shared = (setup.train, setup.held_out, setup.segmenter), (_workers(setup), rank, setup.devices)
        train, held_out = loaders(*images, setup.recipe, setup.seed, lambda: journal.finished, *shared)
        trainer = _trainer(setup, journal)
        with _interruptible():
            trainer.fit(module, train, held_out, ckpt_path=state, weights_only=True)
    return journal


def _workers(setup: TrainingSetup) -> int:
    if setup.workers is not None:
        return setup.workers
    # A few images are read faster than a process starts.
    return 0 if len(setup.train.rows) < 64 else min(4, (os.cpu_count() or 1) - 1) // setup.devices


def _trainer(setup: TrainingSetup, journal: Journal) -> lightning.Trainer:
    recipe, first = setup.recipe, setup.first
    # Parts of a network that a batch does not reach are no error.
    shared = DDPStrategy(cluster_environment=LightningEnvironment(), find_unused_parameters=True)
    return lightning.Trainer(
        max_epochs=recipe.epochs,
        accelerator="cpu" if first is None else "gpu",
        devices=setup.devices if first is None else list(range(first, first + setup.devices)),
        strategy="auto" if setup.devices == 1 else shared,
        # Else Lightning sees by itself whether a cluster started it, and acts on that cluster's signals.
        plugins=[StateFiles(), *([LightningEnvironment()] if setup.devices == 1 else [])],
        use_distributed_sampler=False,
        precision=PRECISIONS[recipe.precision],
        accumulate_grad_batches=recipe.accumulate,
        gradient_clip_val=recipe.gradient_clip,
        callbacks=[journal, _OwnSignals()],
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
    logs = [logging.getLogger(f"lightning.{part}") for part in ("pytorch", "fabric")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\.")
            yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)


class _OwnSignals(Callback):
    """Gives SIGTERM back to the program: Lightning's own handler lets `fit` end after a step as if all were well."""

    def __init__(self) -> None:
        self.handler = signal.getsignal(signal.SIGTERM)

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Act as soon as Lightning has set its handler; it does so in the main thread alone."""
        if self.handler is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self.handler)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let an interrupt through as it is: Lightning turns it into an exit and ignores Ctrl-C from then on."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as stop:
        if isinstance(stop.__context__, KeyboardInterrupt):
            signal.signal(signal.SIGINT, handler)
            raise stop.__context__ from None
        raise
