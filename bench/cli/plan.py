"""`bench plan`."""

import json
from pathlib import Path
from typing import Any

from bench.host.screen import duration
from bench.plan.cells import conditions
from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.record.folder import RunFolder
from bench.record.ledger import Ledger
from bench.record.speeds import estimate
from bench.suite import Suite, find_suite, load_suite


def show_plan(name: str, out: Path | None, data_root: Path | None, limit: int | None, *, as_json: bool) -> None:
    """Print what a run would do; evaluates, trains and downloads nothing."""
    suite = load_suite(find_suite(name))
    rows = planned(suite, RunFolder(out or Path("runs") / suite.name), data_root, limit)
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    from bench.cli.terminal_table import print_table

    short = {"after training": "untrained"}
    shown = [{short.get(k, k): v for k, v in row.items()} | {"estimate": _words(row["estimate"])} for row in rows]
    print_table(shown, numbers=("cells", "cached", "missing", "untrained"))
    known = sum(row["estimate"] for row in rows if row["estimate"] is not None)
    unknown = [row["model"] for row in rows if row["estimate"] is None]
    if unknown:
        print(f"no estimate: nothing was measured on this machine of {', '.join(unknown)}; the rest {duration(known)}")
    else:
        print(f"about {duration(known)}")


def _words(seconds: float | None) -> str:
    return "not measured" if seconds is None else duration(seconds)


def planned(suite: Suite, folder: RunFolder, data_root: Path | None, limit: int | None) -> list[dict[str, Any]]:
    """Return a row per job: its cells that are there, missing, or to come after training.

    Raises:
        MissingData: the data are not there (a run would download them, where it can).
    """
    datasets = open_datasets(suite, data_root, limit)
    ledger = Ledger(folder, suite, datasets)
    rows = []
    counted: set[str] = set()
    for job in plan_jobs(suite, datasets):
        ledger.place(job)
        missing = len(ledger.missing(job))
        after = missing if job.weights.to_train else 0
        trainable = len(datasets[job.trained_on].dataset.subset("train", None, suite.seed).rows) if after else 0
        cells = sum(1 for _ in conditions(suite, job.opened.spec))
        rows.append(
            {
                "dataset": job.name[0],
                "model": job.name[1],
                "images": len(job.opened.subset.rows),
                "cells": cells,
                "cached": cells - missing,
                "missing": missing - after,
                "after training": after,
                "estimate": estimate(job, missing, trainable, counted),
            }
        )
    return rows
