"""A run as a Python program sees it: tables, tidy frames, counts, the worst images, figures, the report."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING

from bench.api.cell_reader import CellReader
from bench.host.files import StorageError, make_folder, reported_os_errors, write_atomic
from bench.record.csv_columns import COMPARISONS, INTERVAL, RANKING, ROBUSTNESS, SUMMARY
from registry.errors import BenchError, suggestion
from registry.regular_files import users_path
from reports.record.run import Run, check_tables, open_run

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import Console, ConsoleOptions, RenderResult

    from reports.tables.table import Table


@dataclass
class Result:
    """What a run found out. Everything is read from its folder, as the report does.

    folder: the run's folder; a temporary one for `bench.evaluate`, which goes with this object.
    """

    folder: Path

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()  # a program may change its working directory

    @cached_property
    def run(self) -> Run:
        """The run as its files tell it."""
        return open_run(self.folder)

    @property
    def failed(self) -> tuple[str, ...]:
        """One line for each condition that could not be evaluated: the model, the condition and why."""
        return tuple(f"{c.model}, {c.perturbation} {c.strength:g}: {c.message}" for c in self.run.record.cells.failed)

    def frame(self) -> "pd.DataFrame":
        """Return every number, one row each.

        Columns: dataset, model, supervision, perturbation, strength, metric_set, metric, class, n, value, low, high
        (float64, NaN where it is not defined; low to high is the 95 % interval), resamples (in which it is defined).

        Raises:
            BenchError: summary.csv is missing or damaged.
        """
        import pandas as pd

        if not (path := self.folder / "summary.csv").is_file():
            raise BenchError(f"{path} is missing; run the suite again to write it anew, which evaluates nothing twice")
        check_tables(self.folder, self.run.record)
        words = dict.fromkeys({*SUMMARY} - {"strength", "n", "value"}, str)  # a model may be called "007"
        empty = {name: [""] for name in ("value", *INTERVAL)}
        return pd.read_csv(path, dtype=words, keep_default_na=False, na_values=empty)

    def table(self) -> "pd.DataFrame":
        """Return the leaderboard: one row per model on each board, best clean Dice first.

        Rows of equal dataset, metric_set and supervision are one board, and only they compare.
        """
        import pandas as pd

        from reports import leaderboard

        return pd.DataFrame([vars(row) for row in leaderboard(self.folder)])

    def ranking(self) -> "pd.DataFrame":
        """Return the ranks of models with their intervals: one row per model on each board.

        Columns: those of ranking.csv (docs/formats.md); a board is dataset, supervision, metric_set, metric and scope.

        Raises:
            BenchError: the run has no rankings yet, or the table is damaged.
        """
        return self._statistics("ranking.csv", RANKING, RANKING[:6])

    def comparisons(self) -> "pd.DataFrame":
        """Return every pair of models of each board: their difference, its interval and p, the images they fail on.

        Columns: those of comparisons.csv (docs/formats.md).

        Raises:
            BenchError: the run has no comparisons yet, or the table is damaged.
        """
        return self._statistics("comparisons.csv", COMPARISONS, COMPARISONS[:7])

    def robustness(self) -> "pd.DataFrame":
        """Return summaries of each model's fall under perturbations, one row per measure.

        Columns: those of robustness.csv (docs/formats.md); docs/statistics.md has the formulas.

        Raises:
            BenchError: the run has no summaries yet, or the table is damaged.
        """
        return self._statistics("robustness.csv", ROBUSTNESS, (*ROBUSTNESS[:8], "note"))

    def _statistics(self, name: str, columns: "tuple[str, ...]", words: "tuple[str, ...]") -> "pd.DataFrame":
        import pandas as pd

        if not (path := self.folder / name).is_file():
            raise BenchError(f"{path} is missing; run `bench report {self.folder}`, which computes it from the cells")
        check_tables(self.folder, self.run.record)
        empty = {name: [""] for name in columns if name not in words}
        return pd.read_csv(path, dtype=dict.fromkeys(words, str), keep_default_na=False, na_values=empty)

    def counts(self, model: str | None = None, dataset: str | None = None) -> "pd.DataFrame":
        """Return the integers that every score is computed from, border pixels left out: one row per image and class.

        Of a model that names no class (task "binary") it is one row per image, of the class "foreground".

        Args:
            model: the label of a model; None: all.
            dataset: the label of a data set; None: all.

        Columns: dataset, model, perturbation, strength, sample, class, tp, fp, fn (int64).

        Raises:
            BenchError: there is no such model or data set, or a cell is damaged.
        """
        return CellReader(self.folder, self.run.record).counts(
            self._label(model, "model"), self._label(dataset, "dataset")
        )

    def worst(
        self, perturbation: str = "clean", strength: float = 0.0, *, k: int = 5, model: str | None = None,
        dataset: str | None = None,
    ) -> "pd.DataFrame":  # fmt: skip
        """Return the k images of lowest Dice under a condition, for each model, by the run's first metric set.

        Columns: dataset, model, perturbation, strength, sample, dice; the lowest first.

        Raises:
            BenchError: there is no such model, data set, perturbation or strength.
        """
        self._check_condition(perturbation, strength)
        reader = CellReader(self.folder, self.run.record)
        labels = self._label(model, "model"), self._label(dataset, "dataset")
        return reader.worst(*labels, perturbation, float(strength), k)

    def plot(self, metric: str = "dice", *, model: str | None = None, dataset: str | None = None) -> "Figure":
        """Draw a metric's class mean against strength, a panel per perturbation, a curve per model.

        Args:
            metric: the name of a metric (see `bench list metrics`).
            model: the label of one model; None: those of the first board.
            dataset: the label of a data set; None: the first one that is perturbed.

        Raises:
            BenchError: the run has no such metric, model or data set, or nothing was perturbed.
        """
        from dataclasses import replace

        from reports.plots.sweep_plots import score_by_strength_grid
        from reports.record.boards import boards

        run, known = self.run, [one.name for one in self.run.metrics]
        if metric not in known:
            raise BenchError(f"no metric named '{metric}' in this run; {suggestion(metric, known)}")
        label, own = self._label(dataset, "dataset"), self._label(model, "model")
        shown = [
            one.label for one in run.record.datasets if run.perturbations(one.label) and label in (None, one.label)
        ]
        found = [board for name in shown for board in boards(run, name) if own is None or own in board.labels]
        if not found:
            raise BenchError("nothing was perturbed, so there is no strength to draw over; give perturbations")
        board = found[0]
        models = tuple(one for one in board.models if own in (None, one.label))
        return score_by_strength_grid(run, replace(board, models=models), run.metric(metric))

    def report(self, path: str | Path) -> Path:
        """Write the HTML report, one file that needs nothing else, and return its path.

        Raises:
            BenchError: it cannot be written, or its temporary files cannot.
        """
        from reports import render

        target = users_path(path)
        with self._copy() as folder:
            html = render(folder).read_text(encoding="utf-8")
        write_atomic(target, html)
        return target

    def save(self, folder: str | Path) -> Path:
        """Keep the run: the same folder, with tables, figures and report, that `bench run` writes.

        Raises:
            BenchError: there is something at `folder`, or it cannot be written.
        """
        from reports import render

        target = users_path(folder)
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise BenchError(f"{target} is not empty; choose another folder")
        with reported_os_errors(target):
            make_folder(target.parent)
            with TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as place:  # whole or not at all
                copy = Path(place) / target.name
                _copy_folder(self.folder, copy)
                render(copy)
                copy.replace(target)
        return target

    @contextmanager
    def _copy(self) -> Iterator[Path]:
        """Give a temporary copy of what a report is drawn from: the run's own folder stays as it is."""
        with reported_os_errors(Path(gettempdir())), TemporaryDirectory() as place:
            folder = Path(place) / self.folder.name
            _copy_folder(self.folder, folder, "cells", "figures")
            yield folder

    def _label(self, label: str | None, kind: str) -> str | None:
        known = {getattr(m, "label" if kind == "model" else "dataset") for m in self.run.record.models}
        if label is not None and label not in known:
            raise BenchError(f"no {kind} labelled '{label}' in this run; {suggestion(label, known)}")
        return label

    def _check_condition(self, perturbation: str, strength: float) -> None:
        known = {"clean": (0.0,), **{entry.label: entry.strengths for entry in self.run.record.perturbations}}
        if perturbation not in known:
            raise BenchError(
                f"no perturbation labelled '{perturbation}' in this run; {suggestion(perturbation, known)}"
            )
        if strength not in known[perturbation]:
            allowed = ", ".join(f"{value:g}" for value in known[perturbation])
            raise BenchError(f"{perturbation} has no strength {strength:g} in this run; its strengths: {allowed}")

    def _boards(self) -> "Iterator[Table]":
        from reports.record.boards import boards
        from reports.tables.scores import leaderboard_table

        for dataset in self.run.record.datasets:
            for board in boards(self.run, dataset.label):
                yield leaderboard_table(self.run, board)

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        """Draw the leaderboards for `rich.print`."""
        from bench.host.terminal_table import text_table

        for board in self._boards():
            rows = [dict(zip(board.header, (cell.text for cell in row), strict=True)) for row in board.rows]
            yield board.title
            numbers = [name for name in board.header if name not in board.words]
            yield text_table(rows, numbers, options.max_width)
            yield board.note
        if self.failed:
            yield f"{len(self.failed)} conditions could not be evaluated; the first one: {self.failed[0]}"

    def __repr__(self) -> str:
        """Return the leaderboards as text."""
        from rich.console import Console

        console = Console(width=120, highlight=False)
        with console.capture() as capture:
            console.print(self)
        return capture.get()

    def _repr_html_(self) -> str:
        """Return the leaderboards for a notebook; every text is escaped."""
        from html import escape

        parts = []
        for board in self._boards():
            head = "".join(f"<th>{escape(name)}</th>" for name in board.header)
            body = "".join(f"<tr>{''.join(f'<td>{escape(cell.text)}</td>' for cell in row)}</tr>" for row in board.rows)
            parts.append(
                f"<table><caption>{escape(board.title)}</caption><thead><tr>{head}</tr></thead>"
                f"<tbody>{body}</tbody></table><p><small>{escape(board.note)}</small></p>"
            )
        parts += [f"<p>not evaluated: {escape(line)}</p>" for line in self.failed]
        return "".join(parts)


def _copy_folder(source: Path, target: Path, *without: str) -> None:
    """Copy a run's folder, but for its lock and what a run that is still going is about to write.

    Raises:
        StorageError: something of it cannot be copied.
    """
    try:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".lock", "*.tmp", *without))
    except shutil.Error as error:  # of the files that failed, which has no number
        file, copy, reason = error.args[0][0]
        raise StorageError(
            f"cannot copy {file} to {copy}: {reason}; free some space or choose another folder"
        ) from error
