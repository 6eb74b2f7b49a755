"""The search for strengths at equal damage, on damages whose inverse is known by hand."""

import math
from dataclasses import replace

import pytest

from bench.perturb import PERTURBATIONS
from bench.perturb.equal_damage import EqualDamage, level_fault, search

NOISE = PERTURBATIONS["additive_noise"]  # identity 0, defaults 2 to 18, at most 255


def strengths(entry, measure, levels, damage):
    found, _ = search(entry, EqualDamage(measure, levels), damage)
    return [one.strength for one in found]


def test_a_straight_line_is_inverted():
    """Where RMSE is three times the strength, a level of 30 is at 10, one of 100 beyond the defaults at 33.3."""
    assert strengths(NOISE, "rmse", (30.0, 100.0), lambda s: 3 * s) == [10.0, pytest.approx(100 / 3, abs=0.1)]


def test_ssim_falls_and_is_inverted():
    """SSIM exp(-s / 20) is 0.9 at 20 ln(1 / 0.9) = 2.107 and 0.5 at 13.863: decimal steps, the nearest one."""
    found = strengths(NOISE, "ssim", (0.9, 0.5), lambda s: math.exp(-s / 20))
    assert found == [2.11, 13.86]


@pytest.mark.parametrize("name", ["contrast_decrease", "jpeg", "bit_depth", "contrast_increase", "scale"])
def test_a_falling_strength_is_found_on_the_side_of_the_defaults(name):
    """The mild end is the identity or, without one, the end that the defaults begin at."""
    entry = PERTURBATIONS[name]
    mild = entry.identity if entry.identity is not None else max(entry.strengths) + 5
    span = abs(entry.strengths[-1] - mild)
    middle = (entry.strengths[-1] + mild) / 2
    middle = round(middle) if entry.integer else middle
    (found,) = strengths(entry, "rmse", (100 * abs(middle - mild) / span,), lambda s: 100 * abs(s - mild) / span)
    assert found == pytest.approx(middle, abs=1e-9 if entry.integer else 0.01 * span)
    assert entry.check_strength(found) == found


def test_last_digits_decide_nothing():
    """Measurements that differ in the seventh decimal give the same strengths, and these are short decimals."""

    def damage(noise):
        return lambda s: 255 * (1 - math.exp(-s / 60)) + noise * math.sin(1e6 * s)

    levels = (5.0, 10.0, 20.0, 40.0, 80.0)
    exact = strengths(NOISE, "rmse", levels, damage(0))
    assert all(strengths(NOISE, "rmse", levels, damage(noise)) == exact for noise in (4e-8, -4e-8))
    assert all(len(f"{strength:.12g}".replace(".", "").strip("0")) <= 4 for strength in exact)


def test_a_level_between_whole_numbers_is_said_and_left_out():
    """Bit depth 3 is at 30 and 2 at 60: a level of 45 is neither, 61 is near enough to 2."""
    known = {8: 0, 7: 1, 6: 4, 5: 10, 4: 20, 3: 30, 2: 60, 1: 100}
    found, note = search(PERTURBATIONS["bit_depth"], EqualDamage("rmse", (45.0, 61.0)), lambda s: known[int(s)])
    assert found[0].strength is None
    assert found[0].note == "its strengths jump over it; the closest, 3, has RMSE 30"
    assert found[1][1:] == (2.0, 60.0, "")
    assert note == ""


def test_levels_out_of_reach_name_the_closest():
    """A severity from 1 to 5 with SSIM 0.8 down to 0.6 is neither as mild as 0.9 nor as strong as 0.5."""
    found, _ = search(PERTURBATIONS["fog"], EqualDamage("ssim", (0.9, 0.7, 0.5)), lambda s: 0.85 - 0.05 * s)
    assert found[0].note == "its mildest strength, 1, has SSIM 0.8 already"
    assert found[1].strength == pytest.approx(3, abs=0.01)
    assert found[2].note == "it reaches at most SSIM 0.6, at strength 5"
    assert (found[0].strength, found[2].strength) == (None, None)


def test_a_damage_that_falls_again_is_named_and_the_mildest_strength_counts():
    """RMSE 10 at severity 2, 4 at 3, 20 at 5: 10 is reached first at 2."""
    points = {1: 2.0, 2: 10.0, 3: 4.0, 4: 12.0, 5: 20.0}

    def damage(s):
        low = min(int(s), 4)
        return points[low] + (points[low + 1] - points[low]) * (s - low)

    found, note = search(PERTURBATIONS["saturate"], EqualDamage("rmse", (10.0, 20.0)), damage)
    assert [one.strength for one in found] == [2.0, 5.0]
    assert note == "not monotone: RMSE is 10 at 2 and 4 at 3; the mildest strength found counts"


def test_the_clean_image_is_no_damage():
    """A flip either changes nothing or all: a level close to clean is not met by the clean image."""
    flip = PERTURBATIONS["horizontal_flip"]
    found, _ = search(flip, EqualDamage("ssim", (0.99,)), lambda s: 1.0 - 0.8 * s)
    assert found[0].strength is None
    assert "the closest, 0, has SSIM 1" in found[0].note


def test_each_strength_is_measured_once():
    """The search is what takes time."""
    asked = []
    levels = (5.0, 5.1, 80.0)
    search(replace(NOISE), EqualDamage("rmse", levels), lambda s: asked.append(s) or s)
    assert len(asked) == len(set(asked)) < 50


@pytest.mark.parametrize(
    ("measure", "levels", "words"),
    [
        ("ssim", (1.0,), "ssim 1 is out of range; give levels between 0 and 1"),
        ("ssim", (0.5, -0.1), "ssim -0.1 is out of range"),
        ("rmse", (0.0,), "rmse 0 is out of range; give levels between 0 and 255"),
        ("rmse", (math.nan,), "rmse nan is out of range"),
        ("ssim", (0.5, 0.9), "the levels are not in order; give each once, from mild to strong: [0.9, 0.5]"),
        ("rmse", (20, 10), "from mild to strong: [10, 20]"),
        ("rmse", (10, 10), "give each once, from mild to strong: [10]"),
    ],
)
def test_levels_that_make_no_sense_are_refused(measure, levels, words):
    """The line says what is allowed."""
    assert words in level_fault(measure, levels)


def test_good_levels_have_no_fault():
    """From mild to strong: SSIM falls, RMSE rises."""
    assert level_fault("ssim", (0.9, 0.5)) is None
    assert level_fault("rmse", (5, 60)) is None
