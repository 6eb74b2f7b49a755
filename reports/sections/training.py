"""What each training did: curves, epochs, why it stopped, by which recipe; the first of two stages included."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.plots.training_curves import loss_curves, rate_curve, score_curves
from reports.section import Section
from reports.svg.training_lines import training_lines
from reports.tables.recipe_words import recipe_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from bench.record.model_record import ModelRecord, TrainingCurves, TrainingRecord
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import figure %}
{% for model, stages in parts %}
<article>
<h3>{{ model.label }}{{ " on " ~ model.dataset if run.record.datasets|length > 1 }}</h3>
{% for stage in stages %}
{% if stage.title %}<h4>{{ stage.title }}</h4>{% endif %}
<p>{{ stage.facts }}</p>
<div class="figures">{% for svg, caption in stage.figures %}{{ figure(svg, caption) }}{% endfor %}</div>
{% if not stage.training.untrained %}
<dl class="recipe">
{% for name, text in stage.recipe.items() %}<dt>{{ name }}</dt><dd>{{ text }}</dd>{% endfor %}
</dl>
<details><summary>The recipe in full</summary><p class="note">Recipe: {{ stage.training.recipe|pairs }}</p></details>
{% endif %}
{% endfor %}
</article>
{% endfor %}
"""
_TRAINED = (
    "{{ t.epochs_run }} of {{ t.epochs_planned|counted('epoch') }} in {{ t.seconds|duration }}, "
    "stopped by {{ t.stopped_by }}; "
    "{% if t.best_epoch is not none %}epoch {{ t.best_epoch }} kept; {% endif %}"
    "{{ t.n_train|counted('image') }} for training and {{ t.n_val }} for validation of {{ t.dataset }}."
)
_UNTRAINED = "<strong>Untrained</strong>: no epoch was run, so these are the weights that a training begins with."


def _draw(page: "Page") -> str:
    parts = [(model, _stages(page, model)) for model in page.run.record.models]
    trained = [part for part in parts if part[1]]
    return page.html(_TEMPLATE, parts=trained) if trained else ""


def _stages(page: "Page", model: "ModelRecord") -> list[dict[str, Any]]:
    """Return what to show of each stage; where there are two, they have titles."""
    name, first = f"{model.dataset}-{model.label}", model.autoencoder
    stages = []
    if first and first.training:
        title = "First stage: an autoencoder reconstructs its images"
        stages.append(_stage(page, first.training, title, f"autoencoder-{name}", f"the autoencoder of {model.label}"))
    if model.training:
        title = "Second stage: segmentation" if first else ""
        stages.append(_stage(page, model.training, title, name, model.label))
    return stages


def _stage(page: "Page", training: "TrainingRecord", title: str, name: str, whose: str) -> dict[str, Any]:
    kept = "" if training.best_epoch is None else "; the dotted line marks the epoch that was kept"
    figures = []
    for kind, words, plot in _plots(training.curves):
        caption = f"{words} of {whose} by epoch{kept}."
        drawing = partial(plot, training.curves, training.best_epoch)
        page.figure(f"training-{kind}-{name}", f"Line chart. {caption}", drawing)
        figures.append((training_lines(training.curves, kind, training.best_epoch, f"Line chart. {caption}"), caption))
    facts = page.html(_UNTRAINED if training.untrained else _TRAINED, t=training)
    return {
        "title": title,
        "training": training,
        "facts": facts,
        "figures": figures,
        "recipe": recipe_words(training),
    }


def _plots(curves: "TrainingCurves") -> "list[tuple[str, str, Callable[[TrainingCurves, int | None], Figure]]]":
    """Return (kind, caption, plot) of the curves that there are; a learning rate that never changes is no curve."""
    scored, scores = bool(curves.val_iou), "mIoU and foreground Dice" if curves.val_dice else "mIoU"
    found = {
        ("loss", "Training and validation loss", loss_curves): bool(curves.epoch),
        ("score", f"Validation {scores}", score_curves): bool(curves.epoch) and scored,
        ("rate", "Learning rate", rate_curve): len(set(curves.learning_rate)) > 1,
    }
    return [plot for plot, there in found.items() if there]


ENTRY = Section(80, "Training", _draw)
