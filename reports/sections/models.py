"""What was evaluated: design, weights, pre-training, geometry, precision."""

from typing import TYPE_CHECKING

from reports.section import Section
from reports.tables.facts import pretraining

if TYPE_CHECKING:
    from reports.section import Page

_TEMPLATE = """
<div class="cards">
{% for model in run.record.models %}
<article class="card">
<h3>{{ model.label }}{{ " on " ~ model.dataset if run.record.datasets|length > 1 }}</h3>
<p>{{ model.summary }}</p>
<dl>
<dt>Entry</dt><dd><code>{{ model.name }}</code>, version {{ model.entry_version }}
{%- if model.parameters %}: {{ model.parameters|pairs }}{% endif %}</dd>
{% if model.task == "binary" %}<dt>Task</dt><dd>binary: an object against background, no classes</dd>{% endif %}
{% if model.prompt != "none" %}<dt>Prompt</dt><dd>{{ model.prompt }}: {{ model.supervision }}</dd>{% endif %}
{% if model.parameters_total is not none %}
<dt>Parameters</dt><dd>{{ "{:,}".format(model.parameters_total) }}
{%- if model.parameters_frozen %}, {{ "{:,}".format(model.parameters_frozen) }} of them frozen{% endif %}</dd>
{% endif %}
{% if model.macs is not none %}<dt>MACs</dt><dd>{{ "{:,}".format(model.macs) }} an image</dd>{% endif %}
{% if pretraining(model) %}<dt>Pre-training</dt><dd>{{ pretraining(model) }}</dd>{% endif %}
{% if model.autoencoder %}<dt>First stage</dt><dd>autoencoder <code>{{ model.autoencoder.state_hash }}</code>
<small>{{ model.autoencoder.file }}</small></dd>{% endif %}
{% if model.label_order %}<dt>Label order</dt><dd>{{ model.label_order|join(", ") }}</dd>{% endif %}
{% if model.seen_in_training %}<dt>Seen in training</dt><dd>{{ model.seen_in_training|join(", ") }}</dd>{% endif %}
{% if model.training and model.training.untrained %}<dt>Training</dt><dd><strong>untrained</strong></dd>{% endif %}
{% if model.checkpoint %}<dt>Checkpoint</dt><dd><code>{{ model.checkpoint.state_hash }}</code>
<small>{{ model.checkpoint.file }}
{%- if model.checkpoint.bytes is not none %}, {{ "%.1f"|format(model.checkpoint.bytes / 1e6) }} MB{% endif %}</small>
</dd>{% endif %}
{% if model.geometry %}<dt>Input</dt>
<dd>{{ model.geometry.size|join(" × ") }}, {{ model.geometry.mode }}</dd>{% endif %}
{% if model.precision %}<dt>Precision</dt><dd>{{ model.precision }}
{%- if model.device %} on {{ model.device }}{% endif %}
{%- if model.batch_size %}, batch {{ model.batch_size }}{% endif %}
{%- if model.threads %}, {{ model.threads|counted("thread") }}{% endif %}</dd>{% endif %}
{% if model.calibration %}<dt>Precisions tried</dt><dd>
{% for trial in model.calibration %}
{{ trial.precision }}
{%- if trial.ms_per_image is not none %} {{ "%.1f"|format(trial.ms_per_image) }} ms{% endif %}
{%- if trial.agreement is not none %} ({{ "%.2f"|format(100 * trial.agreement) }} % agree){% endif %}
{{- ", " if not loop.last }}
{% endfor %}</dd>{% endif %}
{% if model.source or model.licence %}<dt>Source</dt>
<dd>{{ model.source }}{{ ", " if model.source and model.licence }}
{{- model.licence }}</dd>{% endif %}
</dl>
</article>
{% endfor %}
</div>
"""


def _draw(page: "Page") -> str:
    return page.html(_TEMPLATE, pretraining=pretraining) if page.run.record.models else ""


ENTRY = Section(100, "Models", _draw)
