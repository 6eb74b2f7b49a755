"""What the numbers leave out: conditions that failed or are missing, images that could not be used."""

from typing import TYPE_CHECKING

from reports.section import Section
from reports.tables.table import Table, words

if TYPE_CHECKING:
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import table %}
{% if missing > 0 %}
<p class="caution" role="note"><strong>Unfinished</strong> {{ missing }} of
{{ run.record.cells.total|counted("condition") }} {{ "has" if missing == 1 else "have" }} no scores;
a mean that needs one of them prints as a dash. Run the suite again to fill them in.</p>
{% endif %}
{% for entry in tables if entry.rows %}{{ table(entry) }}{% endfor %}
"""


def _draw(page: "Page") -> str:
    record = page.run.record
    failed = Table(
        "Conditions that failed",
        "They are in no score; the next run tries them again.",
        ("data set", "model", "perturbation", "strength", "message"),
        tuple(
            words(cell.dataset, cell.model, cell.perturbation, f"{cell.strength:g}", cell.message)
            for cell in record.cells.failed
        ),
        frozenset({"data set", "model", "perturbation", "message"}),
    )
    left_out = Table(
        "Images left out",
        "They are in no score and in no number of images.",
        ("data set", "image", "reason"),
        tuple(
            words(dataset.label, image.id, image.reason) for dataset in record.datasets for image in dataset.left_out
        ),
        frozenset({"data set", "image", "reason"}),
    )
    remarks = Table(
        "What the files leave open",
        "Images named here are scored; the right reading of their files is to be checked.",
        ("data set", "images", "first", "remark"),
        tuple(
            words(dataset.label, "" if one.images is None else str(one.images), ", ".join(one.first), one.text)
            for dataset in record.datasets
            for one in dataset.remarks
        ),
        frozenset({"data set", "first", "remark"}),
    )
    missing = record.cells.total - record.cells.done
    if not (failed.rows or left_out.rows or remarks.rows or missing > 0):
        return ""
    return page.html(_TEMPLATE, tables=[failed, left_out, remarks], missing=missing)


ENTRY = Section(190, "Failed, missing, left out", _draw)
