"""Measured strength: how far each condition's images are from the clean ones, measured once for all models."""

import csv
import io
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.host.checked_json import DamagedFile
from bench.host.files import digest
from bench.perturb.similarity import falls
from bench.plan.keys import condition_identity
from bench.record.csv_columns import STRENGTHS

if TYPE_CHECKING:
    from bench.plan.cells import Condition, Plans
    from bench.plan.jobs import Job
    from bench.record.run_folder import RunFolder
    from bench.suite import Suite


@dataclass(frozen=True)
class Strengths:
    """What is known: `known[place]` holds n, mean, sd, min and max of each measure.

    fresh: what earlier cells measured is not believed. earlier: it fills rows of the table until they are measured.
    """

    suite: "Suite"
    fresh: bool = False
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    earlier: dict[str, dict[str, Any]] = field(default_factory=dict)

    def place(self, job: "Job", condition: "Condition") -> str:
        """Return a key of the images compared: data, size at which they are perturbed, condition; not the model."""
        geometry = job.spec.geometry if self.suite.apply_at == "model_input" else None
        identity = condition_identity(self.suite, condition.sweep, condition.strength)
        return digest("strength", job.data.subset.manifest, geometry, identity)

    def recall(self, folder: "RunFolder", plans: "Plans") -> None:
        """Learn what finished cells have measured."""
        recalled, finished = self.earlier if self.fresh else self.known, folder.finished()
        for job, cells in plans.values():
            for cell in (cell for cell in cells if cell.condition.sweep):
                place = self.place(job, cell.condition)
                if place not in recalled and cell.key in finished:
                    with suppress(DamagedFile):  # what reads its counts tells of it
                        if measured := folder.read_cell_record(cell.key)["measured_strength"]:
                            recalled[place] = measured

    def rows(self, plans: "Plans") -> list[dict[str, Any]]:
        """Return what is measured as rows of `strengths.csv`: one for each data set, condition and measure."""
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        for job, cells in plans.values():
            for cell in cells:
                condition, images = cell.condition, self.place(job, cell.condition)
                measured = self.known.get(images) or self.earlier.get(images)
                for name, spread in (measured or {}).items():
                    place = (job.name[0], condition.label, f"{condition.strength:.12g}", name)
                    rows.setdefault(place, {**dict(zip(STRENGTHS, place, strict=False)), **spread})
        return list(rows.values())


def strengths_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as the content of `strengths.csv`; an undefined value is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, STRENGTHS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def warnings(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Return one line for each sweep whose measured RMSE does not rise from each strength to the next.

    >>> row = {"dataset": "d", "perturbation": "saturate", "measure": "rmse"}
    >>> warnings([{**row, "strength": "1", "mean": 38.0}, {**row, "strength": "2", "mean": 30.0}])
    ['saturate on d is not monotone: its measured RMSE falls from strength 1 (38.0) to 2 (30.0)']
    """
    curves: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for row in rows:
        if row["measure"] == "rmse":
            curves.setdefault((row["perturbation"], row["dataset"]), []).append((row["strength"], row["mean"]))
    lines = []
    for (label, dataset), points in curves.items():
        drops = falls([mean for _, mean in points])
        words = ", ".join(
            f"from strength {points[i - 1][0]} ({points[i - 1][1]:.1f}) to {points[i][0]} ({points[i][1]:.1f})"
            for i in drops
        )
        if drops:
            lines.append(f"{label} on {dataset} is not monotone: its measured RMSE falls {words}")
    return lines
