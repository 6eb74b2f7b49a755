"""Tables as Markdown and LaTeX: every cell in its column, every special character escaped."""

import re
from html import unescape
from math import inf

import pytest

from reports.tables.facts import count
from reports.tables.latex import latex
from reports.tables.table import Table, TableCell, markdown, score, words

TABLE = Table(
    "Title_1",
    "50% & more.",
    ("name", "a|b"),
    ((TableCell("x_1 & <b> $ # {~} ^ \\"), TableCell("0.5")),),
    frozenset({"name"}),
)


def cells(line):
    """Split a LaTeX row at the ampersands that are not escaped."""
    return re.split(r"(?<!\\)&", line.removesuffix(r"\\"))


def test_a_score_has_four_decimals():
    """Rounds to four decimals for the reader, and writes a dash where there is no value."""
    assert [score(value).text for value in (0.123456, 1, -0.00004, None)] == [
        "0.1235",
        "1.0000",
        "−0.0000",
        "—",
    ]


@pytest.mark.parametrize(
    ("value", "bounds", "bar"),
    [
        (0.25, (0, 1), 0.25),
        (1.5, (0, 1), 1.0),
        (-0.5, (0, 1), 0.0),
        (-0.5, (-1, 1), 0.25),
        (30, (0, 100), 0.3),
        (3, (0, inf), None),
        (3, (-inf, inf), None),
        (0, (0, 0), None),
        (0.25, None, None),
        (None, (0, 1), None),
    ],
)
def test_a_bar_shows_the_place_between_the_bounds(value, bounds, bar):
    """Draws the bar beneath a score from the least value to the greatest, and none where there are no such ends."""
    assert score(value, bar=bounds).bar == bar


def test_empty_words_print_as_a_dash():
    """Prints a dash for what is unknown."""
    assert [cell.text for cell in words("a", "", None)] == ["a", "—", "—"]


def test_markdown_has_as_many_cells_in_every_row():
    """Escapes bars, so that every row has the header's number of cells."""
    lines = [line for line in markdown(TABLE).splitlines() if line.startswith("|")]
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in lines] == [3, 3, 3]
    assert lines[1] == "| :-- | --: |"


def test_markdown_escapes_html():
    """Lets no tag through, and keeps the text."""
    assert "<b>" not in markdown(TABLE)
    assert "<b>" in unescape(markdown(TABLE))


def test_latex_escapes_every_special_character():
    """Writes each special character as LaTeX prints it."""
    row = next(line for line in latex(TABLE).splitlines() if line.startswith("x"))
    marks = r"\{\textasciitilde{}\} \textasciicircum{} \textbackslash{}"
    assert row == r"x\_1 \& \textless{}b\textgreater{} \$ \# " + marks + r" & 0.5 \\"


def test_a_row_that_starts_with_a_bracket():
    """Keeps LaTeX from reading a first cell "[a]" as an argument of the line break before it."""
    table = Table("t", "n", ("name",), ((TableCell("[a]"),), (TableCell("*"),)), frozenset({"name"}))
    assert r"{[a]} \\" in latex(table)
    assert r"{*} \\" in latex(table)


def test_the_runs_latex_is_well_formed(rendered):
    """Balances braces and environments, and gives every row of a table as many cells as columns."""
    comment, _, text = (rendered.folder / "table.tex").read_text(encoding="utf-8").partition("\n")
    assert comment.startswith("% ")
    bare = re.sub(r"\\[\\&%$#_{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"[%#_^~]", re.sub(r"(?<=[\d$])~", "", bare))
    assert text.isascii()
    tables = re.findall(r"\\begin\{tabular\}(.*?)\\end\{tabular\}", text, flags=re.S)
    assert len(tables) == text.count(r"\begin{table}") == text.count(r"\end{table}") >= 6
    for body in tables:
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert len({len(cells(row)) for row in rows}) == 1


def test_both_files_hold_every_leaderboard_row(rendered):
    """Lists the models in Markdown and LaTeX with their scores."""
    best = next(r[8] for r in rendered.rows if r[1].startswith("smp") and r[5:7] == ["dice", "mean"])
    for name in ("table.md", "table.tex"):
        text = (rendered.folder / name).read_text(encoding="utf-8")
        assert f"{best:.4f}" in text
        assert "Metric set standard, 168 images. Pixels on the border between object and background" in text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "—"),
        (0, "0"),
        (999, "999"),
        (1930, "1.93\u00a0k"),
        (31_037_763, "31.0\u00a0M"),
        (999_600, "1.00\u00a0M"),
        (73_800_000_000, "73.8\u00a0G"),
    ],
)
def test_counts_have_three_digits(number, text):
    """Shortens a number of parameters or operations."""
    assert count(number) == text
