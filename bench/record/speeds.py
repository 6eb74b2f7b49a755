"""Measured speeds of this machine, kept in the cache: what `bench plan` estimates times from.

A cache is never worth an error: what cannot be read counts as not measured, and what cannot be written is left out.
"""

import json
from collections.abc import Iterator
from typing import Any

from bench.host.files import StorageError, cache_root, digest, locked, read_json, write_json
from bench.host.machine import machine
from bench.plan.jobs import Job
from bench.plan.keys import model_identity
from registry import MODELS
from registry.recipe import Recipe


def _place(job: Job) -> str:
    """Return a key of what a speed depends on most: machine and model; not the images."""
    return digest(machine()["cpu"], machine()["cores"], model_identity(job.spec))


def _known() -> dict[str, Any]:
    """Return all speeds by kind and place; nothing where the file is missing or damaged."""
    try:
        found = read_json(cache_root() / "rates.json")
        json.dumps(found, allow_nan=False)  # a number that is none could neither be used nor written again
    except (ValueError, OSError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(known: dict[str, Any], kind: str, place: str) -> float | None:
    """Return the seconds of one place, None where nothing that makes sense is known of it."""
    entry = known.get(kind)
    entry = entry.get(place) if isinstance(entry, dict) else None
    seconds = entry.get("seconds") if isinstance(entry, dict) else None
    return float(seconds) if isinstance(seconds, int | float) and seconds >= 0 else None


def note(job: Job, kind: str, seconds: float) -> None:
    """Remember seconds per image (`evaluation`) or per epoch and image (`training`, and `pretext` before it).

    The last device counts. Processes that note something at the same time wait for each other.
    """
    if job.spec.name not in MODELS:  # an object of a program: no later plan can name it
        return
    path = cache_root() / "rates.json"
    try:
        with locked(path.with_suffix(".lock")):
            known = _known()
            entries = known.get(kind)
            known[kind] = {**(entries if isinstance(entries, dict) else {}), _place(job): {"seconds": seconds}}
            write_json(path, known)
    except (StorageError, OSError):
        return  # what was measured is worth more than an estimate


def estimate(job: Job, missing: int, trainable: int, counted: set[str]) -> float | None:
    """Return the seconds that the missing cells, and training before them, would take; None: never measured.

    trainable: the number of training images. counted: keys of trainings that another job's estimate holds
    already; those of this one are added.
    """
    known, place = _known(), _place(job)
    per_image = _seconds(known, "evaluation", place)
    if missing and per_image is None:
        return None
    seconds = missing * len(job.data.subset.rows) * (per_image or 0.0)
    for stage, recipe, key in _stages(job):
        if key in counted:
            continue
        counted.add(key)
        more = _training(recipe, _seconds(known, stage, place), trainable)
        if more is None:
            return None
        seconds += more
    return seconds


def _stages(job: Job) -> Iterator[tuple[str, Recipe, str]]:
    """Yield the trainings that a job still needs, each with its recipe and its checkpoint's key."""
    weights, first = job.weights, job.weights.pretext_path
    if weights.to_train and weights.training_key and job.spec.recipe:
        yield "training", job.spec.recipe, weights.training_key
        if first and not first.is_file() and job.spec.pretext and weights.pretext_key:
            yield "pretext", job.spec.pretext, weights.pretext_key


def _training(recipe: Recipe, per_image: float | None, images: int) -> float | None:
    if not recipe.epochs:
        return 0.0
    full = None if per_image is None else per_image * images * recipe.epochs
    if recipe.minutes is None:
        return full
    return 60 * recipe.minutes if full is None else min(full, 60 * recipe.minutes)
