"""The worst images of each model: clean, and under each perturbation at its strongest."""

from typing import TYPE_CHECKING, Any

from reports.record import thumbnails
from reports.record.anchors import worst_anchor
from reports.record.gallery import RANKS as ORDER
from reports.record.gallery import pictured, shown_conditions, worst
from reports.record.run import CLEAN
from reports.section import Section
from reports.tables.picture_words import RANKS, colour_keys, condition_words, panel_titles, scores, shown_title

if TYPE_CHECKING:
    from bench.record.example_index import Example
    from reports.record.run import Run
    from reports.record.thumbnails import Picture, Thumbnails
    from reports.section import Page

_TEMPLATE = """
{% from "pictures.html" import colour_keys, shot, choice, left_out %}
<p>The images on which each model does worst: on clean images, and under each perturbation at its strongest level.
Dice and IoU beside a picture are those of that image alone, under the rules of {{ rules }}.</p>
{{ colour_keys(colours["keys"], colours["scale"]) }}
<form class="choose" hidden>
{{ choice("model", "Model", "all models", models) }}
{{ choice("condition", "Condition", "all conditions", conditions) }}
{% if samples %}{{ choice("sample", "The same picture of several models", "all pictures", samples) }}{% endif %}
</form>
{% for part in parts %}
<article class="pictures">
{% set first = loop.first %}
<h3>{{ part.label }}{{ " on " ~ part.dataset if run.record.datasets|length > 1 }}</h3>
{% for fold in part.folds %}
<details{{ " open" if first and loop.first }}><summary>{{ fold.title }}</summary>
<div id="{{ fold.anchor }}">
{% for one in fold.pictures %}
<div class="picture" data-model="{{ part.label }}" data-condition="{{ fold.condition }}" data-sample="{{ one.sample }}">
<p><strong>{{ one.rank }}</strong> <span>{{ one.scores }}</span> <code>{{ one.sample }}</code></p>
{{ shot(one.uri, one.titles, one.alt) }}
</div>
{% endfor %}
</div>
</details>
{% endfor %}
</article>
{% endfor %}
{{ left_out(hidden) }}
"""


def _draw(page: "Page") -> str:
    run = page.run
    chosen = [
        (dataset.label, model.label, condition, one)
        for dataset in run.record.datasets
        for model in pictured(run, dataset.label)
        for condition in shown_conditions(run, dataset.label)
        for one in _rows(worst(run, dataset.label, model.label, condition))
    ]
    if not chosen:
        return ""
    examples = sorted((one for *_, one in chosen), key=_priority)
    fitted = thumbnails.fitted(run.folder, [_picture(one) for one in examples], thumbnails.WORST)
    titles = {title for one in examples for image in one.images for title in image.panels}
    folds: dict[tuple[str, str], dict[tuple[str, float], list[Example]]] = {}
    for dataset, label, condition, one in chosen:
        if _picture(one) in fitted.uris:
            folds.setdefault((dataset, label), {}).setdefault(condition, []).append(one)
    return page.html(
        _TEMPLATE,
        rules=", ".join(dict.fromkeys(one.ranked_by or run.headline.name for one in examples)),
        colours=colour_keys(run, titles),
        models=[(label, label) for label in dict.fromkeys(label for _, label in folds)],
        conditions=_conditions(run, [condition for found in folds.values() for condition in found]),
        samples=_shared_samples(examples),
        parts=[_part(run, fitted, *place, found) for place, found in folds.items()],
        hidden=fitted.left_out,
    )


def _rows(examples: "list[Example]") -> "list[Example]":
    """Leave out the median and the best where they add nothing: they are among the worst, or it is no clean cell.

    Of cells with nothing but one worst image (of older runs, or of a small budget) they are all that is there.
    """
    worst_ones = [one for one in examples if one.rank.startswith("worst")]
    shown = {one.sample for one in worst_ones}
    enough = len(worst_ones) > 1 and examples[0].perturbation != CLEAN
    return worst_ones + [one for one in examples[len(worst_ones) :] if not enough and one.sample not in shown]


def _priority(example: "Example") -> tuple[int, int]:
    """Return what is shown first: the worst clean ones, each worst one, those after it, what is for comparison."""
    rank, clean = ORDER.index(example.rank), example.perturbation == CLEAN
    further = example.rank in ("median", "best")
    return (3 if further else 0 if clean else 1 if rank == 0 else 2), rank


def _picture(example: "Example") -> "Picture":
    found = thumbnails.panels(example)
    return tuple(found[title] for title in panel_titles(list(found)))


def _conditions(run: "Run", found: "list[tuple[str, float]]") -> list[tuple[str, str]]:
    entries = ((name, run.perturbation(name)) for name in dict.fromkeys(name for name, _ in found))
    return [(name, run.title(entry) if entry else "clean images") for name, entry in entries]


def _shared_samples(examples: "list[Example]") -> list[tuple[str, str]]:
    """Return the samples of which several models have a picture."""
    models: dict[str, set[str]] = {}
    for one in examples:
        models.setdefault(one.sample, set()).add(one.model)
    return [(name, f"{name} ({len(found)} models)") for name, found in sorted(models.items()) if len(found) > 1]


def _part(
    run: "Run", fitted: "Thumbnails", dataset: str, label: str, found: "dict[tuple[str, float], list[Example]]"
) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "label": label,
        "folds": [
            {
                "condition": condition[0],
                "title": condition_words(run, condition),
                "anchor": worst_anchor(dataset, label, condition[0]),
                "pictures": [_shown(one, fitted) for one in examples],
            }
            for condition, examples in found.items()
        ],
    }


def _shown(example: "Example", fitted: "Thumbnails") -> dict[str, Any]:
    all_titles = list(thumbnails.panels(example))
    titles = [shown_title(title, all_titles) for title in panel_titles(all_titles)]
    return {
        "rank": RANKS.get(example.rank, example.rank),
        "sample": example.sample,
        "scores": scores(example),
        "titles": titles,
        "uri": fitted.uris[_picture(example)],
        "alt": f"{', '.join(titles)} of {example.model} for {example.sample}",
    }


ENTRY = Section(36, "Worst images", _draw)
