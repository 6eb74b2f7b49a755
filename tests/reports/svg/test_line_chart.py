"""Curves over epochs and batch sizes: places by hand, gaps left out, a dotted line at the epoch that was kept."""

import pytest
from svg.parsed import mark_places, of_class, parsed, texts, words

from bench.record.model_record import TrainingCurves
from reports.svg.line_chart import BOX, Track, line_chart
from reports.svg.training_lines import training_lines

CURVES = TrainingCurves(
    epoch=[1, 2, 3],
    train_loss=[0.9, 0.5, 0.3],
    val_loss=[1.0, 0.6, 0.7],
    val_iou=[0.2, 0.5, 0.4],
    learning_rate=[0.1, 0.1, 0.01],
)


def test_doublings_of_a_batch_lie_at_equal_distances():
    """And a value that is twice another is twice as high above 0."""
    root = parsed(
        line_chart([Track("a", 0, ((1, 10.0), (2, 20.0), (4, 30.0)))], ("batch size", "images/s"), "alt", log=True)
    )
    (x0, y0), (x1, y1), (x2, _) = mark_places(root)
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert BOX.bottom - y1 == pytest.approx(2 * (BOX.bottom - y0), abs=0.3)
    assert words(root) == ["a, batch size 1: 10", "a, batch size 2: 20", "a, batch size 4: 30"]


def test_an_unknown_value_has_no_point():
    root = parsed(line_chart([Track("a", 0, ((1, 0.5), (2, None), (3, 0.7)))], ("epoch", "loss"), "alt"))
    assert len(mark_places(root)) == 2


def test_nothing_known_is_said():
    assert texts(parsed(line_chart([Track("a", 0, ((1, None),))], ("epoch", "loss"), "alt"))) == ["nothing measured"]


def test_the_dotted_line_stands_at_the_epoch_that_was_kept():
    """Both losses have it in common, and their names stand above."""
    root = parsed(training_lines(CURVES, "loss", 2, "alt"))
    (dotted,) = of_class(root, "dotted")
    at = float(dotted.get("d").split()[0].removeprefix("M"))
    assert [x for x, _ in mark_places(root)][1] == pytest.approx(at, abs=0.1)
    assert {"training", "validation", "loss", "epoch"} <= set(texts(root))


def test_scores_run_from_0_to_1_and_empty_curves_are_left_out():
    """No foreground Dice was recorded: one curve, no list of names."""
    root = parsed(training_lines(CURVES, "score", None, "alt"))
    heights = [(BOX.bottom - y) / (BOX.bottom - BOX.top) for _, y in mark_places(root) if y > 15]
    assert heights == pytest.approx([0.2, 0.5, 0.4], abs=0.01)
    assert "foreground Dice" not in texts(root)
    assert not of_class(root, "dotted")


def test_a_falling_learning_rate_is_drawn_by_its_logarithm():
    """0.1 and 0.01 differ by more than 4: the axis is logarithmic, its numbers are powers of ten and between."""
    root = parsed(training_lines(CURVES, "rate", None, "alt"))
    assert {"0.1", "0.01"} <= set(texts(root))
    assert len({y for _, y in mark_places(root)}) == 2
