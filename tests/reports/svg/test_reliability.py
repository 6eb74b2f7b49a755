"""Reliability diagrams: points at confidence and accuracy, and the calibration error by hand."""

import pytest
from svg.parsed import of_class, parsed, texts, words

from reports.record.statistics_rows import CalibrationRow
from reports.svg.reliability import BOX, expected_error, reliability


def row(number, pixels, confidence, accuracy):
    """Return a bin of a made-up model."""
    return CalibrationRow("pets", "unet", "clean", 0.0, "standard", number, pixels, confidence, accuracy)


ROWS = [row(5, 100, 0.4, 0.5), row(9, 0, None, None), row(14, 300, 0.96, 0.9)]


def test_the_error_is_the_mean_distance_over_pixels():
    """(100 * 0.1 + 300 * 0.06) / 400 = 0.07; without a pixel there is none."""
    assert expected_error(ROWS) == pytest.approx(0.07)
    assert expected_error([row(1, 0, None, None)]) is None


def test_a_point_lies_at_confidence_and_accuracy():
    """And says both with its pixels; an empty bin has no point."""
    root = parsed(reliability(ROWS, 0, "alt"))
    points = of_class(root, "fill")
    across = [(float(one.get("cx")) - BOX.left) / (BOX.right - BOX.left) for one in points]
    up = [(BOX.bottom - float(one.get("cy"))) / (BOX.bottom - BOX.top) for one in points]
    assert across == pytest.approx([0.4, 0.96], abs=0.001)
    assert up == pytest.approx([0.5, 0.9], abs=0.001)
    assert words(root) == [
        "confidence 0.400: 0.500 right; 100 pixels, 25.0 %",
        "confidence 0.960: 0.900 right; 300 pixels, 75.0 %",
    ]


def test_the_strip_shows_where_the_pixels_are():
    """Bin 5 of 15 begins at a third of the way; it has a third of the pixels of the fullest one."""
    bars = of_class(parsed(reliability(ROWS, 0, "alt")), "soft")
    assert float(bars[0].get("x")) == pytest.approx(BOX.left + (BOX.right - BOX.left) / 3 + 0.5, abs=0.1)
    assert float(bars[0].get("height")) == pytest.approx(float(bars[1].get("height")) / 3, abs=0.02)


def test_no_pixel_is_said():
    assert "no pixels" in texts(parsed(reliability([row(1, 0, None, None)], 0, "alt")))
