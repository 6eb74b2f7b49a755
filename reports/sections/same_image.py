"""The same image across all models: clean in full, and its errors under each strength of each perturbation."""

from typing import TYPE_CHECKING, Any, NamedTuple

from reports.record import thumbnails
from reports.record.gallery import pictured, shared
from reports.record.run import CLEAN
from reports.section import Section
from reports.tables.picture_words import colour_keys, shown_title
from reports.tables.table import score

if TYPE_CHECKING:
    from bench.record.example_index import Example
    from bench.record.run_record import PerturbationRecord
    from reports.record.gallery import Shared
    from reports.record.run import Run
    from reports.record.thumbnails import Picture, PicturePanel
    from reports.section import Page

_TEMPLATE = """
{% from "pictures.html" import colour_keys, shot, left_out %}
<p>One image as every model sees it: compare models from top to bottom, strengths from left to right.
{% if chosen %}The images were chosen before the evaluation: one from the middle of the data set, one of another object.
{% else %}This run chose no images beforehand; these are the ones that most models kept.{% endif %}</p>
{{ colour_keys(colours["keys"], colours["scale"]) }}
{% for part in parts %}
<article class="pictures">
<h3><code>{{ part.sample }}</code>{{ " of " ~ part.dataset if run.record.datasets|length > 1 }}</h3>
{% if part.clean %}
<div class="sheet" role="region" tabindex="0" aria-label="{{ part.sample }}, clean">
<table>
<tbody>
{% for name, text, uri, titles, alt in part.clean %}
<tr><th scope="row">{{ name }}<small>{{ text }}</small></th><td>{{ shot(uri, titles, alt) }}</td></tr>
{% endfor %}
</tbody>
</table>
</div>
{% endif %}
{% for fold in part.folds %}
<details><summary>{{ fold.title }}</summary>
<div class="sheet" role="region" tabindex="0" aria-label="{{ part.sample }} under {{ fold.title }}">
<table class="levels n{{ fold.strengths|length }}">
<thead><tr><th scope="col">strength</th>
{% for one in fold.strengths %}<th scope="col">{{ "%g"|format(one) }}</th>{% endfor %}
</tr></thead>
<tbody>
{% for name, cells in fold.rows %}
<tr><th scope="row">{{ name }}</th>
{% for kind, uri, alt, text in cells %}
<td>{% if uri %}<img src="{{ uri }}" alt="{{ alt }}" loading="lazy" decoding="async">
{% else %}<span class="absent">{{ kind }}</span>{% endif %}
{% if text %}<small>{{ text }}</small>{% endif %}</td>
{% endfor %}
</tr>
{% endfor %}
</tbody>
</table>
</div>
</details>
{% endfor %}
</article>
{% endfor %}
{{ left_out(hidden) }}
"""
_TRUTH, _ANSWERS = ("image", "ground truth"), ("prediction", "errors", "error map", "confidence")


class _Cell(NamedTuple):
    """Panels of one example that stand in one place of the page; where they stand in the queue for the budget."""

    priority: tuple[int, ...]
    picture: "Picture"


def _draw(page: "Page") -> str:
    run = page.run
    found = [one for dataset in run.record.datasets for one in shared(run, dataset.label)]
    if not found:
        return ""
    cells = sorted(cell for i, one in enumerate(found) for cell in _cells(run, i, one))
    fitted = thumbnails.fitted(run.folder, [cell.picture for cell in cells], thumbnails.SHARED)
    examples = [one for image in found for one in image.found.values()]
    return page.html(
        _TEMPLATE,
        chosen=any(one.rank.startswith("shared") for one in run.index.examples),
        colours=colour_keys(run, {title for one in examples for title in thumbnails.panels(one)}),
        parts=[part for one in found if (part := _part(run, one, fitted.uris))],
        hidden=fitted.left_out,
    )


def _cells(run: "Run", number: int, image: "Shared") -> list[_Cell]:
    """Return all pictures of an image: the clean ones first, then from the strongest level to the weaker ones."""
    models = _models(run, image)
    found = [_Cell((0, number), picture) for _, _, picture, _ in _clean(image, models)]
    for entry in run.perturbations(image.dataset):
        for place, strength in enumerate(reversed(_strengths(entry, image))):
            for _, cells in _rows(image, models, entry, strength):
                found += [_Cell((1, place, number), (cells[0],))] if cells else []
    return found


def _models(run: "Run", image: "Shared") -> list[str]:
    return [model.label for model in pictured(run, image.dataset)]


def _strengths(entry: "PerturbationRecord", image: "Shared") -> list[float]:
    """Return the strengths at which some model has a picture, from weak to strong."""
    there = {condition for _, condition in image.found}
    return [strength for strength in entry.by_damage() if (entry.label, strength) in there]


def _clean(image: "Shared", models: list[str]) -> "list[tuple[str, str, Picture, list[str]]]":
    """Return name, score, panels and their titles of each row of the clean image: itself, then the models."""
    rows: list[tuple[str, str, Picture, list[str]]] = []
    for model in models:
        if (example := image.found.get((model, (CLEAN, 0.0)))) is None:
            continue
        panels = thumbnails.panels(example)
        wanted = [("", "", _TRUTH)] if not rows else []
        for name, text, names in [*wanted, (model, f"Dice {score(example.dice).text}", _ANSWERS)]:
            titles = [title for title in names if title in panels]
            rows.append((name or "the image", text, tuple(panels[title] for title in titles), titles))
    return [row for row in rows if row[2]]


def _rows(
    image: "Shared", models: list[str], entry: "PerturbationRecord", strength: float
) -> "list[tuple[str, list[PicturePanel]]]":
    """Return the rows of a column: what the models got, the ground truth if it moves, each model's errors."""
    column = [(model, image.found.get((model, (entry.label, strength)))) for model in models]
    first = next((example for _, example in column if example), None)
    rows = [("perturbed image", _panel(first, "image"))]
    rows += [("ground truth", _panel(first, "ground truth"))] if entry.moves else []
    return rows + [(model, _panel(example, "errors", "error map")) for model, example in column]


def _panel(example: "Example | None", *titles: str) -> "list[PicturePanel]":
    found = thumbnails.panels(example) if example else {}
    return [found[title] for title in titles if title in found]


def _part(run: "Run", image: "Shared", uris: "dict[Picture, str | None]") -> dict[str, Any]:
    models = _models(run, image)
    folds = [_fold(run, image, models, entry, uris) for entry in run.perturbations(image.dataset)]
    clean = [
        (name, text, uris[picture], [shown_title(title, titles) for title in titles], f"{', '.join(titles)}: {name}")
        for name, text, picture, titles in _clean(image, models)
        if picture in uris
    ]
    shown = [fold for fold in folds if fold["strengths"]]
    return {"dataset": image.dataset, "sample": image.sample, "clean": clean, "folds": shown}


def _fold(
    run: "Run",
    image: "Shared",
    models: list[str],
    entry: "PerturbationRecord",
    uris: "dict[Picture, str | None]",
) -> dict[str, Any]:
    strengths = _strengths(entry, image)
    columns = [_rows(image, models, entry, strength) for strength in strengths]
    names = [name for name, _ in columns[0]] if columns else []
    own, rows = len(names) - len(models), []
    for i, name in enumerate(names):
        cells = []
        for strength, column in zip(strengths, columns, strict=True):
            example = image.found.get((name, (entry.label, strength))) if i >= own else None
            alt = f"{name}: {image.sample} under {entry.label} {strength:g}"
            cells.append((*_shown(column[i][1], uris), alt, f"Dice {score(example.dice).text}" if example else ""))
        rows.append((name, cells))
    return {"title": run.title(entry), "strengths": strengths, "rows": rows}


def _shown(panels: "list[PicturePanel]", uris: "dict[Picture, str | None]") -> tuple[str, str | None]:
    """Return the word in place of a picture that is not shown, and the picture."""
    picture = tuple(panels[:1])
    if not picture:
        return "not kept", None
    return ("image missing", uris[picture]) if picture in uris else ("left out", None)


ENTRY = Section(38, "The same image", _draw)
