"""Images with ground truth, prediction, errors and confidence: the best, the median and the worst."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

from registry.palette import CONFIDENCE, ERRORS, FIRST_ERRORS, IGNORE_COLOUR, class_colour
from reports.record.gallery import choose
from reports.record.image_files import data_uri
from reports.record.run import CLEAN
from reports.section import Section
from reports.tables.table import score

if TYPE_CHECKING:
    from bench.record.example_index import Example
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import panels, swatches %}
<div class="keys">
{% for label, colours in classes %}{{ swatches(label, colours) }}{% endfor %}
{% for label, colours in errors %}{{ swatches(label, colours) }}{% endfor %}
<p class="swatches"><strong>Confidence</strong> 0
<svg class="scale" viewBox="0 0 {{ scale|length }} 1" preserveAspectRatio="none" aria-hidden="true">
{% for colour in scale %}
<rect x="{{ loop.index0 }}" width="1.05" height="1" fill="{{ colour }}"/>
{% endfor %}</svg> 1</p>
</div>
{% for model in models %}
<article>
<h3>{{ model.label }}{{ " on " ~ model.dataset if run.record.datasets|length > 1 }}</h3>
{% for condition in model.conditions %}
<details{{ " open" if condition.clean }}><summary>{{ condition.label }}</summary>
{% for example in condition.examples %}
<figure class="example">
<figcaption><strong>{{ example.rank }}</strong>
<span>IoU {{ example.iou }}</span> <span>Dice {{ example.dice }}</span>
<small>{{ example.sample }}</small></figcaption>
<div class="images">
{% for titles, uri, alt in example.images %}{{ panels(uri, titles, alt) }}{% endfor %}
</div>
</figure>
{% endfor %}
</details>
{% endfor %}
</article>
{% endfor %}
{% if hidden %}
<p class="note">{{ hidden|counted("more row") }} would make this page too heavy;
the images are in <code>examples/</code>.</p>
{% endif %}
"""


def _draw(page: "Page") -> str:
    run, choice = page.run, choose(page.run)
    if not choice.shown:
        return ""
    models = [
        {
            "dataset": dataset,
            "label": label,
            "conditions": [_condition(page, list(group)) for _, group in groupby(examples, _condition_key)],
        }
        for (dataset, label), examples in groupby(choice.shown, lambda example: (example.dataset, example.model))
    ]
    several = len({dataset.classes for dataset in run.record.datasets}) > 1
    classes = {
        dataset.classes: f"Classes of {dataset.label}" if several else "Classes" for dataset in run.record.datasets
    }
    colours = [
        (label, {name: class_colour(index) for index, name in enumerate(names)} | {"border": IGNORE_COLOUR})
        for names, label in classes.items()
    ]
    drawn = {title for example in choice.shown for image in example.images for title in image.panels}
    errors = [(key, kinds) for key, kinds in (("Errors", ERRORS), ("Error map", FIRST_ERRORS)) if key.lower() in drawn]
    return page.html(_TEMPLATE, models=models, classes=colours, errors=errors, scale=CONFIDENCE, hidden=choice.hidden)


def _condition_key(example: "Example") -> tuple[str, float]:
    return example.perturbation, example.strength


def _condition(page: "Page", examples: "list[Example]") -> dict[str, Any]:
    name, strength = _condition_key(examples[0])
    entry = page.run.perturbation(name)
    unit = f" ({entry.unit})" if entry and entry.unit else ""
    label = f"{page.run.title(entry)} at its strongest: {strength:g}{unit}" if entry else "Clean"
    return {
        "label": label,
        "clean": name == CLEAN,
        "examples": [
            {
                "rank": example.rank,
                "sample": example.sample,
                "iou": score(example.iou).text,
                "dice": score(example.dice).text,
                "images": _images(page, example),
            }
            for example in examples
        ],
    }


def _images(page: "Page", example: "Example") -> list[tuple[tuple[str, ...], str | None, str]]:
    of = f"of {example.model} for {example.sample}"
    return [
        (image.panels, data_uri(page.run.folder, image.file), f"{', '.join(image.panels)} {of}")
        for image in example.images
    ]


ENTRY = Section(70, "Predictions", _draw)
