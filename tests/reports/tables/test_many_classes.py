"""A data set of 150 classes: no table or figure grows with them, and every class has its number somewhere."""

import re

import pytest

import reports
from reports.record.boards import boards
from reports.record.run import open_run
from reports.tables.clean_tables import class_table

CLASSES = ["wall", *(f"thing {i}" for i in range(1, 150))]
DICE = {name: round(i / 150, 4) for i, name in enumerate(CLASSES)}


def with_classes(made, count):
    """Give the first data set so many classes; each model has a Dice of each."""
    names = CLASSES[:count]
    made.record["datasets"][0]["classes"] = names
    made.rows = [row for row in made.rows if row[5] != "dice" or row[6] == "mean"]
    made.rows += [
        ["pets", model, "clean", 0.0, metric_set["name"], "dice", name, 168, DICE[name]]
        for model in made.models
        for metric_set in made.metric_sets
        if metric_set.get("task") != "binary"
        for name in names
    ]
    return made


@pytest.fixture
def many(make_run):
    return with_classes(make_run(models=2, perturbations=1), 150)


def test_classes_are_columns_while_they_are_few(make_run):
    """6 are; 7 are rows: their columns would not fit on a laptop."""
    for count in (6, 7):
        run = open_run(with_classes(make_run(models=2, perturbations=1), count).write())
        (board,) = boards(run, "pets")
        header = class_table(run, board).header
        assert header == (
            ("model", *(f"Dice {one}" for one in CLASSES[:6])) if count == 6 else ("class", *board.labels)
        )


def test_many_classes_are_the_rows_of_a_table_of_their_own(many):
    """One row a class, one column a model, with the numbers of summary.csv."""
    run = open_run(many.write())
    (board,) = boards(run, "pets")
    table = class_table(run, board)
    assert table.header == ("class", *board.labels)
    assert [row[0].text for row in table.rows] == CLASSES
    assert [row[1].text for row in table.rows] == [f"{DICE[name]:.4f}" for name in CLASSES]


@pytest.mark.usefixtures("undrawn")
def test_no_output_is_wide(many):
    """Neither the Markdown nor the page has a row with a cell for each class; both name each class."""
    folder = reports.render(many.write()).parent
    for name in ("table.md", "table.tex", "report.html"):
        text = (folder / name).read_text(encoding="utf-8")
        assert all(re.search(rf"\b{each}\b", text) for each in CLASSES), name
    lines = [line for line in (folder / "table.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert max(line.count("|") for line in lines) < 20
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert max(row.count("<td") for row in html.split("<tr>")) < 20
