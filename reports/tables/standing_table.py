"""The first table of the page: one row a model, with what a reader decides by."""

from typing import TYPE_CHECKING

from reports.record.anchors import worst_anchor
from reports.record.metrics import bounds
from reports.tables.cautions import cautions
from reports.tables.scores import name_cells, name_header, policy
from reports.tables.table import NOTHING, SEEN, Table, TableCell, caution_mark, score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.record.boards import Board
    from reports.record.run import Run
    from reports.record.statistics_rows import RankRow
    from reports.record.verdict import Standing
    from reports.tables.table import Caution

_TIED = (
    "Models of one group cannot be told apart: their paired differences are within what another draw of test images "
    "would give. Bold: the first group."
)
_PERTURBED = "Perturbed: the mean over each perturbation's strengths, then over perturbations."


def standing_table(run: "Run", board: "Board", found: "Sequence[Standing]") -> Table:
    """Return the table of a board, in the order of `found`."""
    ranked = any(one.clean for one in found)
    perturbed, foreground = bool(run.perturbations(board.dataset)), any(one.foreground is not None for one in found)
    models, warned = {model.label: model for model in board.models}, board_cautions(run, board)
    header = (
        *name_header(board),
        *(("group",) if ranked else ()),
        "clean Dice",
        *(("without background",) if foreground else ()),
        *(("perturbed Dice", "worst condition") if perturbed else ()),
    )
    rows = []
    for one in found:
        remark = f"{'(baseline) ' if one.baseline else ''}{SEEN if one.row.seen else ''}".strip()
        cells = [*name_cells(board, models[one.row.model], remark), *((_group(one.clean),) if ranked else ())]
        marks = " ".join(caution_mark(i) for i, each in enumerate(warned) if one.row.model in each.models)
        cells.append(score(one.score, bar=bounds(run.metric("dice")), best=_first(one.clean), mark=marks))
        cells += [score(one.foreground)] if foreground else []
        cells += _perturbed(run, board, one) if perturbed else []
        rows.append(tuple(cells))
    notes = [_TIED if ranked else "", _PERTURBED if perturbed else ""]
    notes.append(
        f"{SEEN} trained with perturbations that are tested here." if any(one.row.seen for one in found) else ""
    )
    rules = policy(run, board.dataset, board.metric_set, board.labels)
    words = frozenset({"model", "prompt", "worst condition"})
    texts = tuple(each.text for each in warned)
    return Table(board.title("Leaderboard"), " ".join(filter(None, notes)), header, tuple(rows), words, rules, texts)


def board_cautions(run: "Run", board: "Board") -> "list[Caution]":
    """Return the cautions about scores of this board."""
    return [
        one
        for one in cautions(run, board.dataset)
        if set(one.models) & set(board.labels) and one.metric_set in ("", board.metric_set.name)
    ]


def _group(row: "RankRow | None") -> TableCell:
    """Return the tie group, with the ranks that the resamples gave."""
    if row is None:
        return TableCell(NOTHING)
    ranks = f"{row.rank_low}" if row.rank_low == row.rank_high else f"{row.rank_low}–{row.rank_high}"
    return TableCell(f"{row.tie_group}", interval=f"rank {ranks}")


def _first(row: "RankRow | None") -> bool:
    return row is not None and row.tie_group == 1


def _perturbed(run: "Run", board: "Board", one: "Standing") -> list[TableCell]:
    mean = one.perturbed or one.row.perturbed
    cell = score(mean, bar=bounds(run.metric("dice")), best=_first(one.perturbed))
    worst = one.worst
    if worst is None or worst.value is None:
        return [cell, TableCell(NOTHING)]
    what = f"{worst.perturbation} {worst.strength:g}" if worst.strength else worst.perturbation
    link = "" if one.baseline else worst_anchor(board.dataset, one.row.model, worst.perturbation)
    return [cell, TableCell(f"{what}: {score(worst).text}", interval=score(worst).interval, link=link)]
