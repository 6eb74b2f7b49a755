"""Tables for a paper: no wider than a page's text, whatever they hold, and nothing of them is lost."""

import re
from pathlib import Path

import matplotlib
import pytest
from PIL import ImageFont

from reports.tables.latex import PREAMBLE, latex
from reports.tables.table import Table, TableCell

FONT = ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "cmr10.ttf"), 1000)
"""Computer Modern, LaTeX's own font."""
PAGE = 345  # points, \textwidth of the class article at 10 pt
SMALL = 8 * 1.0625  # \footnotesize is 8 pt, and cmr8 is a sixteenth wider than cmr10 at that size
SCORE = "0.1234"


def points(text):
    return FONT.getlength(text) * SMALL / 1000


SHOWN = {
    r"\_": "_", r"\#": "#", r"\%": "%", r"\&": "&", r"\$": "$", "---": "—", "~": " ", r"$\times$": "+", r"$-$": "+",
    r"\allowbreak{}": "", r"\textless{}": "<", r"\textgreater{}": ">", r"\textdagger{}": "+",
    r"\textsuperscript{!}": "!",
}  # fmt: skip
"""What LaTeX prints; a plus is as wide as other signs of mathematics."""


def plain(text):
    for mark, shown in SHOWN.items():
        text = text.replace(mark, shown)
    return text.removesuffix(r"\\").strip()


def table(header, *rows, words=("model",)):
    return Table("t", "n.", tuple(header), tuple(tuple(map(TableCell, row)) for row in rows), frozenset(words))


def tabulars(text):
    """The columns and rows (cells as LaTeX has them) of each tabular."""
    for inner in re.findall(r"\\begin\{tabular\}(.*?)\\end\{tabular\}", text, flags=re.S):
        head, *lines = inner.strip().splitlines()
        head = head.removeprefix("{@{}").removesuffix("@{}}").replace(r">{\raggedright\arraybackslash}", "")
        columns = re.findall(r"p\{([\d.]+)pt\}|([lr])", head)
        rows = [re.split(r"(?<!\\)&", line) for line in lines if line.endswith(r"\\")]
        assert {len(row) for row in rows} == {len(columns)}
        yield [float(width) if width else None for width, _ in columns], rows


def lines_of(cell):
    """The lines of a title, or the cell as one."""
    stack = re.fullmatch(r"\s*\\shortstack\[r\]\{(.*)\}\s*(\\\\)?", cell)
    return [plain(line) for line in (stack[1].split(r"\\") if stack else [cell])]


def width(columns, rows):
    """Points of a tabular: its columns and the space between them; words that wrap have the width that is written."""
    widest = [max(points(line) for row in rows for line in lines_of(row[i])) for i in range(len(columns))]
    return sum(c or w for c, w in zip(columns, widest, strict=True)) + 6 * (len(columns) - 1)


LONG = "tf_efficientnet_lite0.in1k/segmentation-model_with_a_long_name"
TABLES = {
    "nothing": table(["model", "Dice"]),
    "a leaderboard": table(
        ["model", "clean Dice", "clean mIoU", "perturbed Dice", "drop", "images/s", "precision", "conditions"],
        ["smp unet mobilenet_v2 #1a2b", *4 * [SCORE], "0.20", "fp32 channels_last", "950 of 950"],
        words=("model", "precision"),
    ),
    "150 classes": table(["model", *(f"Dice class_{i:03}" for i in range(150))], ["net", *150 * [SCORE]]),
    "30 models": table(["perturbation", *(f"model number {i}" for i in range(30))], ["fog", *30 * [SCORE]], words=("perturbation",)),
    "long words": table(
        ["model", "prompt", "parameters", "checkpoint", "pre-training", "seen in training"],
        [LONG, "gt_random_pixel", "1.20\u00a0M + 24.4\u00a0M frozen", "97.9\u00a0MB, 1f1c30a58b60", f"ImageNet, {LONG}", ", ".join(20 * ["gaussian_noise"])],
        words=("model", "prompt", "checkpoint", "pre-training", "seen in training"),
    ),
    "wide letters": table(["model", *10 * ["WWW MMM"]], ["MMMMWWWW mmmm wwww", *10 * ["WWW"]]),
    "a word alone": table(["model", *6 * ["Dice background"]], ["W" * 24, *6 * [SCORE]]),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_table_stays_within_the_page(name):
    """Measured with the glyphs of Computer Modern."""
    found = list(tabulars(latex(TABLES[name])))
    assert found
    assert max(width(*one) for one in found) <= PAGE


@pytest.mark.parametrize("name", TABLES)
def test_a_word_fits_the_column_that_it_wraps_in(name):
    """What cannot be broken is not wider than its column."""
    for columns, rows in tabulars(latex(TABLES[name])):
        for i, column in enumerate(columns):
            pieces = [piece for row in rows for piece in re.split(r" |\\allowbreak\{\}", row[i].strip())]
            assert column is None or max(points(plain(piece)) for piece in pieces) <= column


@pytest.mark.parametrize("name", TABLES)
def test_nothing_of_a_table_is_lost(name):
    """Every column stands in one part, in order; the first one in all of them."""
    source = TABLES[name]
    names, columns = [], []
    for _, rows in tabulars(latex(source)):
        found = [["".join(lines_of(cell)).replace(" ", "") for cell in row] for row in rows]
        same = 2 if "prompt" in source.header else 1
        names.append([row[:same] for row in found])
        columns += list(zip(*(row[same:] for row in found), strict=True))
    text = [
        ["".join(cell.split()) for cell in (source.header[i], *(row[i].text for row in source.rows))]
        for i in range(len(source.header))
    ]
    assert all(one == [list(row) for row in zip(*text[:same], strict=True)] for one in names)
    assert columns == [tuple(column) for column in text[same:]]


def test_a_small_table_is_one_part():
    """The usual leaderboard is not cut, and its title has no number."""
    text = latex(TABLES["a leaderboard"])
    assert text.count(r"\begin{tabular}") == 1
    assert r"\caption{t. n.}" in text


def test_many_rows_become_several_tables():
    """150 rows in even parts that fit a page each, with numbers in their titles."""
    text = latex(table(["class", "net"], *([f"c{i}", SCORE] for i in range(150)), words=("class",)))
    parts = [[plain(row[0]) for row in rows[1:]] for _, rows in tabulars(text)]
    assert [len(part) for part in parts] == [38, 38, 38, 36]
    assert [name for part in parts for name in part] == [f"c{i}" for i in range(150)]
    assert re.findall(r"caption\{t \((\d of 4)\)", text) == ["1 of 4", "2 of 4", "3 of 4", "4 of 4"]


def test_the_packages_are_named_at_the_top(rendered):
    """A reader who copies a table finds what it needs; both packages are part of every LaTeX."""
    text = (rendered.folder / "table.tex").read_text(encoding="utf-8")
    assert text.startswith("% ")
    assert text.startswith(PREAMBLE)
    assert all(rf"\usepackage{{{name}}}" in text.splitlines()[0] for name in ("booktabs", "array"))


def test_the_tables_of_a_run_stay_within_the_page(rendered):
    """Those of the made-up run, eight perturbations and three models."""
    text = (rendered.folder / "table.tex").read_text(encoding="utf-8")
    found = list(tabulars(text))
    assert len(found) == text.count(r"\toprule") > 5
    assert max(width(*one) for one in found) <= PAGE


def test_the_best_is_bold_and_its_interval_is_not():
    """Prints the first group of models in bold, as papers do."""
    cell = TableCell("0.9000", interval="[0.8, 1.0]", best=True)
    text = latex(Table("t", "n.", ("model", "Dice"), ((TableCell("a"), cell),), frozenset({"model"})))
    assert r"a & \textbf{0.9000} {[0.8, 1.0]} \\" in text


def test_rules_are_printed_once_and_cautions_with_their_marks():
    """The caption of the first part has notes, cautions and rules; the others refer to it."""
    row = (TableCell("a"), *(TableCell(f"{SCORE} ⚠1", interval="[0.1111, 0.2222]") for _ in range(6)))
    header = ("model", *(f"c{i}" for i in range(6)))
    text = latex(Table("t", "note.", header, (row,), frozenset({"model"}), "rules.", ("constant.",)))
    captions = re.findall(r"\\caption\{(.*)\}", text)
    assert captions[0] == rf"t (1 of {len(captions)}). note. \textsuperscript{{!}}1: constant. rules."
    assert captions[1] == f"t (2 of {len(captions)}). Notes as in part 1."
