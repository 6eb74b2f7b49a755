"""The section of groups of images: a table for each attribute, small groups marked."""

import csv

import pytest
from made_up_run import NASTY, RunFolder
from one_section import drawn, plain

from bench.record.csv_columns import SLICES
from registry.labels import NO_GROUND_TRUTH
from reports.record.boards import boards
from reports.record.run import open_run
from reports.tables.slice_tables import slice_tables

SIZES = {"up to 5": 40, "above 5": 12}


class Sliced(RunFolder):
    """A run of two models with slices of one attribute, clean and under two perturbations."""

    def __init__(self, folder, slices=SIZES):
        super().__init__(folder, models=2, perturbations=2)
        self.slices = slices
        self.values = {"clean": 0.9, "additive_noise": 0.5, "binomial_blur": 0.3}

    def write(self):
        folder = super().write()
        lines = [
            ["pets", model, NO_GROUND_TRUTH, perturbation, 0, "standard", "dice", "mean", "area <b>", name, size, size,
             value, value - 0.1, value + 0.1, 2000, str(size < 30).lower()]
            for model in self.models
            for perturbation, value in self.values.items()
            for name, size in self.slices.items()
        ]  # fmt: skip
        with (folder / "slices.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([SLICES, *lines])
        return folder


@pytest.fixture
def tables(tmp_path):
    """Return the tables of a run."""

    def build(**keys):
        run = open_run(Sliced(tmp_path / "run", **keys).write())
        return slice_tables(run, boards(run, "pets")[0])

    return build


def test_models_are_lines_and_slices_columns(tables):
    """Sizes stand in the header; the mark is at the small one; perturbed: (0.5 + 0.3) / 2."""
    ((clean, perturbed),) = tables()
    assert clean.header == ("model", "up to 5 (40 images)", "above 5 (12 images)‡")
    assert [[cell.full for cell in row[1:]] for row in clean.rows] == [["0.9000 [0.8000, 1.0000]"] * 2] * 2
    assert [[cell.full for cell in row[1:]] for row in perturbed.rows] == [["0.4000"] * 2] * 2
    assert "‡: fewer than 30 images." in clean.note


def test_many_slices_are_lines(tables):
    """Of seven breeds a line each, and a column a model."""
    ((clean, _),) = tables(slices={f"breed {i}": 40 for i in range(7)})
    assert clean.header[0] == "area <b>"
    assert [row[0].text for row in clean.rows][:2] == ["breed 0 (40 images)", "breed 1 (40 images)"]
    assert clean.note == ""


def test_a_perturbation_without_a_score_makes_no_mean(tmp_path):
    """A mean over fewer would look like one over all."""
    made = Sliced(tmp_path / "run")
    folder = made.write()
    text = (folder / "slices.csv").read_text().splitlines()
    kept = [line for line in text if not ("background," in line and "binomial_blur" in line and "up to 5" in line)]
    assert len(kept) == len(text) - 1
    (folder / "slices.csv").write_text("\n".join(kept) + "\n")
    run = open_run(folder)
    ((_, perturbed),) = slice_tables(run, boards(run, "pets")[0])
    of_model = {row[0].text: [cell.text for cell in row[1:]] for row in perturbed.rows}
    assert of_model == {"background": ["—", "0.4000"], NASTY: ["0.4000", "0.4000"]}


def test_names_are_text_and_the_rules_are_there(tmp_path):
    """An attribute is a user's own word."""
    html = drawn(Sliced(tmp_path / "run"), "slices")
    assert "<b>" not in html
    text = plain(html)
    assert "Mean Dice over classes at the strongest strength of each perturbation, then the mean over 2 perturb" in text
    assert "Brackets hold the 95 % interval" in text


def test_a_run_of_before_has_no_section(tmp_path):
    """It has no slices."""
    assert drawn(RunFolder(tmp_path / "run"), "slices") == ""
