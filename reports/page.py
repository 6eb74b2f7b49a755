"""Puts the sections in order into the page, and writes all that is made from a run folder."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bench.host.files import write_atomic
from reports.plots.figures import Figures
from reports.record.boards import boards, boards_of
from reports.record.measures import Axis, need_measures
from reports.sections import SECTIONS
from reports.tables.facts import facts_table
from reports.tables.scores import clean_table, leaderboard_table
from reports.tables.sweep_tables import perturbation_table, strongest_table
from reports.tables.table import NOTHING, Table, latex, markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from matplotlib.figure import Figure

    from registry.palette import Series
    from reports.record.run import Run

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Page:
    """What a section draws with: the run, a pen for figures, the templates, and what the curves run over."""

    run: "Run"
    figures: Figures
    x: Axis = "strength"

    def html(self, template: str, **values: Any) -> Markup:
        """Return a section's template filled in; every value is escaped unless it is Markup."""
        return Markup(_environment().from_string(template).render(run=self.run, **values))

    def figure(self, name: str, alt: str, plot: "Callable[[], Figure]") -> Markup:
        """Draw a figure into the run's ``figures/`` and return it as an element of the page."""
        return self.figures.draw(name, alt, plot)

    def legend(self, looks: "Mapping[str, Series]") -> list[dict[str, Any]]:
        """Return the entries of a legend for curves of these looks."""
        return [{"label": label, "look": look} for label, look in looks.items()]


def write(run: "Run", x: Axis = "strength") -> Path:
    """Write tables, figures and the page of a run, its curves over `x`; return the page's path.

    Raises:
        BenchError: the folder cannot be written, an example names a file outside it, or `x` was not measured.
    """
    need_measures(run, x)
    page = Page(run, Figures(run.folder / "figures"), x)
    entries = sorted((SECTIONS[name].order, name) for name in SECTIONS.names())
    bodies = [(name, SECTIONS[name].title, SECTIONS[name].draw(page)) for _, name in entries]
    page.figures.sweep()
    printed = list(_printed_tables(run))
    write_atomic(run.folder / "table.md", "\n".join(markdown(table) for table in printed))
    write_atomic(run.folder / "table.tex", "\n".join(latex(table) for table in printed))
    path = run.folder / "report.html"
    template = _environment().get_template("page.html")
    write_atomic(path, template.render(run=run, sections=[body for body in bodies if body[2]], style=_style()))
    return path


def _printed_tables(run: "Run") -> "Iterator[Table]":
    for dataset in run.record.datasets:
        shown = boards(run, dataset.label)
        for board in shown:
            yield leaderboard_table(run, board)
            yield facts_table(run, board)
        for metric_set in run.record.metric_sets:
            for board in boards_of(run, dataset.label, metric_set):
                yield clean_table(run, board)
        for board in shown if run.perturbations(dataset.label) else ():
            yield perturbation_table(run, board)
            yield strongest_table(run, board)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"moment": _moment, "duration": _duration, "pairs": _pairs, "counted": _counted}
    return environment


def _style() -> Markup:
    return Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8"))


def _moment(iso: str | None) -> str:
    """Return an ISO time to the minute."""
    return iso[:16].replace("T", " ") + (" UTC" if iso.endswith(("+00:00", "Z")) else "") if iso else NOTHING


def _duration(seconds: float | None) -> str:
    """Return seconds as a reader says them.

    >>> _duration(7.25), _duration(599.7), _duration(7322)
    ('7.2 s', '10 min 0 s', '2 h 2 min')
    """
    if seconds is None:
        return NOTHING
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def _pairs(values: dict[str, Any]) -> str:
    """Return "key=value, …" of a mapping."""
    return ", ".join(f"{key}={value}" for key, value in values.items())


def _counted(number: int | None, noun: str) -> str:
    """Return a number with its noun, a dash in place of an unknown number.

    >>> _counted(1, "model"), _counted(0, "picture")
    ('1 model', '0 pictures')
    """
    return f"{NOTHING if number is None else number} {noun}{'' if number == 1 else 's'}"
