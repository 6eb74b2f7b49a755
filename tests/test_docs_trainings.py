"""Small trainings of docs/reproduction.md beside the sample's: their figures are those of their CSVs, their suite is theirs."""

import csv
import re
from pathlib import Path

import pytest

from bench.suite import load_suite

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "reproduction.md").read_text(encoding="utf-8")
ROWS = list(csv.DictReader((DOCS / "pets_autoencoders.csv").read_text(encoding="utf-8").splitlines()))
COLUMNS = ("mse", "psnr", "ssim", "colour_error", "sharpness")


def table(page):
    """The cells of each line of the table."""
    lines = page.partition("| autoencoder at 96 |")[2].splitlines()[2:]
    return [line.strip("| ").split(" | ") for line in lines[: lines.index("")]]


def differing(page):
    """The figures that are not those of the CSV, to the digits shown; names must agree."""
    found = table(page)
    assert [line[:2] for line in found] == [[row["model"], row["pretrain_skips"] or "–"] for row in ROWS]
    pairs = [
        (cell, row[name])
        for line, row in zip(found, ROWS, strict=True)
        for cell, name in zip(line[2:], COLUMNS, strict=True)
    ]
    return [
        cell for cell, value in pairs if abs(float(cell) - float(value)) > 0.51 * 10 ** -len(cell.partition(".")[2])
    ]


def test_the_table_rounds_the_csv():
    """Every figure."""
    assert differing(PAGE) == []


@pytest.mark.parametrize("cell", [cell for line in table(PAGE) for cell in line[2:]])
def test_another_last_digit_is_noticed(cell):
    """The comparison can fail."""
    last = cell[:-1] + str((int(cell[-1]) + 1) % 10)
    begin, head, rest = PAGE.partition("| autoencoder at 96 |")
    assert differing(begin + head + rest.replace(f"| {cell} |", f"| {last} |", 1)) == [last]


def test_the_suite_beside_the_table_trains_its_rows(tmp_path):
    """The same skips, sizes and epochs, in the same order, and no segmenter."""
    blocks = [
        b for b in re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL) if "pretrain_skips" in b
    ]
    (tmp_path / "suite.yaml").write_text(blocks[0], encoding="utf-8")
    models = load_suite(tmp_path / "suite.yaml").models
    found = [(getattr(m.parameters, "pretrain_skips", ""), m.parameters.size, m.pretext.epochs) for m in models]
    assert found == [(row["pretrain_skips"], int(row["size"]), int(row["epochs"])) for row in ROWS]
    assert {m.recipe.epochs for m in models} == {0}


def test_a_click_on_the_animal_changes_no_score():
    """What the page says of clicks on objects: Dice .7908 with and without, nothing else beyond .0001."""
    rows = list(csv.DictReader((DOCS / "pets_clicks.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["clicks"] for row in rows} == {"objects"}
    without, clicked = (
        {(row["metric_set"], row["metric"]): float(row["value"]) for row in rows if row["prompt"] == prompt}
        for prompt in ("zero_heatmap", "gt_random_pixel")
    )
    assert without.keys() == clicked.keys()
    assert max(abs(without[key] - clicked[key]) for key in without) < 1e-4
    said = re.search(r"Dice is\s+(\.\d+) with a click on the animal and (\.\d+) without", PAGE)
    assert said
    assert [f"{scores['standard', 'dice']:.4f}"[1:] for scores in (clicked, without)] == list(said.groups())
