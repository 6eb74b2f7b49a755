"""What a section of the page is, and what it draws with. The sections themselves: one file each in `sections/`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.core import Registry
from reports.markup import fill
from reports.svg.canvas import key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from markupsafe import Markup
    from matplotlib.figure import Figure

    from registry.palette import Series
    from reports.plots.figures import Figures
    from reports.record.measures import Axis
    from reports.record.run import Run


@dataclass(frozen=True)
class Page:
    """What a section draws with: the run, a pen for figures, the templates, and what the curves run over."""

    run: "Run"
    figures: "Figures"
    x: "Axis" = "strength"

    def html(self, template: str, **values: Any) -> "Markup":
        """Return a section's template filled in; every value is escaped unless it is Markup."""
        return fill(template, run=self.run, **values)

    def figure(self, name: str, alt: str, plot: "Callable[[], Figure]") -> "Markup":
        """Draw a figure into the run's ``figures/`` and return it as an element of the page."""
        return self.figures.draw(name, alt, plot)

    def legend(self, looks: "Mapping[str, Series]") -> list[dict[str, Any]]:
        """Return the entries of a legend for curves of these looks."""
        return [{"label": label, "key": key(look.number)} for label, look in looks.items()]


@dataclass(frozen=True)
class Section:
    """One section: its place, its title, and what draws its HTML ("" where there is nothing to show).

    remark: what the heading adds to the title about a run.
    """

    order: int
    title: str
    draw: "Callable[[Page], str]"
    remark: "Callable[[Run], str]" = lambda _: ""

    def heading(self, run: "Run") -> str:
        """Return the title with what it has to say of this run."""
        return self.title + self.remark(run)


SECTIONS: Registry[Section] = Registry("report section", "reports.sections", Section)
