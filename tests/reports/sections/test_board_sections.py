"""What the sections draw board by board: tables and figures that mix neither tasks nor groups."""

import pytest
from made_up_models import BOX, KINDS, POINT, mixed
from made_up_run import MODELS
from one_section import Pen

from registry.labels import group_words
from reports.plots.drawing import looks
from reports.record.boards import boards, boards_of
from reports.record.run import open_run
from reports.section import SECTIONS, Page
from reports.tables.latex import latex
from reports.tables.scores import leaderboard_table
from reports.tables.table import markdown

NO_TRUTH = "no ground truth"


BINARY = [label for label, (_, kind) in KINDS.items() if kind.get("task") == "binary"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return open_run(mixed(tmp_path_factory.mktemp("boards") / "run").write())


def tables_of(html):
    """Return the HTML of each table with its title."""
    return [part.split("</table>")[0] for part in html.split('<figure class="table">')[1:]]


def test_a_title_names_task_group_and_metric_set(run):
    """Names what a table is about, and keeps the rules beneath it; the first board of a data set needs no words."""
    table = leaderboard_table(run, boards(run, "pets")[3], "Scores and speed")
    assert table.title == (
        "Scores and speed on pets: models given the image and a point from the ground truth, object or background for "
        "each pixel, metric set sam2_binary"
    )
    assert "Metric set sam2_binary, 168 images. Pixels on the border between object and background" in table.rules
    assert leaderboard_table(run, boards(run, "pets")[0]).title == "Leaderboard on pets"


def test_every_table_of_prompted_models_prints_the_prompt(run):
    """Prints the policy of each row in every section that has a table of scores."""
    page = Page(run, Pen())
    for name in ("leaderboard", "clean", "robustness"):
        html = str(SECTIONS[name].draw(page))
        tables = tables_of(html)
        assert len(tables) >= 7
        assert all('<th scope="col" class=words>prompt</th>' in table for table in tables)
        assert '<td class="words">gt_random_pixel</td>' in html


def test_no_table_of_the_page_mixes_groups(run):
    """Keeps models of different groups out of each other's tables, in all sections and metric sets."""
    page = Page(run, Pen())
    groups = {label: kind.get("supervision", NO_TRUTH) for label, (_, kind) in KINDS.items()}
    for name in ("leaderboard", "clean", "robustness"):
        for table in tables_of(str(SECTIONS[name].draw(page))):
            title = table.split("</strong>")[0]
            inside = {label for label in groups if f">{label.replace('<', '&lt;').replace('>', '&gt;')}<" in table}
            named = {group for group in (NO_TRUTH, POINT, BOX) if group_words(group) in title}
            assert {groups[label] for label in inside} <= (named or {NO_TRUTH})


def test_each_board_has_its_own_figures(run):
    """Draws bars and panels board by board, class-agnostic models under the binary set alone."""
    page = Page(run, Pen())
    SECTIONS["clean"].draw(page)
    assert page.figures.names == [
        "clean-means-pets", "dice-by-class-pets", "clean-means-pets-point", "dice-by-class-pets-point",
        "clean-means-pets-sam2_binary", "clean-means-pets-sam2_binary-point", "clean-means-pets-sam2_binary-box",
    ]  # fmt: skip
    SECTIONS["robustness"].draw(page)
    assert "dice-by-strength-pets-sam2_binary-box-additive_noise" in page.figures.names
    assert all(label not in alt for alt in page.figures.alts for label in BINARY if "task classes" in alt)


def test_every_model_has_one_figure_of_all_perturbations(run):
    """Draws each model once, with its prompt and the set that scores it."""
    page = Page(run, Pen())
    html = str(SECTIONS["overlays"].draw(page))
    assert len(page.figures.names) == len(MODELS) + len(KINDS)
    assert ">sam2 box, prompt gt_box, sam2_binary</figcaption>" in html
    assert ">clip no prompt, prompt zero_heatmap</figcaption>" in html


def test_a_model_looks_alike_on_every_board(run):
    """Gives a model one look on its data set, and no two models the same."""
    seen = {}
    for board in boards(run, "pets"):
        for label, look in looks(run, board).items():
            assert seen.setdefault(label, look) == look
    assert len(set(seen.values())) == len(MODELS) + len(KINDS)


def test_the_printed_tables_hold_all_boards_in_order(tmp_path, monkeypatch):
    """Writes leaderboard and facts of every board into Markdown and LaTeX, boards in their order."""
    from reports.page import printed_tables

    run = open_run(mixed(tmp_path / "run", perturbations=1).write())
    tables = list(printed_tables(run))
    kinds = ("Leaderboard", "Scores and speed", "Model facts")
    expected = [board.title(what) for board in boards(run, "pets") for what in kinds]
    assert [table.title for table in tables][: len(expected)] == expected
    titles = [table.title for table in tables if table.title.startswith("Clean scores")]
    assert len(titles) == sum(len(boards_of(run, "pets", entry)) for entry in run.record.metric_sets) == 2 + 2 + 3
    assert all(markdown(table) and latex(table) for table in tables)
