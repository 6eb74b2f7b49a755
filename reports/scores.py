"""The tables of scores; each carries its border policy, reduction, absent-class rule and number of images."""

from typing import TYPE_CHECKING

from reports.ranking import mean_dice, perturbed_dice, rank
from reports.tables import NOTHING, Cell, Table, score, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.ranking import LeaderboardRow
    from reports.record import MetricSet, Model, Perturbation
    from reports.run import Run

_POOLED = {"mIoU": ("iou", "mean"), "Dice": ("dice", "mean"), "pixel accuracy": ("pixel_accuracy", "all")}
_RATES = {"precision": ("precision", "mean"), "recall": ("recall", "mean")}
_IMAGES = {
    "Dice per image": ("dice_per_image", "mean"),
    "IoU per image": ("iou_per_image", "mean"),
    "Dice of worst 5\u00a0%": ("dice_worst_5", "mean"),
    "IoU of worst 5\u00a0%": ("iou_worst_5", "mean"),
}

_COLUMNS = 8
"""More perturbations than this become the rows of a table: their columns would not fit on a laptop's screen."""


def policy(run: "Run", dataset: str, metric_set: "MetricSet") -> str:
    """Return the line that says under which rules and on how many images the numbers beside it were made."""
    mean = "" if metric_set.dice_classes == "all" else f", mean Dice over {metric_set.dice_classes}"
    return (
        f"Metric set {metric_set.name}: border policy {metric_set.border}, reduction {metric_set.reduction}, "
        f"absent-class rule {metric_set.absent_class}{mean}; {_images(run, dataset, metric_set)}."
    )


def leaderboard_table(run: "Run", dataset: str) -> Table:
    """Return the leaderboard of one data set under the headline metric set."""
    return Table(
        f"Leaderboard on {dataset}",
        "Perturbed: mean Dice over each perturbation's non-identity strengths, then over perturbations. "
        f"Drop: clean − perturbed. {policy(run, dataset, run.headline)}",
        ("model", "clean Dice", "clean mIoU", "perturbed Dice", "drop", "parameters", "images/s", "precision",
         "checkpoint", "conditions"),
        tuple(_leaderboard_cells(row) for row in rank(run, dataset)),
        frozenset({"model", "precision", "checkpoint"}),
    )  # fmt: skip


def clean_table(run: "Run", dataset: str, metric_set: "MetricSet") -> Table:
    """Return every clean score of every model under one metric set."""
    classes = {f"Dice {name}": ("dice", name) for name in run.class_names(dataset, metric_set.name)}
    columns = _POOLED | classes | _RATES | _IMAGES
    rows = []
    for model in run.models(dataset):
        found = [
            run.row(dataset, model.label, metric_set=metric_set.name, metric=metric, class_name=class_name)
            for metric, class_name in columns.values()
        ]
        images = found[list(columns).index("Dice")]
        count = Cell(str(images.n) if images else NOTHING)
        rows.append((Cell(model.label), *(score(row.value if row else None) for row in found), count))
    return Table(
        f"Clean scores on {dataset}, {metric_set.title or metric_set.name}",
        policy(run, dataset, metric_set),
        ("model", *columns, "n"),
        tuple(rows),
        frozenset({"model"}),
    )


def perturbation_table(run: "Run", dataset: str) -> Table:
    """Return the mean Dice over each perturbation's non-identity strengths."""
    return _by_perturbation(
        run,
        dataset,
        "Mean Dice over the strengths",
        lambda model, entry: mean_dice(run, dataset, model.label, entry),
        "mean",
        lambda model: perturbed_dice(run, dataset, model.label),
    )


def strongest_table(run: "Run", dataset: str) -> Table:
    """Return the Dice at each perturbation's strongest level, and the lowest of them."""

    def strongest(model: "Model", entry: "Perturbation") -> float | None:
        return run.value(dataset, model.label, entry.label, entry.by_damage()[-1]) if entry.strengths else None

    def lowest(model: "Model") -> float | None:
        values = [strongest(model, entry) for entry in run.record.perturbations]
        return min((value for value in values if value is not None), default=None)

    return _by_perturbation(run, dataset, "Dice at the strongest level", strongest, "lowest", lowest)


def strengths_table(run: "Run", dataset: str, perturbation: "Perturbation") -> Table:
    """Return the Dice of every model at every strength of one perturbation."""
    strengths = perturbation.by_damage()
    rows = [
        (
            Cell(model.label),
            score(run.value(dataset, model.label)),
            *(score(run.value(dataset, model.label, perturbation.label, strength)) for strength in strengths),
        )
        for model in run.models(dataset)
    ]
    unit = f" ({perturbation.unit})" if perturbation.unit else ""
    return Table(
        f"Dice on {dataset} by strength of {perturbation.label}{unit}",
        policy(run, dataset, run.headline),
        ("model", "clean", *(f"{strength:g}" for strength in strengths)),
        tuple(rows),
        frozenset({"model"}),
    )


def _by_perturbation(
    run: "Run",
    dataset: str,
    title: str,
    of: "Callable[[Model, Perturbation], float | None]",
    last: str,
    summary: "Callable[[Model], float | None]",
) -> Table:
    entries = run.record.perturbations
    rows = [
        (
            Cell(model.label),
            score(run.value(dataset, model.label)),
            *(score(of(model, entry), bar=True) for entry in entries),
            score(summary(model), bar=True),
        )
        for model in run.models(dataset)
    ]
    header = ("model", "clean", *(entry.label.replace("_", " ") for entry in entries), last)
    note = policy(run, dataset, run.headline)
    table = Table(f"{title} on {dataset}", note, header, tuple(rows), frozenset({"model"}))
    return table if len(entries) <= _COLUMNS else _turned(table, "perturbation")


def _turned(table: Table, corner: str) -> Table:
    """Return a table with its columns as rows: many of them can be read below, but not beside each other."""
    names, *columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.header)
    rows = tuple((Cell(name), *cells) for name, cells in zip(table.header[1:], columns, strict=True))
    return Table(table.title, table.note, (corner, *(cell.text for cell in names)), rows, frozenset({corner}))


def _leaderboard_cells(row: "LeaderboardRow") -> tuple[Cell, ...]:
    return (
        Cell(f"{row.model} (untrained)" if row.untrained else row.model),
        score(row.dice, bar=True),
        score(row.miou, bar=True),
        score(row.perturbed, bar=True),
        score(row.drop),
        Cell(count(row.parameters)),
        Cell(NOTHING if row.images_per_second is None else f"{row.images_per_second:.1f}"),
        *words(row.precision, row.checkpoint and row.checkpoint[:12]),
        Cell(f"{row.done} of {row.planned}"),
    )


def count(number: int | None) -> str:
    """Return a count of parameters in thousands or millions.

    >>> count(31_037_763), count(1_930), count(0)
    ('31.0 M', '1.9 k', '0')
    """
    if number is None:
        return NOTHING
    for size, unit in ((1_000_000, " M"), (1_000, " k")):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return str(number)


def _images(run: "Run", dataset: str, metric_set: "MetricSet") -> str:
    """Return "168 images", or the range where the scores are over different numbers of images."""
    counts = {
        row.n
        for row in run.rows
        if (row.dataset, row.metric_set, row.metric, row.class_name) == (dataset, metric_set.name, "dice", "mean")
    } or {run.dataset(dataset).n}
    low, high = min(counts), max(counts)
    return f"{low} image{'' if low == 1 else 's'}" if low == high else f"{low} to {high} images"
