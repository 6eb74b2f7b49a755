"""`seeds.csv`: how far the scores of one model lie apart that was trained with several seeds.

mean, sd (of a sample: divided by n - 1), min and max are over the trainings whose score is defined; `seeds` counts
them. The spread is that of the training alone: all these networks are scored on the same images.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, stdev

from bench.record.csv_columns import SEEDS, SUMMARY
from bench.record.summary import Finished

SEEDS_TABLE = "seeds.csv"
_PLACE = SEEDS[: SEEDS.index("seeds")]
_AT = {name: SUMMARY.index(name) for name in (*_PLACE, "value")}
_MODEL = _PLACE.index("model")


def seeds_table(
    finished: Sequence[Finished], groups: Mapping[tuple[str, str], str], known: Mapping[str, str]
) -> dict[str, str]:
    """Return the table by its name: an empty one where a run has it from an earlier suite, nothing where none is due.

    groups: the label without the seed, by the labels of data set and model. known: the tables that the run has.
    """
    if not groups and SEEDS_TABLE not in known:
        return {}
    scores: dict[tuple[str, ...], list[float]] = {}
    for one in finished:
        if group := groups.get(one.name):
            for row in (row for cell in one.cells for row in cell.rows):
                place = [str(row[_AT[name]]) for name in _PLACE]
                place[_MODEL] = group
                values = scores.setdefault(tuple(place), [])
                values += [float(row[_AT["value"]])] if row[_AT["value"]] != "" else []
    return {SEEDS_TABLE: _text((*place, *_spread(values)) for place, values in scores.items())}


def _spread(values: Sequence[float]) -> tuple[int | str, ...]:
    """Return number, mean, standard deviation, least and greatest value as cells; "" where one is not defined."""
    if not values:
        return 0, "", "", "", ""
    deviation = repr(stdev(values)) if len(values) > 1 else ""
    return len(values), repr(fmean(values)), deviation, repr(min(values)), repr(max(values))


def _text(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SEEDS)
    writer.writerows(rows)
    return text.getvalue()
