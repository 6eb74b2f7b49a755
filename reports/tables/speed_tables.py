"""The tables of speed: latencies, throughput, the server, cost, stages; each of one path alone."""

from typing import TYPE_CHECKING

from reports.record.speed import (
    NETWORK,
    OFFLINE,
    PATHS,
    PREDICT,
    SERVER,
    SINGLE_STREAM,
    best,
    fastest,
    measured,
    memory_mib,
    place,
    size_words,
    smallest,
    variant_words,
)
from reports.record.speed_rows import END_TO_END, STAGE_ORDER, TOO_SMALL
from reports.tables.facts import count
from reports.tables.table import NOTHING, Table, TableCell, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reports.record.run import Run
    from reports.record.speed_rows import Latency, SpeedRow, StageRow

_NAMES = ("model", "variant", "input")
_WORDS = frozenset(_NAMES)
_LATENCIES = ("calls", "p50 (ms)", "p50 at most", "p90 (ms)", "p90 at most", "p99 (ms)", "p99 at most")
_BOUNDS = (
    "Latency: of a call. At most: the true percentile is not above this with a confidence of 99 % "
    f"(MLPerf's early stopping); “{TOO_SMALL}”: a percentile needs more calls than there were."
)


def speed_tables(run: "Run", dataset: str) -> "Iterator[Table]":
    """Yield all tables of speed of a data set that have rows."""
    for path in PATHS:
        yield from scenario_tables(run, dataset, path)
    tables = (cost_table(run, dataset), stage_table(run, dataset))
    yield from (table for table in tables if table.rows)


def scenario_tables(run: "Run", dataset: str, path: str) -> list[Table]:
    """Return the tables of one path that have rows: single stream, offline at its best batch size, server."""
    tables = (single_stream_table(run, dataset, path), best_table(run, dataset, path), server_table(run, dataset, path))
    return [table for table in tables if table.rows]


def single_stream_table(run: "Run", dataset: str, path: str) -> Table:
    """Return the latencies of one image at a time."""
    return _table(
        f"Single stream on {dataset}: {path}",
        f"One image at a time, {PATHS[path]}. {_BOUNDS}",
        (*_LATENCIES, "images/s"),
        measured(run, dataset, SINGLE_STREAM, path),
        lambda row: (*_percentiles(row), significant(row.images_per_second)),
    )


def best_table(run: "Run", dataset: str, path: str) -> Table:
    """Return the largest throughput of each model and variant, and the batch size that has it."""
    note = f"The batch size with the most images/s, {PATHS[path]}. p50: of a call of the whole batch."
    return _offline(f"Offline on {dataset}, best batch size: {path}", note, best(measured(run, dataset, OFFLINE, path)))


def batches_table(run: "Run", dataset: str, path: str) -> Table:
    """Return the throughput of every batch size."""
    note = f"Every batch size, {PATHS[path]}. p50: of a call of the whole batch."
    return _offline(f"Offline on {dataset}, all batch sizes: {path}", note, measured(run, dataset, OFFLINE, path))


def server_table(run: "Run", dataset: str, path: str) -> Table:
    """Return the highest rates of arrivals that kept the latency bound."""
    rows = [row for row in measured(run, dataset, SERVER) if path == PREDICT]
    return _table(
        f"Server on {dataset}: {path}",
        "Images arrive at random (Poisson). Images/s: the highest rate of arrivals whose p99 stays under the bound; "
        "“no rate”: none that was tried kept it; lower ones would take too long. Latency: from arrival to labels. "
        f"{_BOUNDS.removeprefix('Latency: of a call. ')}",
        ("p99 under (ms)", "images/s", "batch up to", *_LATENCIES),
        rows,
        lambda row: (
            significant(row.latency_bound_ms),
            "no rate" if row.rate_per_second is None else significant(row.rate_per_second),
            _whole(row.batch_size),
            *_percentiles(row),
        ),
    )


def cost_table(run: "Run", dataset: str) -> Table:
    """Return what each model and variant needs, and how far its labels are those of fp32."""
    network = {place(row): row for row in fastest(run, dataset, NETWORK)}

    def cells(row: "SpeedRow") -> tuple[str, ...]:
        bare, least = network.get(place(row), row), smallest(run, dataset, row)
        return (
            count(row.parameters),
            count(row.macs),
            significant(bare.gflop_per_second if bare.path == NETWORK else None),
            _percent(bare.share_of_peak if bare.path == NETWORK else None, 1),
            significant(memory_mib(least)),
            significant(memory_mib(row)),
            significant(row.joules_per_image),
            _percent(row.agreement, 3),
        )

    return _table(
        f"Cost on {dataset}",
        "GFLOP/s: 2 MACs an image of the network alone, at its best batch size; share of peak: of what this machine "
        "can do at most, measured in the same run. Memory: the peak of the GPU's allocator, or of the process on a "
        "CPU, at the smallest and at the best batch size. Same labels: share of pixels with the label of fp32.",
        ("parameters", "MACs", "GFLOP/s", "share of peak", "least MiB", "best MiB", "J/image", "same labels"),
        fastest(run, dataset),
        cells,
    )


def stage_table(run: "Run", dataset: str) -> Table:
    """Return the mean of each stage in milliseconds, a row a model and variant; they sum to the last column."""
    rows = [row for row in run.stages if row.dataset == dataset]
    stages = stages_of(rows)
    by_place: dict[tuple[object, ...], dict[str, StageRow]] = {}
    for row in rows:
        by_place.setdefault(place(row), {})[row.stage] = row
    lines = []
    for found in by_place.values():
        first = next(iter(found.values()))
        means = (significant(found[stage].mean_ms if stage in found else None) for stage in stages)
        calls = found[END_TO_END].calls if END_TO_END in found else first.calls
        lines.append((first.model, first.variant, size_words(first), *means, _whole(calls)))
    return Table(
        f"Stages on {dataset}: from the file to labels, ms",
        "Means over the calls, one image a call. The stages and the remainder, which no stage took, sum to the whole; "
        "the whole is timed by itself, in turn with the stages, so noise can make the remainder negative. A dash: the "
        "model has no such stage.",
        (*_NAMES, *(stage.replace("_", " ") for stage in stages), "calls"),
        tuple(tuple(map(TableCell, line)) for line in lines),
        _WORDS,
    )


def stages_of(rows: "list[StageRow]") -> list[str]:
    """Return the stages that some model has, in their order; one that this version does not know comes first."""
    found = dict.fromkeys(row.stage for row in rows)
    return sorted(found, key=lambda stage: STAGE_ORDER.index(stage) if stage in STAGE_ORDER else -1)


def _offline(title: str, note: str, rows: "list[SpeedRow]") -> Table:
    return _table(
        title,
        note,
        ("batch size", "calls", "images/s", "p50 (ms)", "MiB", "J/image"),
        rows,
        lambda row: (
            _whole(row.batch_size),
            _whole(row.calls),
            significant(row.images_per_second),
            _latency(row.p50_ms),
            significant(memory_mib(row)),
            significant(row.joules_per_image),
        ),
    )


def _table(
    title: str,
    note: str,
    header: tuple[str, ...],
    rows: "list[SpeedRow]",
    cells: "Callable[[SpeedRow], tuple[str, ...]]",
) -> Table:
    lines = tuple(tuple(map(TableCell, (*_names(row), *cells(row)))) for row in rows)
    return Table(title, note, (*_NAMES, *header), lines, _WORDS)


def _names(row: "SpeedRow") -> tuple[str, str, str]:
    """Return what names a row, with the marks that the text beside the tables explains."""
    marks = [mark for mark, holds in (("throttled", row.slowed), ("caution", row.caution)) if holds]
    return f"{row.model} ({', '.join(marks)})" if marks else row.model, variant_words(row), size_words(row)


def _percentiles(row: "SpeedRow") -> tuple[str, ...]:
    found = (row.p50_ms, row.p50_bound_ms, row.p90_ms, row.p90_bound_ms, row.p99_ms, row.p99_bound_ms)
    if not row.calls:  # a server that kept no rate
        return (NOTHING,) * len(_LATENCIES)
    return (_whole(row.calls), *map(_latency, found))


def _latency(value: "Latency") -> str:
    return value if isinstance(value, str) else significant(value)


def _whole(value: int | None) -> str:
    return NOTHING if value is None else str(value)


def _percent(share: float | None, decimals: int) -> str:
    return NOTHING if share is None else f"{100 * share:.{decimals}f}\u00a0%"
