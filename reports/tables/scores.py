"""The tables of scores; each carries its border policy, reduction, absent-class rule and number of images."""

from typing import TYPE_CHECKING

from reports.record.ranking import rank
from reports.tables.table import NOTHING, SEEN, Table, TableCell, score, words

if TYPE_CHECKING:
    from collections.abc import Container

    from bench.record.model_record import ModelRecord
    from bench.record.run_record import MetricSetRecord
    from reports.record.boards import Board
    from reports.record.ranking import LeaderboardRow
    from reports.record.run import Run

_POOLED = {"mIoU": ("iou", "mean"), "Dice": ("dice", "mean"), "pixel accuracy": ("pixel_accuracy", "all")}
_RATES = {"precision": ("precision", "mean"), "recall": ("recall", "mean")}
_IMAGES = {
    "Dice per image": ("dice_per_image", "mean"),
    "IoU per image": ("iou_per_image", "mean"),
    "Dice of worst 5\u00a0%": ("dice_worst_5", "mean"),
    "IoU of worst 5\u00a0%": ("iou_worst_5", "mean"),
}
_ORACLE = {"Dice (oracle)": ("oracle_dice", "mean"), "mIoU (oracle)": ("oracle_iou", "mean")}
_PERTURBED = (
    "Perturbed: mean Dice over each perturbation's non-identity strengths, then over perturbations. "
    "Drop: clean − perturbed."
)
_ORACLE_NOTE = (
    "(oracle): of several masks of the model the best by the ground truth; nobody can choose so without the truth, "
    "and no rank is made of it."
)


def policy(run: "Run", dataset: str, metric_set: "MetricSetRecord", models: "Container[str] | None" = None) -> str:
    """Return the line that says under which rules and on how many images the numbers beside it were made.

    models: the labels whose numbers stand there; None: all.
    """
    mean = "" if metric_set.dice_classes == "all" else f", mean Dice over {metric_set.dice_classes}"
    return (
        f"Metric set {metric_set.name}: border policy {metric_set.border}, reduction {metric_set.reduction}, "
        f"absent-class rule {metric_set.absent_class}{mean}; {_images(run, dataset, metric_set, models)}."
    )


def name_header(board: "Board") -> tuple[str, ...]:
    """Return the header of the columns that name a row: the model and, where one was prompted, the prompt policy."""
    return ("model", "prompt") if board.prompted else ("model",)


def name_cells(board: "Board", model: "ModelRecord", remark: str = "") -> tuple[TableCell, ...]:
    """Return the cells below `name_header`."""
    label = TableCell(f"{model.label} {remark}".rstrip())
    return (label, TableCell(model.prompt)) if board.prompted else (label,)


def leaderboard_table(run: "Run", board: "Board") -> Table:
    """Return the leaderboard of one board."""
    rows = rank(run, board)
    models = {model.label: model for model in board.models}
    oracle = any(row.oracle_dice is not None for row in rows)
    notes = [
        _PERTURBED if run.dataset(board.dataset).perturbed else "Only the clean pictures of this data set are scored.",
        _ORACLE_NOTE if oracle else "",
        f"{SEEN} trained with perturbations that are tested here: see model facts."
        if any(r.seen for r in rows)
        else "",
        policy(run, board.dataset, board.metric_set, board.labels),
    ]
    extra = tuple(_ORACLE) if oracle else ()
    return Table(
        board.title("Leaderboard"),
        " ".join(filter(None, notes)),
        (*name_header(board), "clean Dice", "clean mIoU", "perturbed Dice", "drop", *extra, "images/s", "precision",
         "conditions"),
        tuple((*_names(board, models[row.model], row), *_scores(row, oracle)) for row in rows),
        frozenset({"model", "prompt", "precision"}),
    )  # fmt: skip


def clean_table(run: "Run", board: "Board") -> Table:
    """Return every clean score of every model of a board."""
    name = board.metric_set.name
    classes = {f"Dice {name}": ("dice", name) for name in run.class_names(board.dataset, name)}
    columns = _POOLED | classes | _RATES | _IMAGES
    oracle = {
        title: key
        for title, key in _ORACLE.items()
        if any(run.row(board.dataset, m.label, metric_set=name, metric=key[0]) for m in board.models)
    }
    columns |= oracle
    rows = []
    for model in board.models:
        found = [
            run.row(board.dataset, model.label, metric_set=name, metric=metric, class_name=class_name)
            for metric, class_name in columns.values()
        ]
        images = found[list(columns).index("Dice")]
        count = TableCell(str(images.n) if images else NOTHING)
        rows.append((*name_cells(board, model), *(score(row.value if row else None) for row in found), count))
    return Table(
        board.title("Clean scores"),
        f"{_ORACLE_NOTE + ' ' if oracle else ''}{policy(run, board.dataset, board.metric_set, board.labels)}",
        (*name_header(board), *columns, "n"),
        tuple(rows),
        frozenset({"model", "prompt"}),
    )


def _names(board: "Board", model: "ModelRecord", row: "LeaderboardRow") -> tuple[TableCell, ...]:
    return name_cells(board, model, f"{'(untrained) ' if row.untrained else ''}{SEEN if row.seen else ''}".strip())


def _scores(row: "LeaderboardRow", oracle: bool) -> tuple[TableCell, ...]:
    return (
        score(row.dice, bar=True),
        score(row.miou, bar=True),
        score(row.perturbed, bar=True),
        score(row.drop),
        *((score(row.oracle_dice), score(row.oracle_miou)) if oracle else ()),
        TableCell(NOTHING if row.images_per_second is None else f"{row.images_per_second:.1f}"),
        *words(row.precision),
        TableCell(f"{row.done} of {row.planned}"),
    )


def _images(run: "Run", dataset: str, metric_set: "MetricSetRecord", models: "Container[str] | None") -> str:
    """Return "168 images", or the range where the scores are over different numbers of images."""
    counts = {
        row.n
        for row in run.rows
        if (row.dataset, row.metric_set, row.metric, row.class_name) == (dataset, metric_set.name, "dice", "mean")
        and (models is None or row.model in models)
    } or {run.dataset(dataset).n}
    low, high = min(counts), max(counts)
    return f"{low} image{'' if low == 1 else 's'}" if low == high else f"{low} to {high} images"
