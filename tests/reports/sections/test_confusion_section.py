"""Confusion matrices: every number of a cell is its row's, in per cent; many classes have no number but a table."""

import csv
import re

import numpy as np
import pytest
from made_up_models import SAM2_BINARY, mixed
from made_up_run import NASTY, RunFolder
from one_section import drawn, plain

from registry.errors import BenchError
from reports.plots.confusion_plot import matrix
from reports.record.confusion import Confusion, confusions
from reports.record.run import open_run

COLUMNS = ["dataset", "model", "border", "ground_truth", "prediction", "pixels"]
LINES = [
    ("background", "background", 900),
    ("background", "dog", 100),
    ("cat", "cat", 150),
    ("cat", "dog", 50),
    ("dog", "dog", 1),
    ("dog", "cat", 2000),
]


@pytest.fixture
def made(tmp_path):
    return RunFolder(tmp_path / "run", perturbations=0)


def confuse(made, lines, model=NASTY, border="ignore"):
    """Append lines to the run's confusion.csv, as its own writer would."""
    folder = made.write()
    new = not (folder / "confusion.csv").exists()
    with (folder / "confusion.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS] * new + [["pets", model, border, *line] for line in lines])
    return made


def texts(figure):
    """What is written in the cells, row by row."""
    return [text.get_text() for text in figure.axes[0].texts]


def test_a_cell_has_its_share_of_the_row_and_its_pixels(made):
    """900 of 1,000, 50 of 200, 1 of 2,001: less than a tenth of a per cent is not called 0."""
    (found,) = confusions(open_run(confuse(made, LINES).folder), "pets")
    assert found.pixels == ((900, 0, 100), (0, 150, 50), (0, 2000, 1))
    assert texts(matrix(found)) == [
        *("90.0\u00a0%\n900", "0\u00a0%\n0", "10.0\u00a0%\n100"),
        *("0\u00a0%\n0", "75.0\u00a0%\n150", "25.0\u00a0%\n50"),
        *("0\u00a0%\n0", "100.0\u00a0%\n2.00\u00a0k", "<0.1\u00a0%\n1"),
    ]
    assert [(one.ground_truth, one.prediction, one.pixels) for one in found.mix_ups()] == [
        ("dog", "cat", 2000),
        ("cat", "dog", 50),
        ("background", "dog", 100),
    ]


def test_rows_are_the_ground_truth(made):
    """The drawing's axes and its array: row by row from the top."""
    (found,) = confusions(open_run(confuse(made, LINES).folder), "pets")
    axes = matrix(found).axes[0]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("ground truth", "prediction")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["background", "cat", "dog"]
    assert np.allclose(axes.images[0].get_array(), [[0.9, 0, 0.1], [0, 0.75, 0.25], [0, 2000 / 2001, 1 / 2001]])
    assert axes.yaxis_inverted()


def square(classes, empty=None):
    """A matrix of equal counts, one row without pixels."""
    names = tuple(f"class {i}" for i in range(classes))
    pixels = tuple(tuple(0 if i == empty else 5 for _ in names) for i in range(classes))
    return Confusion("m", "ignore", names, names, pixels)


@pytest.mark.parametrize(
    ("classes", "numbers", "names"), [(2, True, True), (11, True, True), (21, False, True), (150, False, False)]
)
def test_many_classes_have_no_numbers_and_very_many_no_names(classes, numbers, names):
    """Whatever the number, a share in per cent stands beside the colours."""
    figure = matrix(square(classes))
    assert bool(texts(figure)) is numbers
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert ("class 1" in shown) is names
    assert "25\u00a0%" in [label.get_text() for label in figure.axes[1].get_yticklabels()]


def test_a_class_without_pixels_has_dashes_and_no_colour():
    figure = matrix(square(3, empty=1))
    assert texts(figure)[3:6] == ["—"] * 3
    assert np.isnan(figure.axes[0].images[0].get_array().filled(np.nan)[1]).all()


def test_the_words_in_a_cell_can_be_read_on_its_colour():
    """A contrast of 4.3 to 1 at least (WCAG asks for 4.5 of small text), from 0 to 100 %."""
    from matplotlib import colormaps

    def luminance(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    names = tuple("abcdefghijk")
    for first in range(0, 51, 11):  # eleven rows of p and 100 - p per cent
        shares = range(first, first + 11)
        axes = matrix(Confusion("m", "ignore", names, names, tuple((p, 100 - p, *(0,) * 9) for p in shares))).axes[0]
        for text in axes.texts:
            column, row = text.get_position()
            light = luminance(colormaps["viridis"](axes.images[0].norm(axes.images[0].get_array()[row, column])))
            ink = luminance((1, 1, 1) if text.get_color() == "#ffffff" else (0, 0, 0))
            assert (max(light, ink) + 0.05) / (min(light, ink) + 0.05) > 4.3, text


def test_the_section_says_what_a_row_is_and_names_a_model_without_a_matrix(made):
    """The border's pixels as the metric set has them; a label that tries to break out stays text."""
    html = drawn(confuse(made, LINES), "confusion")
    text = plain(html)
    assert "Rows are the classes of the ground truth, columns those of the prediction; each row is 100 %" in text
    assert "Pixels of the border are left out. No matrix is stored of background, smp (encoder=efficientnet)." in text
    assert "unet &lt;b&gt;" in html
    assert "<b>" not in html
    assert "3.20\u00a0k pixels" in html


def test_the_policy_is_that_of_the_board(made):
    """The lines of another border policy are not drawn; without lines there is no section."""
    assert drawn(confuse(made, LINES, border="background"), "confusion") == ""
    made.record["metric_sets"].reverse()
    html = drawn(made, "confusion")
    assert "Pixels of the border are background." in plain(html)


def test_more_than_five_classes_have_a_table_of_mix_ups(made):
    """Shares of the class, largest first; fifteen at most."""
    names = [f"class {i}" for i in range(30)]
    made.record["datasets"][0]["classes"] = names
    lines = [(name, other, 1 + i * j) for i, name in enumerate(names) for j, other in enumerate(names)]
    text = plain(drawn(confuse(made, lines), "confusion"))
    assert "the 15 largest of 870" in text
    first = re.search(r"ground truth prediction share pixels (class \d+) (class \d+) ([\d.]+)\s%", text)
    assert first.groups() == ("class 28", "class 29", f"{100 * 813 / sum(1 + 28 * j for j in range(30)):.2f}")


def test_a_model_of_objects_is_drawn_by_class(tmp_path):
    """Three rows, two columns: a cat called object is right, a background called object is not."""
    made = mixed(tmp_path / "run", perturbations=0)
    lines = [
        ("background", "foreground", 30),
        ("background", "background", 70),
        ("cat", "foreground", 8),
        ("cat", "background", 2),
        ("dog", "foreground", 5),
    ]
    (found,) = confusions(open_run(confuse(made, lines, "sam2 box", SAM2_BINARY["border"]).folder), "pets")
    assert found.pixels == ((70, 30), (2, 8), (0, 5))
    assert [(one.ground_truth, one.share) for one in found.mix_ups()] == [("background", 0.3), ("cat", 0.2)]
    assert texts(matrix(found))[:2] == ["70.0\u00a0%\n70", "30.0\u00a0%\n30"]


def test_models_under_two_policies_say_which(tmp_path):
    """The headline leaves the border out, the binary set gives it to the object."""
    made = mixed(tmp_path / "run", perturbations=0)
    confuse(made, LINES)
    confuse(made, LINES, border="foreground")  # of the model of classes the headline's is drawn
    confuse(made, [("cat", "foreground", 8)], "sam2 box", "foreground")
    text = plain(drawn(made, "confusion"))
    assert f"{NASTY}: 3.20 k pixels; border policy ignore" in text
    assert "sam2 box: 8 pixels; border policy foreground" in text
    assert "Pixels of the border" not in text


def test_a_damaged_table_is_one_line(made):
    folder = confuse(made, LINES).folder
    with (folder / "confusion.csv").open("a") as file:
        file.write("pets,m,ignore,cat,dog,many\n")
    with pytest.raises(BenchError, match="confusion.csv is damaged at line 8; run the suite again") as caught:
        open_run(folder)
    assert "\n" not in str(caught.value)
