"""The section of seeds: the spread over trainings beside the interval over images."""

import csv

import numpy as np
import pytest
from made_up_run import HEADER, RunFolder
from one_section import drawn, plain

from bench.record.csv_columns import SEEDS
from registry.labels import NO_GROUND_TRUTH
from reports.record.boards import boards
from reports.record.run import open_run
from reports.tables.seed_tables import seeds_table

VALUES = (0.5, 0.6, 0.8)


class Seeded(RunFolder):
    """A run of a baseline and three trainings of one model, with intervals."""

    def __init__(self, folder):
        super().__init__(folder, models=1, perturbations=1)
        (only,) = self.record["models"]
        for seed in range(3):
            label = f"net <{seed}> seed {seed}"
            self.record["models"].append(only | {"label": label, "name": "unet", "seed": seed, "group": "net <b>"})
            for row in [row for row in self.rows if row[1] == "background"]:
                value = VALUES[seed] if row[2] == "clean" else VALUES[seed] / 2
                self.rows.append([row[0], label, *row[2:-1], value])

    def write(self):
        folder = super().write()
        with (folder / "summary.csv").open("w", encoding="utf-8", newline="") as file:
            bounds = ([*row, row[-1] - 0.1, row[-1] + 0.1, 2000] for row in self.rows)
            csv.writer(file).writerows([[*HEADER, "low", "high", "resamples"], *bounds])
        spread = [np.mean(VALUES), np.std(VALUES, ddof=1), min(VALUES), max(VALUES)]
        place = ["pets", "net <b>", NO_GROUND_TRUTH, "clean", 0, "standard", "dice", "mean"]
        with (folder / "seeds.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([SEEDS, [*place, 3, *spread]])
        return folder


@pytest.fixture
def made(tmp_path):
    return Seeded(tmp_path / "run")


def test_a_row_for_each_training_and_one_for_their_spread(made):
    """Of 0.5, 0.6 and 0.8: mean 0.6333, sd 0.1528; perturbed half of that."""
    run = open_run(made.write())
    (board,) = boards(run, "pets")
    first, _, third, spread = [[cell.text for cell in row] for row in seeds_table(run, board).rows]
    assert first == ["net <0> seed 0", "0.5000", "0.4000 to 0.6000", "—", "0.2500", "—"]
    assert third[1:3] == ["0.8000", "0.7000 to 0.9000"]
    assert spread == [
        "net <b>: mean ± sd of 3 seeds",
        "0.6333 ± 0.1528",
        "—",
        "0.5000 to 0.8000",
        "0.3167 ± 0.0764",
        "0.2500 to 0.4000",
    ]


def test_the_section_says_what_each_column_covers(made):
    """Names are text."""
    html = drawn(made, "seeds")
    assert "<b>:" not in html
    text = plain(html)
    assert "It covers the choice of the test images, and says nothing of another training." in text
    assert "It covers the training, and says nothing of other images." in text
    assert "mean ± sd of 3 seeds" in text


def test_a_run_without_seeds_has_no_section(tmp_path):
    """Each of its models was trained once."""
    assert drawn(RunFolder(tmp_path / "run"), "seeds") == ""
