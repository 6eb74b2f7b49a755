"""Damage at every byte of a run folder's files, and at every length: what was written, or one clear line?

`python tests/bench/record/random_damage.py` prints how many of each there are; WRONG must be none.
"""

import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import reports.record.run
from bench.host.screen import Screen
from bench.record.cell_file import Images
from bench.record.late_cells import take_up
from bench.record.run_folder import RunFolder
from bench.runner.loop import Options, run
from bench.suite import load_suite
from registry.errors import BenchError

SUITE = """\
name: tiny
datasets: [{name: shapes, trainval: 6, test: 4}]
models: [{name: background}]
perturbations: [{name: additive_noise, strengths: [50]}]
"""
CELL, RECORD, SUMMARY, STRENGTHS = "a cell", "run.json", "summary.csv", "strengths.csv"
INDEX, FAILURE = "examples/index.json", "a note of a failure"
OTHER = "f" * 32


def made(place: Path) -> Path:
    """Run the suite and return the run's folder, with a note of a failure, of a cell of another suite."""
    from bench.record.failure_note import Failure

    (place / "tiny.yaml").write_text(SUITE)
    run(load_suite(place / "tiny.yaml"), Options(place / "run"), Screen())
    note = Failure(dataset="d", model="m", perturbation="fog", strength=0.5, message="no memory", traceback="line 1")
    RunFolder(place / "run").write_failure(OTHER, note)
    return place / "run"


def keys(folder: Path) -> tuple[str, ...]:
    """Return the keys of the run's cells."""
    record = RunFolder(folder).record()
    assert record is not None
    return record.models[0].cell_keys


def path_of(folder: Path, file: str) -> Path:
    """Return where a file lies."""
    names = {CELL: f"cells/{keys(folder)[0]}.parquet", FAILURE: f"cells/{OTHER}.failed.json"}
    return folder / names.get(file, file)


def reader(folder: Path, file: str) -> Callable[[], Any]:
    """Return a function that reads a file as `bench run` and `bench report` do, into what compares with `==`."""
    inside, first = RunFolder(folder), keys(folder)[0]
    record = inside.record()
    assert record is not None
    images = Images.recorded(record.datasets[0])

    def cell() -> Any:
        inside.check_cell(first, images)
        read = inside.read_cell(first, images)
        values = read.counts.values.tolist(), read.counts.foreground.tolist(), read.counts.classes
        return read.samples, values, read.record, inside.read_cell_record(first)

    def opened() -> Any:
        found = reports.record.run.open_run(folder)
        return found.record, found.rows, found.index, found.strengths

    def failures() -> Any:
        if inside.damaged_notes():
            raise BenchError("is named by a line of the run")
        return inside.failures()

    return {CELL: cell, FAILURE: failures}.get(file, opened)


def damages(content: bytes, seed: int, bits: int, step: int) -> Iterator[bytes]:
    """Yield damaged copies: each `step`-th byte with so many single bits flipped, made 0 and 255, and cut off there."""
    rng = random.Random(seed)
    for place in range(0, len(content), step):
        flips = [content[place] ^ 1 << bit for bit in rng.sample(range(8), bits)]
        for byte in {*flips, 0, 255} - {content[place]}:
            yield content[:place] + bytes([byte]) + content[place + 1 :]
        yield content[:place]


def answer(read: Callable[[], Any], right: Any) -> str:
    """Return what a reader makes of a damaged file: `unchanged`, `named`, or what is WRONG."""
    try:
        return "unchanged" if read() == right else "WRONG: another content"
    except BenchError as error:
        return "named" if "\n" not in str(error) and len(str(error)) < 600 else f"WRONG: no clear line: {error}"
    except Exception as error:  # noqa: BLE001 - a traceback, whatever it is
        return f"WRONG: {type(error).__name__}: {error}"


def answers(folder: Path, file: str, *, bits: int, step: int) -> Counter[str]:
    """Count the answers to the damages of one file, which is left as it was."""
    reports.record.run.PAUSES = (0,)
    path, read = path_of(folder, file), reader(folder, file)
    right, content = read(), path.read_bytes()
    found: Counter[str] = Counter()
    try:
        for damaged in damages(content, 0, bits, step):
            path.write_bytes(damaged)
            found[answer(read, right)] += 1
    finally:
        path.write_bytes(content)
    return found


def mended(folder: Path, file: str, *, step: int) -> Counter[str]:
    """Count how often a report's tables are those of before, although a table or the index was damaged."""
    path, read = path_of(folder, file), reader(folder, file)
    right, content = read()[1:], path.read_bytes()
    found: Counter[str] = Counter()
    for damaged in damages(content, 1, 1, step):
        path.write_bytes(damaged)
        try:
            lines = take_up(folder)
            words = "made anew" if lines or damaged == b"" else "made anew without a line"
            found[words if read()[1:] == right else "WRONG: another content"] += 1
        except Exception as error:  # noqa: BLE001
            found[f"WRONG: {type(error).__name__}: {error}"] += 1
        for left in folder.rglob("*.damaged*"):
            left.unlink()
    return found


def main(bits: int = 8, step: int = 1) -> int:
    """Print the counts of all files; return how many are WRONG."""
    wrong = 0
    with TemporaryDirectory() as place:
        os.environ["SEGBENCH_CACHE"] = f"{place}/cache"
        folder = made(Path(place))
        for file in (CELL, RECORD, SUMMARY, STRENGTHS, INDEX, FAILURE):
            found = answers(folder, file, bits=bits, step=step)
            print(f"{file}, {path_of(folder, file).stat().st_size} bytes: {dict(found)}", flush=True)
            wrong += sum(number for words, number in found.items() if words.startswith("WRONG"))
        for file in (SUMMARY, STRENGTHS, INDEX):
            found = mended(folder, file, step=max(step, 7))
            print(f"{file}, bench report: {dict(found)}", flush=True)
            wrong += sum(number for words, number in found.items() if words.startswith("WRONG"))
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
