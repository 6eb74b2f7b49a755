"""The section of equal damage: which perturbation hurts most at each level, and what is left out."""

import pytest
from made_up_run import NASTY, RunFolder
from one_section import drawn, plain

from reports.record.boards import boards
from reports.record.run import open_run
from reports.tables.damage_tables import damage_table, groups, strengths_table

WHY = "its mildest strength, 1, has SSIM 0.8 already <b>"


def equal(*strengths, note=""):
    levels = [
        {"level": level, "strength": strength, "damage": level - 0.001, "note": "" if strength is not None else WHY}
        for level, strength in zip((0.9, 0.5), strengths, strict=True)
    ]
    return {"measure": "ssim", "dataset": "pets", "images": ["a", "<i>b"], "levels": levels, "key": "k", "note": note}


@pytest.fixture
def made(tmp_path):
    """Noise at both levels, blur at the stronger one, contrast at none; brightness has its own strengths."""
    made = RunFolder(tmp_path / "run", perturbations=4)
    noise, blur, contrast, _ = made.record["perturbations"]
    noise["equal"] = equal(2, 18)
    blur["equal"] = equal(None, 9, note="not monotone: SSIM is 0.6 at 2 and 0.7 at 3")
    contrast |= {"equal": equal(None, None), "strengths": []}
    return made


def cells(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_strengths_stand_with_the_damage_that_was_reached(made):
    """A level that is not reached has its reason."""
    run = open_run(made.write())
    ((group, entries),) = groups(run).items()
    table = strengths_table(group, entries)
    assert table.header[2:4] == ("SSIM 0.9", "SSIM 0.5")
    noise, blur, contrast = cells(table)
    assert noise[2:] == ["2 (0.899)", "18 (0.499)", "—"]
    assert blur[2:] == ["—", "9 (0.499)", f"0.9: {WHY}; not monotone: SSIM is 0.6 at 2 and 0.7 at 3"]
    assert contrast[2:] == ["—", "—", f"0.9, 0.5: {WHY}"]


def test_the_perturbation_that_hurts_most_comes_first(made):
    """By the score at the level that most reach; the scores are those of summary.csv at these strengths."""
    run = open_run(made.write())
    ((group, entries),) = groups(run).items()
    (board,) = boards(run, "pets")
    model = next(model for model in board.models if model.label == NASTY)
    table = damage_table(run, board, model, group, entries)
    blur, noise, contrast = cells(table)  # the made-up blur costs quality, the noise none
    assert [row[0] for row in (blur, noise, contrast)] == ["binomial_blur", "additive_noise", "contrast_increase"]

    def dice(perturbation, strength):
        found = [
            row[-1]
            for row in made.rows
            if row[:7] == ["pets", NASTY, perturbation, strength, "standard", "dice", "mean"]
        ]
        return f"{found[0]:.4f}"

    assert noise[1:] == [dice("additive_noise", 2), dice("additive_noise", 18)]
    assert blur[1:] == ["—", dice("binomial_blur", 9)]
    assert contrast[1:] == ["—", "—"]
    assert "The lowest score at SSIM 0.5, the level that most perturbations reach, comes first." in table.note


def test_the_section_says_what_is_compared_and_breaks_out_of_nothing(made):
    """Names of images and notes are text; a baseline has no table."""
    html = drawn(made, "equal_damage")
    text = plain(html)
    assert "the same mean SSIM to the clean ones" in text
    assert "found on 2 images of pets" in text
    assert "<i>b" not in html
    assert "already <b>" not in html
    assert "Mean Dice of background at" not in text


def test_a_run_without_levels_has_no_section(tmp_path):
    """Nothing was asked for."""
    assert drawn(RunFolder(tmp_path / "run"), "equal_damage") == ""


def test_a_perturbation_without_a_strength_takes_no_mean_away(made):
    """The mean over perturbations is over those that were measured."""
    run = open_run(made.write())
    assert [entry.label for entry in run.perturbations("pets")] == [
        "additive_noise",
        "binomial_blur",
        "contrast_decrease",
    ]
