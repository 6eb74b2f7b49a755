"""Which models stand together: no table, chart or caution mixes tasks or supervision groups."""

from functools import partial

import pytest
from made_up_models import BOX, KINDS, POINT, mixed
from made_up_run import MODELS, NASTY
from one_section import Pen

import reports
from reports.plots.drawing import looks
from reports.record.boards import Board, boards, boards_of
from reports.record.run import open_run
from reports.section import SECTIONS, Page
from reports.tables.cautions import cautions
from reports.tables.scores import leaderboard_table
from reports.tables.table import latex, markdown

NO_TRUTH = "no ground truth"
BINARY = [label for label, (_, kind) in KINDS.items() if kind.get("task") == "binary"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return open_run(mixed(tmp_path_factory.mktemp("boards") / "run").write())


def changed(made, label, **facts):
    """Change what a run records of one model."""
    for model in made.record["models"]:
        if model["label"] == label:
            model |= facts


def clean_dice(made, label, metric_set, value):
    """Give a model a clean mean Dice."""
    for row in made.rows:
        if row[1] == label and row[2] == "clean" and row[4:7] == [metric_set, "dice", "mean"]:
            row[8] = value


def tables_of(html):
    """Return the HTML of each table with its title."""
    return [part.split("</table>")[0] for part in html.split('<figure class="table">')[1:]]


def below(made):
    return [text for text in cautions(open_run(made.write()), "pets") if "scores below" in text]


def test_boards_come_by_task_and_then_by_supervision(run):
    """Puts class models by group under the headline, then all models by group under the binary set."""
    found = [(board.metric_set.name, board.supervision, board.labels) for board in boards(run, "pets")]
    assert found == [
        ("standard", NO_TRUTH, [*MODELS, "clip no prompt"]),
        ("standard", POINT, ["clip <point>"]),
        ("sam2_binary", NO_TRUTH, [*MODELS, "clip no prompt"]),
        ("sam2_binary", POINT, ["clip <point>", "sam2 point"]),
        ("sam2_binary", BOX, ["sam2 box", "box filled"]),
    ]


def test_no_leaderboard_mixes_groups_or_tasks(run):
    """Gives every board models of one group only, and class-agnostic models to binary boards only."""
    rows = reports.leaderboard(run.folder)
    groups = {label: kind.get("supervision", NO_TRUTH) for label, (_, kind) in KINDS.items()}
    assert all(row.supervision == groups.get(row.model, NO_TRUTH) for row in rows)
    assert {row.metric_set for row in rows if row.model in BINARY} == {"sam2_binary"}
    for board in boards(run, "pets"):
        own = [row for row in rows if (row.metric_set, row.supervision) == (board.metric_set.name, board.supervision)]
        assert sorted(row.model for row in own) == sorted(board.labels)
        assert [row.dice for row in own] == sorted((row.dice for row in own), reverse=True)
        for row in own:
            of = partial(run.value, "pets", row.model, metric_set=board.metric_set.name)
            assert (row.dice, row.miou) == (of(), of(metric="iou"))


def test_a_run_without_such_models_has_one_board(make_run):
    """Makes one board of an older run, whose records know neither task nor prompt, and asks for no binary one."""
    made = make_run(perturbations=0)
    assert not {"task", "prompt", "supervision"} & set(made.record["models"][0])
    made.metric_sets.append({"name": "sam2_binary", "border": "foreground", "reduction": "per_image",
                             "absent_class": "skip", "task": "binary"})  # fmt: skip
    (board,) = boards(open_run(made.write()), "pets")
    assert (board.supervision, board.labels, board.slug, board.prompted) == (NO_TRUTH, list(MODELS), "", False)


def test_null_is_no_prompt(make_run):
    """Takes a prompt of null for none: the model was not prompted."""
    made = make_run(models=1, perturbations=0)
    changed(made, "background", prompt=None, supervision=None, task=None, label_order=None, autoencoder=None)
    (board,) = boards(open_run(made.write()), "pets")
    assert (board.supervision, board.prompted) == (NO_TRUTH, False)


def test_a_binary_headline_scores_everyone(tmp_path):
    """Needs no second set of boards where the headline is binary itself."""
    made = mixed(tmp_path / "run", perturbations=1)
    made.metric_sets.insert(0, made.metric_sets.pop())
    found = boards(open_run(made.write()), "pets")
    assert [board.supervision for board in found] == [NO_TRUTH, POINT, BOX]
    assert [board.slug for board in found] == ["", "-point", "-box"]


def test_a_group_of_the_future_has_a_board_of_its_own(tmp_path):
    """Puts groups that it does not know behind those that it knows."""
    made = mixed(tmp_path / "run", perturbations=1)
    changed(made, "background", supervision="mask from ground truth")
    assert [board.supervision for board in boards(open_run(made.write()), "pets")][:3] == [
        NO_TRUTH,
        POINT,
        "mask from ground truth",
    ]


def test_a_data_set_without_models_has_an_empty_board(make_run):
    """Draws the table of a run that has not begun."""
    made = make_run(perturbations=0)
    made.record["models"] = []
    run = open_run(made.write())
    assert boards(run, "pets") == [Board("pets", run.headline, NO_TRUTH, ())]


def test_a_title_names_task_group_and_metric_set(run):
    """Names what a table is about, and keeps the rules beneath it."""
    table = leaderboard_table(run, boards(run, "pets")[3])
    assert table.title == "Leaderboard on pets: task binary, point from ground truth, metric set sam2_binary"
    assert "border policy foreground, reduction per_image, absent-class rule skip; 168 images." in table.note


def test_every_table_of_prompted_models_prints_the_prompt(run):
    """Prints the policy of each row in every section that has a table of scores."""
    page = Page(run, Pen())
    for name in ("leaderboard", "clean", "robustness"):
        html = str(SECTIONS[name].draw(page))
        tables = tables_of(html)
        assert len(tables) >= 7
        assert all('<th scope="col" class=words>prompt</th>' in table for table in tables)
        assert "<td class=words>gt_random_pixel</td>" in html


def test_no_table_of_the_page_mixes_groups(run):
    """Keeps models of different groups out of each other's tables, in all sections and metric sets."""
    page = Page(run, Pen())
    groups = {label: kind.get("supervision", NO_TRUTH) for label, (_, kind) in KINDS.items()}
    for name in ("leaderboard", "clean", "robustness"):
        for table in tables_of(str(SECTIONS[name].draw(page))):
            title = table.split("</strong>")[0]
            inside = {label for label in groups if f">{label.replace('<', '&lt;').replace('>', '&gt;')}<" in table}
            assert {groups[label] for label in inside} <= {group for group in (NO_TRUTH, POINT, BOX) if group in title}


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
    expected = [board.title(what) for board in boards(run, "pets") for what in ("Leaderboard", "Model facts")]
    assert [table.title for table in tables][: len(expected)] == expected
    titles = [table.title for table in tables if table.title.startswith("Clean")]
    assert len(titles) == sum(len(boards_of(run, "pets", entry)) for entry in run.record.metric_sets) == 2 + 2 + 3
    assert all(markdown(table) and latex(table) for table in tables)


def test_a_model_below_the_filled_box_is_named(tmp_path):
    """Compares a model that got a box with the baseline that fills it, under the set that scores both."""
    made = mixed(tmp_path / "run", perturbations=0)
    clean_dice(made, "sam2 box", "sam2_binary", 0.6)
    assert below(made) == [
        "sam2 box scores below box filled, which only fills the box of its prompt: "
        "Dice 0.6000 against 0.7000 on the clean images under sam2_binary."
    ]


def test_the_filled_box_is_no_rival_of_other_groups(tmp_path):
    """Mentions nothing of a model without a box that is worse than the baseline that was given one."""
    made = mixed(tmp_path / "run", perturbations=0)
    clean_dice(made, NASTY, "sam2_binary", 0.6)
    clean_dice(made, "sam2 point", "sam2_binary", 0.6)
    assert below(made) == []


def test_the_background_is_a_rival_of_all_groups(tmp_path):
    """Names a prompted model that is worse than predicting background, once, under the headline."""
    made = mixed(tmp_path / "run", perturbations=0)
    changed(made, "background", name="background")
    for metric_set in ("standard", "sam2_binary"):
        clean_dice(made, "clip <point>", metric_set, 0.1)
        clean_dice(made, "background", metric_set, 0.2)
    (text,) = below(made)
    assert text.startswith("clip <point> scores below background, which only ever predicts background: Dice 0.1000")
    assert text.endswith("on the clean images.")


@pytest.mark.parametrize(("rival", "texts"), [("clip <point>", 0), ("clip no prompt", 1)])
def test_ranks_owed_to_a_rule_are_compared_within_groups(tmp_path, rival, texts):
    """States that a model stands above another by the rule for absent classes only where they share a board."""
    made = mixed(tmp_path / "run", perturbations=0)
    clean_dice(made, rival, "edinburgh_000", 0.65)  # below the other's there, above it under all strict sets
    found = [text for text in cautions(open_run(made.write()), "pets") if f"{NASTY} above" in text]
    assert len(found) == texts


def test_without_a_binary_set_a_caution_names_that_there_is_no_score(tmp_path):
    """Leaves class-agnostic models out of boards that cannot score them, and names them."""
    made = mixed(tmp_path / "run", perturbations=0)
    made.metric_sets.pop()
    made.rows = [row for row in made.rows if row[4] != "sam2_binary"]
    run = open_run(made.write())
    assert [board.supervision for board in boards(run, "pets")] == [NO_TRUTH, POINT]
    unscored = [text for text in cautions(run, "pets") if "it has no score" in text]
    assert [text.split(" predicts")[0] for text in unscored] == BINARY
