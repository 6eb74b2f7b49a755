"""`throughput.csv` and `stages.csv`: what follows from the raw samples of measurements, and the facts beside them."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.metrics.latency import PERCENTILES, TOO_SMALL, percentiles
from bench.record.csv_columns import STAGES, THROUGHPUT
from bench.record.run_record import PlannedTiming
from bench.record.timing_record import Samples, TimingRecord

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TIMED = ("network", "predict")
"""The paths that have rows in `throughput.csv`."""
WHOLE, REMAINDER = "end_to_end", "remainder"

TABLES = ("throughput.csv", "stages.csv")

Row = dict[str, Any]


class CleanScore(NamedTuple):
    """Whether what was timed has been scored on the suite's clean images, and its Dice there."""

    scored: bool = False
    dice: float | None = None


class TimingRows(NamedTuple):
    """The rows of one measurement in each of the two tables."""

    throughput: list[Row]
    stages: list[Row]


def timing_rows(key: str, samples: Samples, record: TimingRecord) -> TimingRows:
    """Return the rows of one measurement; one that failed has a row that says why."""
    if record.scenario == "stages" and not record.failed:
        return TimingRows([], list(_stages(key, samples, record)))
    facts = {name: value for name, value in record.model_dump().items() if name in THROUGHPUT} | {"key": key}
    if record.failed:
        return TimingRows([facts | {"path": "predict"}], [])
    return TimingRows([facts | _row(path, samples, record) for path in TIMED if (samples.path == path).any()], [])


def timing_tables(measured: Iterable[tuple[PlannedTiming, TimingRows, CleanScore]]) -> dict[str, str]:
    """Return the content of both tables. Labels are those of the plan: a file may be of a time of other ones."""
    throughput, stages = list[Row](), list[Row]()
    for plan, rows, score in measured:
        names = {"dataset": plan.dataset, "model": plan.model}
        scores = {"dice": score.dice, "scored": str(score.scored).lower()}
        throughput += [row | names | scores for row in rows.throughput]
        stages += [row | names for row in rows.stages]
    return dict(zip(TABLES, (_text(THROUGHPUT, throughput), _text(STAGES, stages)), strict=True))


def _text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(path: str, samples: Samples, record: TimingRecord) -> Row:
    """Return what follows from the samples of a path."""
    nanoseconds = samples.ns[_counted(path, samples, record)]
    calls, server = len(nanoseconds), record.scenario == "server"
    images = calls * (1 if server else record.batch_size or 1)
    # Latencies of a server overlap, so they add up to no time: its throughput is the rate.
    speed = None if server or not calls else images / (float(nanoseconds.sum()) / 1e9)
    gflop = 2 * record.macs * speed / 1e9 if record.macs and speed and path == "network" else None
    limit = _limit(record)
    # They are of whole predictions: beside the network alone they would be another thing's.
    none = {} if path != "network" else {"joules_per_image": None, "allocator_mib": None, "process_mib": None}
    return {
        "path": path,
        "calls": calls,
        "images": images,
        **_latencies(nanoseconds),
        "images_per_second": speed,
        "gflop_per_second": gflop,
        "share_of_peak": gflop / limit if gflop and limit else None,
        **none,
    }


def _counted(path: str, samples: Samples, record: TimingRecord) -> "NDArray[np.bool_]":
    """Return which samples count: of a server those of the rate that it is said to keep, none where it keeps none."""
    counted: NDArray[np.bool_] = samples.path == path
    if record.scenario == "server" and samples.rate is not None:
        counted &= samples.rate == record.rate_per_second
    return counted


def _latencies(nanoseconds: "NDArray[np.int64]") -> dict[str, float | str]:
    found = percentiles(nanoseconds / 1e6, PERCENTILES)
    return {f"{name}_ms": one.value if one else TOO_SMALL for name, one in found.items()} | {
        f"{name}_bound_ms": one.bound if one else TOO_SMALL for name, one in found.items()
    }


def _limit(record: TimingRecord) -> float | None:
    """Return the roofline over a network: 10^9 operations a second, by the arithmetic or by what memory brings."""
    peak, memory, moved, macs = (
        record.peak_gflop_per_second,
        record.peak_gb_per_second,
        record.bytes_per_image,
        record.macs,
    )
    if peak is None or not (memory and moved and macs):
        return peak
    return min(peak, 2 * macs / moved * memory)


def _stages(key: str, samples: Samples, record: TimingRecord) -> Iterator[Row]:
    """Yield a row for each stage, in their order, then what they leave of the whole, then the whole.

    Means add up: a stage counts with the time that it takes per call of the whole.
    """
    import numpy as np

    facts = {name: value for name, value in record.model_dump().items() if name in STAGES} | {"key": key}
    whole = samples.ns[samples.path == WHOLE] / 1e6
    mean = float(whole.mean())
    names = dict.fromkeys(str(path) for path in samples.path if path != WHOLE)
    rest = mean
    for name in names:
        times = samples.ns[samples.path == name] / 1e6
        rest -= (each := float(times.mean()))
        found = {"stage": name, "calls": len(times), "median_ms": float(np.median(times)), "mean_ms": each}
        yield facts | found | {"share": each / mean}
    yield facts | {"stage": REMAINDER, "calls": len(whole), "mean_ms": rest, "share": rest / mean}
    yield facts | {
        "stage": WHOLE,
        "calls": len(whole),
        "median_ms": float(np.median(whole)),
        "mean_ms": mean,
        "share": 1.0,
    }
