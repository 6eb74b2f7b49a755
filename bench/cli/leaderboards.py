"""The leaderboards on the terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.cli.printing import say
from bench.host.screen import rate_words
from bench.host.terminal_table import print_table
from registry.labels import group_words

if TYPE_CHECKING:
    from reports.record.ranking import LeaderboardRow

NUMBERS = ("Dice", "mIoU", "perturbed", "drop", "params", "images/s")


def print_leaderboard(rows: "Sequence[LeaderboardRow]", policies: Mapping[str, str]) -> None:
    """Print the leaderboards, one table per board; `policies` are how each metric set's scores are counted."""
    for board in dict.fromkeys((row.dataset, row.metric_set, row.supervision) for row in rows):
        own = [row for row in rows if (row.dataset, row.metric_set, row.supervision) == board]
        dataset, metric_set, supervision = board
        images = max(row.n for row in own)
        prompted = any(row.prompt != "none" for row in own)
        print_table([_shown(row, prompted) for row in own], NUMBERS)
        name = f"{dataset}, {group_words(supervision)}, {metric_set}"
        say(f"{name}: clean Dice and mIoU of {images} images; {policies[metric_set]}")


def _shown(row: "LeaderboardRow", prompted: bool) -> dict[str, Any]:
    named = {"model": row.model} | ({"prompt": row.prompt} if prompted else {})
    scores = {"Dice": row.dice, "mIoU": row.miou, "perturbed": row.perturbed, "drop": row.drop}
    shown = {key: "–" if value is None else f"{value:.4f}" for key, value in scores.items()}
    from reports.tables.facts import count

    parameters = "–" if row.parameters is None else count(row.parameters)
    rate = "–" if row.images_per_second is None else rate_words(row.images_per_second)
    return {**named, **shown, "params": parameters, "images/s": rate}
