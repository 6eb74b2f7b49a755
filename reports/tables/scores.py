"""The tables of scores; each carries its border policy, reduction, absent-class rule and number of images."""

from typing import TYPE_CHECKING, Any

from bench.host.screen import rate_words
from reports.record.baselines import gain
from reports.record.metrics import IMAGE_SUFFIXES, MANY_CLASSES, ORACLE, bounds, mean_title
from reports.record.ranking import rank
from reports.tables.table import NOTHING, SEEN, Table, TableCell, listed, percent, score, words

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from bench.record.model_record import ModelRecord
    from bench.record.run_record import MetricSetRecord
    from reports.record.baselines import Gain
    from reports.record.boards import Board
    from reports.record.ranking import LeaderboardRow
    from reports.record.run import Run

_PERTURBED = (
    "Perturbed: mean Dice over each perturbation's non-identity strengths, then over perturbations. "
    "Drop: clean − perturbed."
)
_ORACLE_NOTE = (
    "(oracle): of several masks of the model the best by the ground truth; nobody can choose so without it, "
    "and no rank is made of it."
)

_GAINS = {"dice": "Dice", "iou": "mIoU"}
"""The metrics, by their titles, whose clean means are compared with a baseline's."""


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
        gain_note({"Dice": above}),
        _PERTURBED if run.dataset(board.dataset).perturbed else "Only the clean images of this data set are scored.",
        _ORACLE_NOTE if oracle else "",
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
        tuple((*_names(board, models[row.model], row), *_scores(run, row, oracle)) for row in rows),
        frozenset({"model", "prompt", "precision"}),
        policy(run, board.dataset, board.metric_set, board.labels),
    )  # fmt: skip


def clean_table(run: "Run", board: "Board") -> Table:
    """Return every clean score of every model of a board: all metrics of the run, the usual ones first."""
    name = board.metric_set.name
    columns = _columns(run, board)
    oracle = any(title.endswith("(oracle)") for title, _ in columns)
    gains = {title: one for metric, title in _GAINS.items() if (one := gain(run, board, metric))}
    rows = []
    for model in board.models:
        found = [run.row(board.dataset, model.label, metric_set=name, **score_of) for _, score_of in columns]
        images = run.row(board.dataset, model.label, metric_set=name)
        count = TableCell(str(images.n) if images else NOTHING)
        above = _gain_cells(run, board, model.label, gains)
        rows.append((*name_cells(board, model), *map(score, found), *above, count))
    notes = [
        gain_note(gains),
        _ORACLE_NOTE if oracle else "",
        lower_note(run),
        f"The Dice of the {len(many)} classes stands in a table of its own." if (many := _many(run, board)) else "",
    ]
    return Table(
        board.title("Clean scores"),
        " ".join(filter(None, notes)),
        (*name_header(board), *(title for title, _ in columns), *(f"{title} gain" for title in gains), "n"),
        tuple(rows),
        frozenset({"model", "prompt"}),
        policy(run, board.dataset, board.metric_set, board.labels),
    )


def gain_note(gains: "Mapping[str, Gain | None]") -> str:
    """Return what the columns of gains mean, and over which baseline they are; by the titles of their metrics."""
    over = [f"{title} over {one.baseline} ({score(one.score).text})" for title, one in gains.items() if one]
    return f"Gain: 100 (score / baseline − 1) % of the clean score: {listed(over)}." if over else ""


def _gain_cells(run: "Run", board: "Board", model: str, gains: "Mapping[str, Gain]") -> "Iterator[TableCell]":
    """Yield a model's gains in the order of `_GAINS`; the baseline has none over itself."""
    for metric, title in _GAINS.items():
        if one := gains.get(title):
            value = run.value(board.dataset, model, metric_set=board.metric_set.name, metric=metric)
            yield percent(None if model == one.baseline else one.percent(value))


def class_table(run: "Run", board: "Board") -> Table | None:
    """Return the clean Dice of each class, a row a class, where these are too many for columns; else None."""
    classes, dice, name = _many(run, board), run.metric("dice"), board.metric_set.name
    if not classes:
        return None
    return Table(
        board.title(f"{dice.title} of each class of the clean images"),
        "",
        ("class", *board.labels),
        tuple(
            (
                TableCell(each),
                *(
                    score(run.row(board.dataset, label, metric_set=name, class_name=each), bar=bounds(dice))
                    for label in board.labels
                ),
            )
            for each in classes
        ),
        frozenset({"class"}),
        policy(run, board.dataset, board.metric_set, board.labels),
    )


def _many(run: "Run", board: "Board") -> list[str]:
    """Return the classes of a board where they are too many for columns."""
    classes = run.class_names(board.dataset, board.metric_set.name)
    return classes if len(classes) > MANY_CLASSES else []


def lower_note(run: "Run") -> str:
    """Return what the arrow at a title means, "" where no title has one."""
    return "" if all(metric.higher_is_better for metric in run.metrics) else "↓: lower is better."


def _columns(run: "Run", board: "Board") -> list[tuple[str, dict[str, Any]]]:
    """Return title and place of each score: metrics, the classes' Dice behind its mean, image by image, oracle's."""
    name, found = board.metric_set.name, []
    for metric in run.metrics:
        found.append((mean_title(metric), {"metric": metric.name}))
        if metric.name == "dice" and not _many(run, board):
            classes = run.class_names(board.dataset, name)
            found += [(f"{metric.title} {label}", {"metric": "dice", "class_name": label}) for label in classes]
    overlap = [run.metric(each) for each in ("dice", "iou")]
    for suffix, meaning in IMAGE_SUFFIXES.items():
        found += [(f"{metric.title} {meaning}", {"metric": metric.name + suffix}) for metric in overlap]
    return found + [
        (f"{mean_title(metric)} (oracle)", {"metric": ORACLE + metric.name})
        for metric in overlap
        if any(run.row(board.dataset, m.label, metric_set=name, metric=ORACLE + metric.name) for m in board.models)
    ]


def _names(board: "Board", model: "ModelRecord", row: "LeaderboardRow") -> tuple[TableCell, ...]:
    return name_cells(board, model, f"{'(untrained) ' if row.untrained else ''}{SEEN if row.seen else ''}".strip())


def _scores(run: "Run", row: "LeaderboardRow", oracle: bool) -> tuple[TableCell, ...]:
    dice, iou = (bounds(run.metric(name)) for name in ("dice", "iou"))
    return (
        score(row.dice, bar=dice),
        *((percent(None if row.model == row.baseline else row.gain),) if row.baseline else ()),
        score(row.miou, bar=iou),
        score(row.perturbed, bar=dice),
        score(row.drop),
        *((score(row.oracle_dice), score(row.oracle_miou)) if oracle else ()),
        TableCell(NOTHING if row.images_per_second is None else rate_words(row.images_per_second)),
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
