"""How long all intervals of a large run take: 10 models, 73 conditions, 3,669 images, ranks and comparisons included.

    python tests/speed/intervals.py [MODELS] [IMAGES] [RESAMPLES]

Counts are made up, of 3 classes; what is timed is what a run does with its finished cells: the rows of summary.csv and
distribution.csv of every cell, then ranking.csv, comparisons.csv and robustness.csv. Aim: under 60 s on 2 cores, under
4 GB. Reading the cells' files comes on top, some 5 ms each.
"""

import resource
import sys
import time

import numpy as np

from bench.metrics import METRIC_SETS
from bench.metrics.counts import Counts
from bench.record.cell_file import Images, StoredCell
from bench.record.run_record import PerturbationRecord, StatisticsRecord
from bench.record.statistics_tables import RankedModel, Study
from bench.record.summary import Scoring, scored

STRENGTHS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
PERTURBATIONS = [PerturbationRecord(label=f"p{i}", name="p", identity=0, strengths=STRENGTHS) for i in range(9)]
CLASSES = ("background", "cat", "dog")


def cell(model, strength, images):
    """Made-up counts of a condition: fewer pixels are right the stronger it is, and the later the model."""
    random = np.random.default_rng(1000 * model + int(strength))
    label = np.arange(images) % 2 + 1
    size = np.random.default_rng(0).integers(2000, 60_000, images)
    right = (size * random.beta(20, 2 + model / 5 + strength, images)).astype(np.int64)
    matrices, at = np.zeros((images, 4, 3), np.int64), np.arange(images)
    matrices[at, label, label], matrices[at, label, 0], matrices[:, 3, 0] = right, size - right, 3000
    matrices[at, 0, label], matrices[:, 0, 0] = (size - right) // 2, 180_000 - size
    return StoredCell(tuple(map(str, at)), Counts(3, label, matrices), {"examples": []})


def main(models=10, images=3669, resamples=2000):
    """Time both passes and print them with the largest memory."""
    by = StatisticsRecord(resamples=resamples, reference="model 0")
    conditions = [("clean", 0.0), *((one.label, s) for one in PERTURBATIONS for s in one.strengths)]
    ranked = []
    for i in range(models):
        scoring = Scoring(("data", f"model {i}"), "classes", "no ground truth", CLASSES, [METRIC_SETS["standard"]], by)
        ranked.append(RankedModel(scoring, Images(3, images, ""), {one: f"{i} {one[1]}" for one in conditions}))
    made = {(i, s): cell(i, s, images) for i in range(models) for s in (0.0, *STRENGTHS)}

    start = time.perf_counter()
    for i, model in enumerate(ranked):
        for condition in conditions:
            scored(made[i, condition[1]], condition, model.scoring)
    first = time.perf_counter()
    rmse = {("data", label, strength): 3 * strength for label, strength in conditions}

    def read(key, _):
        model, strength = key.split()
        return made[int(model), float(strength)]

    tables = Study(ranked, {"data": PERTURBATIONS}, rmse, by, read).tables()
    second = time.perf_counter()
    print(f"{models} models x {len(conditions)} conditions x {images} images, {resamples} resamples")
    print(f"intervals of every score: {first - start:.1f} s; ranks, comparisons, robustness: {second - first:.1f} s")
    print(
        f"together: {second - start:.1f} s; memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB"
    )
    print({name: text.count("\n") - 1 for name, text in tables.items()})


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
