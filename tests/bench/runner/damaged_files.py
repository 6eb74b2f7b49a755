"""Changes every byte of every kind of file in the cache, and says what its reader makes of that.

A change is "unchanged" (the same numbers and names, not a word), "named" (one line: refused, or made anew with the same
numbers), or WRONG. Run it for all bytes: python tests/bench/runner/damaged_files.py FOLDER
"""

import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from bench.data import DATASETS, open_dataset
from bench.data.pets.coursework_layout import open_coursework
from bench.host.screen import Screen
from bench.plan.checkpoints import checkpoint_path, loaded_state, read_record, save_checkpoint
from bench.plan.datasets import open_datasets
from bench.plan.given_checkpoints import users_checkpoint
from bench.plan.jobs import Job, Weights, known_weights, plan_jobs
from bench.record import speeds
from bench.suite import load_suite
from bench.training.journal import Journal
from bench.training.state_file import StateFiles, read_state
from registry.errors import BenchError
from registry.recipe import Recipe
from registry.remarks import hearing

KEY = "0123456789abcdef0123456789abcdef"
LOST = "lost"
"""The value of what is named and is not made anew by a reader."""


@dataclass
class Subject:
    """A file, and a way to read it: returns numbers and names, and the lines that were said meanwhile."""

    file: Path
    read: Callable[[], tuple[Any, list[str]]]
    more: list[Path] = field(default_factory=list)
    """Other files that reading may write anew."""


def network(seed: int = 0) -> nn.Module:
    """A convolution and a normalisation: 5 tensors."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))


def plain(value: Any) -> Any:
    """Return tensors as lists with their types, so that == compares them bit for bit."""
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape), value.contiguous().view(-1).view(torch.uint8).tolist()
    return {name: plain(one) for name, one in value.items()} if isinstance(value, dict) else value


def trained_checkpoint(folder: Path) -> Subject:
    """One in the cache, as plan and run read it."""
    path = checkpoint_path("net", KEY)
    save_checkpoint(network(), path, {"training_key": KEY, "model": "net", "training": {"seconds": 1.5}})

    def read() -> tuple[Any, list[str]]:
        weights = known_weights(Weights(KEY, training_key=KEY), "net")
        if weights.path is None:
            return LOST, [one.what for one in weights.damaged]
        return (weights.state, read_record(path), plain(loaded_state(path, weights.state))), []

    return Subject(path, read)


def given_checkpoint(folder: Path) -> Subject:
    """A file of ours, in the user's hands."""
    path = folder / "mine.safetensors"
    save_checkpoint(network(), path, {"training_key": KEY, "training": {"seconds": 1.5}})

    def read() -> tuple[Any, list[str]]:
        given = users_checkpoint(str(path), None, ["net"], network)
        return (given.state, given.note, read_record(given.path), plain(loaded_state(given.path))), []

    return Subject(path, read)


def converted(folder: Path, ending: str) -> Subject:
    """What is remembered of a user's file, and its copy under the network's names."""
    torch.save({"state_dict": {f"net.{name}": one for name, one in network().state_dict().items()}}, folder / "m.pth")
    path = users_checkpoint(str(folder / "m.pth"), None, ["net"], network).path

    def read() -> tuple[Any, list[str]]:
        given = users_checkpoint(str(folder / "m.pth"), None, ["net"], network)
        words = [one for one in given.note.split("; ") if "made anew" in one]
        return (given.path, given.state, plain(loaded_state(given.path, given.state))), words

    memory = path.with_suffix(".json")
    return Subject(path if ending == "safetensors" else memory, read, [path, memory])


def training_state(folder: Path, name: str) -> Subject:
    """The state after an epoch, and the weights of the best one."""
    journal = Journal(folder / "net.partial", Recipe(), Screen())
    journal.folder.mkdir()
    journal.curves |= {"epoch": [1, 2], "val_iou": [0.25, 0.75]}
    save_checkpoint(network(), journal.best, {"epoch": 2})
    state = {"callbacks": {journal.state_key: journal.state_dict()}, "state_dict": network(1).state_dict()}
    if name == "before":
        torch.save(state, journal.resumable)
    else:
        StateFiles().save_checkpoint(state, journal.resumable)

    def read() -> tuple[Any, list[str]]:
        again = Journal(journal.folder, Recipe(), Screen())
        again.reload()
        return (again.curves, plain(read_state(again.resumable)), plain(loaded_state(again.best))), []

    return Subject(journal.best if name == "best" else journal.resumable, read)


def manifest(folder: Path) -> Subject:
    """What is known of the images of a data set."""
    parameters = DATASETS["shapes"].parameters(trainval=4, test=2)

    def read() -> tuple[Any, list[str]]:
        data = open_dataset("shapes", parameters, None, download=False)
        subset = data.subset("test")
        return (subset.manifest, subset.rows), data.remarks

    read()
    [path] = (Path(os.environ["SEGBENCH_CACHE"]) / "manifests").glob("shapes-*.json")
    return Subject(path, read)


def encoding(folder: Path) -> Subject:
    """How the masks of a coursework copy are encoded."""
    import numpy as np
    from PIL import Image

    for kind in ("color", "label"):
        (folder / "Test" / kind).mkdir(parents=True)
        Image.fromarray(np.array([[0, 38], [75, 255]], np.uint8)).save(folder / "Test" / kind / "pug.png")

    def read() -> tuple[Any, list[str]]:
        with hearing() as heard:
            return open_coursework(folder, 100).encoding, heard

    read()
    [path] = (Path(os.environ["SEGBENCH_CACHE"]) / "manifests").glob("encoding-*.json")
    return Subject(path, read)


SUITE = """\
name: tiny
datasets: [{name: shapes, trainval: 12, test: 4}]
models: [{name: unet, width: 2, size: 32, label: net, train: {epochs: 1}}]
"""


def job(folder: Path) -> Job:
    """A network to be trained."""
    (folder / "tiny.yaml").write_text(SUITE)
    suite = load_suite(folder / "tiny.yaml")
    return plan_jobs(suite, open_datasets(suite))[0]


def rates(folder: Path) -> Subject:
    """The measured speeds."""
    todo = job(folder)
    speeds.note(todo, "evaluation", 4, 2.5, lambda _: None)
    speeds.note(todo, "training", 10, 7.25, lambda _: None)

    def read() -> tuple[Any, list[str]]:
        found = speeds.estimate(todo, 3, 10, set())
        return (LOST, [words]) if (words := speeds.damage()) and found is None else (found, [])

    return Subject(Path(os.environ["SEGBENCH_CACHE"]) / "rates.json", read)


SUBJECTS: dict[str, Callable[[Path], Subject]] = {
    "a trained checkpoint": trained_checkpoint,
    "a user's copy of a checkpoint": given_checkpoint,
    "a converted checkpoint": lambda folder: converted(folder, "safetensors"),
    "how a checkpoint was read": lambda folder: converted(folder, "json"),
    "the state of a training": lambda folder: training_state(folder, "last"),
    "the state of a training of before": lambda folder: training_state(folder, "before"),
    "the best weights of a training": lambda folder: training_state(folder, "best"),
    "a manifest": manifest,
    "the encoding of masks": encoding,
    "the measured speeds": rates,
}


def changes(content: bytes, bits: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield the content with each byte changed in turn (`bits` single bits of 8, then 0x00 and 0xff), and cut there."""
    chance = random.Random(seed)
    for place, byte in enumerate(content):
        flips = [byte ^ 1 << bit for bit in chance.sample(range(8), bits)]
        for other in [*flips, 0, 255]:
            if other != byte:
                yield f"byte {place} is {other}", content[:place] + bytes([other]) + content[place + 1 :]
        yield f"cut at {place}", content[:place]


def verdict(subject: Subject, whole: Any) -> str:
    """Return "unchanged", "named", or what is wrong."""
    try:
        found, said = subject.read()
    except BenchError as error:
        line = str(error)
        return "named" if "\n" not in line and subject.file.stem[:12] in line else f"not a clear line: {line}"
    except Exception as error:  # noqa: BLE001 - a traceback is what must not be
        return f"raises {type(error).__name__}: {error}"
    if any("\n" in line for line in said):
        return f"not one line: {said}"
    if found == whole or (found == LOST and said):
        return "named" if said else "unchanged"
    return f"WRONG: {found}, said: {said}"


def verdicts(subject: Subject, chosen: Iterator[tuple[str, bytes]]) -> tuple[Counter[str], list[str]]:
    """Return how many changes are unchanged, named and WRONG, and the wrong ones in words; every file ends as it was."""
    kept = {path: path.read_bytes() for path in {subject.file, *subject.more}}
    whole, said = subject.read()
    assert said == []
    counts, wrong = Counter[str](), []
    for words, content in chosen:
        subject.file.write_bytes(content)
        found = verdict(subject, whole)
        counts[found if found in ("unchanged", "named") else "WRONG"] += 1
        if found not in ("unchanged", "named"):
            wrong.append(f"{words}: {found}")
        for path, before in kept.items():
            if not path.is_file() or path.read_bytes() != before:
                path.write_bytes(before)
    return counts, wrong


def main(folder: Path) -> None:
    """Change all bytes, with two bits of each, and print the counts."""
    for number, (name, make) in enumerate(SUBJECTS.items()):
        place = folder / str(number)
        place.mkdir(parents=True)
        os.environ["SEGBENCH_CACHE"] = str(place / "cache")
        subject = make(place)
        counts, wrong = verdicts(subject, changes(subject.file.read_bytes(), bits=2))
        print(f"{name} ({subject.file.stat().st_size} bytes): {dict(counts)}", *wrong[:5], sep="\n  ", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
