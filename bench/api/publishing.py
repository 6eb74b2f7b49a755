"""`bench publish`: a run as a static page with its tables and a model card, in a folder or on the Hugging Face hub."""

from pathlib import Path

from bench.api.model_card import model_card
from bench.api.published_folder import write_published
from bench.record.run_record import RunRecord
from registry.errors import BenchError
from registry.regular_files import read_regular, users_path

HUB = "hf://"
PAGE = "index.html"
"""What servers of static pages show first: the run's report.html."""
TABLES = ("table.md", "table.tex")


def publish(run: Path, to: str, *, as_it_is: bool = False) -> str:
    """Publish a run; return where. `to`: a folder, or hf://user/name. as_it_is: also an unfinished or damaged one.

    Raises:
        BenchError: there is no such run, it is unfinished or its numbers are not those of its cells, `to` is no place
            that can be written, or holds something else.
    """
    if "://" in to and not to.startswith(HUB):
        raise BenchError(f"--to {to}: give a folder, or hf://user/name for the Hugging Face hub")
    if to.startswith(HUB):  # before anything is drawn
        from bench.api.hub_upload import check_name

        check_name(to.removeprefix(HUB))
    faults = _faults(run)
    if faults and not as_it_is:
        raise BenchError(f"{run} is not published: {faults[0]}; mend it, or publish it so with --as-it-is")
    files = published_files(run, faults)
    if to.startswith(HUB):
        from bench.api.hub_upload import upload

        return upload(files, to.removeprefix(HUB))
    place = users_path(to)
    write_published(place, files)
    return str(place / PAGE)


def published_files(run: Path, faults: list[str]) -> dict[str, bytes]:
    """Return the files to publish by their names: page, tables, figures, card; draws the report anew.

    faults: lines that the card shows.
    """
    from bench.record.late_cells import take_up
    from reports import render
    from reports.record.run import open_run

    take_up(run)
    page, opened = render(run), open_run(run)
    names = [*(name for name in opened.record.tables if name.endswith(".csv")), *TABLES]
    figures = sorted(path.relative_to(run).as_posix() for path in (run / "figures").glob("*") if path.is_file())
    files = {name: read_regular(run / name) for name in [*names, *figures] if (run / name).is_file()}
    return {PAGE: read_regular(page), **files, "README.md": model_card(opened, faults).encode()}


def _faults(run: Path) -> list[str]:
    """Return why a run is not to be published, a line each."""
    from bench.compare.verification import verify
    from bench.record.run_folder import RunFolder

    record = RunFolder(run).record()
    missing = _missing(record) if record else []
    return [*missing, *verify(run).faults]


def _missing(record: RunRecord) -> list[str]:
    cells = record.cells
    if cells.done >= cells.total and record.finished:
        return []
    failed = f" ({len(cells.failed)} failed)" if cells.failed else ""
    return [f"it is unfinished: {cells.done} of {cells.total} conditions have scores{failed}"]
