"""The tables of speed, line by line: ``throughput.csv`` and ``stages.csv``."""

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from bench.record.csv_columns import STAGES, THROUGHPUT
from reports.record.rows import number, read_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOO_SMALL: Literal["n too small"] = "n too small"
"""What stands in place of a percentile that needs more calls than there were."""
Latency = float | Literal["n too small"] | None
"""Milliseconds, TOO_SMALL, or None where nothing was measured."""

REMAINDER, END_TO_END = "remainder", "end_to_end"
"""The rows of a stage table that are no stage: what no stage took, and the whole."""
STAGE_ORDER = (
    *("decode", "perturb", "preprocess", "to_device"),
    *("encode_image", "decode_prompt", "network", "resize_argmax", "to_host", REMAINDER, END_TO_END),
)
"""The stages from the file to labels; models have different ones of them."""
_UNTHROTTLED = ("", "no", "false")


@dataclass(frozen=True)
class SpeedRow:
    """One line of ``throughput.csv``: one path of one measurement; None where a number is unknown or does not apply.

    Latencies are per call of `batch_size` images, in milliseconds. `throttled`: the reasons, "" or "no" for none.
    """

    dataset: str
    model: str
    scenario: str
    path: str
    variant: str
    precision: str
    height: int | None
    width: int | None
    batch_size: int | None
    calls: int | None
    p50_ms: Latency
    p90_ms: Latency
    p99_ms: Latency
    p50_bound_ms: Latency
    p90_bound_ms: Latency
    p99_bound_ms: Latency
    images_per_second: float | None
    rate_per_second: float | None
    latency_bound_ms: float | None
    parameters: int | None
    macs: int | None
    gflop_per_second: float | None
    peak_gflop_per_second: float | None
    peak_gb_per_second: float | None
    share_of_peak: float | None
    bytes_per_image: float | None
    allocator_mib: float | None
    process_mib: float | None
    joules_per_image: float | None
    agreement: float | None
    dice: float | None
    scored: bool
    device: str
    threads: int | None
    load_before: float | None
    throttled: str
    caution: str
    failed: str
    key: str

    @property
    def slowed(self) -> bool:
        """Return whether the device lowered its clocks while this was measured."""
        return self.throttled.lower() not in _UNTHROTTLED

    @property
    def intensity(self) -> float | None:
        """Return the floating-point operations per byte that is moved: 2 MACs over the bytes of an image."""
        return 2 * self.macs / self.bytes_per_image if self.macs and self.bytes_per_image else None


@dataclass(frozen=True)
class StageRow:
    """One line of ``stages.csv``: what one stage takes of one image, or the remainder, or all of it end to end."""

    dataset: str
    model: str
    variant: str
    height: int | None
    width: int | None
    device: str
    stage: str
    calls: int | None
    median_ms: float | None
    mean_ms: float | None
    share: float | None


def read_speed(path: "Path") -> tuple[SpeedRow, ...]:
    """Return the rows of ``throughput.csv``; a run that timed nothing has no such file and no rows.

    Raises:
        BenchError: the file cannot be read; one line names it and the place.
    """
    return read_table(path, THROUGHPUT, _speed) or ()


def read_stages(path: "Path") -> tuple[StageRow, ...]:
    """Return the rows of ``stages.csv``; a run that timed nothing has no such file and no rows.

    Raises:
        BenchError: the file cannot be read; one line names it and the place.
    """
    return read_table(path, STAGES, lambda row: StageRow(**_values(StageRow, row))) or ()


def _speed(row: dict[str, str]) -> SpeedRow:
    if not re.fullmatch("[0-9a-f]*", row["key"]):  # it names a file
        raise ValueError("no key")
    return SpeedRow(**_values(SpeedRow, row))


def _values(kind: type[SpeedRow] | type[StageRow], row: dict[str, str]) -> dict[str, Any]:
    """Return the texts of a line as what the fields of its class hold."""
    return {field.name: _PARSERS[field.type](row[field.name]) for field in fields(kind)}


def _whole(text: str) -> int | None:
    return int(text) if text else None


def _latency(text: str) -> Latency:
    return TOO_SMALL if text == TOO_SMALL else number(text)


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false", ""):
        raise ValueError(f"{text} is neither true nor false")
    return text.lower() == "true"


_PARSERS: "dict[Any, Callable[[str], Any]]" = {
    str: str,
    bool: _flag,
    int | None: _whole,
    float | None: number,
    Latency: _latency,
}
