"""Which classes are taken for which on clean images: a matrix a model, and the largest mix-ups of many classes."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.plots.confusion_plot import COUNTED, NAMED, matrix
from reports.record.confusion import confusions
from reports.section import Section
from reports.svg.matrix import matrix as inline_matrix
from reports.tables.facts import count
from reports.tables.table import Table, TableCell

if TYPE_CHECKING:
    from markupsafe import Markup

    from reports.record.confusion import Confusion, MixUp
    from reports.section import Page

MOST = 15
"""So many mix-ups stand in a table."""
_BORDERS = {
    "ignore": "Pixels of the border are left out.",
    "background": "Pixels of the border are background.",
    "foreground": "Pixels of the border belong to the object.",
}

_TEMPLATE = """
{% from "parts.html" import table, figure, heading %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
<p class="note">Rows are the classes of the ground truth, columns those of the prediction; each row is 100 %, and the
diagonal is the recall of each class when the pixels of all images are added up. {{ part.note }}</p>
<div class="figures two">
{% for svg, caption in part.figures %}{{ figure(svg, caption, True) }}{% endfor %}
</div>
{% for entry in part.tables %}
<details><summary>{{ entry.title }}</summary>{{ table(entry) }}</details>
{% endfor %}
{% endfor %}
"""


def _draw(page: "Page") -> str:
    found = {dataset.label: confusions(page.run, dataset.label) for dataset in page.run.record.datasets}
    parts = [_part(page, label, matrices) for label, matrices in found.items() if matrices]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _part(page: "Page", dataset: str, matrices: "list[Confusion]") -> dict[str, Any]:
    borders = dict.fromkeys(one.border for one in matrices)
    many = len(matrices[0].rows)
    notes = [_BORDERS[next(iter(borders))] if len(borders) == 1 else "", _missing(page, dataset, matrices)]
    if many > NAMED:
        notes.append(f"The numbers beside the {many} classes are their places in the data set, from 0.")
    return {
        "label": dataset,
        "note": " ".join(filter(None, notes)),
        "figures": [(_figure(page, dataset, one), _caption(one, len(borders) > 1)) for one in matrices],
        "tables": [_table(dataset, one) for one in matrices if many > COUNTED],
    }


def _figure(page: "Page", dataset: str, one: "Confusion") -> "Markup":
    largest = "; ".join(_words(mix_up) for mix_up in one.mix_ups()[:3])
    alt = f"Confusion matrix of {one.model} on clean {dataset}: {largest or 'every pixel has its class'}."
    page.figure(f"confusion-{dataset}-{one.model}", alt, partial(matrix, one))
    return inline_matrix(one, alt)


def _caption(one: "Confusion", several: bool) -> str:
    return f"{one.model}: {count(one.total)} pixels" + (f"; border policy {one.border}" if several else "")


def _missing(page: "Page", dataset: str, matrices: "list[Confusion]") -> str:
    """Name the models without a matrix: not evaluated yet, or by a version that kept none of so many classes."""
    shown = {one.model for one in matrices}
    lacking = [model.label for model in page.run.models(dataset) if model.label not in shown]
    return f"No matrix is stored of {', '.join(lacking)}." if lacking else ""


def _words(one: "MixUp") -> str:
    return f"{100 * one.share:.1f} % of {one.ground_truth} predicted as {one.prediction}"


def _table(dataset: str, one: "Confusion") -> Table:
    found = one.mix_ups()
    shown = f"the {MOST} largest of {len(found)}" if len(found) > MOST else "all"
    return Table(
        f"Mix-ups of {one.model} on {dataset}",
        f"By their share of the class in the ground truth, {shown}.",
        ("ground truth", "prediction", "share", "pixels"),
        tuple(
            (
                TableCell(each.ground_truth),
                TableCell(each.prediction),
                TableCell(f"{100 * each.share:.2f}\u00a0%", each.share),
                TableCell(f"{each.pixels:,}"),
            )
            for each in found[:MOST]
        ),
        frozenset({"ground truth", "prediction"}),
    )


ENTRY = Section(55, "Confusion matrices", _draw)
