"""The table of what a perturbation did to the images: RMSE, PSNR and SSIM at each of its strengths."""

from typing import TYPE_CHECKING

from reports.record.measures import MEASURES
from reports.tables.table import NOTHING, Table, TableCell

if TYPE_CHECKING:
    from bench.record.run_record import PerturbationRecord
    from reports.record.measures import Measure
    from reports.record.rows import MeasuredRow
    from reports.record.run import Run


def measured_table(run: "Run", dataset: str, entry: "PerturbationRecord") -> Table | None:
    """Return mean ± standard deviation of each measure by strength; None while nothing was measured.

    The number of images stands in the note, or has a row where it differs between strengths.
    """
    strengths = entry.by_damage()
    found = {name: [run.measured(dataset, entry.label, strength, name) for strength in strengths] for name in MEASURES}
    if not any(one for row in found.values() for one in row):
        return None
    counts = [next((one.n for one in column if one), None) for column in zip(*found.values(), strict=True)]
    rows = [
        (TableCell(measure.heading), *(_cell(one, measure, n) for one, n in zip(found[name], counts, strict=True)))
        for name, measure in MEASURES.items()
    ]
    known = {n for n in counts if n is not None}
    if len(known) > 1:
        rows.append((TableCell("n"), *(TableCell(NOTHING if n is None else str(n)) for n in counts)))
    images = f"; n {known.pop()}" if len(known) == 1 else ""
    return Table(
        f"Measured strength of {run.title(entry)} on {dataset}",
        f"by {entry.unit or 'strength'}{images}",
        ("measure", *(f"{strength:g}" for strength in strengths)),
        tuple(rows),
        frozenset({"measure"}),
    )


def _cell(one: "MeasuredRow | None", measure: "Measure", n: int | None) -> TableCell:
    """Print mean ± sd; where fewer images than `n` have a value (an unchanged one has no PSNR), add their number."""
    if one is None or one.mean is None:
        return TableCell(NOTHING)
    spread = "" if one.sd is None else f" ± {measure.text(one.sd)}"
    fewer = f" (n {one.n})" if n is not None and one.n != n else ""
    return TableCell(f"{measure.text(one.mean)}{spread}{fewer}")
