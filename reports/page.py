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
    bodies = list(drawn_sections(page))
    page.figures.sweep()
    write_markdown(run)
    write_latex(run)
    path = run.folder / "report.html"
    write_atomic(path, fill_page(run=run, sections=without_dead_links([body for body in bodies if body[2]])))
    return path


def drawn_sections(page: Page) -> "Iterator[tuple[str, str, str]]":
    """Yield name, heading and HTML of each section in their order."""
    for _, name in sorted((SECTIONS[name].order, name) for name in SECTIONS.names()):
        yield name, SECTIONS[name].heading(page.run), SECTIONS[name].draw(page)


def write_markdown(run: "Run") -> "Path":
    """Write ``table.md`` and return its path."""
    path = run.folder / "table.md"
    write_atomic(path, "\n".join(markdown(table) for table in printed_tables(run)))
    return path


def write_latex(run: "Run") -> "Path":
    """Write ``table.tex`` and return its path."""
    path = run.folder / "table.tex"
    write_atomic(path, PREAMBLE + "\n".join(latex(table) for table in printed_tables(run)))
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
