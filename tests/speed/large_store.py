"""How long a large store takes: 10 million image-level rows, 10 models under 100 conditions on 10,000 images.

    python tests/speed/large_store.py FOLDER [MODELS] [PERTURBATIONS] [IMAGES]

Writes a run folder of made-up cells to FOLDER (some 400 MB) unless it is there, and times in new processes:

- read: every cell is read, its checksum and values verified;
- tables: all tables and intervals, by 2,000 resamples, as `bench report` does at first;
- report: tables and figures are drawn from the files.

Aim: each under 60 s and 4 GB on 2 cores.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

from intervals import CLASSES, cell

from bench.host.files import digest
from bench.metrics import METRIC_SETS
from bench.record import protocol
from bench.record.cell_file import Images, StoredCell
from bench.record.model_record import ModelRecord
from bench.record.run_folder import RunFolder
from bench.record.run_record import FORMAT, CellCounts, DatasetRecord, PerturbationRecord, RunRecord

STRENGTHS = (1.0, 2.0, 3.0)
STEPS = ("read", "tables", "report")


def record_of(models, perturbations, images):
    """The run.json of such a run; the key of a cell says which counts it has."""
    entries = [
        PerturbationRecord(label=f"p{i}", name="fog", title="p", identity=0, strengths=STRENGTHS)
        for i in range(perturbations)
    ]
    samples = digest([str(i) for i in range(images)])
    data = DatasetRecord(label="data", name="shapes", classes=CLASSES, n=images, samples=samples, manifest="m")
    conditions = ["clean-0", *(f"{one.label}-{s:g}" for one in entries for s in STRENGTHS)]
    keys = [tuple(f"{model}-{one}" for one in conditions) for model in range(models)]
    return RunRecord(
        format=FORMAT,
        name="large",
        datasets=(data,),
        metric_sets=(protocol.metric_set_record(METRIC_SETS["standard"]),),
        metrics=protocol.metric_records(),
        perturbations=tuple(entries),
        models=tuple(
            ModelRecord(label=f"model {i}", name="unet", dataset="data", precision="fp32", cell_keys=keys[i])
            for i in range(models)
        ),
        cells=CellCounts(total=models * len(conditions), done=0),
    )


def write(folder, record):
    """Write the cells of a record, then the record."""
    store, images = RunFolder(folder), record.datasets[0].n
    for i, model in enumerate(record.models):
        by_strength = {strength: cell(i, strength, images) for strength in (0.0, *STRENGTHS)}
        for (_, strength), key in record.planned(model):
            found = by_strength[strength]
            store.write_cell(key, StoredCell(found.samples, found.counts, {"seconds": 1.0, "examples": []}))
    store.write_record(record)


def step(name, folder):
    """Do one step."""
    if name == "read":
        store = RunFolder(folder)
        record = store.record()
        for model in record.models:
            for _, key in record.planned(model):
                store.read_cell(key, Images.recorded(record.datasets[0]))
    elif name == "tables":
        from bench.record.late_cells import take_up

        print(*take_up(folder), sep="\n")
    else:
        from reports import render

        print(render(folder))


def timed(name, folder):
    """Do a step and print its seconds and the memory of this process at its largest."""
    start = time.perf_counter()
    step(name, folder)
    seconds, memory = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{name}: {seconds:.1f} s, {memory:.2f} GiB")


def main(folder, models=10, perturbations=33, images=10_000):
    """Write the store where it is missing, and time every step."""
    record = record_of(models, perturbations, images)
    if not (folder / "run.json").is_file():
        write(folder, record)
    rows = images * sum(len(model.cell_keys) for model in record.models)
    print(f"{rows:,} image-level rows")
    for name in STEPS:
        subprocess.run([sys.executable, __file__, str(folder), name], check=True)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    if sys.argv[2:] and sys.argv[2] in STEPS:
        timed(sys.argv[2], place)
    else:
        main(place, *map(int, sys.argv[2:]))
