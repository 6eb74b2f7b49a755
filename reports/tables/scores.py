"""The tables of scores; each carries its border policy, reduction, absent-class rule and number of images."""

from typing import TYPE_CHECKING

from bench.host.screen import rate_words
from reports.record.board_rows import find_summary
from reports.record.gains import gain
from reports.record.metrics import bounds
from reports.record.ranking import rank
from reports.record.run import CLEAN
from reports.record.verdict import PERTURBED, place
from reports.tables.table import NOTHING, SEEN, Table, TableCell, listed, percent, score, words

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from bench.record.model_record import ModelRecord
    from bench.record.run_record import MetricSetRecord
    from reports.record.boards import Board
    from reports.record.gains import Gain
    from reports.record.ranking import LeaderboardRow
    from reports.record.run import Run
    from reports.tables.table import Scored

_PERTURBED = (
    "Perturbed: mean Dice over each perturbation's non-identity strengths, then over perturbations. "
    "Drop: clean − perturbed."
)
_SPEED = (
    "Images/s: of this evaluation, with reading, perturbing and scoring of the images; it is not the model's own speed."
)
ORACLE_NOTE = (
    "(oracle): of several masks of the model the best by the ground truth; nobody can choose so without it, "
    "and no rank is made of it."
)


_BORDER = {
    "ignore": "Pixels on the border between object and background (label 255) do not count.",
    "background": "Pixels on the border between object and background (label 255) count as background.",
    "foreground": "Pixels on the border between object and background (label 255) count as object.",
}
_REDUCTION = {
    "dataset": "The pixels of all images are added up, then scored.",
    "per_image": "Each image is scored, then the mean over the images is taken.",
}
_ABSENT = {
    "skip": "A class that is neither in the ground truth nor in the prediction is left out.",
    "one": "A class that is neither in the ground truth nor in the prediction scores 1.",
    "zero": "A class that is neither in the ground truth nor in the prediction scores 0.",
}
INTERVALS = (
    "Brackets hold the 95 % interval: the range in which the score lies when other test images of the same kind are "
    "drawn. It says nothing about another training of the same model."
)


def policy(run: "Run", dataset: str, metric_set: "MetricSetRecord", models: "Container[str] | None" = None) -> str:
    """Return the rules and the number of images behind the numbers beside this line, in words.

    models: the labels whose numbers stand there; None: all.
    """
    every = metric_set.dice_classes == "all" or not run.dataset(dataset).background
    parts = [
        f"Metric set {metric_set.name}, {_images(run, dataset, metric_set, models)}.",
        _BORDER[metric_set.border],
        _REDUCTION[metric_set.reduction],
        _ABSENT[metric_set.absent_class],
        "" if every else "The mean Dice is over the foreground classes, without the background.",
        INTERVALS if any(row.low is not None for row in run.rows) else "",
    ]
    return " ".join(filter(None, parts))


def name_header(board: "Board") -> tuple[str, ...]:
    """Return the header of the columns that name a row: the model and, where one was prompted, the prompt policy."""
    return ("model", "prompt") if board.prompted else ("model",)


def name_cells(board: "Board", model: "ModelRecord", remark: str = "") -> tuple[TableCell, ...]:
    """Return the cells below `name_header`."""
    label = TableCell(f"{model.label} {remark}".rstrip())
    return (label, TableCell(model.prompt)) if board.prompted else (label,)


def leaderboard_table(run: "Run", board: "Board", title: str = "Leaderboard") -> Table:
    """Return the leaderboard of one board."""
    rows = rank(run, board)
    models = {model.label: model for model in board.models}
    oracle = any(row.oracle_dice is not None for row in rows)
    above = gain(run, board, "dice")
    notes = [
        bold_note(run, board),
        gain_note({"Dice": above}),
        _PERTURBED if run.dataset(board.dataset).perturbed else "Only the clean images of this data set are scored.",
        _SPEED if any(row.images_per_second for row in rows) else "",
        ORACLE_NOTE if oracle else "",
        f"{SEEN} trained with perturbations that are tested here: see model facts."
        if any(r.seen for r in rows)
        else "",
    ]
    extra = ("Dice (oracle)", "mIoU (oracle)") if oracle else ()
    return Table(
        board.title(title),
        " ".join(filter(None, notes)),
        (*name_header(board), "clean Dice", *(("Dice gain",) if above else ()), "clean mIoU", "perturbed Dice",
         "drop", *extra, "images/s", "precision", "conditions"),
        tuple((*_names(board, models[row.model], row), *_scores(run, board, row, oracle)) for row in rows),
        frozenset({"model", "prompt", "precision"}),
        policy(run, board.dataset, board.metric_set, board.labels),
    )  # fmt: skip


def gain_note(gains: "Mapping[str, Gain | None]") -> str:
    """Return what the columns of gains mean, and over which baseline they are; by the titles of their metrics."""
    over = [f"{title} over {one.baseline} ({score(one.score).text})" for title, one in gains.items() if one]
    return f"Gain: 100 (score / baseline − 1) % of the clean score: {listed(over)}." if over else ""


def lower_note(run: "Run") -> str:
    """Return what the arrow at a title means, "" where no title has one."""
    return "" if all(metric.higher_is_better for metric in run.metrics) else "↓: lower is better."


def _names(board: "Board", model: "ModelRecord", row: "LeaderboardRow") -> tuple[TableCell, ...]:
    return name_cells(board, model, f"{'(untrained) ' if row.untrained else ''}{SEEN if row.seen else ''}".strip())


def _scores(run: "Run", board: "Board", row: "LeaderboardRow", oracle: bool) -> tuple[TableCell, ...]:
    dice, iou = (bounds(run.metric(name)) for name in ("dice", "iou"))
    return (
        ranked(run, board, row.model, row.dice, bar=dice),
        *((percent(None if row.model == row.baseline else row.gain),) if row.baseline else ()),
        ranked(run, board, row.model, row.miou, metric="iou", bar=iou),
        ranked(run, board, row.model, row.perturbed, scope=PERTURBED, bar=dice),
        score(_drop(run, board, row)),
        *((score(row.oracle_dice), score(row.oracle_miou)) if oracle else ()),
        TableCell(NOTHING if row.images_per_second is None else rate_words(row.images_per_second)),
        *words(row.precision),
        TableCell(f"{row.done} of {row.planned}"),
    )


def _drop(run: "Run", board: "Board", row: "LeaderboardRow") -> "Scored | float | None":
    """Return the drop with its interval where the run has one."""
    found = find_summary(run.statistics.robustness, board, row.model, "drop")
    return found if found and found.value is not None else row.drop


def ranked(
    run: "Run",
    board: "Board",
    model: str,
    value: "Scored | float | None",
    *,
    metric: str = "dice",
    scope: str = CLEAN,
    bar: tuple[float, float] | None = None,
) -> TableCell:
    """Return a score of a ranking with its interval, bold in the first group of models that cannot be told apart."""
    row = place(run, board, model, scope, metric)
    if row is None or row.value is None:
        return score(value, bar=bar)
    return score(row, bar=bar, best=row.tie_group == 1)


def bold_note(run: "Run", board: "Board") -> str:
    """Return what bold means in a table of a board, "" where nothing is ranked."""
    if not any(place(run, board, label, CLEAN) for label in board.labels):
        return ""
    return "Bold: the best model, and those that cannot be told apart from it."


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
