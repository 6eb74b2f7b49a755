"""The tables of scores under perturbations, by perturbation and by strength."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reports.record.board_rows import find_summary
from reports.record.metrics import bounds, mean_title
from reports.record.ranking import mean_dice, perturbed_dice
from reports.tables.scores import name_cells, name_header, policy
from reports.tables.table import SEEN, Table, TableCell, score

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.record.model_record import ModelRecord
    from bench.record.run_record import MetricRecord, PerturbationRecord
    from reports.record.boards import Board
    from reports.record.run import Run
    from reports.tables.table import Scored

_COLUMNS = 8
"""More perturbations than this become the rows of a table: their columns would not fit on a laptop's screen."""


def perturbation_table(run: "Run", board: "Board") -> Table:
    """Return the mean Dice over each perturbation's non-identity strengths."""
    dataset, metric_set = board.dataset, board.metric_set
    return _by_perturbation(
        run,
        board,
        run.metric("dice"),
        "Mean Dice over the strengths",
        lambda model, entry: (
            _summary(run, board, model, entry.label) or mean_dice(run, dataset, model.label, entry, metric_set)
        ),
        "mean",
        lambda model: _summary(run, board, model) or perturbed_dice(run, dataset, model.label, metric_set),
    )


def _summary(run: "Run", board: "Board", model: "ModelRecord", perturbation: str = "all") -> "Scored | None":
    """Return the mean with its interval, None where the run has none (yet)."""
    found = find_summary(run.statistics.robustness, board, model.label, "mpc", perturbation)
    return found if found and found.value is not None else None


def strongest_table(run: "Run", board: "Board", metric: "MetricRecord") -> Table:
    """Return a metric at each perturbation's strongest level, and the worst of them."""
    dataset = board.dataset
    asked: dict[str, Any] = {"metric_set": board.metric_set.name, "metric": metric.name}

    def strongest(model: "ModelRecord", entry: "PerturbationRecord") -> "Scored | None":
        level = entry.by_damage()[-1:]
        return run.row(dataset, model.label, entry.label, *level, **asked) if level else None

    def worst(model: "ModelRecord") -> "Scored | None":
        rows = [strongest(model, entry) for entry in run.perturbations(dataset)]
        known = [(row.value, i, row) for i, row in enumerate(rows) if row and row.value is not None]
        found = (min if metric.higher_is_better else max)(known, default=None)
        return found[2] if found else None

    title = f"{mean_title(metric)} at the strongest level"
    last = "lowest" if metric.higher_is_better else "highest"
    return _by_perturbation(run, board, metric, title, strongest, last, worst)


def strengths_table(run: "Run", board: "Board", metric: "MetricRecord", perturbation: "PerturbationRecord") -> Table:
    """Return a metric of every model of a board at every strength of one perturbation."""
    strengths = perturbation.by_damage()
    asked: dict[str, Any] = {"metric_set": board.metric_set.name, "metric": metric.name}
    rows = [
        (
            *name_cells(board, model, SEEN if model.saw(perturbation.names) else ""),
            score(run.row(board.dataset, model.label, **asked)),
            *(score(run.row(board.dataset, model.label, perturbation.label, s, **asked)) for s in strengths),
        )
        for model in board.models
    ]
    unit = f" ({perturbation.unit})" if perturbation.unit else ""
    return Table(
        board.title(f"{mean_title(metric)} by strength of {run.title(perturbation)}{unit}"),
        _note(board, (perturbation,)),
        (*name_header(board), "clean", *(f"{strength:g}" for strength in strengths)),
        tuple(rows),
        frozenset({"model", "prompt"}),
        policy(run, board.dataset, board.metric_set, board.labels),
    )


def _by_perturbation(
    run: "Run",
    board: "Board",
    metric: "MetricRecord",
    title: str,
    of: "Callable[[ModelRecord, PerturbationRecord], Scored | float | None]",
    last: str,
    summary: "Callable[[ModelRecord], Scored | float | None]",
) -> Table:
    entries, ends = run.perturbations(board.dataset), bounds(metric)
    asked: dict[str, Any] = {"metric_set": board.metric_set.name, "metric": metric.name}
    rows = [
        (
            *name_cells(board, model),
            score(run.row(board.dataset, model.label, **asked)),
            *(score(of(model, entry), bar=ends, mark=SEEN if model.saw(entry.names) else "") for entry in entries),
            score(summary(model), bar=ends),
        )
        for model in board.models
    ]
    header = (*name_header(board), "clean", *(entry.label for entry in entries), last)
    rules = policy(run, board.dataset, board.metric_set, board.labels)
    table = Table(board.title(title), _note(board, entries), header, tuple(rows), frozenset({"model", "prompt"}), rules)
    return table if len(entries) <= _COLUMNS else _turned(table, "perturbation")


def _note(board: "Board", entries: "tuple[PerturbationRecord, ...]") -> str:
    seen = any(model.saw(entry.names) for model in board.models for entry in entries)
    return f"{SEEN} The model saw this perturbation in training." if seen else ""


def _turned(table: Table, corner: str) -> Table:
    """Return a table with its columns as rows: many of them can be read below, but not beside each other."""
    names, *columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.header)
    rows = tuple((TableCell(name), *cells) for name, cells in zip(table.header[1:], columns, strict=True))
    header = (corner, *(cell.text for cell in names))
    return replace(table, header=header, rows=rows, words=frozenset({corner}))
