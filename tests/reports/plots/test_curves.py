"""The points of the curves: positions, relative damage, order."""

import pytest

from bench.record.run_record import PerturbationRecord
from reports.plots.curves import curve, positions
from reports.record.run import open_run


def perturbation(identity, strengths, unit=""):
    return PerturbationRecord(label="p", name="p", identity=identity, strengths=strengths, unit=unit)


@pytest.mark.parametrize(
    ("identity", "strengths", "expected"),
    [
        (0, (5, 10, 20), [(0, 0), (5, 0.25), (10, 0.5), (20, 1)]),
        (1.0, (0.8, 0.5), [(1, 0), (0.8, 0.4), (0.5, 1)]),
        (0, (20, 5), [(0, 0), (5, 0.25), (20, 1)]),
        (None, (90, 50), [(0, 0), (1, 0.5), (2, 1)]),
        (0, (), [(0, 0)]),
    ],
)
def test_relative_damage_is_the_distance_from_the_identity(identity, strengths, expected):
    """Places |s - identity| / |s_n - identity| between 0 and 1; without an identity it counts the levels."""
    found = positions(perturbation(identity, strengths))
    assert [value for point in found for value in point] == pytest.approx([v for point in expected for v in point])


def test_a_curve_starts_clean_and_keeps_gaps(make_run):
    """Puts the clean score first, then every strength; a missing condition has no Dice."""
    made = make_run(models=1, perturbations=1)
    made.rows = [row for row in made.rows if row[2:4] != ["additive_noise", 4]]
    run = open_run(made.write())
    points = curve(run, "pets", "background", run.record.perturbations[0], metric_set=run.headline, metric="dice")
    assert [point.label for point in points[:4]] == ["clean", "2", "4", "6"]
    assert points[0].value == run.value("pets", "background")
    assert points[2].value is None
    assert points[3].value is not None


def test_a_severity_is_its_own_place():
    """Places severities, fractional ones too, where their numbers lie, the clean image at 0."""
    found = positions(perturbation(None, (1, 1.5, 4, 5), unit="severity"))
    assert found == [(0, 0), (1, 0.2), (1.5, 0.3), (4, 0.8), (5, 1)]


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ("rmse", [0, 3, 5, 4]),
        ("psnr", [None, 38.6, 34.2, 36.1]),
        ("ssim", [1, 0.99, 0.9, 0.95]),
    ],
)
def test_measured_places_keep_the_order_of_the_levels(make_run, axis, expected):
    """Takes the measured means in the order of the strengths, also where a stronger one measures less."""
    made = make_run(models=1, perturbations=1).with_strengths()
    made.record["perturbations"][0]["strengths"] = [2, 4, 6]
    for strength, mean in zip((2, 4, 6), expected[1:], strict=True):
        made.measure("additive_noise", strength, axis, mean)
    run = open_run(made.write())
    points = curve(run, "pets", "background", run.record.perturbations[0], axis, metric_set=run.headline, metric="dice")
    assert [point.x for point in points] == expected
    assert [point.value for point in points] == [
        run.value("pets", "background"),
        *(run.value("pets", "background", "additive_noise", s) for s in (2, 4, 6)),
    ]


def test_what_was_not_measured_has_no_place(make_run):
    """Leaves x open where the strength was not measured, and keeps the Dice."""
    made = make_run(models=1, perturbations=1).with_strengths()
    made.strengths = [row for row in made.strengths if row[2] != 4]
    run = open_run(made.write())
    points = curve(
        run, "pets", "background", run.record.perturbations[0], "rmse", metric_set=run.headline, metric="dice"
    )
    assert [point.x for point in points[:4]] == [0, 4, None, 12]
    assert points[2].value is not None
