"""What a reader of speeds must not miss: throttled and disturbed measurements, and those that failed."""

from typing import TYPE_CHECKING

from reports.record.speed import size_words, variant_words
from reports.tables.table import NOTHING, Table, TableCell

if TYPE_CHECKING:
    from reports.record.run import Run
    from reports.record.speed_rows import SpeedRow


def speed_cautions(run: "Run", dataset: str) -> list[str]:
    """Return one sentence for each kind of mark in the tables of a data set."""
    rows = [row for row in run.speed if row.dataset == dataset and not row.failed]
    slowed = {row.key for row in rows if row.slowed}
    disturbed = {row.key for row in rows if row.caution}
    of = f"of {len({row.key for row in rows})} measurements"
    return [
        text
        for text, holds in (
            (f"“throttled”, {len(slowed)} {of}: the device lowered its clocks, so these are too slow.", slowed),
            (f"“caution”, {len(disturbed)} {of}: the reasons stand under “Marked measurements”.", disturbed),
        )
        if holds
    ]


def marked_table(run: "Run", dataset: str) -> Table | None:
    """Return the throttled and disturbed measurements with their reasons; None where there are none."""
    reasons = {
        row: "; ".join(filter(None, (f"throttled: {row.throttled}" if row.slowed else "", row.caution)))
        for row in run.speed
        if row.dataset == dataset and not row.failed
    }
    return _listed(f"Marked measurements on {dataset}", {row: text for row, text in reasons.items() if text})


def failed_table(run: "Run", dataset: str) -> Table | None:
    """Return the measurements that failed with their reasons; None where there are none."""
    failed = {row: row.failed for row in run.speed if row.dataset == dataset and row.failed}
    return _listed(f"Not measured on {dataset}", failed)


def _listed(title: str, reasons: "dict[SpeedRow, str]") -> Table | None:
    """Return a table of measurements and texts, one row for all paths of a measurement."""
    once = {(row.model, row.variant, row.scenario, row.height, row.width, row.batch_size, text): row
            for row, text in reversed(reasons.items())}  # fmt: skip
    lines = [
        (row.model, variant_words(row), size_words(row), row.scenario.replace("_", " "),
         str(row.batch_size or NOTHING), key[-1])
        for key, row in reversed(once.items())
    ]  # fmt: skip
    header = ("model", "variant", "input", "scenario", "batch size", "reason")
    words = frozenset(header) - {"batch size"}
    return Table(title, "", header, tuple(tuple(map(TableCell, line)) for line in lines), words) if lines else None
