"""The page on the two reports: every row is on it once, and what it points at is there."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "reproduction.md").read_text(encoding="utf-8")
TOP = ("bench", "registry", "reports", "suites", "tests", "docs")
CODE = re.findall(r"`([^`\n]+)`", PAGE)

ROWS = {
    "D": [*range(1, 29)],
    "M": [*range(1, 18), *range(20, 27), *range(30, 36), 40, 41],
    "T": [*range(1, 11), *range(20, 29)],
    "E": [*range(1, 13)],
    "R": [*range(1, 8), *range(10, 20)],
    "X": [*range(1, 23)],
    "C": [*range(1, 13), *range(20, 27)],
}
"""The numbers that were given in each family; the gaps between them never were."""


def cells():
    """The cells of each row, by its id."""
    lines = [line for line in PAGE.splitlines() if re.match(r"\| [A-Z]-\d", line)]
    return [line.strip("| ").split(" | ") for line in lines]


def test_every_row_stands_once():
    """No row is missing, none is made up."""
    expected = Counter(f"{family}-{number:02}" for family, numbers in ROWS.items() for number in numbers)
    assert Counter(row[0] for row in cells()) == expected


def test_every_row_is_whole():
    """A fact, a place and a check; a published result has six cells."""
    assert {len(row) for row in cells()} == {4, 6}
    assert {row[0][0] for row in cells() if len(row) == 6} == {"R"}
    assert all(cell.strip() for row in cells() for cell in row)


def test_every_row_says_how_it_was_checked():
    """By a test, a measurement or arithmetic, or in so many words not at all; a conclusion has a verdict of its own."""
    facts = [row for row in cells() if len(row) == 4 and row[0][0] != "C"]
    known = ("`tests/", "measured: ", "not checked: ", "by arithmetic")
    assert [row[0] for row in facts if not any(word in row[3] for word in known)] == []


@pytest.mark.parametrize("named", sorted({code for code in CODE if "::" in code}))
def test_a_named_test_is_there(named):
    """File and function, read as text."""
    file, _, function = named.partition("::")
    assert re.search(rf"^def {function}\(", (ROOT / file).read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_every_path_leads_somewhere():
    """Whatever begins like a path of the repository."""
    paths = {code.partition("::")[0] for code in CODE if code.split("/")[0] in TOP and "/" in code}
    assert len(paths) > 60
    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


def test_results_name_labels_of_the_suites():
    """The last cell: the suite, its labels, the metric set, all as code and all of that suite."""
    results = [re.findall(r"`([^`]+)`", row[5]) for row in cells() if len(row) == 6]
    assert len(results) == 11
    for suite, *named in results:
        text = (ROOT / "suites" / f"{suite}.yaml").read_text(encoding="utf-8")
        sets = re.findall(r"\w+", text.partition("metric_sets:")[2])
        labels = {*re.findall(r"label: ([^,}\n]+)", text), *re.findall(r"\{name: (\w+)\}", text)}
        assert set(named) <= labels | {*sets}
        assert labels & {*named}
        assert {*sets} & {*named}
