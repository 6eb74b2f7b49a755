"""The tables of the clean images: means, each class, image by image, and the metrics that a suite asks for besides."""

from typing import TYPE_CHECKING

from reports.record.gains import gain
from reports.record.metrics import IMAGE_SUFFIXES, ORACLE, bounds, is_usual, mean_title
from reports.tables.scores import ORACLE_NOTE, bold_note, gain_note, lower_note, name_cells, name_header, policy, ranked
from reports.tables.table import NOTHING, Table, TableCell, percent, score

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reports.record.boards import Board
    from reports.record.gains import Gain
    from reports.record.run import Run

GAINS = {"dice": "Dice", "iou": "mIoU"}
"""The metrics, by their titles, whose clean means are compared with a baseline's."""
COLUMNS = 6
"""More classes than this are the rows of their table: their columns would not fit on a laptop's screen."""


def clean_tables(run: "Run", board: "Board") -> list[Table]:
    """Return all tables of a board's clean scores, those that are empty left out."""
    found = (clean_table(run, board), class_table(run, board), image_table(run, board), further_table(run, board))
    return [table for table in found if table]


def clean_table(run: "Run", board: "Board") -> Table:
    """Return the means of the usual metrics of every model of a board, and the gains over a baseline."""
    name = board.metric_set.name
    columns = [(mean_title(metric), metric.name) for metric in run.metrics if is_usual(metric)]
    oracles = [(f"{mean_title(run.metric(one))} (oracle)", ORACLE + one) for one in ("dice", "iou")]
    columns += [(title, one) for title, one in oracles if _has(run, board, one)]
    gains = {title: one for metric, title in GAINS.items() if (one := gain(run, board, metric))}
    rows = []
    for model in board.models:
        found = ((run.row(board.dataset, model.label, metric_set=name, metric=one), one) for _, one in columns)
        images = run.row(board.dataset, model.label, metric_set=name)
        cells = [ranked(run, board, model.label, row, metric=one) if one in GAINS else score(row) for row, one in found]
        count = TableCell(str(images.n) if images else NOTHING)
        rows.append((*name_cells(board, model), *cells, *_gain_cells(run, board, model.label, gains), count))
    oracle = ORACLE_NOTE if any(one.startswith(ORACLE) for _, one in columns) else ""
    notes = filter(None, (bold_note(run, board), gain_note(gains), oracle))
    header = (*name_header(board), *(title for title, _ in columns), *(f"{title} gain" for title in gains), "images")
    return _table(run, board, "Clean scores", " ".join(notes), header, rows)


def _gain_cells(run: "Run", board: "Board", model: str, gains: "Mapping[str, Gain]") -> "Iterator[TableCell]":
    """Yield a model's gains in the order of `GAINS`; the baseline has none over itself."""
    for metric, title in GAINS.items():
        if one := gains.get(title):
            value = run.value(board.dataset, model, metric_set=board.metric_set.name, metric=metric)
            yield percent(None if model == one.baseline else one.percent(value))


def class_table(run: "Run", board: "Board") -> Table | None:
    """Return the clean Dice of each class; None where a metric set has one class, which is its mean.

    A row a model, or a row a class where there are many.
    """
    name, dice = board.metric_set.name, run.metric("dice")
    classes = run.class_names(board.dataset, name)
    if len(classes) < 2:
        return None

    def cell(label: str, one: str) -> TableCell:
        return score(run.row(board.dataset, label, metric_set=name, class_name=one), bar=bounds(dice))

    title = f"{dice.title} of each class of the clean images"
    if len(classes) > COLUMNS:
        lines = [(TableCell(one), *(cell(label, one) for label in board.labels)) for one in classes]
        return _table(run, board, title, "", ("class", *board.labels), lines, ("class",))
    rows = [(*name_cells(board, model), *(cell(model.label, one) for one in classes)) for model in board.models]
    return _table(run, board, title, "", (*name_header(board), *(f"{dice.title} {one}" for one in classes)), rows)


def image_table(run: "Run", board: "Board") -> Table | None:
    """Return the scores that are taken image by image; None where the run has none."""
    overlap = [run.metric(one) for one in GAINS]
    columns = [(f"{m.title} {words}", m.name + suffix) for suffix, words in IMAGE_SUFFIXES.items() for m in overlap]
    columns = [(title, one) for title, one in columns if _has(run, board, one)]
    note = "Each image is scored by itself, then the mean is taken over all images, or over the worst ones."
    return _columns(run, board, "Image by image on the clean images", note, columns)


def further_table(run: "Run", board: "Board") -> Table | None:
    """Return the metrics that a suite asks for besides the usual ones; None where there are none."""
    columns = [(mean_title(one), one.name) for one in run.metrics if not is_usual(one) and _has(run, board, one.name)]
    return _columns(run, board, "Further metrics of the clean images", lower_note(run), columns)


def _columns(run: "Run", board: "Board", title: str, note: str, columns: "list[tuple[str, str]]") -> Table | None:
    if not columns:
        return None
    name = board.metric_set.name
    rows = [
        (
            *name_cells(board, model),
            *(score(run.row(board.dataset, model.label, metric_set=name, metric=one)) for _, one in columns),
        )
        for model in board.models
    ]
    return _table(run, board, title, note, (*name_header(board), *(title for title, _ in columns)), rows)


def _table(
    run: "Run",
    board: "Board",
    title: str,
    note: str,
    header: "Sequence[str]",
    rows: "Sequence[tuple[TableCell, ...]]",
    names: tuple[str, ...] = (),
) -> Table:
    words = frozenset(names or name_header(board))
    rules = policy(run, board.dataset, board.metric_set, board.labels)
    return Table(board.title(title), note, tuple(header), tuple(rows), words, rules)


def _has(run: "Run", board: "Board", metric: str) -> bool:
    name = board.metric_set.name
    return any(run.row(board.dataset, label, metric_set=name, metric=metric) for label in board.labels)
