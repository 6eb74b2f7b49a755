"""The tables of a run folder, line by line: scores, measured strengths, confused classes, reconstructions."""

import csv
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from bench.record.csv_columns import CONFUSION, RECONSTRUCTIONS, STRENGTHS, SUMMARY
from registry.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

T = TypeVar("T")


class ScoreRow(NamedTuple):
    """One line of ``summary.csv``: one score over `n` images; `value` is None where it is undefined.

    `low` to `high`: its interval, None where there is none (an older run); `resamples`: those where it is defined.
    """

    dataset: str
    model: str
    perturbation: str
    strength: float
    metric_set: str
    metric: str
    class_name: str
    n: int
    value: float | None
    low: float | None = None
    high: float | None = None
    resamples: int = 0


class MeasuredRow(NamedTuple):
    """One line of ``strengths.csv``: how far `n` perturbed images are from their clean originals."""

    dataset: str
    perturbation: str
    strength: float
    measure: str
    n: int
    mean: float | None
    sd: float | None


class ReconstructionRow(NamedTuple):
    """One line of ``reconstructions.csv``: how well an autoencoder reconstructs `n` images, means over them."""

    dataset: str
    model: str
    n: int
    mse: float | None
    psnr: float | None
    ssim: float | None


class ConfusionRow(NamedTuple):
    """One line of ``confusion.csv``: pixels of a class of the ground truth by the class predicted, clean images."""

    dataset: str
    model: str
    border: str
    ground_truth: str
    prediction: str
    pixels: int


def read_scores(path: "Path") -> tuple[ScoreRow, ...]:
    """Return the rows of ``summary.csv``; a run that was stopped before its first cell has none.

    Raises:
        BenchError: the file cannot be read; one line names it and the place.
    """
    return read_table(path, [name for name in SUMMARY if name != "supervision"], _score) or ()


def read_strengths(path: "Path") -> tuple[MeasuredRow, ...] | None:
    """Return the rows of ``strengths.csv``, None where there is no such file: older runs have none.

    Raises:
        BenchError: the file cannot be read; one line names it and the place.
    """
    return read_table(path, STRENGTHS, _measured)


def read_reconstructions(path: "Path") -> tuple[ReconstructionRow, ...]:
    """Return the rows of ``reconstructions.csv``; most runs have no such file and no rows.

    Raises:
        BenchError: the file cannot be read; one line names it and the place.
    """
    return read_table(path, RECONSTRUCTIONS, _reconstruction) or ()


def read_confusion(path: "Path") -> tuple[ConfusionRow, ...]:
    """Return the rows of ``confusion.csv``; older runs have no such file and no rows.

    Raises:
        BenchError: the file cannot be read; one line names it and the place.
    """
    return read_table(path, CONFUSION, _confusion) or ()


def level(strength: float) -> float:
    """Return a strength to 12 digits: so many stand in the tables, more may stand in ``run.json``."""
    return float(f"{strength:.12g}")


def read_table(path: "Path", wanted: "Sequence[str]", parse: "Callable[[dict[str, str]], T]") -> tuple[T, ...] | None:
    """Return the rows, None where there is no such file.

    A table may have more columns than are `wanted`, of an older or newer version. `parse` makes a row of a line; its
    ValueError says that the line is damaged.

    Raises:
        BenchError: the file cannot be read; one line names it and the place.
    """
    if not path.exists():
        return None
    if not path.is_file():
        raise BenchError(f"{path} is a folder, a pipe or a device, no table; delete it and run the suite again")
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            header = next(reader, [])
            if missing := [name for name in wanted if name not in header]:
                raise BenchError(f"{path} is damaged: its header lacks {','.join(missing)}; run the suite again")
            return tuple(_parsed(f"{path} is damaged at line {reader.line_num}", header, row, parse) for row in reader)
    except (UnicodeDecodeError, OSError, csv.Error) as error:
        raise BenchError(f"{path} is damaged: {error}; run the suite again") from error


def _parsed(fault: str, header: list[str], cells: list[str], parse: "Callable[[dict[str, str]], T]") -> T:
    try:
        return parse(dict(zip(header, cells, strict=True)))
    except ValueError as error:
        raise BenchError(f"{fault}; run the suite again to write it anew") from error


def _score(row: dict[str, str]) -> ScoreRow:
    place = (row["dataset"], row["model"], row["perturbation"], level(float(row["strength"])))
    bounds = number(row.get("low", "")), number(row.get("high", "")), int(row.get("resamples") or 0)
    what = row["metric_set"], row["metric"], row["class"]
    return ScoreRow(*place, *what, int(row["n"]), number(row["value"]), *bounds)


def _measured(row: dict[str, str]) -> MeasuredRow:
    place = (row["dataset"], row["perturbation"], level(float(row["strength"])), row["measure"])
    return MeasuredRow(*place, int(row["n"]), number(row["mean"]), number(row["sd"]))


def _reconstruction(row: dict[str, str]) -> ReconstructionRow:
    measured = (number(row[name]) for name in ("mse", "psnr", "ssim"))
    return ReconstructionRow(row["dataset"], row["model"], int(row["n"]), *measured)


def _confusion(row: dict[str, str]) -> ConfusionRow:
    place = (row["dataset"], row["model"], row["border"])
    return ConfusionRow(*place, row["ground_truth"], row["prediction"], int(row["pixels"]))


def number(text: str) -> float | None:
    """Return a number, None for an empty cell or for nan and inf."""
    found = float(text) if text else None
    return found if found is not None and isfinite(found) else None
