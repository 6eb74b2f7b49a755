"""What the sections print of perturbations: which pixels move and count, what was measured, many of them."""

import re

import pytest
from made_up_severities import FAMILIES, many
from one_section import Pen, drawn, plain

from reports.record.run import open_run
from reports.section import SECTIONS, Page


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"moves": True}, "the mask moves with the image, and where no pixel of it arrives nothing is scored"),
        ({"covers": True}, "hidden pixels are scored like all others"),
        ({"covers": True, "occluded": "ignore"}, "hidden pixels are not scored"),
        ({"then": [{"name": "fog", "strength": 2.5, "parameters": {"tint": "grey"}}]}, "then fog 2.5 (tint grey)"),
        ({"then": [{"name": "fog", "strength": 3}, {"name": "rain", "strength": 1}]}, "then fog 3; then rain 1"),
        ({"backend": "old", "resources": {"package": "old 1.1.2", "seed": "7"}}, "backend old 1.1.2; seed 7; source"),
        ({"backend": "another"}, "backend another;"),
        ({"resources": {"textures": "procedural"}}, "textures procedural"),
    ],
)
def test_perturbations_name_what_is_special_about_them(make_run, facts, text):
    """States which pixels move, hide and count, what follows, and what the pixels depend on besides."""
    made = make_run(models=1, perturbations=1)
    assert text not in plain(drawn(made, "perturbations"))
    made.record["perturbations"][0] |= facts
    assert text in plain(drawn(made, "perturbations"))


def test_nulls_in_a_perturbation_are_unknown(make_run):
    """Takes null as if the key were missing, as in records of older runs."""
    made = make_run(models=1, perturbations=1)
    before = drawn(made, "perturbations")
    names = ("family", "moves", "covers", "occluded", "then", "backend", "resources")
    made.record["perturbations"][0] |= dict.fromkeys(names)
    assert drawn(made, "perturbations") == before


def test_the_protocol_names_which_pixels_count(make_run):
    """Names the perturbations that move the mask, that hide pixels which do not count, and foreign pixels."""
    made = make_run(models=1, perturbations=4)
    assert "mask moves" not in plain(drawn(made, "protocol"))
    first, second, third, fourth = made.record["perturbations"]
    first["moves"] = second["moves"] = True
    third |= {"covers": True, "occluded": "ignore"}
    fourth |= {"covers": True, "occluded": "count", "backend": "imagecorruptions"}
    text = plain(drawn(made, "protocol"))
    assert "the mask moves too under additive_noise, binomial_blur" in text
    assert "hidden pixels are not scored under contrast_increase pixels made by imagecorruptions" in text


@pytest.mark.parametrize(("fresh", "text"), [(True, "new"), (False, "the same"), (None, "the same")])
def test_the_protocol_names_whether_strengths_share_their_noise(make_run, fresh, text):
    """States whether an image draws new random numbers at every strength; older runs never did."""
    made = make_run(models=1, perturbations=1)
    made.record["fresh_per_strength"] = fresh
    assert f"an image draws {text} random numbers at every strength" in plain(drawn(made, "protocol"))


def test_perturbations_have_a_table_of_what_was_measured(make_run):
    """Puts one table for each data set below each perturbation, and explains them once."""
    made = make_run(models=1, perturbations=2, datasets=2)
    assert "RMSE" not in drawn(made, "perturbations")
    html = drawn(made.with_strengths(), "perturbations")
    assert html.count("<table>") == 4
    assert html.count("mean ± standard deviation") == 1
    assert "Measured strength of binomial_blur on shapes &lt;2&gt;" in html


def test_robustness_warns_of_sweeps_that_turn_back(make_run):
    """Puts the caution of a sweep that is not monotone below its own panel."""
    made = make_run(models=1, perturbations=2).with_strengths()
    made.measure("additive_noise", 4, "rmse", 1.5)
    html = drawn(made, "robustness")
    first, second = html.split("data-curves=")[1:]
    assert "falls from strength 2 (4.00) to 4 (1.50)" in first
    assert "not monotone" not in second


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ("strength", "The first point is the clean image. Damage grows"),
        ("rmse", "x: RMSE between perturbed and clean image, mean over the images. The first point is the clean"),
        ("psnr", "The clean image has no PSNR and no point; nor do images that a level left as they were."),
        ("ssim", "The first point is the clean image, at 1."),
    ],
)
def test_robustness_names_what_it_draws_over(make_run, x, words):
    """States what the x axis is and where the clean image stands; names the figures after the axis."""
    page = Page(open_run(make_run(models=1, perturbations=1).with_strengths().write()), Pen(), x)
    assert words in plain(SECTIONS["robustness"].draw(page))
    assert page.figures.names == [f"dice-by-{x}-pets", f"dice-by-{x}-pets-additive_noise"]


def test_many_perturbations_stand_by_family(tmp_path):
    """Puts 25 panels and 25 curves of a model under the names of their families, models with one legend that stays in view."""
    run = open_run(many(tmp_path / "run", models=2).write())
    titles = [name.capitalize() for name in FAMILIES]
    for section, legends in (("robustness", 2), ("overlays", 25)):
        page = Page(run, Pen())
        html = str(SECTIONS[section].draw(page))
        assert re.findall(r"<h3>(.*?)</h3>", html) == titles
        assert html.count("<li data-series=") == legends
        assert len(page.figures.names) == {"robustness": 1 + 25, "overlays": 2 * 5}[section]


def test_families_stand_below_their_data_set(tmp_path):
    """Takes the next level of headings where each data set has one."""
    html = drawn(many(tmp_path / "run", models=1, datasets=2), "robustness")
    assert len(re.findall(r"<h3>", html)) == 2
    assert len(re.findall(r"<h4>", html)) == 2 * 5


def test_a_title_stands_beside_the_label(make_run):
    """Names a perturbation as the suite does, and adds a title that says more; a chain's first title would mislead."""
    made = make_run(models=1, perturbations=4)
    first, second, third, _ = made.record["perturbations"]
    first["title"], second["backend"] = "Gaussian pixel noise", "imagecorruptions"
    third["then"] = [{"name": "fog", "strength": 3}]
    expected = ["additive_noise (Gaussian pixel noise)", "binomial_blur", "contrast_increase", "contrast_decrease"]
    assert re.findall(r"<h3>(.*?)</h3>", drawn(made, "perturbations")) == expected
    assert re.findall(r'"title">(.*?)<', drawn(made, "robustness")) == expected


@pytest.mark.parametrize(
    ("levels", "shown"),
    [(10, [*range(10)]), (100, [0, 11, 22, 33, 44, 55, 66, 77, 88, 99])],
)
def test_a_long_strip_is_thinned_evenly(make_run, levels, shown):
    """Shows at most ten levels, the first and the last among them."""
    made = make_run(models=1, perturbations=1).with_examples()
    strip = made.index["strips"][0]
    strip["levels"] = [{"strength": level, "file": strip["levels"][0]["file"]} for level in range(levels)]
    found = re.findall(r"<figcaption>(\d+)</figcaption>", drawn(made, "perturbations"))
    assert [int(level) for level in found] == shown
