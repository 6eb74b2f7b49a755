"""Measured speeds of this machine, kept in the cache: what `bench plan` estimates times from.

A cache is never worth an error: what cannot be read counts as not measured, and what cannot be written is left out.

A cell, and an epoch, costs some time whatever the number of its images. So a note of few images says little of many:

- notes count whose cells (or epochs) have a quarter of the planned images or more; the estimate is the median of the
  newest five;
- where there is none, those of the largest cells stand in, if they have `FEWEST` images or more: the estimate is
  a ceiling then;
- smaller ones are no estimate.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from bench.host.checksum import KEY, seal, unseal
from bench.host.files import StorageError, cache_root, digest, locked, read_json, set_aside, write_json
from bench.host.machine import machine
from bench.plan.jobs import Job
from bench.plan.keys import model_identity
from registry import MODELS
from registry.recipe import Recipe

FORMAT = 3
KEPT = 20  # notes of one model on one machine
NEWEST = 5  # of them count
FEWEST = 8  # images of a cell or an epoch
SHARE = 4  # a note counts for cells that are up to so many times larger


class Note(BaseModel):
    """One measurement: the images of a cell or an epoch, and the seconds that it took."""

    model_config = ConfigDict(frozen=True, strict=True)

    images: Annotated[int, Field(ge=1)]
    seconds: Annotated[FiniteFloat, Field(ge=0)]


class _Notes(BaseModel):
    """The file: notes by kind and place, the newest last."""

    format: int = 1  # what the files of before, which had no number, are taken for
    notes: dict[str, dict[str, list[Note]]] = Field(default_factory=dict)


class Estimate(NamedTuple):
    """Seconds; on how many measured runs they rest (None: on none, nothing is to do); whether they are a ceiling."""

    seconds: float
    runs: int | None = None
    ceiling: bool = False

    def plus(self, other: Self) -> "Estimate":
        """Return both together: it rests on as few runs as the weaker part."""
        runs = [one.runs for one in (self, other) if one.runs is not None]
        return Estimate(self.seconds + other.seconds, min(runs, default=None), self.ceiling or other.ceiling)


def _place(job: Job) -> str:
    """Return a key of what a speed depends on most: machine and model; not the images."""
    return digest(machine()["cpu"], machine()["cores"], model_identity(job.spec))


def _file() -> Path:
    return cache_root() / "rates.json"


def _known() -> _Notes | None:
    """Return all notes; None where the file is damaged."""
    try:
        content = read_json(_file())
        if content is None:
            return _Notes(format=FORMAT)
        before = isinstance(content, dict) and KEY not in content and content.get("format", 1) in (1, 2)
        found = _Notes.model_validate_json(json.dumps(content if before else unseal(content)))
    except NotADirectoryError:
        return _Notes(format=FORMAT)
    except (OSError, ValueError, RecursionError):
        return None
    # Format 1 tells no images, and is nothing; of format 2, without a checksum, the notes count.
    return found.model_copy(update={"format": FORMAT}) if found.format in (2, FORMAT) else _Notes(format=FORMAT)


def damage() -> str | None:
    """Return a line where the file of speeds cannot be read, so that no estimate rests on it."""
    words = f"the measured speeds in {_file()} are damaged: they count as none, and a run measures anew"
    return None if _known() else words


def note(job: Job, kind: str, images: int, seconds: float, say: Callable[[str], None]) -> None:
    """Remember the seconds of one cell (`evaluation`) or one epoch (`training`, and `pretext` before it).

    images: of the cell or the epoch. say: gets a line where the file is damaged and was set aside.
    Processes that note something at the same time wait for each other.
    """
    if job.spec.name not in MODELS:  # an object of a program: no later plan can name it
        return
    path = _file()
    try:
        with locked(path.with_suffix(".lock")):
            known = _known()
            if known is None:
                say(f"the measured speeds in {path} are damaged; set aside as {set_aside(path).name}, measured anew")
                known = _Notes(format=FORMAT)
            notes = known.notes.setdefault(kind, {}).setdefault(_place(job), [])
            notes[:] = [*notes, Note(images=images, seconds=seconds)][-KEPT:]
            write_json(path, seal(known.model_dump(mode="json")))
    except (StorageError, OSError):
        return  # what was measured is worth more than an estimate


def estimate(job: Job, missing: int, trainable: int, counted: set[str]) -> Estimate | None:
    """Return the time that the missing cells, and training before them, would take; None: not measured long enough.

    trainable: the number of training images. counted: keys of trainings that another job's estimate holds
    already; those of this one are added.
    """
    known, place, total = _known() or _Notes(), _place(job), Estimate(0.0)
    if missing:
        one = _seconds(known, "evaluation", place, len(job.data.subset.rows))
        if one is None:
            return None
        total = total.plus(one._replace(seconds=one.seconds * missing))
    for stage, recipe, key in _stages(job):
        if key in counted:
            continue
        counted.add(key)
        more = _training(recipe, _seconds(known, stage, place, trainable))
        if more is None:
            return None
        total = total.plus(more)
    return total


def _seconds(known: _Notes, kind: str, place: str, images: int) -> Estimate | None:
    """Return the seconds of one cell or epoch of so many images; None where nothing long enough was measured."""
    notes = known.notes.get(kind, {}).get(place, [])
    fitting = [one for one in notes if one.images * SHARE >= images]
    ceiling = not fitting
    if ceiling:
        largest = max((one.images for one in notes), default=0)
        fitting = [one for one in notes if one.images == largest >= FEWEST]
    rates = [one.seconds / one.images for one in fitting[-NEWEST:]]
    return Estimate(median(rates) * images, len(rates), ceiling) if rates else None


def _stages(job: Job) -> Iterator[tuple[str, Recipe, str]]:
    """Yield the trainings that a job still needs, each with its recipe and its checkpoint's key."""
    spec, weights = job.spec, job.weights
    if weights.to_train and weights.training_key and spec.recipe:
        yield "training", spec.recipe, weights.training_key
    if (weights.to_train or weights.damaged) and weights.pretext_state is None and spec.pretext and weights.pretext_key:
        yield "pretext", spec.pretext, weights.pretext_key


def _training(recipe: Recipe, epoch: Estimate | None) -> Estimate | None:
    """Return the time of a training whose epochs take that long; minutes are a ceiling, known without any run."""
    if not recipe.epochs:
        return Estimate(0.0)
    full = None if epoch is None else epoch._replace(seconds=epoch.seconds * recipe.epochs)
    if recipe.minutes is None:
        return full
    budget = 60 * recipe.minutes
    return Estimate(budget, ceiling=True) if full is None else full._replace(seconds=min(full.seconds, budget))
