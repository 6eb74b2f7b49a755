"""Autoencoders: what a first stage reconstructs, and how both stages were trained."""

import pytest
from made_up_models import mixed, with_autoencoder
from made_up_run import NASTY, RunFolder
from one_section import Pen, drawn, plain

import reports
from registry.errors import BenchError
from reports.record.run import open_run
from reports.section import SECTIONS, Page

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture
def made(tmp_path):
    return with_autoencoder(RunFolder(tmp_path / "run", perturbations=0))


def test_reconstructions_are_printed_and_shown(made):
    """Prints the means with their number of images, and embeds original and reconstruction beside each other."""
    html = drawn(made, "reconstructions")
    assert f"pets {NASTY} 0.00230 28.2 0.876 168" in plain(html)
    assert html.count('class="pair"') == 2
    assert html.count('src="data:image/webp;base64,') == 4
    assert "cat <1>" not in html


def test_more_pairs_than_fit_are_counted(made):
    """Embeds six pairs of a model and counts the others."""
    made.index["reconstructions"] *= 4
    html = drawn(made, "reconstructions")
    assert html.count('class="pair"') == 6
    assert "2 more pairs in examples/" in plain(html)


def test_pairs_stay_inside_the_run(made):
    """Embeds no file from elsewhere."""
    made.index["reconstructions"][0]["reconstruction"] = "../secret.png"
    with pytest.raises(BenchError, match="no image of this run"):
        drawn(made, "reconstructions")


def test_both_stages_of_a_training_are_shown(made):
    """Draws the autoencoder's losses and learning rate, then the segmentation's curves, each under its title."""
    for model in made.record["models"][1:]:
        model["training"]["curves"] |= {"val_dice": [None, 0.6, 0.7, 0.7]}
    page = Page(open_run(made.write()), Pen())
    text = plain(SECTIONS["training"].draw(page))
    assert page.figures.names[:4] == [
        f"training-loss-autoencoder-pets-{NASTY}",
        f"training-rate-autoencoder-pets-{NASTY}",
        f"training-loss-pets-{NASTY}",
        f"training-score-pets-{NASTY}",
    ]
    assert text.index("First stage: an autoencoder") < text.index("Second stage: segmentation")
    assert "Validation mIoU and foreground Dice of" in text
    assert text.count("First stage") == text.count("Second stage") == 1
    assert "abba" * 8 in drawn(made, "models")


def test_an_untrained_network_is_called_so(make_run):
    """States "untrained" of a training of no epoch, in place of what stopped it and by which recipe."""
    made = make_run(models=2, perturbations=0)
    made.record["models"][1]["training"] |= {"curves": None, "best_epoch": None, "epochs_run": 0, "epochs_planned": 0}
    text = plain(drawn(made, "training"))
    assert "Untrained: no epoch was run" in text
    assert not {"epochs", "stopped", "Recipe:"} & set(text.split())
    assert "Training untrained" in plain(drawn(made, "models"))
    assert f"{NASTY} (untrained)" in plain(drawn(made, "leaderboard"))


def test_a_trained_network_has_no_mark(make_run):
    """Marks neither a trained model nor one that has nothing to train."""
    made = make_run(perturbations=0)
    assert not any("ntrained" in drawn(made, name) for name in ("training", "models", "leaderboard"))


def test_a_run_of_all_kinds_is_drawn_whole(tmp_path):
    """Draws prompted, class-agnostic, frozen and two-stage models on two data sets, one of clean images only."""
    made = with_autoencoder(mixed(tmp_path / "run", perturbations=1, datasets=2))
    made.record["datasets"][1]["perturbed"] = False
    few = (NASTY, "sam2 box")  # drawing all of them takes long
    made.record["models"] = [model for model in made.record["models"] if model["label"] in few]
    made.rows = [row for row in made.rows if row[0] == "pets" or row[2] == "clean"]
    text = reports.render(made.write()).read_text(encoding="utf-8")
    assert 'id="reconstructions"' in text
    assert "clean images only on shapes &lt;2&gt;" in " ".join(text.split())
    assert "<code>reconstructions.csv</code>" in text
    assert not [path for path in (made.folder / "figures").glob("dice-by-strength*") if "shapes" in path.name]
    rows = [row for row in reports.leaderboard(made.folder) if row.dataset != "pets"]
    assert {(row.perturbed, row.drop, row.done, row.planned) for row in rows} == {(None, None, 1, 1)}
    assert "Mean Dice over the strengths on shapes" not in (made.folder / "table.md").read_text(encoding="utf-8")
