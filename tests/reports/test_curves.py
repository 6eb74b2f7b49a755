"""The points of the curves: positions, relative damage, order."""

import pytest

from reports.curves import curve, positions
from reports.record import Perturbation
from reports.run import open_run


def perturbation(identity, strengths):
    return Perturbation(label="p", name="p", identity=identity, strengths=strengths)


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
    points = curve(run, "pets", "background", run.record.perturbations[0])
    assert [point.label for point in points[:4]] == ["clean", "2", "4", "6"]
    assert points[0].dice == run.value("pets", "background")
    assert points[2].dice is None
    assert points[3].dice is not None
