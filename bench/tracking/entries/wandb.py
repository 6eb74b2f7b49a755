"""Weights & Biases: a run of the project "segbench", or of $WANDB_PROJECT; $WANDB_MODE=offline keeps it on the disk."""

import os
from typing import TYPE_CHECKING

from bench.tracking.tracker import TrackerEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROJECT = "segbench"


class Wandb:
    """One run; curves are over each model's own epochs, since trainings follow one another."""

    def __init__(self, name: str, folder: "Path") -> None:
        import wandb

        project = os.environ.get("WANDB_PROJECT", PROJECT)
        settings = wandb.Settings(silent=True, console="off")
        self._run = wandb.init(project=project, name=name, dir=str(folder), settings=settings, reinit="create_new")
        self._known: set[str] = set()

    def log(self, model: str, values: "Mapping[str, float]", step: int | None = None) -> None:
        """Log a point of the curves, or put final scores into the summary."""
        named = {f"{model}/{key}": value for key, value in values.items()}
        if step is None:
            self._run.summary.update(named)
            return
        if model not in self._known:
            self._known.add(model)
            self._run.define_metric(f"{model}/epoch", hidden=True)
            for key in named:
                self._run.define_metric(key, step_metric=f"{model}/epoch")
        self._run.log({**named, f"{model}/epoch": step})

    def keep(self, file: "Path") -> None:
        """Save a copy of a file with the run."""
        self._run.save(str(file), base_path=str(file.parent), policy="now")

    def close(self) -> None:
        """End the run."""
        self._run.finish()


ENTRY = TrackerEntry(
    title="Weights & Biases: as `wandb login` and its variables say",
    package="wandb",
    extra="wandb",
    start=Wandb,
)
