"""Measured speeds of this machine, kept in the cache: what `bench plan` estimates times from."""

from collections.abc import Iterator
from typing import Any

from bench.host.files import cache_root, digest, read_json, write_json
from bench.host.machine import machine
from bench.plan.jobs import Job
from bench.plan.keys import model_identity
from registry.recipe import Recipe


def _place(job: Job) -> str:
    """Return a key of what a speed depends on most: machine and model; not the pictures."""
    return digest(machine()["cpu"], machine()["cores"], model_identity(job.spec))


def note(job: Job, kind: str, device: str, seconds: float) -> None:
    """Remember seconds per picture (`evaluation`) or per epoch and picture (`training`, and `pretext` before it).

    The last device counts.
    """
    path = cache_root() / "rates.json"
    known: dict[str, Any] = read_json(path) or {}
    known.setdefault(kind, {})[_place(job)] = {"seconds": seconds, "device": device}
    write_json(path, known)


def estimate(job: Job, missing: int, trainable: int, counted: set[str]) -> float | None:
    """Return the seconds that the missing cells, and training before them, would take; None: never measured.

    trainable: the number of training pictures. counted: keys of trainings that another job's estimate holds
    already; those of this one are added.
    """
    known: dict[str, Any] = read_json(cache_root() / "rates.json") or {}
    place = _place(job)
    per_picture = known.get("evaluation", {}).get(place, {}).get("seconds")
    if missing and per_picture is None:
        return None
    seconds = missing * len(job.opened.subset.rows) * (per_picture or 0.0)
    for stage, recipe, key in _stages(job):
        if key in counted:
            continue
        counted.add(key)
        more = _training(recipe, known.get(stage, {}).get(place, {}).get("seconds"), trainable)
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


def _training(recipe: Recipe, per_picture: float | None, pictures: int) -> float | None:
    full = None if per_picture is None else per_picture * pictures * recipe.epochs
    if recipe.minutes is None:
        return full
    return 60 * recipe.minutes if full is None else min(full, 60 * recipe.minutes)
