"""How fast the models are: tables of latency, throughput and cost, and which rows to read with care."""

from typing import TYPE_CHECKING, Any

from reports.markup import counted
from reports.record.speed import NETWORK, PREDICT, device_remark
from reports.section import Section
from reports.tables.speed_cautions import failed_table, marked_table, speed_cautions
from reports.tables.speed_tables import batches_table, cost_table, scenario_tables
from reports.tables.table import listed

if TYPE_CHECKING:
    from reports.record.run import Run
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import table, heading, caution %}
<p class="note">{{ machine }} A click on a column's title sorts a table by it.</p>
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for text in part.cautions %}{{ caution(text) }}{% endfor %}
{% for entry in part.tables %}{{ table(entry) }}{% endfor %}
{% for title, tables in part.folded %}
<details><summary>{{ title }}</summary>{% for entry in tables %}{{ table(entry) }}{% endfor %}</details>
{% endfor %}
{% endfor %}
"""


def _draw(page: "Page") -> str:
    timed = {row.dataset for row in page.run.speed}
    parts = [_part(page.run, dataset.label) for dataset in page.run.record.datasets if dataset.label in timed]
    return page.html(_TEMPLATE, parts=parts, machine=_machine(page.run)) if parts else ""


def _part(run: "Run", label: str) -> dict[str, Any]:
    lists = [marked_table(run, label), failed_table(run, label)]
    tables = [*scenario_tables(run, label, PREDICT), cost_table(run, label), *filter(None, lists)]
    batches = [table for path in (PREDICT, NETWORK) if (table := batches_table(run, label, path)).rows]
    folded = {"The network alone": scenario_tables(run, label, NETWORK), "Every batch size": batches}
    return {
        "label": label,
        "cautions": speed_cautions(run, label),
        "tables": [table for table in tables if table.rows],
        "folded": [(title, found) for title, found in folded.items() if found],
    }


def _machine(run: "Run") -> str:
    """Return what was measured on, and how busy it was before."""
    devices = sorted({", ".join(filter(None, (row.device, _threads(row.threads)))) for row in run.speed})
    loads = [row.load_before for row in run.speed if row.load_before is not None]
    load = f"; load average before a measurement {min(loads):.2g} to {max(loads):.2g}" if loads else ""
    known = [device for device in devices if device]
    return f"Measured on {listed(known) if known else 'an unknown device'}{load}."


def _threads(number: int | None) -> str:
    return counted(number, "thread") if number else ""


ENTRY = Section(81, "Speed", _draw, device_remark)
