"""A metric that a user adds stands wherever the usual ones do: by the title, direction and bounds of its entry."""

import pytest
from made_up_metrics import DISTANCE, KAPPA, distance, kappa, with_further_metrics
from made_up_run import MODELS, NASTY
from markupsafe import escape
from one_section import Pen, drawn, plain

import reports
from registry.palette import series
from reports.plots.bars import mean_bars
from reports.plots.sweep_plots import score_by_strength, score_by_strength_grid
from reports.record.boards import boards, boards_of
from reports.record.run import open_run
from reports.section import SECTIONS, Page
from reports.tables.clean_tables import clean_table, further_table
from reports.tables.latex import latex
from reports.tables.sweep_tables import strengths_table, strongest_table

TITLE = "Distance <i>, $p_x$\u00a0↓"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return open_run(with_further_metrics(tmp_path_factory.mktemp("further") / "run", perturbations=2).write())


@pytest.fixture
def board(run):
    return boards(run, "pets")[0]


def column(table, title):
    """Return a column's texts by the first cell of each row."""
    place = table.header.index(title)
    return {row[0].text: row[place].text for row in table.rows}


def test_the_clean_images_have_a_table_of_further_metrics(run, board):
    """Puts further metrics into a table behind the usual ones, by title, with the numbers of their rows."""
    assert clean_table(run, board).header[1:6] == ("mIoU", "Dice", "Pixel accuracy", "Precision", "Recall")
    table = further_table(run, board)
    assert table.header == ("model", "Cohen's kappa", TITLE)
    dice = {label: run.value("pets", label) for label in MODELS}
    assert column(table, TITLE) == {label: f"{distance(value):.4f}" for label, value in dice.items()}
    assert column(table, "Cohen's kappa") == {
        label: f"{kappa(value):.4f}".replace("-", "−") for label, value in dice.items()
    }
    assert "↓: lower is better." in table.note
    assert r"\textless{}i\textgreater{}," in latex(table)
    assert r"x\$~$\downarrow$" in latex(table)


def test_every_metric_set_has_the_column(run):
    """Takes each set's own rows."""
    (board,) = boards_of(run, "pets", run.record.metric_sets[1])
    value = run.value("pets", "background", metric_set="edinburgh_000")
    assert column(further_table(run, board), TITLE)["background"] == f"{distance(value):.4f}"
    assert value != run.value("pets", "background")


def test_the_bars_run_between_the_bounds_of_each_metric(run, board):
    """Draws each metric on an axis of its own: from 0 to 100, from -1 to 1, with bars that start at 0."""
    drawn = [axes for axes in mean_bars(run, board).axes if axes.get_visible()]
    panels = {(axes.get_title("left") or axes.get_title()).replace("\n", " "): axes for axes in drawn}
    assert list(panels) == ["mIoU", "Dice", "Pixel accuracy", "Precision", "Recall", "Cohen's kappa", TITLE]
    for (title, axes), ends in zip(panels.items(), [(0, 1)] * 5 + [(-1, 1), (0, 100)], strict=True):
        assert (axes.get_xticks()[0], axes.get_xticks()[-1]) == ends, title
        low, high = axes.get_xlim()
        assert high > ends[1]
        assert (low < ends[0]) == (ends[0] < 0)
    dice = [run.value("pets", label) for label in board.labels]
    found = {title: [(bar.get_x(), bar.get_width()) for bar in axes.patches] for title, axes in panels.items()}
    assert found["Cohen's kappa"] == [(0, kappa(value)) for value in dice]
    assert [width for _, width in found[TITLE]] == pytest.approx([distance(value) for value in dice])
    kappas = panels["Cohen's kappa"]
    assert kappas.texts[0].get_text() == f"−{abs(kappa(dice[0])):.2f}"
    assert [label.get_text() for label in kappas.get_xticklabels()] == ["−1", "", "1"]


def test_the_curves_run_between_the_bounds(run, board):
    """Draws the very values on an axis from 0 to 100, named after the entry."""
    metric, entry = run.metric("distance"), run.record.perturbations[1]
    (axes,) = score_by_strength(run, board, metric, entry).axes
    assert axes.get_ylim() == (0, 102)
    assert axes.get_ylabel() == TITLE
    (line,) = [line for line in axes.lines if line.get_color() == series(1).colour]
    dice = [run.value("pets", NASTY, *condition) for condition in [(), *((entry.label, s) for s in range(1, 10))]]
    assert list(line.get_ydata()) == pytest.approx([distance(value) for value in dice])
    grid = score_by_strength_grid(run, board, run.metric("kappa"))
    assert grid.axes[0].get_ylabel() == KAPPA["title"]
    assert {axes.get_ylim() for axes in grid.axes} == {(-1, 1.04)}


def test_the_worst_of_a_distance_is_the_highest(run, board):
    """Takes the worst end of a metric by its direction."""
    strongest = [(entry.label, entry.strengths[-1]) for entry in run.record.perturbations]
    dice = [run.value("pets", NASTY, *one) for one in strongest]
    table = strongest_table(run, board, run.metric("distance"))
    assert table.header[-1] == "highest"
    assert column(table, "highest")[NASTY] == f"{max(map(distance, dice)):.4f}"
    assert table.title.startswith(f"{TITLE} at the strongest level on pets")
    kappas = strongest_table(run, board, run.metric("kappa"))
    assert column(kappas, "lowest")[NASTY] == f"{min(map(kappa, dice)):.4f}"
    bars = dict(zip(board.labels, (row[-1].bar for row in table.rows), strict=True))
    assert bars[NASTY] == pytest.approx(max(map(distance, dice)) / 100)


def test_further_metrics_have_a_section(run):
    """Draws a panel for each perturbation under the title of each metric; numbers stand in tables beneath."""
    page = Page(run, Pen())
    html = str(SECTIONS["further_metrics"].draw(page))
    assert page.figures.names == [
        f"{metric}-by-strength-pets-{entry}"
        for metric in ("kappa", "distance")
        for entry in ("additive_noise", "binomial_blur")
    ]
    assert all(
        alt.startswith(("Line chart of Cohen's kappa on", f"Line chart of {TITLE} on")) for alt in page.figures.alts
    )
    assert "Distance &lt;i&gt;, $p_x$\u00a0↓ at every strength" in html
    assert "Distance <i>" not in html
    entry = run.record.perturbations[0]
    board, metric = boards(run, "pets")[0], run.metric("distance")
    for table in (strengths_table(run, board, metric, entry), strongest_table(run, board, metric)):
        assert str(escape(table.title)) in html
        assert all(cell.text in html for row in table.rows for cell in row[1:])
    assert "↓: lower is better." in plain(html)


def test_the_usual_metrics_need_no_such_section(make_run):
    """Leaves the section out where all metrics are the usual ones, and prints no arrow."""
    made = make_run(models=2, perturbations=1)
    assert drawn(made, "further_metrics") == ""
    assert not any("↓" in drawn(made, name) for name in SECTIONS.names())


@pytest.mark.slow
def test_the_page_holds_all_of_it(tmp_path):
    """Draws the whole report of such a run, with the drawings of its further metrics."""
    made = with_further_metrics(tmp_path / "run", models=2, perturbations=1)
    text = reports.render(made.write()).read_text(encoding="utf-8")
    assert 'id="further_metrics"' in text
    assert "Bar chart of mIoU, Dice, Pixel accuracy, Precision, Recall, Cohen&#39;s kappa and Distance" in text or (
        "Bar chart of mIoU, Dice, Pixel accuracy, Precision, Recall, Cohen's kappa and Distance" in text
    )
    drawing = (made.folder / "figures" / "distance-by-strength-pets-additive-noise.svg").read_text(encoding="utf-8")
    assert DISTANCE["title"].replace("<", "&lt;").replace(">", "&gt;") in drawing


def test_a_model_without_numbers_has_a_reason(tmp_path):
    """A dash alone would leave open why; names are escaped."""
    made = with_further_metrics(tmp_path / "run", models=2, perturbations=1)
    made.record["without"] = [{"dataset": "pets", "model": NASTY, "metric": "kappa", "reason": "it has <no> numbers"}]
    html = drawn(made, "further_metrics")
    assert str(escape(f"{NASTY} has no kappa: it has <no> numbers.")) in html
    assert "<no>" not in html
