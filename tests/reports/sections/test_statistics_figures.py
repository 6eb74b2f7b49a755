"""Sections of the page that draw tables of statistics: distributions, calibration, trade-offs, classes, groups."""

import re

import pytest
from made_up_run import NASTY, RunFolder
from made_up_statistics import with_statistics
from one_section import drawn, plain

from bench.record.csv_columns import SLICES

SMP = "smp (encoder=efficientnet)"


@pytest.fixture
def made(tmp_path):
    """Return a run of three models and two perturbations with its tables of statistics."""
    return with_statistics(RunFolder(tmp_path / "run", perturbations=2))


@pytest.mark.parametrize("name", ["distribution", "calibration", "slices"])
def test_a_run_without_the_table_has_no_section(tmp_path, name):
    """An older run, or one whose suite asks for less."""
    assert drawn(RunFolder(tmp_path / "run", perturbations=2), name) == ""


@pytest.mark.parametrize("name", ["distribution", "calibration", "tradeoffs", "class_curves"])
def test_names_are_words(made, name):
    """Markup in the name of a model is shown, and nothing has a style attribute."""
    html = drawn(made, name)
    assert "unet &lt;b&gt;" in html
    assert "<b>" not in html
    assert " style=" not in html


def test_a_distribution_says_its_quantiles(made):
    """Those of the table, of the clean condition and of the one with the lowest median."""
    rows = [row for row in made.tables["distribution.csv"][1:] if row[1] == SMP]
    clean = next(row for row in rows if row[3] == "clean")
    worst = min(rows, key=lambda row: row[11])
    html = drawn(made, "distribution")
    assert f"{SMP}, clean: median {clean[11]:.3f}, middle half {clean[10]:.3f} to {clean[12]:.3f}" in html
    assert f"{SMP}, {worst[3]} {worst[4]:g}: median {worst[11]:.3f}" in html


def test_a_distribution_of_clean_images_alone_has_one_figure(made):
    made.tables["distribution.csv"] = [
        row for row in made.tables["distribution.csv"] if row[3] in ("perturbation", "clean")
    ]
    assert drawn(made, "distribution").count("<svg") == 1


def test_calibration_has_the_error_of_each_model(made):
    """By hand: bin i has 1000 (i + 1) pixels, is 0.9 i / 15 right, and says (i + 0.5) / 15."""
    pixels = [1000 * (i + 1) for i in range(15)]
    gaps = [abs((i + 0.5) / 15 - 0.9 * i / 15) for i in range(15)]
    error = sum(n * gap for n, gap in zip(pixels, gaps, strict=True)) / sum(pixels)
    html = drawn(made, "calibration")
    assert f"{SMP}, clean: ECE {error:.4f}" in plain(html)
    assert html.count("<svg") == 3


def test_the_worst_calibrated_condition_is_shown(made):
    """Of two perturbed conditions the one that is further from its confidence."""
    for label, accuracy in (("additive_noise", 0.6), ("binomial_blur", 0.1)):
        made.tables["calibration.csv"].append(["pets", SMP, label, 2.0, "standard", 13, 100, 0.9, accuracy])
    text = plain(drawn(made, "calibration"))
    assert "binomial_blur 2: ECE 0.8000" in text
    assert "additive_noise 2" not in text


def test_a_trade_off_has_the_interval_of_the_ranking(made):
    """And names the front: the best model on clean images is the best under perturbation too."""
    row = next(row for row in made.tables["ranking.csv"][1:] if row[2] == "standard" and row[4:6] == ["perturbed", SMP])
    html = drawn(made, "tradeoffs")
    assert f"{SMP}: Dice under perturbation {row[6]:.4f} [{row[7]:.4f}, {row[8]:.4f}], clean Dice" in html
    assert re.search(r"against clean Dice on pets; on the Pareto front: smp \(encoder=efficientnet\)\.", html)


def test_without_perturbations_clean_scores_are_traded_off(tmp_path):
    text = drawn(RunFolder(tmp_path / "run", perturbations=0), "tradeoffs")
    assert "clean Dice by parameters" in text
    assert "under perturbation by" not in text


def test_one_model_trades_nothing_off(tmp_path):
    assert drawn(RunFolder(tmp_path / "run", models=1, perturbations=1), "tradeoffs") == ""


def test_a_class_begins_at_its_clean_score_and_ends_at_the_mean_of_the_strongest(made):
    """Of cat: two perturbations, each at its strongest level."""
    scores = {
        row[2:4] == [] or (row[2], row[3]): row[8]
        for row in made.rows
        if row[1] == SMP and row[4:7] == ["standard", "dice", "cat"]
    }
    strongest = [scores[name, levels[-1]] for name, (_, _, levels) in made.perturbations.items()]
    html = drawn(made, "class_curves")
    assert f"{SMP}, clean: {scores['clean', 0.0]:.3f}" in html
    assert f"{SMP}, 1: {sum(strongest) / 2:.3f}" in html
    assert html.count('<svg class="figure curves"') == 3


def test_a_model_that_lacks_a_condition_has_no_curve_of_a_class(made):
    """Its mean would be of other conditions."""
    made.rows = [row for row in made.rows if not (row[1] == NASTY and row[2] == "binomial_blur" and row[3] == 9)]
    assert "unet &lt;b&gt;&amp;&#34;w&#34;&#39;$x_1$ 50%, clean" not in drawn(made, "class_curves")


def test_groups_of_few_images_are_hollow_and_the_lowest_are_shown(made):
    """15 groups: the 12 with the lowest scores, and the table below has all."""
    made.tables["slices.csv"] = [[*SLICES]] + [
        ["pets", SMP, "no ground truth", "clean", 0, "standard", "dice", "mean", "breed", f"breed {i:02}", 20 + i, 20 + i,
         0.5 + i / 100, 0.4, 0.9, 2000, str(20 + i < 30).lower()]
        for i in range(15)
    ]  # fmt: skip
    html = drawn(made, "slices")
    figure = html[html.index('<svg class="figure rows') : html.index("<table")]
    assert "By breed, the 12 lowest of 15" in html
    assert f"{SMP}, breed 11: 0.610 [0.400, 0.900], 31 images" in figure
    assert "breed 12" not in figure
    assert figure.count("point hollow") == 10
