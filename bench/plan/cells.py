"""A job's cells: one condition each, with the key of its counts, in a fixed order."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from bench.plan.jobs import Job
from bench.plan.keys import cell_key
from bench.suite import DatasetSpec, Suite, Sweep


class Condition(NamedTuple):
    """One perturbation at one strength; `sweep` None is the clean image, level 0 of the same path."""

    sweep: Sweep | None
    strength: float

    @property
    def label(self) -> str:
        """The name in every output."""
        return self.sweep.label if self.sweep else "clean"

    @property
    def case(self) -> str:
        """The perturbations with their non-default parameters, whatever a suite labels them."""
        return self.sweep.case if self.sweep else "clean"

    def names(self) -> dict[str, Any]:
        """Return what names the condition in records."""
        return {"perturbation": self.label, "strength": self.strength}


class Cell(NamedTuple):
    """One number's place: a condition, and the key of its counts."""

    condition: Condition
    key: str


class JobPlan(NamedTuple):
    """A job and its cells; none while the precision of its model is not known."""

    job: Job
    cells: tuple[Cell, ...]


Plans = Mapping[tuple[str, str], JobPlan]
"""What a run has to do: the plan of each job, by the labels of its data set and its model."""


def conditions(suite: Suite, dataset: DatasetSpec) -> Iterator[Condition]:
    """Yield the clean condition, then every sweep's strengths from weak to strong (none on clean-only data)."""
    yield Condition(None, 0.0)
    for sweep in suite.sweeps if dataset.keys.perturbed else ():
        for strength in sweep.strengths:
            yield Condition(sweep, strength)


def plan_cells(suite: Suite, job: Job, precision: str) -> list[Cell]:
    """Return the job's cells at a resolved precision."""
    key = cell_key(suite, job.spec, job.weights.state, precision, job.data.subset.manifest)
    return [Cell(c, key(c.sweep, c.strength)) for c in conditions(suite, job.data.spec)]
