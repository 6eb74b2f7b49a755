"""A run's tables and figures as files of one format, for papers, spreadsheets and other programs."""

import csv
import re
from dataclasses import replace
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from bench.host.files import refuse_links, write_atomic
from bench.record.example_index import INDEX_FORMAT, ExampleIndex
from registry.errors import BenchError, suggestion
from registry.safe_text import FORMULA
from reports.page import drawn_sections, printed_tables, write, write_latex, write_markdown
from reports.plots.figures import FORMATS as FIGURES
from reports.plots.figures import Figures
from reports.record.measures import need_measures
from reports.section import Page
from reports.tables.table import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from reports.record.measures import Axis
    from reports.record.run import Run
    from reports.tables.table import Table

FORMATS = ("html", "csv", "md", "tex", *FIGURES, "parquet")
_DATA = (
    *("summary", "strengths", "confusion", "reconstructions", "ranking", "comparisons", "robustness", "distribution"),
    *("slices", "seeds", "calibration", "throughput", "stages"),
)
"""The tables of a run folder; it need not have all of them."""
_WORDS = frozenset({
    *("dataset", "model", "other", "reference", "supervision", "perturbation", "metric_set", "metric", "class"),
    *("scope", "measure", "note", "histogram", "attribute", "slice", "border", "ground_truth", "prediction"),
    *("scenario", "path", "variant", "precision", "device", "throttled", "caution", "failed", "stage", "key"),
})  # fmt: skip
"""Columns that hold words, also where they look like numbers: a class may be called 1."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?( ?%)?")


def check_formats(formats: "Sequence[str]") -> None:
    """Make sure that a report can be written in these formats.

    Raises:
        BenchError: it cannot; one line says what is meant, or what there is.
    """
    for name in formats:
        if name not in FORMATS:
            raise BenchError(f"--format {name!r} is not known: {suggestion(name, FORMATS)}")


def write_format(run: "Run", name: str, x: "Axis") -> str:
    """Write a run's report in one format and return where it is: the path of a file, or a folder and what is in it.

    Raises:
        BenchError: as `reports.render`.
    """
    need_measures(run, x)
    if name in FIGURES:
        return _figures(run, name, x)
    if name in ("csv", "parquet"):
        folder = run.folder / "exports" / "tables"
        return _said(folder, _write_tables(folder, name, dict(_csv(run) if name == "csv" else _parquet(run))), name)
    return str(
        {"html": lambda: write(run, x), "md": lambda: write_markdown(run), "tex": lambda: write_latex(run)}[name]()
    )


def _figures(run: "Run", name: str, x: "Axis") -> str:
    """Draw all figures of the page in one format; without its pictures, which are none."""
    folder = run.folder / "exports" / "figures"
    page = Page(replace(run, index=ExampleIndex(format=INDEX_FORMAT)), Figures(folder, (name,)), x)
    for _ in drawn_sections(page):
        pass
    return _said(folder, page.figures.sweep(), name)


def _said(folder: "Path", number: int, name: str) -> str:
    return f"{folder}: {number} {name} file{'' if number == 1 else 's'}"


def _write_tables(folder: "Path", suffix: str, contents: dict[str, bytes]) -> int:
    """Write files of one suffix; those that an earlier export left go. Return how many there are."""
    refuse_links(folder.parent, folder)
    for name, content in contents.items():
        write_atomic(folder / f"{name}.{suffix}", content)
    for path in folder.glob(f"*.{suffix}"):
        if path.stem not in contents:
            path.unlink()
    return len(contents)


def _csv(run: "Run") -> "Iterator[tuple[str, bytes]]":
    """Yield name and content of each table of the report as it is shown there."""
    for number, table in enumerate(printed_tables(run), 1):
        slug = re.sub(r"[^a-z0-9]+", "-", table.title.lower()).strip("-")[:60].rstrip("-")
        yield f"{number:02d}-{slug}", _csv_text(table).encode()


def _csv_text(table: "Table") -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([table.header, *([_plain(cell.text) for cell in row] for row in table.rows)])
    return text.getvalue()


def _plain(text: str) -> str:
    """Return a cell's text for a spreadsheet: a number is one there, and no word is a formula.

    >>> _plain("−0.25"), _plain("—"), _plain("+1.5\u00a0%"), _plain("=1+1")
    ('-0.25', '', '+1.5 %', "'=1+1")
    """
    plain = "" if text == NOTHING else text.replace("\u00a0", " ")
    number = plain.replace("−", "-")
    if _NUMBER.fullmatch(number):
        return number
    return f"'{plain}" if plain.startswith(tuple(FORMULA)) else plain


def _parquet(run: "Run") -> "Iterator[tuple[str, bytes]]":
    """Yield name and content of each of the run's own tables, at full precision and with types."""
    from pyarrow import parquet

    for name in _DATA:
        path = run.folder / f"{name}.csv"
        if path.is_file():
            content = BytesIO()
            parquet.write_table(_typed(path), content)
            yield name, content.getvalue()


def _typed(path: "Path") -> "pa.Table":
    import pyarrow as pa
    from pyarrow import csv as reader

    words = {name: pa.string() for name in _WORDS}
    options = reader.ConvertOptions(column_types=words, null_values=[""], strings_can_be_null=False)
    try:
        return reader.read_csv(
            path, convert_options=options, parse_options=reader.ParseOptions(newlines_in_values=True)
        )
    except (pa.ArrowInvalid, OSError) as error:
        raise BenchError(f"{path} is damaged: {str(error).splitlines()[0]}; run the suite again") from error
