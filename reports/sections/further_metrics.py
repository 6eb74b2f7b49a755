"""Further metrics against strength: what a user adds to the usual scores, in panels and tables of its own."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.plots.drawing import looks
from reports.plots.sweep_plots import score_by_strength
from reports.record.boards import boards
from reports.record.measures import MEASURES
from reports.record.metrics import is_usual, mean_title
from reports.section import Section
from reports.svg.sweep_panels import sweep_panel
from reports.tables.scores import lower_note, policy
from reports.tables.sweep_tables import strengths_table, strongest_table

if TYPE_CHECKING:
    from bench.record.run_record import MetricRecord, PerturbationRecord
    from reports.record.boards import Board
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import table, figure, legend, heading, subheading %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for board in part.boards %}
{{ subheading(board.name, run.record.datasets|length) }}
{{ legend(board.legend) }}
{% for metric in board.metrics %}
{{ subheading(metric.title, 2 if board.name else run.record.datasets|length) }}
<div class="figures panels">
{% for entry, svg in metric.panels %}
{{ figure(svg, run.title(entry), True) }}
{% endfor %}
</div>
{{ table(metric.strongest) }}
<details><summary>{{ metric.title }} at every strength</summary>
{% for entry in metric.strengths %}{{ table(entry) }}{% endfor %}
</details>
{% endfor %}
<details class="how"><summary>How this is counted</summary><p>{{ board.note }}</p></details>
{% endfor %}
{% endfor %}
"""


def _draw(page: "Page") -> str:
    further = [metric for metric in page.run.metrics if not is_usual(metric)]
    labels = [dataset.label for dataset in page.run.record.datasets if page.run.perturbations(dataset.label)]
    return page.html(_TEMPLATE, parts=[_part(page, label, further) for label in labels]) if further and labels else ""


def _part(page: "Page", label: str, further: "list[MetricRecord]") -> dict[str, Any]:
    shown = boards(page.run, label)
    return {"label": label, "boards": [_board(page, board, further, len(shown) > 1) for board in shown]}


def _board(page: "Page", board: "Board", further: "list[MetricRecord]", several: bool) -> dict[str, Any]:
    rules = policy(page.run, board.dataset, board.metric_set, board.labels)
    return {
        "name": board.heading if several else "",
        "legend": page.legend(looks(page.run, board)),
        "note": " ".join(
            filter(
                None, ["All panels of a metric share the y axis.", lower_note(page.run), *_lacking(page, board), rules]
            )
        ),
        "metrics": [_metric(page, board, metric) for metric in further],
    }


def _lacking(page: "Page", board: "Board") -> list[str]:
    """Return a sentence for each model that has no numbers of a metric: which, and why."""
    return [
        f"{one.model} has no {one.metric}: {one.reason}."
        for one in page.run.record.without
        if one.dataset == board.dataset and one.model in board.labels
    ]


def _metric(page: "Page", board: "Board", metric: "MetricRecord") -> dict[str, Any]:
    run, entries = page.run, page.run.perturbations(board.dataset)
    return {
        "title": mean_title(metric),
        "panels": [(entry, _panel(page, board, metric, entry)) for entry in entries],
        "strongest": strongest_table(run, board, metric),
        "strengths": [strengths_table(run, board, metric, entry) for entry in entries],
    }


def _panel(page: "Page", board: "Board", metric: "MetricRecord", entry: "PerturbationRecord") -> str:
    over = "strength" if page.x == "strength" else MEASURES[page.x].label
    alt = (
        f"Line chart of {mean_title(metric)} on {board.dataset} against the {over} of {entry.label} for "
        f"{', '.join(board.labels)} ({board.name}); the numbers stand in the tables below."
    )
    name = f"{metric.name}-by-{page.x}-{board.dataset}{board.slug}-{entry.label}"
    page.figure(name, alt, partial(score_by_strength, page.run, board, metric, entry, page.x))
    return sweep_panel(page.run, board, metric, entry, page.x, alt)


ENTRY = Section(45, "Further metrics against strength", _draw)
