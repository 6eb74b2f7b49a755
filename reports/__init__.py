"""Draw a run folder: tables, figures and one self-contained HTML page. Never imports torch."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.record.measures import Axis
    from reports.record.ranking import LeaderboardRow

__all__ = ["export", "leaderboard", "render"]


def render(run_folder: "Path", x: "Axis" = "strength") -> "Path":
    """Write ``table.md``, ``table.tex``, ``figures/`` and ``report.html`` from the files of a run.

    Only ``run.json``, ``summary.csv``, ``strengths.csv``, ``confusion.csv``, ``reconstructions.csv``,
    ``throughput.csv``, ``stages.csv``, ``timing/`` and ``examples/`` are read; an unfinished run is drawn as
    far as it is. Curves run over `x`; figures that an earlier call drew over something else are replaced.

    Returns:
        The path of ``report.html``.

    Raises:
        BenchError: the folder holds no run, a damaged one or one of a newer format; nothing was measured to
            draw over `x`; or it cannot be written.
    """
    from reports.page import write
    from reports.record.run import open_run

    return write(open_run(run_folder), x)


def export(run_folder: "Path", formats: "Sequence[str]", x: "Axis" = "strength") -> list[str]:
    """Write a run's report in some of the formats html, csv, md, tex, png, pdf, svg and parquet.

    html is what `render` writes; the others go below ``exports/``, but for ``table.md`` and ``table.tex``.

    Returns:
        A line for each format: what was written where.

    Raises:
        BenchError: as `render`; or there is no such format.
    """
    from reports.exports import check_formats, write_format
    from reports.record.run import open_run

    check_formats(formats)
    run = open_run(run_folder)
    return [write_format(run, name, x) for name in dict.fromkeys(formats)]


def leaderboard(run_folder: "Path") -> "list[LeaderboardRow]":
    """Return the leaderboards of a run, data set by data set and board by board, best clean Dice first on each.

    Rows of the same data set, metric set and supervision are one board; only they compare. Where a model names no
    classes, the other models of its data set stand on the boards of the binary metric set once more.

    Raises:
        BenchError: the folder holds no run, a damaged one or one of a newer format.
    """
    from reports.record.boards import boards
    from reports.record.ranking import rank
    from reports.record.run import open_run

    run = open_run(run_folder)
    return [row for dataset in run.record.datasets for board in boards(run, dataset.label) for row in rank(run, board)]
