"""What each training did: curves, epochs, why it stopped."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.plots import loss_curves, score_curve
from reports.sections import Section

if TYPE_CHECKING:
    from reports.page import Page
    from reports.record import Model, Training

_TEMPLATE = """
{% from "parts.html" import figure %}
{% for part in parts %}
<article>
<h3>{{ part.model.label }}{{ " on " ~ part.model.dataset if run.record.datasets|length > 1 }}</h3>
<p>{{ part.facts }}</p>
<div class="figures">{% for svg, caption in part.figures %}{{ figure(svg, caption) }}{% endfor %}</div>
{% if not part.training.untrained %}<p class="note">Recipe: {{ part.training.recipe|pairs }}</p>{% endif %}
</article>
{% endfor %}
"""
_TRAINED = (
    "{{ t.epochs_run }} of {{ t.epochs_planned|counted('epoch') }} in {{ t.seconds|duration }}, "
    "stopped by {{ t.stopped_by }}; "
    "{% if t.best_epoch is not none %}epoch {{ t.best_epoch }} kept; {% endif %}"
    "{{ t.n_train|counted('picture') }} for training and {{ t.n_val }} for validation of {{ t.dataset }}."
)
_UNTRAINED = "<strong>Untrained</strong>: no epoch was run, so these are the weights that a training begins with."


def _draw(page: "Page") -> str:
    trained = [(model, model.training) for model in page.run.record.models if model.training]
    parts = [_part(page, model, training) for model, training in trained]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _part(page: "Page", model: "Model", training: "Training") -> dict[str, Any]:
    name, figures = f"{model.dataset}-{model.label}", []
    if training.curves.epoch:
        draw = {"loss": loss_curves, "score": score_curve}
        captions = {
            "loss": f"Training and validation loss of {model.label} by epoch",
            "score": f"Validation mIoU of {model.label} by epoch",
        }
        kept = "" if training.best_epoch is None else "; the dotted line marks the epoch that was kept"
        for kind, plot in draw.items():
            picture = partial(plot, training.curves, training.best_epoch)
            caption = f"{captions[kind]}{kept}."
            figures.append((page.figure(f"training-{kind}-{name}", f"Line chart. {caption}", picture), caption))
    return {"model": model, "training": training, "facts": _facts(page, training), "figures": figures}


def _facts(page: "Page", training: "Training") -> str:
    return page.html(
        _UNTRAINED if training.untrained else _TRAINED,
        t=training,
    )


ENTRY = Section(80, "Training", _draw)
