"""`run.json`: everything a reader needs to trust, repeat or refute the numbers. Plain data."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from bench import __version__
from bench.host import machine as environment
from bench.host.files import digest
from bench.perturb import PERTURBATIONS
from bench.plan.checkpoints import read_record, state_hash
from bench.plan.datasets import Opened
from bench.plan.jobs import Job, Weights
from bench.plan.keys import model_identity
from bench.record.folder import RUN_FORMAT
from bench.record.summary import Finished
from bench.suite import Suite, Sweep
from bench.suite.plugins import plugins
from registry import MODELS
from registry.errors import BenchError


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@cache
def code_hash() -> str:
    """Return 32 hexadecimal digits over every source file of the machinery and the models: recorded, not keyed."""
    root = Path(__file__).resolve().parents[2]
    hashed = hashlib.blake2b(digest_size=16)
    for path in sorted([*(root / "bench").rglob("*.py"), *(root / "registry").rglob("*.py")]):
        hashed.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return hashed.hexdigest()


def suite_facts(suite: Suite, opened: Mapping[str, Opened], device: str) -> dict[str, Any]:
    """Return what holds for the whole run: suite, machine, versions, data, perturbations, metric sets."""
    return {
        "format": RUN_FORMAT,
        "segbench": __version__,
        "code": code_hash(),
        "name": suite.name,
        "suite": suite.source,
        "seed": suite.seed,
        "apply_at": suite.apply_at,
        "fresh_per_strength": suite.fresh_per_strength,
        "machine": environment.machine(device),
        "versions": environment.versions(),
        "git": environment.commit(),
        "datasets": [_dataset(label, data) for label, data in opened.items()],
        "perturbations": [_sweep(sweep) for sweep in suite.sweeps],
        "plugins": [plugin._asdict() for plugin in plugins()],
        "metric_sets": [asdict(m) | {"policy": m.policy()} for m in suite.metric_sets],
    }


def _dataset(label: str, data: Opened) -> dict[str, Any]:
    entry, subset = data.spec.entry, data.subset
    return {
        "label": label,
        "name": data.spec.keys.name,
        "title": entry.title,
        "licence": entry.licence,
        "source": entry.source,
        "parameters": data.spec.parameters.model_dump(mode="json"),
        "split": subset.split,
        "layout": subset.layout,
        "manifest": subset.manifest,
        "classes": list(subset.classes),
        "n": len(subset.rows),
        "limit": data.limit,
        "perturbed": data.spec.keys.perturbed,
        "left_out": [asdict(item) for item in subset.left_out],
    }


def _sweep(sweep: Sweep) -> dict[str, Any]:
    entry = sweep.entry
    facts = {name: getattr(entry, name) for name in ("title", "family", "unit", "identity", "source")}
    parameters = sweep.parameters.model_dump(mode="json")
    resources = dict(entry.resources(sweep.parameters))
    resources |= {f"{s.name}: {k}": v for s in sweep.then for k, v in s.entry.resources(s.parameters).items()}
    return {
        "label": sweep.label,
        "name": sweep.name,
        "version": PERTURBATIONS.version(sweep.name),
        "strengths": list(sweep.strengths),
        "parameters": parameters,
        "then": [
            {"name": s.name, "strength": s.strength, "parameters": s.parameters.model_dump(mode="json")}
            for s in sweep.then
        ],
        "moves": sweep.any("moves"),
        "covers": sweep.any("covers"),
        "occluded": sweep.occluded,
        "backend": sweep.name if sweep.entry.family == "reference" else None,
        "resources": resources,
        **facts,
    }


MEASURED = (
    "parameters_total",
    "parameters_trainable",
    "parameters_frozen",
    "macs",
    "precision",
    "calibration",
    "device",
    "batch_size",
    "threads",
    "forward_ms_per_image",
)
"""What is learnt of a model by running it; remembered between runs for the same weights."""


def model_facts(job: Job, requested: str, measured: Mapping[str, Any]) -> dict[str, Any]:
    """Return one entry of `models`: what the suite and the checkpoint say, and what was measured."""
    spec, weights, entry = job.spec, job.weights, job.spec.entry
    geometry = spec.geometry
    file = _file(weights.path)
    checkpoint = {"state_hash": weights.state, **file} if file else None
    return {
        "label": spec.label,
        "name": spec.name,
        "dataset": job.opened.spec.label,
        "summary": entry.summary,
        "source": entry.source,
        "licence": entry.licence,
        "pretraining": "as in the given checkpoint" if spec.checkpoint else _words(entry.pretraining, spec.parameters),
        "parameters": spec.parameters.model_dump(mode="json"),
        "entry_version": MODELS.version(spec.name),
        "checkpoint": checkpoint,
        "state": weights.state,
        "training_key": weights.training_key,
        "geometry": {"size": [geometry.height, geometry.width], "mode": geometry.mode} if geometry else None,
        "requested_precision": requested,
        "task": spec.task,
        "prompt": None if spec.prompt == "none" else spec.prompt,
        "supervision": spec.supervision,
        "label_order": spec.label_order and list(spec.label_order),
        "seen_in_training": list(spec.seen),
        "weights_licence": "" if spec.checkpoint else _words(entry.weights_licence, spec.parameters),
        "training": _training(weights.path),
        "autoencoder": _autoencoder(weights),
        **{name: measured.get(name) for name in MEASURED},
        "calibration": measured.get("calibration") or [],
    }


def _words(say: Callable[[Any], str], parameters: Any) -> str:
    """Return an entry's words; what they would need a library for is not worth the run."""
    try:
        return say(parameters)
    except BenchError as error:
        return f"unknown: {error}"


def _file(path: Path | None) -> dict[str, Any]:
    return {"file": path.name, "bytes": path.stat().st_size} if path and path.is_file() else {}


def _autoencoder(weights: Weights) -> dict[str, Any] | None:
    """Return what is known of the first stage of a training; None where there was none, or where it is gone."""
    path = weights.autoencoder()
    return {"state_hash": state_hash(path), **_file(path), "training": _training(path)} if path else None


def _training(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    record = read_record(path)
    facts: dict[str, Any] | None = record.get("training")
    return facts and {"dataset": record.get("dataset"), **facts}


def measured_key(job: Job, requested: str) -> str:
    """Return the key under which a folder remembers what was measured of a model: labels do not matter."""
    return digest(model_identity(job.spec), job.weights.state, requested)


def made(device: str) -> dict[str, Any]:
    """Return what made a cell, for its metadata: a folder may hold cells of several days and machines."""
    here, commit = environment.machine(device), environment.commit()
    place = {"segbench": __version__, "code": code_hash(), "commit": commit and commit["commit"]}
    return {**place, "torch": environment.versions()["torch"], "cpu": here["cpu"], "gpu": here["gpu"]}


def makers(finished: Sequence[Finished]) -> list[dict[str, Any]]:
    """Return each distinct `made` of the finished cells, with the number of its cells."""
    counted = Counter(json.dumps(c.record["made"], sort_keys=True) for done in finished for c in done.cells)
    return [{**json.loads(text), "cells": n} for text, n in counted.items()]


def speed_facts(finished: Sequence[Finished]) -> dict[str, Any]:
    """Return throughput per model, and the harness's efficiency: bare network time over wall time.

    efficiency = images x conditions x the network's pure forward time per image / wall seconds of the cells.
    """
    lines = [_speed(done) for done in finished if done.cells]
    timed = [line for line in lines if line["network_seconds"] is not None]
    wall = sum(line["seconds"] for line in timed)
    pure = sum(line["network_seconds"] for line in timed)
    return {"throughput": lines, "harness_efficiency": pure / wall if wall else None}


def _speed(done: Finished) -> dict[str, Any]:
    pairs = [(cell.images, cell.record["forward_ms_per_image"]) for cell in done.cells]
    bare = None if any(ms is None for _, ms in pairs) else sum(n * ms for n, ms in pairs) / 1000
    return {
        "dataset": done.job.name[0],
        "model": done.job.name[1],
        "images": done.images,
        "seconds": done.seconds,
        "images_per_second": done.images / done.seconds,
        "network_seconds": bare,
        "forward_ms_per_image": None if bare is None else 1000 * bare / done.images,
        "efficiency": None if bare is None else bare / done.seconds,
    }
