"""The time of the bare network over the wall time of a whole grid, for three models: what the harness costs.

usage: python tests/speed/harness_efficiency.py [--images n] [--every n] [--models a,b] [--data-root DIR]
       [--device cuda] [--precision bf16]

Eight perturbations at ten strengths and the clean images, evaluated as `bench run` does, without its start. The
first cell is evaluated once before, untimed: it compiles kernels and decodes. The bare network is timed on one prepared
batch after each cell, in the same process, so that a machine that slows down slows both.
Run it with nothing else on the machine.
"""

import argparse
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("SEGBENCH_CACHE", tempfile.mkdtemp())

import torch

from bench.evaluation.cell import evaluate_cell
from bench.evaluation.preparation import prepare
from bench.evaluation.readiness import clean_images, ready
from bench.host.screen import Screen
from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.record.ledger import Ledger
from bench.record.model_record import Measurement
from bench.record.run_folder import RunFolder
from bench.suite import suite_from
from bench.training.stages import TrainingContext, trained

MODELS = {
    "unet64": {"name": "unet", "width": 64},
    "smp": {"name": "smp", "arch": "unet", "encoder": "tu-tf_efficientnet_lite0", "encoder_weights": "none"},
    "unet16": {"name": "unet", "width": 16},
}


def grid(names, data_root, images, precision):
    """Return the suite: eight perturbations at ten strengths; the networks are not trained."""
    train = {"epochs": 0}
    data = {"name": "oxford_pet" if data_root else "shapes", "limit": images}
    return suite_from(
        {
            "name": "grid",
            "datasets": [data],
            "models": [{**MODELS[name], "label": name, "train": train} for name in names],
            "perturbations": [{"preset": "edinburgh_2025"}],
            "precision": precision,
        },
        "grid",
    )


def measured(job, ledger, data, images, every, device):
    """Return seconds of the bare network for every n-th cell of the grid, their wall seconds, and their number."""
    job = trained(job, TrainingContext(ledger.suite, data, device, Screen()))
    prepared = ready(job, ledger.suite, device, None, Measurement())
    ledger.remember(prepared.job, prepared.measurement)
    cells = ledger.missing(prepared.job)[::every]
    batch = clean_images(prepared.samples, prepared.settings, prepared.settings.batch_size)
    # What is compiled or decoded once for the whole grid is no part of a sample of it.
    for cell in cells:
        prepare(prepared.samples[0], cell.condition, replace(prepared.settings, measure=True))
    evaluate_cell(ledger, prepared, cells[0], lambda _: None)
    inputs = prepared.segmenter.prepare(*batch)
    moments = []
    for cell in cells:
        begin = time.perf_counter()
        ledger.folder.write_cell(cell.key, evaluate_cell(ledger, prepared, cell, lambda _: None))
        middle = time.perf_counter()
        for _ in range(2):
            prepared.segmenter.forward(inputs)
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        moments.append((middle - begin, (time.perf_counter() - middle) / 2))
    wall, bare = map(sum, zip(*moments, strict=True))
    return bare / len(batch.images) * images, wall, len(cells)


def main():
    """Print a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--every", type=int, default=1, help="a sample of the cells, where time is short")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    given = parser.parse_args()
    suite = grid(given.models.split(","), given.data_root, given.images, given.precision)
    data = open_datasets(suite, given.data_root)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(RunFolder(Path(folder)), suite, data, say=print)
        for job in plan_jobs(suite, data):
            bare, wall, cells = measured(job, ledger, data, len(job.data.subset.rows), given.every, given.device)
            print(
                f"{job.spec.label}: {cells} cells of {len(job.data.subset.rows)} images on {torch.get_num_threads()} "
                f"threads: network {bare:.1f} s, wall {wall:.1f} s, efficiency {bare / wall:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
