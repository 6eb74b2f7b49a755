"""Each section by itself, with a pen that draws nothing: what it prints, and when it prints nothing."""

import re

import pytest
from made_up_run import MESSAGE, NASTY, SAMPLE
from markupsafe import escape
from one_section import Pen, drawn, plain

from reports.record.run import open_run
from reports.section import SECTIONS, Page


def emptied(made):
    """Take all rows, cells, images and measurements from a made-up run."""
    made.rows = []
    made.record |= {"throughput": [], "models": [], "perturbations": [], "harness_efficiency": None}
    made.record["cells"] = {"total": 0, "done": 0, "failed": []}
    made.record["datasets"][0] |= {"left_out": [], "remarks": []}
    return made


@pytest.mark.parametrize("name", SECTIONS.names())
def test_a_section_draws_an_empty_run(make_run, name):
    """Draws a run with a data set and nothing else: no exception, no number of four decimals."""
    assert not re.search(r"\d\.\d{4}\b", drawn(emptied(make_run()), name))


OPTIONAL = (
    "further_metrics",
    "gaps",
    "models",
    "perturbations",
    "same_image",
    "worst_images",
    "reconstructions",
    "robustness",
    "speed",
    "speed_batches",
    "speed_latency",
    "speed_pareto",
    "speed_roofline",
    "speed_stages",
    "throughput",
    "training",
)


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_section_with_nothing_to_show_is_left_out(make_run, name):
    """Returns nothing, so that the page has neither heading nor link for it."""
    assert drawn(emptied(make_run()), name) == ""


@pytest.mark.parametrize("name", SECTIONS.names())
def test_a_section_draws_one_condition(make_run, name):
    """Draws a run with the clean scores of one model, and shows no missing number as a word of Python."""
    made = make_run(models=1, perturbations=1)
    made.rows = [row for row in made.rows if row[2] == "clean"]
    assert not {"None", "nan"} & set(plain(drawn(made, name)).split())


@pytest.mark.parametrize("name", SECTIONS.names())
def test_a_section_escapes_every_name(make_run, name):
    """Puts markup in labels, samples, units and texts on the page as text."""
    made = make_run(models=2, perturbations=1).with_examples()
    made.record["cells"]["failed"] = [
        {
            "dataset": "pets",
            "model": NASTY,
            "perturbation": "additive_noise",
            "strength": 2,
            "message": MESSAGE,
        }
    ]
    for entry in (*made.record["perturbations"], *made.record["models"], *made.record["datasets"]):
        entry |= {
            "source": "<i>source</i>",
            "licence": "<i>licence</i>",
            "title": "<i>title</i>",
            "unit": "<i>unit</i>",
        }
    html = drawn(made, name)
    assert "<i>" not in html
    assert "<b>" not in html
    assert "onerror" not in html.replace(str(escape(SAMPLE)), "")
    assert "<script" not in html


def test_the_protocol_names_how_the_numbers_were_made(make_run):
    """Names data, rules, order of operations, machine, software, seed and command."""
    text = plain(drawn(make_run(), "protocol"))
    for fact in (
        "Oxford-IIIT Pet, test split, 168 images, 1 left out, files to be checked; classes background, cat, dog; official trimaps",
        "manifest " + "9f" * 16,
        "Metric set standard, 168 images. Pixels on the border between object and background (label 255) do not count.",
        "native RGB pixels, before any resize",
        "219 of 219 evaluated",
        "Some CPU @ 2.5 GHz, 2 cores, 16 GiB, no GPU, Linux 6.1",
        "segbench 0.1.0, commit 0123456789ab with uncommitted changes",
        "2026-11-21 20:00 UTC",
        'bench run "pets & <friends>.yaml"',
        "python=3.11.7",
    ):
        assert fact in text


def test_the_protocol_names_a_gpu_and_a_sample(make_run):
    """Names the GPU, and that the data are a stratified sample."""
    made = make_run(models=1, perturbations=0)
    made.record["machine"] |= {"gpu": "NVIDIA H100"}
    made.record["datasets"][0]["limit"] = 50
    text = plain(drawn(made, "protocol"))
    assert "NVIDIA H100" in text
    assert "(a stratified sample of 50)" in text


def test_the_protocol_names_an_unusual_metric_set(make_run):
    """Prints epsilon, task and the classes of the mean where they are not the usual ones."""
    made = make_run(models=1, perturbations=0)
    made.record["metric_sets"][1] |= {"epsilon": 1e-7, "task": "binary", "dice_classes": "foreground"}
    text = plain(drawn(made, "protocol"))
    assert "The mean Dice is over the foreground classes, without the background." in text
    assert "Epsilon 1e-07. Task binary." in text


def test_the_leaderboard_warns_beside_its_numbers(make_run):
    """Marks the score of a background-only model, and says below the table what the mark means."""
    text = plain(drawn(make_run(), "verdict"))
    assert re.search(r"background 0\.\d{4} ⚠1", text)
    assert text.count("⚠1") == 2
    assert "⚠1 background predicts only background" in text


def test_each_data_set_has_its_own_cautions(make_run):
    """States on which data set a score misleads where there is more than one."""
    first, second = plain(drawn(make_run(datasets=2, perturbations=0), "verdict")).split("Leaderboard on shapes <2>", 1)
    assert "background predicts only background" in first
    assert "background predicts only background" in second


def test_clean_scores_have_a_table_for_each_metric_set(make_run):
    """Prints every metric set's scores, the headline's open and the others folded."""
    html = drawn(make_run(perturbations=0), "clean")
    titles = re.findall(r"<figcaption><strong>(.*?)</strong>", html)
    other = "models given the image alone, a class for each pixel, metric set edinburgh_000"
    kinds = ["Clean scores", "Dice of each class of the clean images", "Image by image on the clean images"]
    assert titles == [*(f"{one} on pets" for one in kinds), *(f"{one} on pets: {other}" for one in kinds)]
    assert html.count("<details>") == 3
    assert html.index(titles[2]) < html.index("<details>") < html.index(titles[3])


def test_robustness_has_a_panel_for_each_perturbation(make_run):
    """Draws one panel a perturbation and one figure of all, with a text for each."""
    page = Page(open_run(make_run(models=2).write()), Pen())
    html = str(SECTIONS["robustness"].draw(page))
    assert html.count("data-curves=") == 8
    assert len(page.figures.names) == 9
    assert all("Dice" in alt and "pets" in alt for alt in page.figures.alts)
    assert html.count("Dice by strength of") == 8 * 2  # heading and label of the scrolling region


def test_overlays_have_a_figure_for_each_model(make_run):
    """Draws one figure a model and names all perturbations in one legend."""
    page = Page(open_run(make_run().write()), Pen())
    html = str(SECTIONS["overlays"].draw(page))
    assert html.count('<svg class="figure curves"') == 3
    assert html.count("<li data-series=") == 8


def test_perturbations_are_described(make_run):
    """States what a perturbation is, in which unit, from which source, and shows one image a strength."""
    html = drawn(make_run(perturbations=3).with_examples(), "perturbations")
    text = plain(html)
    assert "strength: factor; identity 1; strengths 1.01, 1.02" in text
    assert "rounding nearest; source: coursework sheet 2025." in text
    assert html.count("<img") == 30


def test_strips_of_several_data_sets_stand_below_each_other(make_run):
    """Shows a strip for each data set under the same perturbation."""
    html = drawn(make_run(datasets=2, perturbations=1).with_examples(), "perturbations")
    assert html.count('class="strip"') == 2


def test_training_names_what_was_done(make_run):
    """Prints epochs, time, reason to stop, the epoch kept, images and recipe; draws loss and score."""
    page = Page(open_run(make_run(models=2, perturbations=0).write()), Pen())
    text = plain(SECTIONS["training"].draw(page))
    assert "4 of 100 epochs in 10 min 0 s, stopped by minutes; epoch 3 kept" in text
    assert "356 images for training and 89 for validation of pets" in text
    assert "Recipe: optimizer=adam, lr=0.001" in text
    assert page.figures.names == [f"training-loss-pets-{NASTY}", f"training-score-pets-{NASTY}"]


def test_a_training_without_curves_has_no_figure(make_run):
    """Draws nothing for a training of no epoch."""
    made = make_run(models=2, perturbations=0)
    made.record["models"][1]["training"] |= {"curves": None, "best_epoch": None, "epochs_run": 0}
    html = drawn(made, "training")
    assert "<svg" not in html
    assert "kept" not in html


@pytest.mark.parametrize(("missing", "text"), [(1, "1 of 20 conditions has no"), (2, "2 of 20 conditions have no")])
def test_one_is_not_many(make_run, missing, text):
    """Counts one and several as people do."""
    made = make_run(models=2, perturbations=1)
    made.record["cells"] |= {"done": 20 - missing}
    assert f"{text} scores" in plain(drawn(made, "gaps"))


def test_throughput_prints_the_harness_efficiency(make_run):
    """Prints efficiency, peak memory and the speed of each model."""
    text = plain(drawn(make_run(models=2, perturbations=0), "throughput"))
    assert "Harness efficiency 0.71 Peak memory 1.90 GiB" in text
    assert f"pets {NASTY} 12264 612.5 20 38.10 0.76" in text


def test_an_unmeasured_speed_is_a_dash(make_run):
    """Prints a dash for a model whose network was not timed."""
    made = make_run(models=1, perturbations=0)
    made.record["throughput"][0] |= {"forward_ms_per_image": None, "efficiency": None}
    made.record |= {"harness_efficiency": None, "peak_memory_gib": None}
    text = plain(drawn(made, "throughput"))
    assert "Harness efficiency — Peak memory —" in text
    assert "20 — —" in text


def test_models_are_described(make_run):
    """Names entry, parameters, checkpoint, input, precision, what else was tried, and source."""
    text = plain(drawn(make_run(models=2, perturbations=0), "models"))
    for fact in (
        "unet, version 1: width=32",
        "7,763,041",
        "c0ffee" * 5,
        "224 × 224, stretch",
        "bf16 channels_last on cpu, batch 8, 2 threads",
        "fp32 964.0 ms (100.00 % agree)",
        "own code, Apache-2.0",
    ):
        assert fact in text


def test_a_model_names_how_it_was_pretrained(make_run):
    """Prints the pre-training where there was one."""
    made = make_run(models=1, perturbations=0)
    assert "Pre-training" not in drawn(made, "models")
    made.record["models"][0]["pretraining"] = "ImageNet"
    assert "Pre-training ImageNet" in plain(drawn(made, "models"))


def test_gaps_count_what_is_missing(make_run):
    """States how many conditions have no scores, and names what failed and why."""
    made = make_run(models=2, perturbations=1)
    made.record["cells"] |= {"done": 18}
    made.record["cells"]["failed"] = [
        {
            "dataset": "pets",
            "model": NASTY,
            "perturbation": "additive_noise",
            "strength": 2.5,
            "message": MESSAGE,
        }
    ]
    text = plain(drawn(made, "gaps"))
    assert "2 of 20 conditions have no scores" in text
    assert f"pets {NASTY} additive_noise 2.5 {MESSAGE}" in text
    assert "truncated <JPEG>" in text


def test_the_protocol_says_the_precision_of_each_model(make_run):
    """By precision, in the record's order."""
    made = make_run(models=3, perturbations=1)
    labels = [model["label"] for model in made.record["models"]]
    for model, precision in zip(made.record["models"], ("fp32", "bf16_channels_last", "fp32"), strict=True):
        model["precision"] = precision
    text = plain(drawn(made, "protocol"))
    assert f"fp32: {labels[0]}, {labels[2]}" in text
    assert f"bf16_channels_last: {labels[1]}" in text


def test_the_protocol_says_that_no_class_is_the_background(make_run):
    """Beside the classes, where the data set says so."""
    made = make_run(models=1, perturbations=1)
    assert "none of them the background" not in plain(drawn(made, "protocol"))
    made.record["datasets"][0]["background"] = False
    assert "classes background, cat, dog, none of them the background;" in plain(drawn(made, "protocol"))


def test_what_files_leave_open_is_named(make_run):
    """With the number of images, the first ones and the remark; the protocol leads there."""
    text = plain(drawn(make_run(), "gaps"))
    assert "What the files leave open" in text
    assert f"3 {SAMPLE}, b the <mask> may be turned" in " ".join(text.split())
    assert "files to be checked" in plain(drawn(make_run(), "protocol"))
