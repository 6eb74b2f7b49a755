"""Measured strength: read from its file, printed, and drawn over where it was asked for."""

import re

import pytest
from made_up_run import STRENGTHS_HEADER
from typer.testing import CliRunner

import reports
from bench.cli.app import app
from registry.errors import BenchError
from reports.record.rows import MeasuredRow, read_strengths
from reports.record.run import open_run
from reports.tables.measure_tables import measured_table

LINES = """dataset,perturbation,strength,measure,n,mean,sd,min,max
pets,"fog, then rain",1.5,rmse,168,10.25,2.5,3,20
pets,"fog, then rain",1.5,psnr,0,,,,
"""


def table_of(made):
    run = open_run(made.write())
    table = measured_table(run, "pets", run.record.perturbations[0])
    return table, {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def test_the_file_is_read_as_documented(tmp_path):
    """Reads the documented columns; an empty mean is undefined, not 0."""
    (tmp_path / "strengths.csv").write_text(LINES)
    assert LINES.splitlines()[0] == ",".join(STRENGTHS_HEADER)
    assert read_strengths(tmp_path / "strengths.csv") == (
        MeasuredRow("pets", "fog, then rain", 1.5, "rmse", 168, 10.25, 2.5),
        MeasuredRow("pets", "fog, then rain", 1.5, "psnr", 0, None, None),
    )


def test_a_run_without_the_file_has_no_measures(make_run):
    """Separates an older run from one that has measured nothing yet."""
    made = make_run(models=1, perturbations=1)
    assert open_run(made.write()).strengths is None
    made.strengths = []
    assert open_run(made.write()).strengths == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("dataset,perturbation\n", "its header lacks strength,measure,n,mean,sd,min,max"),
        (LINES + "pets,fog,1,rmse,many,1,1,1,1\n", "strengths.csv is damaged at line 4"),
        (LINES + "pets,fog,1\n", "strengths.csv is damaged at line 4"),
    ],
)
def test_a_damaged_file_is_named_in_one_line(make_run, content, message):
    """Names the file and the line that cannot be read."""
    folder = make_run(models=1, perturbations=1).write()
    (folder / "strengths.csv").write_text(content)
    with pytest.raises(BenchError, match=re.escape(message)) as caught:
        open_run(folder)
    assert "\n" not in str(caught.value)


def test_strengths_match_to_twelve_digits(make_run):
    """Finds a strength whose last digits were rounded on their way into the file."""
    run = open_run(make_run(models=1, perturbations=1).with_strengths().write())
    assert run.measured("pets", "additive_noise", 2.0000000000000004, "rmse").mean == 4
    assert run.measured("pets", "additive_noise", 3, "rmse") is None


def test_the_table_prints_mean_and_deviation_by_strength(make_run):
    """Prints one column a strength and one row a measure, in the decimals that fit it, with the unit and n."""
    table, cells = table_of(make_run(models=1, perturbations=1).with_strengths())
    assert table.header == ("measure", "2", "4", "6", "8", "10", "12", "14", "16", "18")
    # 20 log10(255 / 8) = 30.07, worked out by hand as 20 (2.40654 - 0.90309).
    assert [cells[name][1] for name in ("RMSE, grey levels", "PSNR, dB", "SSIM")] == [
        "8.00 ± 0.50",
        "30.1 ± 0.5",
        "0.900 ± 0.500",
    ]
    assert table.note == "by standard deviation in grey levels; n 168"


def test_fewer_images_are_counted_behind_the_value(make_run):
    """States how many images have a PSNR where some did not change, and prints a dash where none did."""
    made = make_run(models=1, perturbations=1).with_strengths()
    made.measure("additive_noise", 2, "psnr", "", n=0)
    made.measure("additive_noise", 4, "psnr", 41.26, n=12)
    _, cells = table_of(made)
    assert cells["PSNR, dB"][:3] == ["—", "41.3 ± 0.5 (n 12)", "26.5 ± 0.5"]


def test_strengths_over_different_images_have_a_row_of_counts(make_run):
    """Prints n for each strength where they differ, a dash where nothing was measured yet."""
    made = make_run(models=1, perturbations=1).with_strengths()
    made.strengths = [row for row in made.strengths if row[2] != 6]
    for measure in ("rmse", "psnr", "ssim"):
        made.measure("additive_noise", 4, measure, 1, n=100)
    table, cells = table_of(made)
    assert cells["n"][:4] == ["168", "100", "—", "168"]
    assert cells["SSIM"][2] == "—"
    assert "n 1" not in table.note


def test_without_measures_there_is_no_table(make_run):
    """Draws no table of dashes."""
    run = open_run(make_run(models=1, perturbations=1).write())
    assert measured_table(run, "pets", run.record.perturbations[0]) is None


@pytest.fixture
def bench(make_run):
    """Return a run of one perturbation and the exit code and output of `bench report` for it."""
    made = make_run(models=1, perturbations=1)

    def call(*words):
        result = CliRunner().invoke(app, ["report", str(made.write()), *words])
        return result.exit_code, result.output

    return made, call


def names(made):
    return {path.stem for path in (made.folder / "figures").glob("*.svg") if "-by-class" not in path.stem}


def test_the_report_draws_over_what_was_measured(bench):
    """Draws panels and overlays over the measure that is asked for, and names their files after it."""
    made, call = bench
    made.with_strengths()
    code, output = call("--x", "rmse")
    assert (code, output.strip()) == (0, str(made.folder / "report.html"))
    assert names(made) == {
        "clean-means-pets",
        "dice-by-rmse-pets",
        "dice-by-rmse-pets-additive-noise",
        "dice-by-damage-rmse-pets-background",
    }
    assert "measured RMSE, grey levels" in (made.folder / "report.html").read_text(encoding="utf-8")


def test_the_figures_of_another_axis_are_replaced(bench):
    """Leaves no figure of an earlier axis behind: page and figures belong together."""
    made, call = bench
    made.with_strengths()
    call("--x", "ssim")
    assert call()[0] == 0
    assert names(made) == {
        "clean-means-pets",
        "dice-by-strength-pets",
        "dice-by-strength-pets-additive-noise",
        "dice-by-damage-pets-background",
    }
    assert "measured SSIM" not in (made.folder / "report.html").read_text(encoding="utf-8").split("<main>")[0]


def test_a_run_that_measured_nothing_names_what_to_do(bench):
    """Prints one line where there is nothing to draw over, and leaves the folder as it was."""
    made, call = bench
    code, output = call("--x", "psnr")
    assert code == 2
    (line,) = output.splitlines()
    assert "holds no strengths.csv, so there is no PSNR to draw over; run `bench run` again" in line
    assert not (made.folder / "figures").exists()


def test_an_unknown_axis_is_refused(bench):
    """Names the axes there are."""
    code, output = bench[1]("--x", "mse")
    assert code == 2
    assert "ssim" in output


@pytest.mark.parametrize("x", ["rmse", "psnr", "ssim"])
def test_an_unfinished_run_is_drawn_as_far_as_it_is(make_run, x):
    """Draws a run that has a header and no measure yet, or measures of some strengths only."""
    made = make_run(models=1, perturbations=2).with_strengths()
    made.strengths = made.strengths[:2] if x == "psnr" else []
    assert reports.render(made.write(), x).is_file()
