"""What the figures draw: the very points of the rows, on the axes they name."""

import pytest
from made_up_run import RunFolder

from registry.palette import series
from reports.plots import class_bars, loss_curves, mean_bars, score_curve
from reports.record import Curves
from reports.run import open_run

CURVES = Curves(epoch=(1, 2, 3), train_loss=(0.9, 0.5, 0.4), val_loss=(1.0, 0.6, 0.7), val_iou=(None, 0.5, 0.6))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return open_run(RunFolder(tmp_path_factory.mktemp("plots") / "run").write())


def points(axes, colour):
    """Return the points of the line of this colour."""
    (line,) = [line for line in axes.lines if line.get_color() == colour]
    return [*zip(line.get_xdata(), line.get_ydata(), strict=True)]


def test_bars_are_as_high_as_the_scores(run):
    """Draws one bar for each class and model, in the models' colours, as high as the Dice."""
    (axes,) = class_bars(run, "pets").axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["background", "cat", "dog", "mean"]
    heights = [bar.get_height() for bars in axes.containers for bar in bars]
    expected = [
        run.value("pets", model.label, class_name=name)
        for model in run.models("pets")
        for name in ("background", "cat", "dog", "mean")
    ]
    assert heights == pytest.approx(expected)


def test_means_are_drawn_beside_each_other(run):
    """Draws mIoU, mean Dice and pixel accuracy."""
    (axes,) = mean_bars(run, "pets").axes
    heights = [bar.get_height() for bar in axes.containers[2]]
    label = run.models("pets")[2].label
    accuracy = run.value("pets", label, metric="pixel_accuracy", class_name="all")
    assert heights == pytest.approx([run.value("pets", label, metric="iou"), run.value("pets", label), accuracy])


def test_loss_curves_and_the_epoch_that_was_kept():
    """Draws both losses, a legend, and a dotted line at the epoch that was kept."""
    (axes,) = loss_curves(CURVES, 2).axes
    assert points(axes, series(0).colour) == [(1, 0.9), (2, 0.5), (3, 0.4)]
    assert points(axes, series(1).colour) == [(1, 1.0), (2, 0.6), (3, 0.7)]
    assert [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"] == [2]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "validation"]


def test_an_epoch_without_a_score_is_left_out():
    """Starts the validation curve at the first epoch that was validated, on the same axis of epochs."""
    (axes,) = score_curve(CURVES, None).axes
    assert points(axes, series(0).colour) == [(2, 0.5), (3, 0.6)]
    assert axes.get_xlim() == loss_curves(CURVES, None).axes[0].get_xlim()


def test_no_curve_no_axes():
    """Says that there is no score yet instead of drawing empty axes."""
    (axes,) = score_curve(Curves(), None).axes
    assert not axes.axison
    assert [text.get_text() for text in axes.texts] == ["no score yet"]
