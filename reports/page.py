"""Puts the sections in order into the page, and writes all that is made from a run folder."""

from typing import TYPE_CHECKING

from bench.host.files import write_atomic
from reports.markup import fill_page, without_dead_links
from reports.plots.figures import Figures
from reports.record.boards import boards, boards_of
from reports.record.measures import Axis, need_measures
from reports.record.verdict import standings
from reports.section import SECTIONS, Page
from reports.tables.clean_tables import clean_tables
from reports.tables.facts import facts_table
from reports.tables.latex import PREAMBLE, latex
from reports.tables.scores import leaderboard_table
from reports.tables.speed_tables import speed_tables
from reports.tables.standing_table import standing_table
from reports.tables.sweep_tables import perturbation_table, strongest_table
from reports.tables.table import Table, markdown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.record.run import Run


def write(run: "Run", x: Axis = "strength") -> "Path":
    """Write tables, figures and the page of a run, its curves over `x`; return the page's path.

    Raises:
        BenchError: the folder cannot be written, an example names a file outside it, or `x` was not measured.
    """
    need_measures(run, x)
    page = Page(run, Figures(run.folder / "figures"), x)
    entries = sorted((SECTIONS[name].order, name) for name in SECTIONS.names())
    bodies = [(name, SECTIONS[name].heading(run), SECTIONS[name].draw(page)) for _, name in entries]
    page.figures.sweep()
    tables = list(printed_tables(run))
    write_atomic(run.folder / "table.md", "\n".join(markdown(table) for table in tables))
    write_atomic(run.folder / "table.tex", PREAMBLE + "\n".join(latex(table) for table in tables))
    path = run.folder / "report.html"
    write_atomic(path, fill_page(run=run, sections=without_dead_links([body for body in bodies if body[2]])))
    return path


def printed_tables(run: "Run") -> "Iterator[Table]":
    """Yield the tables of ``table.md`` and ``table.tex``, data set by data set and board by board."""
    for dataset in run.record.datasets:
        shown = boards(run, dataset.label)
        for board in shown:
            yield standing_table(run, board, standings(run, board))
            yield leaderboard_table(run, board, "Scores and speed")
            yield facts_table(run, board)
        for metric_set in run.record.metric_sets:
            for board in boards_of(run, dataset.label, metric_set):
                yield from clean_tables(run, board)
        for board in shown if run.perturbations(dataset.label) else ():
            yield perturbation_table(run, board)
            yield strongest_table(run, board, run.metric("dice"))
        yield from speed_tables(run, dataset.label)
