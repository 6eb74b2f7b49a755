"""What each perturbation does, and one picture under each of its strengths."""

from typing import TYPE_CHECKING, Any

from reports.examples import data_uri
from reports.sections import Section

if TYPE_CHECKING:
    from reports.examples import Level, Strip
    from reports.page import Page
    from reports.record import Perturbation

MAXIMUM_LEVELS = 10

_TEMPLATE = """
{% from "parts.html" import picture %}
{% for part in parts %}
<article class="perturbation">
<h3>{{ part.entry.title or part.entry.label }}</h3>
<p class="note">{{ part.facts|join("; ") }}.</p>
{% for strip, levels in part.strips %}
<div class="strip" role="group" aria-label="{{ part.entry.label }} on {{ strip.sample }}">
{% for strength, uri in levels %}
{{ picture(uri, strength, strip.sample ~ " under " ~ part.entry.label ~ " " ~ strength) }}
{% endfor %}
</div>
{% endfor %}
</article>
{% endfor %}
"""


def _draw(page: "Page") -> str:
    parts = [_part(page, entry) for entry in page.run.record.perturbations]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _part(page: "Page", entry: "Perturbation") -> dict[str, Any]:
    folder = page.run.folder

    def levels(strip: "Strip") -> list[tuple[str, str | None]]:
        return [(f"{level.strength:g}", data_uri(folder, level.file)) for level in _spread(strip.levels)]

    strips = [(strip, levels(strip)) for strip in page.run.index.strips if strip.perturbation == entry.label]
    return {"entry": entry, "strips": strips, "facts": [fact for fact in _facts(entry) if fact]}


def _facts(entry: "Perturbation") -> list[str]:
    identity = "level 0 is the clean picture" if entry.identity is None else f"identity {entry.identity:g}"
    return [
        f"{entry.label}, version {entry.version}",
        f"strength: {entry.unit}" if entry.unit else "",
        identity,
        "strengths " + ", ".join(f"{strength:g}" for strength in entry.by_damage()),
        ", ".join(f"{key} {value}" for key, value in entry.parameters.items()),
        f"source: {entry.source}" if entry.source else "",
    ]


def _spread(levels: "tuple[Level, ...]") -> "list[Level]":
    """Return at most `MAXIMUM_LEVELS` of the levels, evenly spread, the first and the last among them."""
    last, steps = len(levels) - 1, MAXIMUM_LEVELS - 1
    if last <= steps:
        return list(levels)
    return [levels[round(step * last / steps)] for step in range(MAXIMUM_LEVELS)]


ENTRY = Section(60, "What the perturbations do", _draw)
