"""What the figures draw: the very points of the rows, on the axes they name."""

import pytest
from made_up_run import NASTY, RunFolder
from matplotlib.colors import to_rgba

from bench.record.model_record import TrainingCurves
from registry.palette import series
from reports.plots.bars import class_bars, mean_bars
from reports.plots.training_curves import loss_curves, rate_curve, score_curves
from reports.record.boards import boards
from reports.record.run import open_run

CURVES = TrainingCurves(epoch=(1, 2, 3), train_loss=(0.9, 0.5, 0.4), val_loss=(1.0, 0.6, 0.7), val_iou=(None, 0.5, 0.6))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return open_run(RunFolder(tmp_path_factory.mktemp("plots") / "run").write())


def points(axes, colour):
    """Return the points of the line of this colour."""
    (line,) = [line for line in axes.lines if line.get_color() == colour]
    return [*zip(line.get_xdata(), line.get_ydata(), strict=True)]


def heights(axes):
    """Return the lengths of the bars of one panel."""
    return [bar.get_width() for bar in axes.containers[0]]


def test_bars_are_as_long_as_the_scores(run):
    """Draws a panel for each class with one bar a model, named beside it, as long as its Dice."""
    (board,) = boards(run, "pets")
    panels = class_bars(run, board).axes
    assert [axes.get_title("left") or axes.get_title() for axes in panels] == ["background", "cat", "dog", "mean"]
    names = [label.get_text() for label in panels[0].get_yticklabels()]
    assert [name.replace("\n", " ") for name in names] == board.labels
    for axes, name in zip(panels, ("background", "cat", "dog", "mean"), strict=True):
        assert heights(axes) == pytest.approx([run.value("pets", label, class_name=name) for label in board.labels])
        assert [bar.get_facecolor() for bar in axes.containers[0]] == [to_rgba(series(i).colour) for i in range(3)]


def test_means_are_drawn_beside_each_other(run):
    """Draws mIoU, Dice, pixel accuracy, precision and recall."""
    (board,) = boards(run, "pets")
    label = board.labels[2]
    panels = [axes for axes in mean_bars(run, board).axes if axes.get_visible()]
    titles = [(axes.get_title("left") or axes.get_title()).replace("\n", " ") for axes in panels]
    assert titles == ["mIoU", "Dice", "Pixel accuracy", "Precision", "Recall"]
    assert [any(label.get_visible() for label in axes.get_xticklabels()) for axes in panels] == [
        False,
        False,
        *[True] * 3,
    ]
    wanted = [("iou", "mean"), ("dice", "mean"), ("pixel_accuracy", "all"), ("precision", "mean"), ("recall", "mean")]
    expected = [run.value("pets", label, metric=metric, class_name=name) for metric, name in wanted]
    assert [heights(axes)[2] for axes in panels] == pytest.approx(expected)


def test_a_missing_score_is_a_dash_and_no_bar(make_run):
    """Separates a score that is not there from a score of 0."""
    made = make_run(models=2, perturbations=0)
    made.rows = [row for row in made.rows if row[1] != "background"]
    run = open_run(made.write())
    (board,) = boards(run, "pets")
    axes = mean_bars(run, board).axes[0]
    assert heights(axes)[0] == 0
    assert [text.get_text() for text in axes.texts] == ["—", f"{run.value('pets', NASTY, metric='iou'):.2f}"]


def test_more_classes_than_fit_are_left_to_the_table(make_run):
    """Draws the first fifteen classes and the mean of all."""
    made = make_run(models=1, perturbations=0)
    classes = [f"c{number}" for number in range(40)]
    made.record["datasets"][0]["classes"] = classes
    made.rows = [["pets", "background", "clean", 0, "standard", "dice", name, 1, 0.5] for name in [*classes, "mean"]]
    run = open_run(made.write())
    panels = class_bars(run, boards(run, "pets")[0]).axes
    assert [axes.get_title("left") or axes.get_title() for axes in panels] == [*classes[:15], "mean"]


def test_loss_curves_and_the_epoch_that_was_kept():
    """Draws both losses, a legend, and a dotted line at the epoch that was kept."""
    (axes,) = loss_curves(CURVES, 2).axes
    assert points(axes, series(0).colour) == [(1, 0.9), (2, 0.5), (3, 0.4)]
    assert points(axes, series(1).colour) == [(1, 1.0), (2, 0.6), (3, 0.7)]
    assert [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"] == [2]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "validation"]


def test_an_epoch_without_a_score_is_left_out():
    """Starts the validation curve at the first epoch that was validated, on the same axis of epochs."""
    (axes,) = score_curves(CURVES, None).axes
    assert points(axes, series(0).colour) == [(2, 0.5), (3, 0.6)]
    assert axes.get_xlim() == loss_curves(CURVES, None).axes[0].get_xlim()


def test_no_curve_no_axes():
    """States that there is no score yet instead of drawing empty axes."""
    (axes,) = score_curves(TrainingCurves(), None).axes
    assert not axes.axison
    assert [text.get_text() for text in axes.texts] == ["no score yet"]


def test_the_validations_dice_stands_beside_its_miou():
    """Draws both scores with a legend where both were measured."""
    curves = TrainingCurves(epoch=(1, 2), val_iou=(0.4, 0.5), val_dice=(0.5, 0.6))
    (axes,) = score_curves(curves, 2).axes
    assert points(axes, series(1).colour) == [(1, 0.5), (2, 0.6)]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["mIoU", "foreground Dice"]


@pytest.mark.parametrize(("rates", "scale"), [((0.01, 0.001), "log"), ((0.01, 0.0), "linear")])
def test_the_learning_rate_is_drawn_over_its_decades(rates, scale):
    """Uses a logarithmic axis unless the rate ends at 0."""
    (axes,) = rate_curve(TrainingCurves(epoch=(1, 2), learning_rate=rates), None).axes
    assert points(axes, series(0).colour) == [*zip((1, 2), rates, strict=True)]
    assert axes.get_yscale() == scale
