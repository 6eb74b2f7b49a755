"""Figures over what was measured: `bench report --x`."""

import pytest
from typer.testing import CliRunner

import reports
from bench.cli.commands import app


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


@pytest.mark.usefixtures("undrawn")
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


@pytest.mark.usefixtures("undrawn")
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


@pytest.mark.parametrize("x", ["psnr", *(pytest.param(x, marks=pytest.mark.slow) for x in ("rmse", "ssim"))])
def test_an_unfinished_run_is_drawn_as_far_as_it_is(make_run, x):
    """Draws a run that has a header and no measure yet, or measures of some strengths only."""
    made = make_run(models=1, perturbations=2).with_strengths()
    made.strengths = made.strengths[:2] if x == "psnr" else []
    assert reports.render(made.write(), x).is_file()
