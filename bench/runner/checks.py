"""What the user has to correct before anything runs: all of it at once, a line for each fault."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bench.plan.building import built_segmenter, check_label_order
from bench.plan.cells import conditions
from bench.plan.jobs import Job
from bench.plan.segmenters import loaded_segmenter
from bench.runner.trial import try_on_one_image
from bench.runner.trouble import Trouble
from bench.suite import DatasetSpec, ModelSpec, Suite
from bench.suite.recipe_rules import check_devices, check_shape
from registry.errors import BenchError, SeveralFaultsError
from registry.hub import UnreachableError
from registry.recipe import Recipe
from registry.segmenter import Case

if TYPE_CHECKING:
    from registry.segmenter import Segmenter


class Hardware(NamedTuple):
    """Where a suite is to be trained: the device's name, and how many of its kind work together."""

    name: str
    number: int = 1


@dataclass(frozen=True)
class Candidate:
    """A model on a data set, to be looked at before it runs.

    classes: of the data set; None: not known yet. cases: what it will be asked for. training: whether its recipe is
    to run. first: further things to look at, each with the key of the model that it is about. build: brings the model
    into being with the weights that are here; None: they are not.
    """

    spec: ModelSpec
    classes: tuple[str, ...] | None
    cases: Sequence[Case]
    training: bool
    first: Sequence[tuple[str, Callable[[], object]]]
    build: "Callable[[tuple[str, ...]], Segmenter | None]"


class Fault(NamedTuple):
    """What is wrong with a model, and the key of the suite that it is about ("": the model as a whole)."""

    key: str
    error: Exception


def check_jobs(suite: Suite, jobs: Sequence[Job], device: Hardware) -> Trouble:
    """Look at each job as far as that is possible now, and try its network on one image.

    A hub out of reach is no fault of the suite: it costs its model alone, in its turn. So is an error out of a
    network; it is returned, since the job is certain to fail with it.

    Raises:
        BenchError: what the user has to correct, a line for each fault.
    """
    lines: list[str] = []
    trouble: Trouble = {}
    tried: dict[tuple[str, tuple[str, ...]], Exception | None] = {}
    for job in jobs:
        model = job.spec.label, job.data.subset.classes
        for _, error in faults_of(_candidate(suite, job, again=model in tried), device):
            if isinstance(error, BenchError):
                lines.append(f"{job.spec.label}: {error}")
            else:
                tried[model] = error
        if failure := tried.setdefault(model, None):
            trouble[job.name] = failure
    if lines:
        raise SeveralFaultsError(lines)
    return trouble


def faults_of(candidate: Candidate, device: Hardware) -> Iterator[Fault]:
    """Yield what is wrong with a model: everything that can be seen by itself, else what its trial shows."""
    found = [fault for key, look in _looks(candidate, device) if (fault := _fault(key, look))]
    yield from found or filter(None, [_fault("", lambda: _try(candidate))])


def cases(suite: Suite, dataset: DatasetSpec, samples: tuple[str, ...] = ()) -> tuple[Case, ...]:
    """Return what a model is asked for on a data set: every condition, with the images' names where they are known."""
    return tuple(Case(one.label, one.strength, samples) for one in conditions(suite, dataset))


def _fault(key: str, look: Callable[[], object]) -> Fault | None:
    try:
        look()
    except UnreachableError:
        return None
    except Exception as error:  # noqa: BLE001 - the job itself will fail with it, its traceback kept, and the others run
        return Fault(key, error)
    return None


def _looks(candidate: Candidate, device: Hardware) -> Iterator[tuple[str, Callable[[], object]]]:
    spec, classes = candidate.spec, candidate.classes
    yield "", lambda: spec.entry.check(spec.parameters)
    yield "", lambda: spec.entry.check_cases(spec.parameters, candidate.cases)
    yield from candidate.first
    if classes is not None:
        yield "label_order", lambda: check_label_order(spec, classes)
    for key, recipe in (("pretrain", spec.pretext), ("train", spec.recipe)):
        if recipe is not None and candidate.training:
            yield key, partial(check_devices, recipe, *device)
            if classes is not None:
                yield key, partial(_check_shape, recipe, classes, spec)


def _check_shape(recipe: Recipe, classes: tuple[str, ...], spec: ModelSpec) -> None:
    check_shape(recipe, len(classes), spec.geometry)


def _try(candidate: Candidate) -> None:
    import torch

    if candidate.classes is None:
        return
    with torch.random.fork_rng():
        if segmenter := candidate.build(candidate.classes):
            try_on_one_image(candidate.spec, candidate.classes, segmenter)


def _candidate(suite: Suite, job: Job, *, again: bool) -> Candidate:
    """Return a job's model; `again`: it was tried before, on data of the same classes."""
    spec, weights = job.spec, job.weights
    samples = tuple(row.id for row in job.data.subset.rows)
    first = [("checkpoint" if spec.checkpoint else "train", lambda: _raise(weights.fault))]

    def build(classes: tuple[str, ...]) -> "Segmenter | None":
        if again:
            return None
        return untrained(spec, classes) if weights.to_train else loaded_segmenter(job)

    return Candidate(
        spec, job.data.subset.classes, cases(suite, job.data.spec, samples), weights.to_train, first, build
    )


def untrained(spec: ModelSpec, classes: tuple[str, ...]) -> "Segmenter":
    """Return a model as its training finds it; with random weights where those of its backbone are not here."""
    there = all(one.present for one in spec.entry.needs(spec.parameters))
    return built_segmenter(spec, classes, initialise=there)


def _raise(fault: Exception | None) -> None:
    if fault:
        raise fault
