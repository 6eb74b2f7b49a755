"""How the numbers were made: data, rules, order of operations, machine, software, hashes."""

import json
from typing import TYPE_CHECKING

from reports.section import Section
from reports.tables.scores import policy

if TYPE_CHECKING:
    from bench.record.run_record import RunRecord
    from reports.section import Page

_APPLIED = {
    "native": "native RGB pixels, before any resize; scores at the image's own size",
    "model_input": "the model's input, after the resize; scores at the image's own size",
}

_TEMPLATE = """
<dl class="facts">
{% for dataset in run.record.datasets %}
<div class="wide"><dt>Data{{ " · " ~ dataset.label if run.record.datasets|length > 1 }}</dt>
<dd><strong>{{ dataset.title or dataset.name }}</strong>, {{ dataset.split }} split, {{ dataset.n|counted("image") }}
{%- if dataset.limit %} (a stratified sample of {{ dataset.limit }}){% endif %}
{%- if not dataset.perturbed %}, clean images only{% endif %}
{%- if dataset.left_out %}, <a href="#gaps">{{ dataset.left_out|length }} left out</a>{% endif %}
{%- if dataset.remarks %}, <a href="#gaps">files to be checked</a>{% endif %};
classes {{ dataset.classes|join(", ") }}{{ "" if dataset.background else ", none of them the background" }};
{{ dataset.layout }}
<small>manifest <code>{{ dataset.manifest }}</code>{% if dataset.licence %}; {{ dataset.licence }}{% endif %}
{%- if dataset.source %}; {{ dataset.source }}{% endif %}</small></dd></div>
{% endfor %}
<div class="wide"><dt>Headline scores</dt><dd>{{ headline }}</dd></div>
<div><dt>Perturbations act on</dt><dd>{{ applied }}
{% for note in notes %}<small>{{ note }}</small> {% endfor %}</dd></div>
{% if prompts %}
<div><dt>Prompts</dt><dd>{% for policy, group in prompts.items() %}{{ policy }}: {{ group }}<br>{% endfor %}
<small>drawn once for each image, from the ground truth of the clean one; models of different groups are not
ranked together</small></dd></div>
{% endif %}
{% if precisions %}
<div><dt>Precision</dt><dd>{% for precision, models in precisions.items() %}{{ precision }}: {{ models|join(", ") }}<br>
{%- endfor %}<small>of the network in evaluation</small></dd></div>
{% endif %}
<div><dt>Conditions</dt><dd>{{ run.record.cells.done }} of {{ run.record.cells.total }} evaluated
{%- if run.record.cells.failed %}, <a href="#gaps">{{ run.record.cells.failed|length }} failed</a>{% endif %}
</dd></div>
<div><dt>Seed</dt><dd>{{ run.record.seed }}
<small>an image draws {{ "new" if run.record.fresh_per_strength else "the same" }} random numbers at every
strength</small></dd></div>
<div><dt>Started, finished</dt>
<dd>{{ run.record.started|moment }}<br>{{ run.record.finished|moment }}</dd></div>
<div><dt>Machine</dt><dd>{{ machine }}</dd></div>
<div><dt>Software</dt><dd>segbench {{ run.record.segbench }}{{ code }}</dd></div>
{% if run.record.command %}
<div class="wide"><dt>Command</dt><dd><code>{{ run.record.command }}</code></dd></div>
{% endif %}
</dl>
<details><summary>Metric sets, versions and the suite as it was run</summary>
<ul>
{% for metric_set, rule in rules %}
<li><strong>{{ metric_set.title or metric_set.name }}</strong>: {{ rule }}
{%- if metric_set.epsilon %} Epsilon {{ metric_set.epsilon }}.{% endif %}
{%- if metric_set.task != "classes" %} Task {{ metric_set.task }}.{% endif %}</li>
{% endfor %}
</ul>
<p>{{ run.record.versions|pairs }}</p>
<pre>{{ suite }}</pre>
</details>
"""


def _draw(page: "Page") -> str:
    record = page.run.record
    machine = record.machine
    parts = [
        machine.cpu,
        f"{machine.cores} cores" if machine.cores else "",
        f"{machine.memory_gib:.0f} GiB" if machine.memory_gib else "",
        machine.gpu or "no GPU",
        machine.os,
    ]
    first = record.datasets[0].label if record.datasets else ""
    git = record.git
    return page.html(
        _TEMPLATE,
        headline=policy(page.run, first, page.run.headline) if first else "",
        rules=[(entry, policy(page.run, first, entry)) for entry in record.metric_sets] if first else [],
        applied=_APPLIED.get(record.apply_at, record.apply_at),
        notes=_notes(record),
        prompts={model.prompt: model.supervision for model in record.models if model.prompt != "none"},
        precisions=_precisions(record),
        machine=", ".join(part for part in parts if part),
        code=f", commit {git.commit[:12]}{' with uncommitted changes' if git.dirty else ''}" if git else "",
        suite=json.dumps(record.suite, indent=2, ensure_ascii=False),
    )


def _precisions(record: "RunRecord") -> dict[str, list[str]]:
    """Return the models of each precision; a model that has several, on several data sets, stands with each of them."""
    found: dict[str, list[str]] = {}
    for model in record.models:
        if model.precision and model.label not in (labels := found.setdefault(model.precision, [])):
            labels.append(model.label)
    return found


def _notes(record: "RunRecord") -> list[str]:
    """Return what is unusual about the perturbations; which pixels count must not be looked for far below."""
    entries = record.perturbations
    found = {
        "the mask moves too under ": [entry.label for entry in entries if entry.moves],
        "hidden pixels are not scored under ": [e.label for e in entries if e.covers and e.occluded == "ignore"],
        "pixels made by ": sorted({entry.package for entry in entries if entry.backend}),
    }
    return [text + ", ".join(names) for text, names in found.items() if names]


ENTRY = Section(200, "Protocol", _draw)
