"""Curves of a training against the epoch: losses, scores of the validation, the learning rate."""

from typing import TYPE_CHECKING

from reports.svg.line_chart import Track, line_chart

if TYPE_CHECKING:
    from markupsafe import Markup

    from bench.record.model_record import TrainingCurves

_KINDS = {
    "loss": ("loss", {"training": "train_loss", "validation": "val_loss"}),
    "score": ("validation score", {"mIoU": "val_iou", "foreground Dice": "val_dice"}),
    "rate": ("learning rate", {"learning rate": "learning_rate"}),
}
"""What the y axis is, and which curves stand in a figure, by the name of the kind."""


def training_lines(curves: "TrainingCurves", kind: str, best_epoch: int | None, alt: str) -> "Markup":
    """Return the figure of one kind (loss, score, rate); a dotted line marks the epoch that was kept."""
    label, keys = _KINDS[kind]
    found = {name: getattr(curves, key) for name, key in keys.items()}
    tracks = [
        Track(name, index, tuple(zip(curves.epoch, values, strict=False)))
        for index, (name, values) in enumerate(found.items())
        if values
    ]
    heights = (0.0, 1.0) if kind == "score" else None
    return line_chart(tracks, ("epoch", label), alt, heights=heights, upright=best_epoch)
