"""The ends of an axis: those of the metric, unless it has none or the values lie elsewhere."""

from math import inf

import pytest
from made_up_run import RunFolder

from bench.record.run_record import MetricRecord
from reports.plots.bars import mean_bars
from reports.plots.drawing import limits
from reports.record.boards import boards
from reports.record.run import open_run


@pytest.mark.parametrize(
    ("bounds", "values", "expected"),
    [
        ((0, 1), [0.2, None, 0.4], (0, 1)),
        ((0, 30), [], (0, 30)),
        ((-1, 1), [0.5], (-1, 1)),
        ((0, inf), [3, 7], (0, 7)),
        ((0, inf), [], (0, 1)),
        ((-inf, 0), [-5, -2], (-5, 0)),
        ((-inf, inf), [2, 6], (0, 6)),
        ((-inf, inf), [-2, 6], (-2, 6)),
        ((0, 1), [-0.5, 37], (-0.5, 37)),
    ],
)
def test_an_axis_reaches_from_bound_to_bound(bounds, values, expected):
    """Takes 0 and the values for an end that is infinite, and leaves no value outside."""
    assert limits(bounds, values) == expected


@pytest.mark.parametrize(
    ("bounds", "value", "bar", "text"),
    [
        ((-1, 1), -0.5, (0, -0.5), "−0.50"),
        ((10, 30), 25, (10, 15), "25.0"),
        ((-30, -10), -25, (-10, -15), "−25.0"),
        ((0, 5000), 1234.5, (0, 1234.5), "1234"),
        ((0, 0.001), 0.00025, (0, 0.00025), "0.00025"),
    ],
)
def test_a_bar_starts_at_the_value_nearest_to_0(tmp_path, bounds, value, bar, text):
    """Draws a bar from 0, or from the end of the axis that is nearest, and prints three digits beside it."""
    made = RunFolder(tmp_path / "run", models=1, perturbations=0)
    made.record["metrics"] = [MetricRecord(name="own", title="Own", bounds=bounds).model_dump()]
    made.rows.append([*made.rows[0][:5], "own", "mean", 168, value])
    run = open_run(made.write())
    axes = mean_bars(run, boards(run, "pets")[0]).axes[5]
    assert [(one.get_x(), one.get_width()) for one in axes.patches] == [pytest.approx(bar)]
    assert [one.get_text() for one in axes.texts] == [text]
    left, right = axes.get_xlim()
    assert left <= bounds[0] < bounds[1] < right
