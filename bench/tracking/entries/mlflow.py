"""MLflow: a run of the experiment "segbench" on $MLFLOW_TRACKING_URI, else in files below the run's folder."""

import os
import re
from typing import TYPE_CHECKING

from bench.tracking.tracker import TrackerEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EXPERIMENT = "segbench"


class Mlflow:
    """Talks to one tracking server or folder, and leaves MLflow's global state alone."""

    def __init__(self, name: str, folder: "Path") -> None:
        from mlflow import MlflowClient

        uri = os.environ.get("MLFLOW_TRACKING_URI")
        if not uri:  # files need no database; MLflow reads and writes them where that is asked for
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
            uri = (folder / "mlruns").absolute().as_uri()
        self._client = MlflowClient(tracking_uri=uri)
        found = self._client.get_experiment_by_name(EXPERIMENT)
        experiment = found.experiment_id if found else self._client.create_experiment(EXPERIMENT)
        self._run = self._client.create_run(experiment, run_name=name).info.run_id
        self._names: dict[str, str] = {}

    def log(self, model: str, values: "Mapping[str, float]", step: int | None = None) -> None:
        """Log metrics called model/name."""
        for name, value in values.items():
            self._client.log_metric(self._run, f"{self._named(model)}/{name}", value, step=step)

    def keep(self, file: "Path") -> None:
        """Log an artefact."""
        self._client.log_artifact(self._run, str(file))

    def close(self) -> None:
        """Mark the run as finished."""
        self._client.set_terminated(self._run)

    def _named(self, model: str) -> str:
        """Return a label with the signs that MLflow allows; two labels never become one."""
        if model not in self._names:
            plain = re.sub(r"[^\w\-. ]", "_", model, flags=re.ASCII)
            taken = sum(name == plain or name.startswith(f"{plain} (") for name in self._names.values())
            self._names[model] = f"{plain} {taken + 1}" if taken else plain
        return self._names[model]


ENTRY = TrackerEntry(
    title="MLflow: $MLFLOW_TRACKING_URI, else files in the run's folder",
    package="mlflow",
    extra="mlflow",
    start=Mlflow,
)
