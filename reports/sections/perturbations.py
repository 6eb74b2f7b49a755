"""What each perturbation does, measured and in images: one under each of its strengths."""

from typing import TYPE_CHECKING, Any

from reports.record.image_files import data_uri
from reports.section import Section
from reports.tables.measure_tables import measured_table

if TYPE_CHECKING:
    from bench.record.run_record import FollowingStep, PerturbationRecord, Strip, StripLevel
    from reports.section import Page

MAXIMUM_LEVELS = 10

_TEMPLATE = """
{% from "parts.html" import image, table %}
{% if measured %}
<p>Measured strength: RMSE, PSNR and SSIM between perturbed and clean image, mean ± standard deviation over n
images. An image that a level leaves as it was has no PSNR; where that leaves fewer images, their n stands
behind the value.</p>
{% endif %}
{% for part in parts %}
<article class="perturbation">
<h3>{{ run.title(part.entry) }}</h3>
<p class="note">{{ part.facts|join("; ") }}.</p>
{% for strip, levels in part.strips %}
<div class="strip" role="group" aria-label="{{ part.entry.label }} on {{ strip.sample }}">
{% for strength, uri in levels %}
{{ image(uri, strength, strip.sample ~ " under " ~ part.entry.label ~ " " ~ strength) }}
{% endfor %}
</div>
{% endfor %}
{% for entry in part.tables %}{{ table(entry) }}{% endfor %}
</article>
{% endfor %}
"""


def _draw(page: "Page") -> str:
    parts = [_part(page, entry) for entry in page.run.record.perturbations]
    measured = any(part["tables"] for part in parts)
    return page.html(_TEMPLATE, parts=parts, measured=measured) if parts else ""


def _part(page: "Page", entry: "PerturbationRecord") -> dict[str, Any]:
    run = page.run

    def levels(strip: "Strip") -> list[tuple[str, str | None]]:
        return [(f"{level.strength:g}", data_uri(run.folder, level.file)) for level in _spread(strip.levels)]

    tables = [measured_table(run, dataset.label, entry) for dataset in run.record.datasets if dataset.perturbed]
    return {
        "entry": entry,
        "strips": [(strip, levels(strip)) for strip in run.index.strips if strip.perturbation == entry.label],
        "facts": [fact for fact in _facts(entry) if fact],
        "tables": [table for table in tables if table],
    }


def _facts(entry: "PerturbationRecord") -> list[str]:
    identity = "level 0 is the clean image" if entry.identity is None else f"identity {entry.identity:g}"
    return [
        f"{entry.name}, version {entry.version}",
        f"strength: {entry.unit}" if entry.unit else "",
        identity,
        "strengths " + ", ".join(f"{strength:g}" for strength in entry.by_damage()),
        _pairs(entry.parameters),
        *(f"then {_then(step)}" for step in entry.then),
        "the mask moves with the image, and where no pixel of it arrives nothing is scored" if entry.moves else "",
        _hidden(entry),
        f"backend {entry.package}" if entry.backend else "",
        _pairs({key: value for key, value in entry.resources.items() if key != "package"}),
        f"source: {entry.source}" if entry.source else "",
    ]


def _then(step: "FollowingStep") -> str:
    parameters = _pairs(step.parameters)
    return f"{step.name} {step.strength:g}{f' ({parameters})' if parameters else ''}"


def _hidden(entry: "PerturbationRecord") -> str:
    if not entry.covers:
        return ""
    return "hidden pixels are not scored" if entry.occluded == "ignore" else "hidden pixels are scored like all others"


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())


def _spread(levels: "tuple[StripLevel, ...]") -> "list[StripLevel]":
    """Return at most `MAXIMUM_LEVELS` of the levels, evenly spread, the first and the last among them."""
    last, steps = len(levels) - 1, MAXIMUM_LEVELS - 1
    if last <= steps:
        return list(levels)
    return [levels[round(step * last / steps)] for step in range(MAXIMUM_LEVELS)]


ENTRY = Section(66, "What the perturbations do", _draw)
