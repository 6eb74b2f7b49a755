"""What autoencoders learnt before they saw any label: how well they reconstruct images."""

from itertools import groupby
from typing import TYPE_CHECKING, Any

from reports.record import thumbnails
from reports.record.measures import MEASURES
from reports.section import Section
from reports.tables.table import NOTHING, Table, TableCell

if TYPE_CHECKING:
    from bench.record.example_index import ReconstructionPair
    from reports.record.rows import ReconstructionRow
    from reports.record.thumbnails import Picture
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
    shown = {key: list(group) for key, group in pairs}
    files = [file for group in shown.values() for one in group[:MAXIMUM_PAIRS] for file in _files(one)]
    fitted = thumbnails.fitted(run.folder, files, thumbnails.RECONSTRUCTED)
    parts = [_part(*key, group, fitted.uris) for key, group in shown.items()]
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


def _files(pair: "ReconstructionPair") -> "tuple[Picture, Picture]":
    return (thumbnails.PicturePanel(pair.original),), (thumbnails.PicturePanel(pair.reconstruction),)


def _part(
    dataset: str, label: str, pairs: "list[ReconstructionPair]", uris: "dict[Picture, str | None]"
) -> dict[str, Any]:
    shown = [one for one in pairs[:MAXIMUM_PAIRS] if all(file in uris for file in _files(one))]
    return {
        "dataset": dataset,
        "label": label,
        "pairs": [(one, *(uris[file] for file in _files(one))) for one in shown],
        "hidden": len(pairs) - len(shown),
    }


ENTRY = Section(78, "Reconstructions", _draw)
