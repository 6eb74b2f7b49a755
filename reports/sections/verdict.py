"""The answer first: which model is best, how sure that is, what perturbations cost; the leaderboard, a figure."""

from typing import TYPE_CHECKING, Any

from reports.plots.drawing import looks
from reports.record.boards import boards
from reports.record.run import CLEAN
from reports.record.verdict import PERTURBED, followers, leaders, standings
from reports.section import Section
from reports.svg.sweep_panels import mean_panel
from reports.tables.cautions import cautions
from reports.tables.standing_table import standing_table
from reports.tables.table import decimals, interval, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.record.boards import Board
    from reports.record.statistics_rows import RankRow
    from reports.record.verdict import Standing
    from reports.section import Page
    from reports.tables.table import Scored

_TEMPLATE = """
{% from "parts.html" import table, figure, legend, heading, subheading, caution %}
{% for part in parts %}
{{ heading(part.label, parts|length) }}
{% for board in part.boards %}
{{ subheading(board.name, parts|length) }}
{% for sentence in board.sentences %}<p class="verdict">{{ sentence }}</p>{% endfor %}
<div class="{{ "first" if board.figure }}">
<div>{{ table(board.table) }}</div>
{% if board.figure %}<div>{{ legend(board.legend) }}{{ figure(board.figure, board.caption) }}</div>{% endif %}
</div>
{% endfor %}
{% for text in part.unscored %}{{ caution(text) }}{% endfor %}
{% endfor %}
"""
_PLACES = 3


def _draw(page: "Page") -> str:
    return page.html(_TEMPLATE, parts=[_part(page, dataset.label) for dataset in page.run.record.datasets])


def _part(page: "Page", label: str) -> dict[str, Any]:
    shown = boards(page.run, label)
    scored = {name for board in shown for name in board.labels}
    return {
        "label": label,
        "boards": [_board(page, board, len(shown) > 1) for board in shown],
        "unscored": [one.text for one in cautions(page.run, label) if not scored.intersection(one.models)],
    }


def _board(page: "Page", board: "Board", several: bool) -> dict[str, Any]:
    run, found = page.run, standings(page.run, board)
    drawn = bool(run.perturbations(board.dataset))
    alt = f"Line chart of the mean Dice over all perturbations of {board.dataset} against relative strength."
    return {
        "name": board.heading if several else "",
        "sentences": sentences(found),
        "table": standing_table(run, board, found),
        "legend": page.legend(looks(run, board)),
        "figure": mean_panel(run, board, run.metric("dice"), alt) if drawn else "",
        "caption": "Dice against strength, the mean over all perturbations; each one alone stands below.",
    }


def sentences(found: "Sequence[Standing]") -> list[str]:
    """Return the answer in words: clean, perturbed, and where the best model is worst."""
    if not any(one.score and one.score.value is not None for one in found):
        return ["Nothing has been evaluated yet."]
    said = [_ranked(found, CLEAN, "On clean images"), _ranked(found, PERTURBED, "Under perturbation")]
    return [text for text in (*said, _unranked(found), _worst(found)) if text]


def _ranked(found: "Sequence[Standing]", scope: str, where: str) -> str:
    first, rest = leaders(found, scope), followers(found, scope)
    if not first or all(one.baseline for one in found):
        return ""
    if len(first) > 1:
        values = listed([_value(row) for row in first])
        text = f"{where} {listed([row.model for row in first])} cannot be told apart: Dice {values}."
    elif rest:
        best, second = first[0], rest[0]
        text = f"{where} {best.model} is best: Dice {_value(best)}; next is {second.model} with {_value(second)}."
    else:
        return f"{where} {first[0].model} has a Dice of {_value(first[0])}."
    return f"{text} {_sure(first)}".strip()


def _sure(first: "Sequence[RankRow]") -> str:
    """Return in how many resamples the first one is first."""
    share = first[0].p_best
    return "" if share is None else f"{first[0].model} is first in {100 * share:.0f} % of the resamples of the images."


def _value(row: "Scored") -> str:
    assert row.value is not None
    text = decimals(row.value, _PLACES)
    return text if row.low is None or row.high is None else f"{text} {interval(row.low, row.high, _PLACES)}"


def _unranked(found: "Sequence[Standing]") -> str:
    """Return what can be said without a ranking: an older run has none, nor has an unfinished one of some models."""
    if any(one.clean for one in found):
        return ""
    best = next(one for one in found if one.score and one.score.value is not None)
    assert best.score and best.score.value is not None
    return (
        f"{best.row.model} has the highest Dice on clean images, {decimals(best.score.value, _PLACES)}. There are no "
        "intervals, so nobody can say how sure that is; `bench report` computes them from the cells of a run."
    )


def _worst(found: "Sequence[Standing]") -> str:
    models = [one for one in found if not one.baseline and one.worst and one.worst.value is not None]
    if not models or models[0].worst is None or models[0].worst.perturbation == CLEAN:
        return ""
    best, worst = models[0].row.model, models[0].worst
    ends = f" {interval(worst.low, worst.high, _PLACES)}" if worst.low is not None and worst.high is not None else ""
    assert worst.value is not None
    return (
        f"{best} is worst under {worst.perturbation} {worst.strength:g}: Dice {decimals(worst.value, _PLACES)}{ends}."
    )


ENTRY = Section(0, "Answer", _draw)
