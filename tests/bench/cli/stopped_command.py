"""A command that gets a signal in a phase of its work, at a moment that is the same each time.

usage: python stopped_command.py PHASE SIGNAL process|group WORD...     (the words of the command line)
"""

import os
import signal
import sys
from importlib import import_module
from itertools import count

if cores := os.environ.get("CORES"):  # processes that are started import this file too, and start loaders of their own
    os.cpu_count = lambda: int(cores)

PHASES = {
    "plan": ("bench.runner.loop:plan_jobs", 1),
    "decode": ("bench.data.manifest:_examine", 5),  # in a thread
    "train": ("bench.training.lightning_module:TrainingModule.training_step", 4),
    "second epoch": ("bench.host.screen:Counted.advance", 2),
    "evaluate": ("bench.evaluation.evaluator:predict", 2),
    "reconstruct": ("bench.evaluation.reconstructions:_compare", 1),
    "report": ("reports.plots.figures:_save", 2),
    "corrupt": ("bench.corrupt.writer:_perturbed", 3),  # in a thread
    "data": ("bench.cli.contact_sheet:_tile", 2),
    "fetch": ("torchvision.datasets.utils:download_and_extract_archive", 1),
    "perturb": ("bench.cli.perturbation_sheet:perturbed", 3),  # in a thread
}
"""The function that is called in a phase, and in which of its calls the signal comes."""

LEARN = "batch_size: 64, learning_rate: 0.01"
STAGES = "{name: autoencoder_unet, width: 2, size: 32, label: net, "
STAGES += f"pretrain: {{epochs: 1, {LEARN}}}, train: {{epochs: 3, {LEARN}}}}}"
SUITE = f"""\
name: stopped
datasets: [{{name: shapes, trainval: 12, test: 4}}]
models: [{STAGES}]
perturbations: [{{name: fog, strengths: [1, 3]}}]
precision: fp32
"""
PETS = "name: fetched\ndatasets: [{name: oxford_pet}]\nmodels: [{name: background}]\n"


def words(phase, folder):
    """Write what the command of a phase needs into `folder`, and return its words."""
    suite, images = folder / "suite.yaml", folder / "images"
    (folder / "pets").mkdir(exist_ok=True)
    suite.write_text(PETS if phase == "fetch" else SUITE)
    if phase in ("corrupt", "perturb") and not images.exists():
        import numpy as np
        from PIL import Image

        images.mkdir()
        for i in range(6):
            Image.fromarray(np.full((64, 64, 3), 40 * i, np.uint8)).save(images / f"{i}.png")
    commands = {
        "corrupt": ["corrupt", images, folder / "copy", "--perturbation", "fog", "--strengths", "1,3", "--jobs", "1"],
        "data": ["data", suite, "--preview", folder / "sheet.png"],
        "fetch": ["fetch", suite, "--data-root", folder / "pets"],
        "perturb": ["perturb", images / "1.png", "--preset", "common15", "-o", folder / "sheet.png"],
        "second epoch": ["train", suite],
    }
    return [str(word) for word in commands.get(phase, ["run", suite, "--out", folder / "r"])]


def arm(put, phase, act):
    """Let `act` be called in a phase; `put(object, name, value)` replaces an attribute."""
    place, when = PHASES[phase]
    module, _, path = place.partition(":")
    *holders, name = path.split(".")
    holder = import_module(module)
    for one in holders:
        holder = getattr(holder, one)
    real, calls = getattr(holder, name), count(1)

    def watched(*given, **named):
        if next(calls) == when:
            act()
        return real(*given, **named)

    put(holder, name, watched)


if __name__ == "__main__":
    phase, number, target, *rest = sys.argv[1:]
    number = getattr(signal, number)
    if number != signal.SIGKILL and target != "ignored":
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    def act():
        if target == "group":
            os.killpg(0, number)
        else:
            os.kill(os.getpid(), number)

    arm(setattr, phase, act)
    sys.argv = ["bench", *rest]
    from bench.cli.app import main

    main()
