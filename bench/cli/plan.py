"""`bench plan`."""

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cli.options import DataRoot, Device, Json, Limit, Only, Out, Plugins, SuiteName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bench.plan.datasets import OpenDataset
    from bench.plan.jobs import Job
    from bench.record.ledger import Ledger
    from bench.record.run_folder import RunFolder
    from bench.suite import Suite


def command(
    suite: SuiteName,
    out: Out = None,
    data_root: DataRoot = None,
    only: Only = None,
    limit: Limit = None,
    device: Device = "auto",
    json: Json = False,
    plugins: Plugins = None,
) -> None:
    """Show what a run would do: cells that are there, missing, or to come after training, and the time it would take.

    It evaluates, trains and downloads nothing. Strengths at equal damage are found first, where they are not known.

    \b
    Examples:
      bench plan robustness
      bench plan robustness --only unet
      bench plan suites/pets_sample.yaml --data-root ~/data --json
    """
    from bench.record.run_folder import RunFolder
    from bench.suite import find_suite, load_suite

    loaded = load_suite(find_suite(suite))
    folder = RunFolder(out or Path("runs") / loaded.name)
    rows = planned(loaded, folder, data_root, limit, device, tuple(only or ()))
    if json:
        print(json_format.dumps(rows, indent=1))
    else:
        _print(rows)


def _print(rows: list[dict[str, Any]]) -> None:
    from bench.host.screen import duration
    from bench.host.terminal_table import print_table

    shown = [
        row | {"estimate": "not measured" if row["estimate"] is None else duration(row["estimate"])} for row in rows
    ]
    # What an estimate rests on is said below: it has no room in 80 columns.
    kept = [{key: value for key, value in row.items() if key not in (*_BELOW, "runs", "ceiling")} for row in shown]
    print_table(kept, numbers=("images", "cells", "cached", "missing", "after training"))
    known = duration(sum(row["estimate"] or 0 for row in rows))
    if unknown := _models(row for row in rows if row["estimate"] is None):
        print(f"no estimate: no run on this machine was long enough to tell the time of {unknown}; the rest {known}")
    else:
        print(f"about {known}")
    if runs := [row["runs"] for row in rows if row["runs"]]:
        least, most = min(runs), max(runs)
        number = f"{most} {'run' if most == 1 else 'runs'}" if least == most else f"{least} to {most} runs"
        print(f"from {number} of each model on this machine (the median)")
    if above := _models(row for row in rows if row["ceiling"]):
        print(f"at most, and likely less, of {above}: measured on fewer images, or known by its minutes alone")

    if rows and _BELOW[0] in rows[0]:
        total, missing, seconds = (sum(row[key] for row in rows) for key in _BELOW)
        least = f", after all cells: at least {duration(seconds)}" if missing else ""
        print(f"{missing} of {total} measurements of speed are missing{least}")


_BELOW = ("timings", "timings missing", "timings seconds")
"""Keys of the measurements of speed: they are told in a line, and are there where the suite asks for some."""


def _models(rows: "Iterable[dict[str, Any]]") -> str:
    return ", ".join(dict.fromkeys(row["model"] for row in rows))


def planned(
    suite: "Suite",
    folder: "RunFolder",
    data_root: Path | None,
    limit: int | None,
    device: str = "auto",
    only: tuple[str, ...] = (),
) -> list[dict[str, Any]]:
    """Return a row per job: its cells that are there, missing, or to come after training.

    estimate: seconds, None where no run on this machine was long enough. runs: on how many runs it rests, None where
    nothing is to do. ceiling: it will likely take less. Where the suite times its models, also timings: the number of
    measurements, those missing (the most, until a run has found the model's precision), and the seconds that these
    take at least.

    Raises:
        MissingData: the data are not there (a run would download them, where it can).
        BenchError: a checkpoint or training images are not as the suite says.
    """
    from bench.host.screen import Screen
    from bench.plan.datasets import open_datasets
    from bench.plan.equal_damage import is_open, with_strengths
    from bench.plan.jobs import plan_jobs, refuse_faults
    from bench.record.equal_damage import known_strengths
    from bench.record.ledger import Ledger
    from bench.suite.model_filter import selected

    chosen = selected(suite, only)
    datasets = open_datasets(suite, data_root, limit)
    if is_open(suite):
        suite = with_strengths(suite, datasets, Screen(), known_strengths(folder))
    ledger = Ledger(folder, suite, datasets, device=device)
    jobs = [job for job in plan_jobs(suite, datasets) if job.spec.label in chosen]
    refuse_faults(jobs)
    counted: set[str] = set()
    rows = [_row(ledger, job, counted) for job in jobs]
    for line in dict.fromkeys([*_remarks(datasets, jobs), *ledger.damaged.values()]):
        Screen().warning(line)
    return rows


def _row(ledger: "Ledger", job: "Job", counted: set[str]) -> dict[str, Any]:
    """Return the row of a job; counted: the trainings whose time an earlier row has."""
    from bench.plan.cells import conditions
    from bench.record.speeds import estimate

    ledger.place(job)
    missing = len(ledger.missing(job))
    after = missing if job.weights.to_train else 0
    learns = after and job.spec.learns
    source = ledger.datasets[job.trained_on].dataset if learns else None
    trainable = len(source.subset("train", None, ledger.suite.seed).rows) if source else 0
    cells = sum(1 for _ in conditions(ledger.suite, job.data.spec))
    time = estimate(job, missing, trainable, counted)
    return {
        "dataset": job.name[0],
        "model": job.name[1],
        "images": len(job.data.subset.rows),
        "cells": cells,
        "cached": cells - missing,
        "missing": missing - after,
        "after training": after,
        "estimate": time and time.seconds,
        "runs": time and time.runs,
        "ceiling": bool(time and time.ceiling),
        **_timings(ledger, job),
    }


def _timings(ledger: "Ledger", job: "Job") -> dict[str, Any]:
    """Return a job's measurements of speed as keys of its row; none where the suite asks for none."""
    if (rules := ledger.suite.throughput) is None:
        return {}
    total, missing = ledger.timings.expected(job)
    return dict(zip(_BELOW, (total, missing, missing * rules.seconds), strict=True))


def _remarks(datasets: "Mapping[str, OpenDataset]", jobs: "list[Job]") -> "Iterator[str]":
    """Yield what a user should know of the data, of each model's weights, and of what the times rest on."""
    from bench.record.speeds import damage
    from registry.errors import in_one_line

    yield from (f"{label}: {line}" for label, data in datasets.items() for line in data.dataset.remarks)
    for label, weights in ((job.spec.label, job.weights) for job in jobs):
        if weights.fault:
            yield f"{label}: {in_one_line(weights.fault)}"
        if weights.note:
            yield f"{label}: the checkpoint: {weights.note}"
        yield from (f"{label}: {one.what}; a run sets it aside and trains again" for one in weights.damaged)
    if words := damage():
        yield words
