"""Runs of every size: nothing yet, one row, no perturbation, many models, missing images."""

import random
import re

import pytest
from made_up_pictures import draw, with_pictures
from made_up_severities import many
from made_up_statistics import with_statistics

import reports


def text_of(run):
    return reports.render(run.write()).read_text(encoding="utf-8")


def test_no_row(make_run):
    """Draws a run without a score: dashes in the tables, no number, no exception."""
    run = make_run(perturbations=2)
    run.rows = []
    run.record["finished"] = None
    run.record["cells"]["done"] = 0
    run.record["throughput"] = []
    text = text_of(run)
    assert "unfinished" in text
    assert "no score yet" in text
    assert not re.findall(r">0\.\d{4}<", text)


@pytest.mark.usefixtures("undrawn")
def test_one_row(make_run):
    """Draws a run with a single number in it."""
    run = make_run(perturbations=1)
    run.rows = [row for row in run.rows if row[2:7] == ["clean", 0.0, "standard", "dice", "mean"]][:1]
    value = f"{run.rows[0][8]:.4f}"
    assert value in text_of(run)


def test_one_condition_of_one_model(make_run):
    """Draws curves that have one point only."""
    run = make_run(models=1, perturbations=1)
    run.rows = [row for row in run.rows if row[2] == "additive_noise" and row[3] == 18]
    assert "Dice against strength" in text_of(run)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("models", "perturbations", "lead"),
    [(1, 0, "1 model under 1 condition on pets"), (2, 1, "2 models under 10 conditions on pets")],
)
def test_the_first_line_counts_as_people_do(make_run, models, perturbations, lead):
    """States "1 model", not "1 models"."""
    text = text_of(make_run(models=models, perturbations=perturbations))
    assert lead in " ".join(text.split())


def test_no_perturbation(make_run):
    """Leaves out the sections on perturbations where a suite has none."""
    run = make_run(models=1, perturbations=0)
    text = text_of(run)
    assert 'id="robustness"' not in text
    assert 'id="overlays"' not in text
    assert reports.leaderboard(run.folder)[0].perturbed is None


@pytest.mark.slow
def test_many_models_and_classes(make_run):
    """Draws more models than there are colours and more classes than fit beside each other."""
    run = make_run(models=1, perturbations=1)
    first, classes = run.record["models"][0], [f"class {number}" for number in range(40)]
    run.record["models"] = [first | {"label": f"model {number}"} for number in range(12)]
    run.record["datasets"][0]["classes"] = classes
    run.rows = [
        ["pets", model["label"], "clean", 0, "standard", "dice", name, 168, 0.5]
        for model in run.record["models"]
        for name in [*classes, "mean"]
    ]
    text = text_of(run)
    assert "model 11" in text
    assert ">class 39<" in text


@pytest.mark.slow
def test_a_label_in_another_script(make_run):
    """Draws labels in scripts that the drawing font lacks, without a warning."""
    run = make_run(models=1, perturbations=1)
    run.record["models"][0]["label"] = "模型"
    run.rows = [["pets", "模型", *row[2:]] for row in run.rows]
    run.record["perturbations"][0]["title"] = "雑音"
    assert "模型" in text_of(run)


@pytest.mark.usefixtures("undrawn")
def test_labels_that_make_the_same_file_name(make_run):
    """Keeps the figures of "A b" and "a-b" apart."""
    run = make_run(models=2, perturbations=1)
    for model, label in zip(run.record["models"], ("A b", "a-b"), strict=True):
        model["label"] = label
    text_of(run)
    names = {path.stem for path in (run.folder / "figures").glob("dice-by-damage-*.svg")}
    assert names == {"dice-by-damage-pets-a-b", "dice-by-damage-pets-a-b-2"}


@pytest.mark.usefixtures("undrawn")
def test_a_missing_image_leaves_a_place(make_run):
    """States that an image is missing instead of failing."""
    run = make_run(models=1, perturbations=1).with_examples()
    (run.folder / "examples" / "example.webp").unlink()
    assert "image missing" in text_of(run)


@pytest.mark.usefixtures("undrawn")
def test_figures_of_an_earlier_state_go(make_run):
    """Removes figures that this run no longer has, and nothing else."""
    run = make_run(models=2, perturbations=1)
    text_of(run)
    run.record["models"] = run.record["models"][:1]
    (run.folder / "figures" / "notes.txt").write_text("mine")
    text_of(run)
    files = {path.name for path in (run.folder / "figures").iterdir()}
    assert "notes.txt" in files
    assert len([name for name in files if name.startswith("dice-by-damage")]) == 2


@pytest.mark.parametrize("identity", [None, pytest.param(100, marks=pytest.mark.slow)])
def test_a_perturbation_that_starts_elsewhere(make_run, identity):
    """Draws qualities, which have no identity or one at the far end."""
    run = make_run(models=1, perturbations=1)
    entry = run.record["perturbations"][0]
    entry |= {"identity": identity, "strengths": entry["strengths"][::-1]}
    assert "level 0 is the clean image" in text_of(run) or identity is not None


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_ten_models_on_many_perturbations_stay_below_8_mb(tmp_path):
    """10 models, 25 perturbations of 5 strengths, statistics, and pictures of noise, which compress worst."""
    made = many(tmp_path / "run", models=3)
    first, quality = made.record["models"][-1], made.models["smp (encoder=efficientnet)"]
    noise = random.Random(3)
    for label in (f"model {number}" for number in range(7)):
        made.models[label] = quality
        made.record["models"].append(first | {"label": label})
        made.rows += made.rows_of("pets", label, quality, noise)
    for panels in (6, 7):
        draw(made.folder / f"examples/{panels}-panels.webp", panels, size=(324, 324), seed=panels)
    made = with_statistics(with_pictures(made.with_strengths()))
    path = reports.render(made.write())
    assert 1_000_000 < path.stat().st_size < 8_000_000
