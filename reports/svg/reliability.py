"""Reliability diagrams: how often pixels of a confidence are right (Guo et al., ICML 2017; 15 bins of equal width)."""

from typing import TYPE_CHECKING

from reports.svg.canvas import Frame, Scale, colour, drawing, named, path, place, text, x_axis
from reports.svg.scales import numbered, x_lines, y_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from reports.record.statistics_rows import CalibrationRow

WIDTH, HEIGHT = 300.0, 330.0
BOX = Frame(40, 30, 288, 236)
_BINS = 15
_STRIP = Frame(40, 246, 288, 286)
"""Below the diagram: how many pixels each bin has, the fullest one as high as the strip."""


def reliability(rows: "Sequence[CalibrationRow]", index: int, alt: str) -> "Markup":
    """Return the diagram of one model under one condition; index: the number of its series.

    A point on the diagonal is honest: of pixels with a confidence of 0.8, 80 % are right. Below it the model is too
    sure. The size of a point says nothing; the strip below shows where the pixels are.
    """
    across, up = Scale(0, 1, BOX.left, BOX.right), Scale(0, 1, BOX.bottom, BOX.top)
    known = [row for row in rows if row.pixels and row.confidence is not None and row.accuracy is not None]
    words = [(across(one), f"{one:g}") for one in (0, 0.25, 0.5, 0.75, 1)]
    body = x_lines(BOX, words) + y_lines(BOX, numbered(up), "share of right pixels")
    body += x_axis(_STRIP, words, "confidence")
    body += f'<path class="dotted" d="M{BOX.left} {BOX.bottom}L{BOX.right} {BOX.top}"/>'
    points = [(across(row.confidence or 0.0), up(row.accuracy or 0.0)) for row in known]
    gaps = "".join(
        f'<path class="gap" d="M{place(x)} {place(y)}V{place(up((x - BOX.left) / (BOX.right - BOX.left)))}"/>'
        for x, y in points
    )
    route = f'<path class="line" d="{path(points)}"/>' if len(points) > 1 else ""
    total = sum(row.pixels for row in rows)
    marks = "".join(
        named(f'<circle class="fill" cx="{place(x)}" cy="{place(y)}" r="3.2"/>', _words(row, total), "point")
        for (x, y), row in zip(points, known, strict=True)
    )
    most = max((row.pixels for row in known), default=1)
    strip = "".join(_bin(row, across, most) for row in known)
    empty = "" if known else text((BOX.left + BOX.right) / 2, 130, "no pixels", "", "middle")
    return drawing(
        WIDTH,
        HEIGHT,
        alt,
        f'{body}<g class="series {colour(index)}">{gaps}{route}{strip}{marks}</g>{empty}',
        "reliability",
    )


def expected_error(rows: "Sequence[CalibrationRow]") -> float | None:
    """Return the expected calibration error of the bins: the mean distance of accuracy and confidence over pixels.

    None without pixels. Guo et al., "On calibration of modern neural networks", ICML 2017, eq. 3.
    """
    known = [row for row in rows if row.pixels and row.confidence is not None and row.accuracy is not None]
    total = sum(row.pixels for row in known)
    if not total:
        return None
    return sum(row.pixels * abs((row.accuracy or 0.0) - (row.confidence or 0.0)) for row in known) / total


def _bin(row: "CalibrationRow", across: Scale, most: int) -> str:
    """Return the bar of a bin in the strip, as high as its pixels are many."""
    left, right = across(row.bin / _BINS), across((row.bin + 1) / _BINS)
    height = (_STRIP.bottom - _STRIP.top) * row.pixels / most
    corner, size = f'x="{place(left + 0.5)}" y="{place(_STRIP.bottom - height)}"', f'width="{place(right - left - 1)}"'
    return f'<rect class="soft" {corner} {size} height="{height:.2f}"/>'


def _words(row: "CalibrationRow", total: int) -> str:
    share = 100 * row.pixels / total
    return f"confidence {row.confidence:.3f}: {row.accuracy:.3f} right; {row.pixels:,} pixels, {share:.1f} %"
