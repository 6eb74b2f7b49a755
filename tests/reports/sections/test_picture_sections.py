"""The sections with pictures: the worst images of each model, and the same image of all of them."""

import re

import pytest
from made_up_pictures import example, with_pictures
from made_up_run import MODELS, NASTY
from markupsafe import escape
from one_section import drawn, plain

from reports.record.anchors import worst_anchor

SMP = list(MODELS)[2]


def sized(html):
    """How many characters of data URIs a section has."""
    return sum(map(len, re.findall(r'src="(data:[^"]*)"', html)))


def test_the_five_worst_of_each_model_and_condition_stand_there(make_run):
    """2 models, clean and the strongest level of 2 perturbations; each with its own Dice, IoU and name."""
    html = drawn(with_pictures(make_run(models=3, perturbations=2)), "worst_images")
    assert html.count('class="picture"') == html.count("<img") == 2 * 3 * 5
    text = plain(html)
    assert "second worst Dice 0.5000 · IoU 0.3333 bad 1 2" in text
    for words in ("fifth worst", "additive_noise at its strongest: 18 (standard deviation in grey levels)"):
        assert words in text
    assert "background" not in re.findall(r"<h3>(.*?)</h3>", html)


def test_a_perturbed_picture_has_its_clean_image_beside_it(make_run):
    """Input, what the model got, ground truth, prediction, errors and the winner's confidence; not that of a class."""
    html = drawn(with_pictures(make_run(models=2, perturbations=1)), "worst_images")
    clean = ["image", "ground truth", "prediction", "errors", "confidence"]
    perturbed = ["clean image", "perturbed image", *clean[1:]]
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", html)
    titles = [re.findall(r"<span>(.*?)</span>", caption) for caption in captions]
    assert titles == [clean] * 5 + [perturbed] * 5


def test_each_cell_has_the_place_that_the_heat_map_links_to(make_run):
    """One for each model and perturbation, and clean; within the fold, so that a link opens it."""
    html = drawn(with_pictures(make_run(models=3, perturbations=2)), "worst_images")
    names = ("clean", "additive_noise", "binomial_blur")
    expected = [worst_anchor("pets", model, name) for model in (NASTY, SMP) for name in names]
    assert re.findall(r'<details(?: open)?><summary>.*?</summary>\s*<div id="([^"]*)"', html) == expected


def test_a_run_of_before_shows_what_it_has(make_run):
    """The worst, the median and the best of each cell, where there are no more."""
    made = make_run(models=2, perturbations=1)
    places = [("pets", NASTY, "clean", 0.0), ("pets", NASTY, "additive_noise", 18)]
    ranks = {"best": "a", "median": "b", "worst": "c"}
    examples = [example(made.folder, place, rank, name) for place in places for rank, name in ranks.items()]
    made.index = {"format": 2, "examples": examples, "strips": []}
    found = re.findall(r"<p><strong>(.*?)</strong>.*?<code>(.*?)</code>", drawn(made, "worst_images"))
    assert found == [("worst", "c"), ("median", "b"), ("best", "a")] * 2
    assert "chose no images" not in drawn(made, "same_image")


def test_an_image_stands_once_among_few(make_run):
    """With three images the best one is the third worst: it is not shown again."""
    made = make_run(models=2, perturbations=0)
    ranks = {"best": "a", "median": "b", "worst": "c", "worst 2": "b", "worst 3": "a"}
    place = ("pets", NASTY, "clean", 0.0)
    made.index = {"format": 2, "examples": [example(made.folder, place, *one) for one in ranks.items()], "strips": []}
    assert re.findall(r"<code>(.*?)</code>", drawn(made, "worst_images")) == ["c", "b", "a"]


def test_colours_are_explained(make_run):
    """Names the colours of classes and errors, and gives confidence a scale from 0 to 1; without a style of its own."""
    for section in ("worst_images", "same_image"):
        html = drawn(with_pictures(make_run(models=3, perturbations=1)), section)
        text = plain(html)
        assert "Classes background cat dog border" in text
        assert "Errors correct false positive false negative wrong class" in text
        assert 'fill="#440154"' in html
        assert "style=" not in html


def test_data_sets_with_other_classes_have_their_own_key(make_run):
    """Explains the colours of each list of classes."""
    made = with_pictures(make_run(datasets=2, models=2, perturbations=0))
    made.record["datasets"][1]["classes"] = ["background", "ship"]
    text = plain(drawn(made, "worst_images"))
    assert "Classes of pets background cat dog border" in text
    assert "Classes of shapes <2> background ship border" in text


def test_images_of_the_first_format_keep_their_colours(make_run):
    """Their error maps are explained by the colours that they were drawn in; a file for each panel is one picture."""
    made = make_run(models=2, perturbations=0).with_examples()
    files = {"input": "examples/input.webp", "truth": "examples/truth.png", "prediction": "examples/prediction.png"}
    old = {key: value for key, value in made.index["examples"][-1].items() if key != "images"}
    made.index["examples"] = [old | {"rank": "worst", "files": files | {"error": "examples/error.webp"}}]
    html = drawn(made, "worst_images")
    assert 'fill="#0072B2"' in html  # a false negative of then
    assert "#9933FF" not in html  # of now
    assert html.count("<img") == 1
    assert "<span>image</span><span>ground truth</span><span>prediction</span><span>error map</span>" in html


def test_models_stand_below_each_other_for_the_same_image(make_run):
    """2 images; clean each model's prediction, errors and confidence, then a column for each strength."""
    html = drawn(with_pictures(make_run(models=3, perturbations=2)), "same_image")
    for sample in ("first", "second"):
        assert f"<h3><code>{sample}</code></h3>" in html
    assert html.count("<details") == 2 * 2
    clean, perturbed = 1 + 2, 9 * (1 + 2)  # the image and 2 models
    assert html.count("<img") == 2 * (clean + 2 * perturbed)
    strengths = re.findall(r'<th scope="col">([\d.]+)</th>', html)[:9]
    assert strengths == ["2", "4", "6", "8", "10", "12", "14", "16", "18"]
    assert html.count("Dice 0.5000") == 2 * (2 + 2 * 9 * 2)
    rows = re.findall(r'<th scope="row">(.*?)</th>', html)
    assert rows[3:6] == ["perturbed image", str(escape(NASTY)), SMP]


def test_a_moved_ground_truth_stands_at_every_strength(make_run):
    """Where the mask moves with the image there is one more row."""
    made = with_pictures(make_run(models=3, perturbations=1))
    made.record["perturbations"][0]["moves"] = True
    rows = re.findall(r'<th scope="row">(.*?)</th>', drawn(made, "same_image"))
    assert rows[3:7] == ["perturbed image", "ground truth", str(escape(NASTY)), SMP]


def test_strengths_that_were_not_kept_have_no_column(make_run):
    """A budget keeps some of them; a model that lacks one is said to."""
    made = with_pictures(make_run(models=3, perturbations=1))
    kept = [one for one in made.index["examples"] if one["strength"] in (0.0, 18, 10)]
    made.index["examples"] = [one for one in kept if (one["model"], one["strength"]) != (SMP, 10)]
    html = drawn(made, "same_image")
    assert re.findall(r'<th scope="col">([\d.]+)</th>', html) == ["10", "18"] * 2
    assert html.count(">not kept<") == 2


def test_an_older_run_says_that_its_images_were_not_chosen(make_run):
    """They are those that several models kept."""
    made = with_pictures(make_run(models=3, perturbations=1))
    made.index["examples"] = [one for one in made.index["examples"] if not one["rank"].startswith("shared")]
    text = plain(drawn(made, "same_image"))
    assert "This run chose no images beforehand" in text
    assert "hard" in text


@pytest.mark.parametrize(("section", "share"), [("worst_images", "WORST"), ("same_image", "SHARED")])
def test_a_section_keeps_its_share_and_says_what_it_left_out(make_run, monkeypatch, section, share):
    """What had no room is counted; the clean pictures are still there."""
    budget = 120_000
    monkeypatch.setattr(f"reports.record.thumbnails.{share}", budget)
    html = drawn(with_pictures(make_run(models=3, perturbations=4), heavy=True, size=(96, 72)), section)
    assert sized(html) <= budget
    left = re.search(r"(\d+) more pictures would make this page too heavy", html)
    assert left is not None
    wanted = {"worst_images": 2 * 5 * 5, "same_image": 2 * (3 + 4 * 9 * 3)}[section]
    assert html.count("<img") + int(left[1]) == wanted
    assert "image missing" not in html
