"""What the user has to correct before anything runs: all of it at once, a line for each model."""

from collections.abc import Sequence

from bench.plan.jobs import Job
from bench.plan.segmenters import check_label_order, loaded_segmenter
from bench.suite.recipe_rules import check_devices, check_shape
from registry.entry_results import built
from registry.errors import BenchError
from registry.hub import UnreachableError


def check_jobs(jobs: Sequence[Job], device: str, devices: int = 1) -> None:
    """Look at each job as far as that is possible now; what else is wrong with one fails in its turn, alone.

    A hub out of reach is such a thing: nothing of the suite is wrong.

    Raises:
        BenchError: a parameter, file, recipe or order of labels that the user has to correct, a line for each model.
    """
    faults = [f"{job.spec.label}: {fault}" for job in jobs if (fault := _fault(job, device, devices))]
    if faults:
        raise BenchError("\n".join(dict.fromkeys(faults)))


def _fault(job: Job, device: str, devices: int) -> str | None:
    try:
        _check(job, device, devices)
    except UnreachableError:
        return None
    except BenchError as error:
        return str(error)
    return None


def _check(job: Job, device: str, devices: int) -> None:
    spec, classes = job.spec, job.data.subset.classes
    spec.entry.check(spec.parameters)
    check_label_order(spec, classes)
    if job.weights.to_train:
        for recipe in filter(None, (spec.pretext, spec.recipe)):
            check_devices(recipe, device, devices)
            check_shape(recipe, len(classes), spec.geometry)
    _try(job)


def _try(job: Job) -> None:
    """Bring a model into being with the weights that are here: what does not fit shows now, not in hours."""
    spec = job.spec
    try:
        if spec.recipe is None:
            loaded_segmenter(job)
        elif job.weights.to_train and (needed := spec.entry.needs(spec.parameters)) and all(n.present for n in needed):
            built(spec.entry, spec.parameters, job.data.subset.classes, True)
    except BenchError:
        raise
    except Exception:  # noqa: BLE001 - the job itself will fail with it, its traceback kept, and the others run
        return
