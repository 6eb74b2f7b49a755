"""What autoencoders learnt before they saw any label: how well they reconstruct images."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

from reports.record.image_files import data_uri
from reports.record.measures import MEASURES
from reports.section import Section
from reports.tables.table import NOTHING, Table, TableCell

if TYPE_CHECKING:
    from bench.record.example_index import ReconstructionPair
    from reports.record.rows import ReconstructionRow
    from reports.section import Page

MAXIMUM_PAIRS = 6
"""Of each model."""

_TEMPLATE = """
{% from "parts.html" import image, table %}
{% if scores.rows %}{{ table(scores) }}{% endif %}
{% for part in parts %}
<h3>{{ part.label }}{{ " on " ~ part.dataset if run.record.datasets|length > 1 }}</h3>
<div class="images">
{% for pair, original, reconstruction in part.pairs %}
<div class="pair" role="group" aria-label="{{ pair.sample }}">
{{ image(original, pair.sample, "original " ~ pair.sample) }}
{{ image(reconstruction, "reconstruction", pair.sample ~ " reconstructed by the autoencoder of " ~ pair.model) }}
</div>
{% endfor %}
</div>
{% if part.hidden %}
<p class="note">{{ part.hidden|counted("more pair") }} in <code>examples/</code>.</p>
{% endif %}
{% endfor %}
"""
_NOTE = (
    "Between the image at the network's size and its reconstruction by the autoencoder, means over n images; "
    "MSE of values from 0 to 1."
)


def _draw(page: "Page") -> str:
    run = page.run
    scores = Table(
        "Reconstruction by the autoencoders",
        _NOTE,
        ("data set", "model", "MSE", "PSNR, dB", "SSIM", "n"),
        tuple(_cells(row) for row in run.reconstructions),
        frozenset({"data set", "model"}),
    )
    pairs = groupby(run.index.reconstructions, lambda pair: (pair.dataset, pair.model))
    parts = [_part(page, *key, list(group)) for key, group in pairs]
    return page.html(_TEMPLATE, scores=scores, parts=parts) if scores.rows or parts else ""


def _cells(row: "ReconstructionRow") -> tuple[TableCell, ...]:
    mse = NOTHING if row.mse is None else f"{row.mse:.5f}"
    others = (NOTHING if v is None else MEASURES[name].text(v) for name, v in (("psnr", row.psnr), ("ssim", row.ssim)))
    return (
        TableCell(row.dataset),
        TableCell(row.model),
        TableCell(mse),
        *map(TableCell, others),
        TableCell(str(row.n)),
    )


def _part(page: "Page", dataset: str, label: str, pairs: "list[ReconstructionPair]") -> dict[str, Any]:
    folder, shown = page.run.folder, pairs[:MAXIMUM_PAIRS]
    return {
        "dataset": dataset,
        "label": label,
        "pairs": [(one, data_uri(folder, one.original), data_uri(folder, one.reconstruction)) for one in shown],
        "hidden": len(pairs) - len(shown),
    }


ENTRY = Section(78, "Reconstructions", _draw)
