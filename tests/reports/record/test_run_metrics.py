"""Which metrics a run has, and what is known of them."""

from math import inf

import pytest
from made_up_metrics import KAPPA, with_further_metrics

from bench.record.run_record import MetricRecord
from reports.record.metrics import bounds, mean_title
from reports.record.run import open_run


def test_the_usual_metrics_come_first(tmp_path):
    """Orders the metrics as tables have them, whatever the order of the record; the rest follow by title."""
    run = open_run(with_further_metrics(tmp_path / "run", models=1, perturbations=0).write())
    names = [metric.name for metric in run.metrics]
    assert names == ["iou", "dice", "pixel_accuracy", "precision", "recall", "kappa", "distance"]
    assert [mean_title(run.metric(name)) for name in ("iou", "dice", "distance")] == [
        "mIoU",
        "Dice",
        "Distance <i>, $p_x$\u00a0↓",
    ]


def test_a_title_is_the_one_that_the_run_recorded(tmp_path):
    """Takes the title of the entry also for a usual metric."""
    made = with_further_metrics(tmp_path / "run", models=1, perturbations=0)
    made.record["metrics"] = [{"name": "dice", "title": "F1"}]
    assert mean_title(open_run(made.write()).metric("dice")) == "F1"


def test_an_older_run_has_the_metrics_of_its_rows(make_run):
    """Makes a title of the name where the run recorded none; scores made from a metric are none themselves."""
    made = make_run(models=1, perturbations=0)
    row = made.rows[0]
    made.rows += [
        [*row[:5], "user_score", "mean", 168, 0.5],
        [*row[:5], "share_hit", "all", 168, 0.25],
        [*row[:5], "oracle_dice", "mean", 168, 0.5],
    ]
    run = open_run(made.write())
    found = {metric.name: (metric.title, metric.per_class, bounds(metric)) for metric in run.metrics}
    assert list(found)[5:] == ["share_hit", "user_score"]
    assert found["user_score"] == ("User score", True, (0, 1))
    assert found["share_hit"] == ("Share hit", False, (0, 1))
    assert found["pixel_accuracy"] == ("Pixel accuracy", False, (0, 1))
    assert run.value("pets", "background", metric="share_hit") == 0.25


def test_a_recorded_metric_may_end_like_a_derived_one(tmp_path):
    """Takes a metric for one that is recorded, whatever it is called."""
    made = with_further_metrics(tmp_path / "run", models=1, perturbations=0)
    made.record["metrics"].append(KAPPA | {"name": "kappa_per_image"})
    assert "kappa_per_image" in [metric.name for metric in open_run(made.write()).metrics]


def test_a_metric_of_all_pixels_has_one_score(tmp_path):
    """Finds the score of all pixels without being asked for it, and any class that is asked for."""
    made = with_further_metrics(tmp_path / "run", models=1, perturbations=0)
    run = open_run(made.write())
    assert run.row("pets", "background", metric="kappa").class_name == "all"
    assert run.row("pets", "background", metric="distance").class_name == "mean"
    assert run.row("pets", "background", metric="distance", class_name="cat").class_name == "cat"


@pytest.mark.parametrize(("written", "expected"), [((0, None), (0, inf)), ((None, 0), (-inf, 0)), ((-1, 1), (-1, 1))])
def test_a_bound_of_null_is_infinite(written, expected):
    """Reads null as infinity, for which JSON has no number."""
    assert bounds(MetricRecord.model_construct(name="own", bounds=written)) == expected
