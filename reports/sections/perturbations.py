"""What each perturbation does, measured and in images: one under each of its strengths."""

from typing import TYPE_CHECKING, Any

from reports.record import thumbnails
from reports.section import Section
from reports.tables.measure_tables import measured_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bench.record.run_record import FollowingStep, PerturbationRecord, Strip, StripLevel
    from reports.record.run import Run
    from reports.record.thumbnails import Picture
    from reports.section import Page

MAXIMUM_LEVELS = 10

_TEMPLATE = """
{% from "parts.html" import image, table %}
{% from "pictures.html" import left_out %}
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
{{ left_out(hidden) }}
"""


def _draw(page: "Page") -> str:
    run = page.run
    # The strongest levels of all perturbations first, then the weaker ones: what has no room is missing everywhere.
    files = [level.file for _, level in sorted(_levels(run.index.strips), key=lambda one: one[0])]
    fitted = thumbnails.fitted(run.folder, [(thumbnails.PicturePanel(file),) for file in files], thumbnails.STRIPS)
    parts = [_part(run, entry, fitted.uris) for entry in run.record.perturbations]
    measured = any(part["tables"] for part in parts)
    return page.html(_TEMPLATE, parts=parts, measured=measured, hidden=fitted.left_out) if parts else ""


def _levels(strips: "Iterable[Strip]") -> "Iterator[tuple[int, StripLevel]]":
    """Yield the levels that are shown, and how many stronger ones their strip has."""
    for strip in strips:
        yield from enumerate(reversed(_spread(strip.levels)))


def _part(run: "Run", entry: "PerturbationRecord", uris: "dict[Picture, str | None]") -> dict[str, Any]:
    def levels(strip: "Strip") -> list[tuple[str, str | None]]:
        pictures = ((level, (thumbnails.PicturePanel(level.file),)) for level in _spread(strip.levels))
        return [(f"{level.strength:g}", uris[picture]) for level, picture in pictures if picture in uris]

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
