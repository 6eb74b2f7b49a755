"""Malformed run folders, as `bench report` may get them from somebody else."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from malformed_case import Case, Make

RUN = Path(__file__).parents[1] / "runs" / "before_rooms"
TABLES = ("summary.csv", "strengths.csv", "reconstructions.csv")
WORDS = ("report", "run")
NOT_JSON: dict[str, bytes] = {
    "empty": b"",
    "a text": b"no JSON\n",
    "bytes": bytes(range(256)),
    "UTF-16": '{"format": 1}'.encode("utf-16"),
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "of no format": b"{}",
    "of a newer format": b'{"format": 99}',
    "of the format 'one'": b'{"format": "one"}',
    "of the format true": b'{"format": true}',
    "of a format alone": b'{"format": 1, "models": 3}',
    "not a number": b'{"format": NaN}',
    "a foreign file": b'{"name": "react", "version": "1.0.0", "dependencies": {}}',
    "deep": b'{"format": 1, "suite": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
}
WRONG: dict[str, list[Any]] = {
    "datasets": [None, 3, [3], {"a": 1}, [{}], "x"],
    "models": [None, 3, [3], {"a": 1}, [{}], "x"],
    "metric_sets": [None, 3, [3], [{}]],
    "perturbations": [3, [3], [{}], [{"label": 1}]],
    "cells": [3, [], {"total": "x"}],
    "name": [3, None, []],
}
TABLE: dict[str, bytes] = {
    "of bytes": bytes(range(256)),
    "of UTF-16": "dataset,model\n".encode("utf-16"),
    "of another header": b"a,b,c\n1,2,3\n",
    "of JSON": b'{"a": 1}\n',
    "with a ragged line": b"+shapes,net\n",
    "with words for numbers": b"+" + b",".join([b"x"] * 10) + b"\n",
    "with an open quote": b'+"shapes,net\n',
    "with NUL": b"+sha\0pes,a,b,c,d,e,f,g,h,i\n",
    "with a cell of a megabyte": b"+" + b"x" * 1_000_000 + b",a,b,c,d,e,f,g,h,i\n",
}  # fmt: skip


def _copied(change: Make) -> Make:
    def make(at: Path) -> None:
        (at / "run").mkdir()
        for name in ("run.json", *TABLES):
            shutil.copyfile(RUN / name, at / "run" / name)
        change(at / "run")

    return make


def _written(name: str, content: bytes) -> Make:
    def change(run: Path) -> None:
        (run / name).parent.mkdir(exist_ok=True)
        (run / name).write_bytes(content)

    return change


def _added(name: str, content: bytes) -> Make:
    """Replace a table, or where the content begins with +, add a line to it."""
    whole = (RUN / name).read_bytes() + content[1:] if content.startswith(b"+") else content
    return _written(name, whole)


def _node(name: str, put: Callable[[Path], object]) -> Make:
    def change(run: Path) -> None:
        (run / name).unlink(missing_ok=True)
        put(run / name)

    return change


def _index(file: str, more: Callable[[Path], object] = lambda run: None) -> Make:
    """Write an index that names an image of the run's first model."""
    model = json.loads((RUN / "run.json").read_text())["models"][0]
    example = {"dataset": model["dataset"], "model": model["label"], "perturbation": "clean", "strength": 0}
    shown = example | {"rank": "worst", "sample": "a", "images": [{"file": file, "panels": ["image"]}]}

    def change(run: Path) -> None:
        (run / "examples").mkdir()
        (run / "examples" / "index.json").write_text(json.dumps({"format": 2, "examples": [shown]}))
        more(run)

    return change


OUTSIDE = (
    "../../etc/passwd",
    "/etc/passwd",
    "../secret.webp",
    "run.json",
    "examples/a.svg",
    "examples/../../x.webp",
    "",
)


def _links_out(run: Path) -> None:
    (run.parent / "secret.webp").write_bytes(b"secret")
    (run / "examples" / "a.webp").symlink_to(run.parent / "secret.webp")


def _records(draw: Random) -> list[Case]:
    whole = (RUN / "run.json").read_bytes()
    cases = [
        Case(
            "run folder",
            f"run.json cut at {share}",
            _copied(_written("run.json", whole[: int(len(whole) * share)])),
            WORDS,
            "run.json",
        )
        for share in (0.01, 0.2, 0.5, 0.9)
    ]
    content = json.loads(whole)
    for key, values in WRONG.items():
        for value in values:
            text = json.dumps(content | {key: value}).encode()
            cases.append(
                Case("run folder", f"run.json: {key} = {value}", _copied(_written("run.json", text)), WORDS, "run.json")
            )
    for key in ("name", "datasets", "models", "metric_sets"):
        text = json.dumps({k: v for k, v in content.items() if k != key}).encode()
        cases.append(
            Case("run folder", f"run.json without {key}", _copied(_written("run.json", text)), WORDS, "run.json")
        )
    for i in range(30):
        flipped = bytearray(whole)
        flipped[draw.randrange(len(whole))] = draw.randrange(256)
        cases.append(
            Case(
                "run folder",
                f"run.json with a byte changed ({i})",
                _copied(_written("run.json", bytes(flipped))),
                WORDS,
                "",
                "either",
            )
        )
    return cases


def runs(seed: int) -> list[Case]:
    """Return every malformed run folder."""
    cases = [Case("run folder", "not there", lambda at: None, WORDS, "run")]
    cases += [Case("run folder", "a file", lambda at: (at / "run").write_text("x") and None, WORDS, "run")]
    cases += [Case("run folder", "empty", lambda at: (at / "run").mkdir(), WORDS, "run.json")]
    for name in ("run.json", "examples/index.json"):
        for what, content in NOT_JSON.items():
            if (name, what) != ("examples/index.json", "of a format alone"):
                cases.append(Case("run folder", f"{name} {what}", _copied(_written(name, content)), WORDS, name))
    for name in TABLES:
        for what, content in TABLE.items():
            cases.append(Case("run folder", f"{name} {what}", _copied(_added(name, content)), WORDS, name))
    for name in ("run.json", *TABLES):
        cases += [
            Case("run folder", f"{name} is a folder", _copied(_node(name, Path.mkdir)), WORDS, name),
            Case("run folder", f"{name} is a pipe", _copied(_node(name, os.mkfifo)), WORDS, name),
            Case(
                "run folder",
                f"{name} has no end",
                _copied(_node(name, lambda path: path.symlink_to("/dev/zero"))),
                WORDS,
                name,
            ),
        ]
    for file in OUTSIDE:
        cases.append(Case("run folder", f"an example at '{file}'", _copied(_index(file)), WORDS, "index.json"))
    cases.append(
        Case(
            "run folder",
            "an example that links out",
            _copied(_index("examples/a.webp", _links_out)),
            WORDS,
            "index.json",
        )
    )
    return cases + _records(Random(seed))
