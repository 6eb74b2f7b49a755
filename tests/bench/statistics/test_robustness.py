"""Every summary of a fall under perturbations against an example that was computed by hand.

Model f: clean 0.8; noise 0.6, 0.4 at strengths 1 and 3; blur 0.7, 0.2 at 2 and 4. Reference r: clean 0.9; noise 0.8,
0.7; blur 0.9, 0.9.
"""

import numpy as np
import pytest

from bench.statistics.curves import area, half_lost, safe_ratio
from bench.statistics.robustness import Curve, CurveScores, Damage, ReferenceScores, summaries

NOISE = Damage(np.array([0, 1 / 3, 1]), np.array([0.0, 10.0, 20.0]))
BLUR = Damage(np.array([0, 0.5, 1]), np.array([0.0, 5.0, 20.0]))


def scores(clean, noise, blur, worst=None, planned=2):
    """A model's scores as draws of one resample, which is the value once more."""
    twice = lambda values: np.repeat(np.array(values, float)[..., None], 2, axis=-1)  # noqa: E731
    curves = (Curve("noise", twice(noise), NOISE), *([Curve("blur", twice(blur), BLUR)] if blur else []))
    return CurveScores(twice(clean), curves, planned, twice(worst) if worst is not None else None)


MODEL = scores(0.8, [0.6, 0.4], [0.7, 0.2], worst=0.15)
REFERENCE = ReferenceScores("ref", scores(0.9, [0.8, 0.7], [0.9, 0.9]))


def found(model=MODEL, reference=REFERENCE, ratios=("cd", "rcd", "mce")):
    return {(one.measure, one.perturbation): one for one in summaries(model, reference, ratios)}


@pytest.mark.parametrize(
    ("measure", "perturbation", "value"),
    [
        ("mpc", "noise", 0.5),  # (0.6 + 0.4) / 2
        ("mpc", "blur", 0.45),
        ("mpc", "all", 0.475),
        ("drop", "noise", 0.3),
        ("drop", "blur", 0.35),
        ("drop", "all", 0.325),
        ("rpc", "all", 0.59375),  # 0.475 / 0.8
        ("mrr", "noise", 0.625),  # (0.6 + 0.4) / (2 · 0.8)
        ("mrr", "blur", 0.5625),
        ("mrr", "all", 0.59375),
        ("auc_strength", "noise", 17 / 30),  # 1/3 · (0.8 + 0.6) / 2 + 2/3 · (0.6 + 0.4) / 2
        ("auc_strength", "blur", 0.6),  # 0.5 · 0.75 + 0.5 · 0.45
        ("auc_strength", "all", (17 / 30 + 0.6) / 2),
        ("auc_strength_relative", "blur", 0.75),  # 0.6 / 0.8
        ("auc_strength_relative", "all", (17 / 24 + 0.75) / 2),
        ("auc_rmse", "noise", 0.6),  # 0.5 · 0.7 + 0.5 · 0.5
        ("auc_rmse", "blur", 0.525),  # 0.25 · 0.75 + 0.75 · 0.45
        ("auc_rmse_relative", "noise", 0.75),
        ("x50_strength", "noise", 1.0),  # 0.4 is half of 0.8, at the last point
        ("x50_strength", "blur", 0.8),  # 0.4 is 3/5 of the way from 0.7 to 0.2: 0.5 + 0.6 · 0.5
        ("x50_rmse", "blur", 14.0),  # 5 + 0.6 · 15 grey levels
        ("worst_image", "all", 0.15),
        ("worst_perturbation", "blur", 0.45),
        ("cd", "noise", 2.0),  # (0.4 + 0.6) / (0.2 + 0.3)
        ("cd", "blur", 5.5),  # (0.3 + 0.8) / (0.1 + 0.1)
        ("mcd", "all", 3.75),
        ("mce", "noise", 2.0),
        ("mce", "all", 3.75),
        ("rcd", "noise", 2.0),  # (1.0 - 2 · 0.2) / (0.5 - 2 · 0.1)
    ],
)
def test_by_hand(measure, perturbation, value):
    """The value and its resample, which has the same scores."""
    one = found()[measure, perturbation]
    assert one.draw == pytest.approx([value, value], abs=1e-12)
    assert one.note == ""
    assert one.reference == ("ref" if measure in ("cd", "mcd", "mce", "rcd") else "")


def test_a_reference_that_does_not_get_worse():
    """Under blur it keeps 0.9: the relative ratio would be 0.7 / 0. No value, and why; nor has the mean one."""
    all_found = found()
    for place in (("rcd", "blur"), ("mrcd", "all")):
        assert np.isnan(all_found[place].draw).all()
        assert all_found[place].note == "the reference does not get worse here"


def test_a_reference_that_gets_better():
    """A negative denominator would turn the order round: no value."""
    better = ReferenceScores("ref", scores(0.9, [0.95, 0.95], [0.5, 0.5]))
    assert np.isnan(found(reference=better)["rcd", "noise"].draw).all()


def test_a_perfect_reference():
    """There is no error to compare with."""
    perfect = ReferenceScores("ref", scores(1.0, [1.0, 1.0], [0.5, 0.5]))
    one = found(reference=perfect)["cd", "noise"]
    assert np.isnan(one.draw).all()
    assert one.note == "the reference makes no error here"


def test_the_reference_against_itself():
    """All its ratios are 1."""
    itself = found(REFERENCE.scores)
    assert [itself[place].draw[0] for place in (("cd", "noise"), ("mcd", "all"), ("mce", "all"))] == [1, 1, 1]


def test_a_reference_without_scores_says_why():
    """One line, without a value."""
    reason = ReferenceScores("ref", None, "the reference is not evaluated")
    one = found(reference=reason)["mcd", "all"]
    assert np.isnan(one.draw).all()
    assert one.note == "the reference is not evaluated"


def test_without_a_reference_there_are_no_ratios():
    """Nothing that could be read as one."""
    assert not {"cd", "mcd", "rcd", "mrcd", "mce"} & {measure for measure, _ in found(reference=None)}


def test_half_is_not_reached():
    """Censored, never filled in."""
    one = found(scores(0.8, [0.7, 0.6], [0.7, 0.2]))["x50_strength", "noise"]
    assert np.isposinf(one.draw).all()
    assert one.note == "censored"


def test_a_model_that_has_not_every_perturbation():
    """What it has is told; there is no summary over all, which would be over others than the next model's."""
    part = found(scores(0.8, [0.6, 0.4], []))
    assert part["mpc", "noise"].draw[0] == 0.5
    assert not [place for place in part if place[1] == "all"]
    assert ("worst_perturbation", "noise") not in part


def test_a_model_without_a_clean_score():
    """Ratios to 0 have no value; differences have one."""
    blind = found(scores(0.0, [0.0, 0.0], [0.0, 0.0]))
    for place in (("rpc", "all"), ("mrr", "noise"), ("auc_strength_relative", "noise"), ("x50_strength", "noise")):
        assert np.isnan(blind[place].draw).all()
        assert blind[place].note == "the clean score is 0"
    assert blind["drop", "all"].draw[0] == 0


def test_a_curve_over_a_measure_that_turns():
    """Points are put in the order of their RMSE, and that is said: (0, .8), (10, .4), (20, .6)."""
    turning = Damage(np.array([0, 0.5, 1]), np.array([0.0, 20.0, 10.0]))
    curve = Curve("saturate", np.array([[0.6], [0.4]]), turning)
    by_name = {one.measure: one for one in summaries(CurveScores(np.array([0.8]), (curve,), 1), None, ())}
    assert by_name["auc_rmse"].draw[0] == pytest.approx(0.55)  # 0.5 · 0.6 + 0.5 · 0.5
    assert by_name["x50_rmse"].draw[0] == 10
    assert by_name["auc_rmse"].note == "its RMSE falls between strengths; points in the order of RMSE"
    assert by_name["auc_strength"].note == ""


def test_a_perturbation_that_was_not_measured():
    """Areas over RMSE have no value then, and say why."""
    curve = Curve("noise", np.array([[0.6], [0.4]]), Damage(NOISE.relative, None))
    by_name = {one.measure: one for one in summaries(CurveScores(np.array([0.8]), (curve,), 1), None, ())}
    assert np.isnan(by_name["auc_rmse"].draw[0])
    assert by_name["auc_rmse"].note == "the RMSE of a strength was not measured"
    assert by_name["auc_strength"].draw[0] > 0


def test_curves_column_by_column():
    """Each resample has its own half; one with a missing point has none."""
    x = np.array([0.0, 1.0, 2.0])
    y = np.array([[1.0, 1.0, 1.0, 0.0], [0.5, 0.75, np.nan, 0.0], [0.0, 0.25, 0.2, 0.0]])
    assert half_lost(x, y) == pytest.approx([1.0, 1.5, np.nan, np.nan], nan_ok=True)
    assert area(x, y)[:2] == pytest.approx([0.5, (0.875 + 0.5) / 2])


def test_small_denominators():
    """Below one millionth a ratio has no value."""
    assert safe_ratio(np.array([1.0, 1.0, 1.0]), np.array([2.0, 9e-7, -1.0])) == pytest.approx(
        [0.5, np.nan, np.nan], nan_ok=True
    )
