"""Examples show what they claim, and come out of the predictions that the cell made anyway."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from bench.data import ManifestRow, Sample
from bench.evaluation.example_budget import RANKS, SHARED, WORST, kept_ranks, shared_places
from bench.evaluation.example_files import confidence_maps, error_map, save_image, write_example
from bench.evaluation.examples import ExampleKeeper, ranked, window
from bench.evaluation.preparation import PreparedImage
from bench.metrics import METRIC_SETS, per_image
from bench.metrics.counts import Counts
from bench.plan.cells import Condition
from bench.record.example_index import GAP, Example, ExampleImage
from bench.suite import load_suite
from registry.errors import BenchError
from registry.palette import CONFIDENCE, ERRORS, class_colour, rgb
from registry.segmenter import Prediction


def test_best_median_and_worst_are_found():
    """Undefined scores do not take part; ties go to the first."""
    assert ranked(np.array([0.5, np.nan, 0.9, 0.1, 0.9])) == {"best": 2, "median": 4, "worst": 3}


@pytest.mark.parametrize(
    ("scores", "ranks"), [([], {}), ([np.nan], {}), ([0.3], {"best": 0}), ([0.3, 0.2], {"best": 0, "worst": 1})]
)
def test_few_images_are_shown_once(scores, ranks):
    """No image stands twice."""
    assert ranked(np.array(scores, dtype=float)) == ranks


def test_an_error_map_has_four_kinds():
    """Half the colour over the image; true background and border stay as they are."""
    photo = np.full((1, 6, 3), 100, np.uint8)
    truth = np.array([[0, 1, 1, 0, 2, 255]], np.uint8)
    labels = np.array([[0, 1, 0, 1, 1, 2]], np.uint8)
    kinds = [None, "correct", "false negative", "false positive", "wrong class", None]
    expected = [[100] * 3 if kind is None else [(100 + c) // 2 for c in rgb(ERRORS[kind])] for kind in kinds]
    assert error_map(photo, truth, labels)[0].tolist() == expected
    assert (photo == 100).all()


def test_a_saved_image_is_rgb(tmp_path):
    """A red image is red for a reader of another library, not blue."""
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 200
    name = save_image(tmp_path, "red", red)
    with Image.open(tmp_path.parent / name) as file:
        assert np.abs(np.array(file.convert("RGB").getpixel((0, 0)), int) - (200, 0, 0)).max() < 12  # WebP


def test_a_kill_leaves_the_image_of_before(tmp_path, monkeypatch):
    """The image of a finished cell is replaced whole or not at all."""
    save_image(tmp_path, "a", np.zeros((4, 4, 3), np.uint8))
    before = (tmp_path / "a.webp").read_bytes()

    def killed(image, path, *_, **__):
        path.write_bytes(before[:10])
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        save_image(tmp_path, "a", np.ones((4, 4, 3), np.uint8))
    assert [path.name for path in tmp_path.iterdir()] == ["a.webp"]
    assert (tmp_path / "a.webp").read_bytes() == before


def sample(mask, name="a", level=100):
    image = np.full((*mask.shape, 3), (level, 10, 20), np.uint8)
    return Sample(name, image, mask, "hash", int(mask.max()) if mask.max() < 255 else 1)


def prepared(mask, name="a"):
    one = sample(mask, name)
    return PreparedImage(torch.from_numpy(one.image).permute(2, 0, 1), one)


def panels_of(folder, example):
    """The panels of an example's one file by title, read by Pillow: arrays [h, w, 3], without the gap."""
    with Image.open(folder / example.file) as file:
        pixels = np.array(file.convert("RGB"), int)
    width = pixels.shape[1] // len(example.panels)
    return {title: pixels[:, i * width : (i + 1) * width - GAP] for i, title in enumerate(example.panels)}


def test_an_example_is_one_file_of_panels_in_their_colours(tmp_path):
    """A red photo, masks in the palette's colours, the error's half over the photo; hard masks have no confidence."""
    mask = np.ones((48, 64), np.uint8)
    example = write_example(tmp_path / "examples", "x", prepared(mask), mask * 2, None, ("background", "cat", "dog"))
    assert [path.name for path in (tmp_path / "examples").iterdir()] == ["x.webp"]
    found = panels_of(tmp_path, example)
    wrong = [(a + b) / 2 for a, b in zip(rgb(ERRORS["wrong class"]), (100, 10, 20), strict=True)]
    expected = {
        "image": (100, 10, 20),
        "ground truth": rgb(class_colour(1)),
        "prediction": rgb(class_colour(2)),
        "errors": wrong,
    }
    assert list(found) == list(expected)
    for title, colour in expected.items():
        assert found[title].shape == (48, 64, 3)
        assert np.abs(found[title][8:40, 8:56] - colour).max() < 16, title  # WebP


def test_a_wide_example_fits_its_panels(tmp_path):
    """960 x 480 pixels become panels of 320 x 160, with a gap at the right of each."""
    mask = np.zeros((480, 960), np.uint8)
    small = np.zeros((160, 320), np.uint8)
    example = write_example(tmp_path / "examples", "x", prepared(mask), small, small[None], ("background", "cat"))
    with Image.open(tmp_path / example.file) as file:
        assert file.size == (5 * (320 + GAP), 160)


def shares_of(classes):
    """Class probabilities of a ramp: class 0 from 1 to 0 from left to right, the last class the rest."""
    ramp = np.zeros((classes, 8, 33), np.float32)
    ramp[0] = np.linspace(1, 0, 33)
    ramp[-1] = 1 - ramp[0]
    return ramp


@pytest.mark.parametrize(("classes", "maps"), [(2, 3), (3, 4), (4, 1), (150, 1)])
def test_confidence_is_the_winners_and_of_few_classes_each(classes, maps):
    """In 1/255, cut off: the larger of the two shares, then, up to three classes, every class's own."""
    ramp = shares_of(classes)
    found = confidence_maps(torch.from_numpy(ramp), (8, 33))
    expected = [ramp.max(0), *ramp][:maps]
    assert found.dtype == np.uint8
    assert np.abs(found - 255 * np.stack(expected)).max() <= 1
    assert found.shape == (maps, 8, 33)


@pytest.mark.parametrize("shares", [None, torch.eye(4)[:, torch.tensor([[0, 3], [1, 1]])]])
def test_certain_answers_have_no_confidence_map(shares):
    """Hard masks, and shares of 0 and 1 alone: there is nothing to see."""
    assert confidence_maps(shares, (2, 2)) is None


def test_the_kinds_of_confidence_are_named(tmp_path):
    """The winner's first, then the classes in their order, yellow where it is certain (viridis)."""
    mask = np.zeros((32, 32), np.uint8)
    confidence = np.stack([np.full((32, 32), level, np.uint8) for level in (255, 255, 0)])
    example = write_example(tmp_path / "examples", "x", prepared(mask), mask, confidence, ("background", "cat"))
    found = panels_of(tmp_path, example)
    assert list(found)[4:] == ["confidence", "confidence background", "confidence cat"]
    for title, colour in zip(list(found)[4:], (CONFIDENCE[-1], CONFIDENCE[-1], CONFIDENCE[0]), strict=True):
        assert np.abs(found[title][8:24, 8:24] - rgb(colour)).max() < 16


def cell(n, seed):
    """Batches of images with random predictions: places, images, predictions, counts; and every image's score."""
    random = np.random.default_rng(seed)
    masks = [random.integers(0, 2, (8, 8), np.uint8) for _ in range(n)]
    labels = [np.where(random.random((8, 8)) < random.random(), mask, 1 - mask).astype(np.uint8) for mask in masks]
    matrices = []
    for mask, label in zip(masks, labels, strict=True):
        square = [[int(((mask == i) & (label == j)).sum()) for j in range(2)] for i in range(2)]
        matrices.append([*square, [0, 0]])
    counts = Counts.gather(2, matrices, [1] * n)
    images = [prepared(mask, f"s{i}") for i, mask in enumerate(masks)]
    return images, [Prediction(torch.from_numpy(label)) for label in labels], counts


def part(counts, begin, end):
    return Counts(counts.classes, counts.foreground[begin:end], counts.values[begin:end])


@pytest.mark.parametrize("room", [0, 4, 1000])
@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize(("n", "seed"), [(1, 0), (2, 1), (3, 2), (40, 3), (97, 4)])
def test_the_kept_examples_are_those_of_all_scores(tmp_path, room, size, n, seed):
    """Best, median and worst as sorting all scores at the end gives them, whatever the batches, in bounded memory."""
    images, predictions, counts = cell(n, seed)
    most, again = [], []
    keeper = ExampleKeeper(
        METRIC_SETS["standard"], "classes", lambda i: again.append(i) or (images[i], predictions[i]), room=room
    )
    for begin in range(0, n, size):
        places = list(range(begin, min(begin + size, n)))
        batch = [images[i] for i in places], [predictions[i] for i in places]
        keeper.watch(places, *batch, part(counts, begin, begin + size))
        most.append(len(keeper._kept) + len(keeper._whole))
        assert len(keeper._whole) <= room
    entries = keeper.write(tmp_path / "examples", "c", ("background", "thing"))
    expected = ranked(per_image(counts, METRIC_SETS["standard"]))
    assert {entry["rank"]: entry["sample"] for entry in entries} == {rank: f"s{i}" for rank, i in expected.items()}
    assert max(most) <= 2 * window(n) + 3
    assert again == []  # random scores: the median stays near


def test_a_median_that_was_dropped_is_predicted_again(tmp_path):
    """Scores that only rise move the median away from all that was kept around it."""
    n = 60
    counts = Counts.gather(2, [[[i, 60 - i], [0, 10], [0, 0]] for i in range(n)], [1] * n)
    images = [prepared(np.ones((4, 4), np.uint8), f"s{i}") for i in range(n)]
    prediction, again = Prediction(torch.ones(4, 4, dtype=torch.uint8)), []
    keeper = ExampleKeeper(METRIC_SETS["standard"], "classes", lambda i: again.append(i) or (images[i], prediction))
    for i in range(0, n, 2):  # from both ends inwards: the middle comes last
        for place in (i // 2, n - 1 - i // 2):
            keeper.watch([place], [images[place]], [prediction], part(counts, place, place + 1))
    keeper.write(tmp_path / "examples", "c", ("background", "thing"))
    assert again == []
    keeper = ExampleKeeper(METRIC_SETS["standard"], "classes", lambda i: again.append(i) or (images[i], prediction))
    for place in range(n):
        keeper.watch([place], [images[place]], [prediction], part(counts, place, place + 1))
    entries = keeper.write(tmp_path / "examples", "c", ("background", "thing"))
    median = ranked(per_image(counts, METRIC_SETS["standard"]))["median"]
    assert entries[1]["sample"] == f"s{median}"


def test_a_run_predicts_each_image_once(go, monkeypatch):
    """Four images, four conditions, one network: its predictions are those of the cells, and no more."""
    from bench.evaluation import cell, evaluator

    real, images = evaluator.predict, []

    def predict(segmenter, batch, condition):
        images.extend((type(segmenter).__name__, condition.label, condition.strength, p.sample.id) for p in batch)
        return real(segmenter, batch, condition)

    monkeypatch.setattr(evaluator, "predict", predict)
    monkeypatch.setattr(cell, "predict", predict)  # what an example is predicted again by
    go()
    assert len(images) == len(set(images)) == 2 * 4 * 4


def examples_of(folder):
    return json.loads((folder / "examples" / "index.json").read_text(encoding="utf-8"))["examples"]


def test_confidence_comes_from_the_predictions_probabilities(go, tmp_path):
    """The network of the tiny suite has a map of the winner and of each class; the baseline has no example."""
    go()
    found = examples_of(tmp_path / "run")
    titles = {(one["model"], tuple(image["panels"])) for one in found for image in one["images"]}
    four = ["image", "ground truth", "prediction", "errors"]
    panels = (*four, "confidence", *(f"confidence {name}" for name in ("background", "cat", "dog")))
    assert titles == {("net", panels), ("net", ("clean image", *panels))}
    assert {one["perturbation"] for one in found if len(one["images"][0]["panels"]) == len(panels)} == {"clean"}
    image = next(one["images"][0] for one in found if one["model"] == "net")
    panels = panels_of(tmp_path / "run", ExampleImage(**image))
    assert np.ptp(panels["confidence"]) > 0


def test_a_perturbed_example_shows_the_clean_image_too(go, tmp_path):
    """The first panel is what was perturbed: the image of the clean cell's example of the same sample."""
    go()
    found = {(one["perturbation"], one["strength"], one["rank"]): one for one in examples_of(tmp_path / "run")}
    clean, noisy = (found[place] for place in (("clean", 0.0, "shared 1"), ("additive_noise", 50.0, "shared 1")))
    assert clean["sample"] == noisy["sample"]
    before, after = (panels_of(tmp_path / "run", ExampleImage(**one["images"][0])) for one in (clean, noisy))
    assert np.abs(after["clean image"] - before["image"]).mean() < 4  # WebP
    assert np.abs(after["image"] - before["image"]).mean() > 10  # noise of 50 grey levels


def test_a_run_has_one_file_for_each_image_it_shows(go, tmp_path):
    """4 images and 4 conditions: each image of a cell is among the five worst, and is drawn once for all its ranks."""
    go()
    files = {path.name for path in (tmp_path / "run" / "examples").iterdir()} - {"index.json"}
    found = examples_of(tmp_path / "run")
    named = {image["file"] for one in found for image in one["images"]}
    assert {one["model"] for one in found} == {"net"}
    assert len(named) == 4 * 4
    assert len({name for name in files if not name.startswith("strip-")}) == 4 * 4
    assert {name.removeprefix("examples/") for name in named} <= files


def test_every_model_draws_the_same_shared_images(go, tmp_path):
    """Under every condition, whatever it scores there; what is no shared image may differ."""
    other = "  - {name: unet, width: 2, size: 32, label: other, train: {epochs: 2, batch_size: 4}}"
    go(("perturbations:", f"{other}\nperturbations:"))
    shared = {(one["model"], one["perturbation"], one["strength"]): set() for one in examples_of(tmp_path / "run")}
    for one in examples_of(tmp_path / "run"):
        if one["rank"] in SHARED:
            shared[one["model"], one["perturbation"], one["strength"]].add((one["rank"], one["sample"]))
    assert {model for model, _, _ in shared} == {"net", "other"}
    assert len(shared) == 2 * 4
    assert len(set(map(frozenset, shared.values()))) == 1
    assert all(len(found) == 2 for found in shared.values())


def test_a_suite_without_examples_writes_no_image(go, tmp_path):
    """Neither of predictions nor of perturbations; the numbers are there."""
    assert go(("precision: fp32", "precision: fp32\nexamples: none")).done == 8
    assert [path.name for path in (tmp_path / "run" / "examples").iterdir()] == ["index.json"]


def test_images_of_before_stay_when_a_suite_stops_keeping_them(go, tmp_path):
    """What is there is kept and shown: nothing is lost by a key of the suite."""
    go()
    before = sorted((tmp_path / "run" / "examples").iterdir())
    go(("precision: fp32", "precision: fp32\nexamples: none"))
    assert sorted((tmp_path / "run" / "examples").iterdir()) == before
    assert {image["file"] for one in examples_of(tmp_path / "run") for image in one["images"]} <= {
        f"examples/{path.name}" for path in before
    }


FIRST, SPREAD, MORE = "worst", ("best", "median"), WORST[1:]


@pytest.mark.parametrize(
    ("examples", "clean", "strongest", "middle"),
    [  # 1 model that is no baseline, 1 clean cell, 2 strongest levels, 1 middle one
        ("36", {*RANKS}, {*RANKS}, {FIRST, *SPREAD, *SHARED}),
        ("none", set(), set(), set()),
        ("1", {FIRST}, set(), set()),
        ("2", {FIRST}, set(), {SHARED[0]}),  # 2 shared images do not fit, 1 does
        ("3", {FIRST, *SHARED}, set(), set()),
        ("5", {FIRST, *SHARED, *SPREAD}, set(), set()),
        ("9", {*RANKS}, set(), set()),
        ("13", {*RANKS}, {FIRST, SHARED[0]}, set()),
        ("14", {*RANKS}, {FIRST, SHARED[0]}, {SHARED[0]}),
        ("18", {*RANKS}, {FIRST, SHARED[0], *SPREAD}, {SHARED[0]}),  # 4 more of each do not fit, 2 do
        ("22", {*RANKS}, {FIRST, SHARED[0], *MORE}, {SHARED[0]}),
    ],
)
def test_the_budget_keeps_the_telling_examples(write, examples, clean, strongest, middle):
    """The worst first, then the images that all models draw; a step that does not fit makes room for the next."""
    suite = load_suite(write(("precision: fp32", f"precision: fp32\nexamples: {examples}")))
    noise, occlusion = suite.sweeps
    expected = {
        Condition(None, 0.0): clean,
        Condition(noise, 50): strongest,
        Condition(occlusion, 40): strongest,
        Condition(occlusion, 20): middle,
    }
    assert {condition: set(kept_ranks(suite, condition)) for condition in expected} == expected
    assert sum(map(len, expected.values())) <= (0 if examples == "none" else int(examples))


def test_what_lies_between_comes_last(write):
    """Of 5 levels the third is the middle one; the first, second and fourth keep what is left of the budget."""
    levels = ("strengths: [20, 40]", "strengths: [10, 20, 30, 40, 50]")
    suite = load_suite(write(levels, ("precision: fp32", "precision: fp32\nexamples: 25")))
    found = {strength: kept_ranks(suite, Condition(suite.sweeps[1], strength)) for strength in (10, 20, 30, 40, 50)}
    assert found[10] == found[20] == found[40] == ("shared 1",)
    assert found[30] == ("shared 1",)
    assert set(found[50]) == {*WORST, "shared 1"}


def test_a_budget_holds_in_the_folder(go, tmp_path):
    """13 examples: all ranks of the clean cell, the worst and the first shared image of the strongest levels."""
    go(("precision: fp32", "precision: fp32\nexamples: 13"))
    found = {(one["perturbation"], one["strength"]): set() for one in examples_of(tmp_path / "run")}
    for one in examples_of(tmp_path / "run"):
        found[one["perturbation"], one["strength"]].add(one["rank"])
    assert found.pop(("clean", 0.0)) == {*RANKS} - {"worst 5"}  # of 4 images
    assert found == {
        (name, level): {"worst", "shared 1"} for name, level in (("additive_noise", 50), ("occlusion", 40))
    }


def row(foreground):
    return ManifestRow("a", "", "", 8, 8, foreground, ())


@pytest.mark.parametrize(
    ("foregrounds", "places"),
    [([1], (0,)), ([1, 1], (1, 0)), ([1] * 5, (2, 3)), ([1, 1, 2, 1, 2], (2, 1)), ([0, 1, 1, 1, 2], (2, 4))],
)
def test_the_shared_images_are_of_different_objects(foregrounds, places):
    """The middle image, and the middle one of those whose object is of another class, where there is one."""
    assert shared_places([row(one) for one in foregrounds]) == places


@pytest.mark.parametrize("value", ["some", "0", "-1", "true", "1.5", "[1]"])
def test_other_budgets_are_refused(write, value):
    """A whole number above 0 or `none`; the message names both."""
    with pytest.raises(BenchError) as caught:
        load_suite(write(("precision: fp32", f"precision: fp32\nexamples: {value}")))
    assert "examples: " in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(("n", "seed", "size"), [(1, 0, 1), (3, 1, 2), (40, 2, 7)])
@pytest.mark.parametrize("room", [0, 1000])
def test_the_five_worst_and_the_shared_are_kept(tmp_path, n, seed, size, room):
    """As sorting all scores gives them, and no image is predicted again; an image of two ranks has one file."""
    images, predictions, counts = cell(n, seed)
    shared = (n // 2, 0)[: min(n, 2)]
    keeper = ExampleKeeper(METRIC_SETS["standard"], "classes", None, (*WORST, *SHARED), room, shared)
    for begin in range(0, n, size):
        places = list(range(begin, min(begin + size, n)))
        batch = [images[i] for i in places], [predictions[i] for i in places]
        keeper.watch(places, *batch, part(counts, begin, begin + size))
    entries = {one["rank"]: one for one in keeper.write(tmp_path / "examples", "c", ("background", "thing"))}
    order = np.argsort(per_image(counts, METRIC_SETS["standard"]), kind="stable")
    expected = {rank: f"s{i}" for rank, i in zip(WORST, order, strict=False)}
    expected |= {rank: f"s{i}" for rank, i in zip(SHARED, shared, strict=False)}
    assert {rank: one["sample"] for rank, one in entries.items()} == expected
    files = {one["sample"]: one["images"][0]["file"] for one in entries.values()}
    assert len(list((tmp_path / "examples").iterdir())) == len(files) == len(set(files.values()))


def test_a_shared_image_without_a_score_is_kept(tmp_path):
    """An image of nothing but border has no Dice: it is no rank, and still every model draws it."""
    void = prepared(np.full((8, 8), 255, np.uint8))
    counts = Counts.gather(2, [[[0, 0], [0, 0], [64, 0]]], [1])
    assert np.isnan(per_image(counts, METRIC_SETS["standard"])).all()
    keeper = ExampleKeeper(METRIC_SETS["standard"], "classes", None, RANKS, 0, (0,))
    keeper.watch([0], [void], [Prediction(torch.zeros(8, 8, dtype=torch.uint8))], counts)
    assert [one["rank"] for one in keeper.write(tmp_path / "examples", "c", ("background", "thing"))] == ["shared 1"]


def test_one_image_is_the_worst_where_only_the_worst_is_kept(tmp_path):
    """With a single image the ranks fall together; the one that is kept gets it."""
    images, predictions, counts = cell(1, 0)
    keeper = ExampleKeeper(METRIC_SETS["standard"], "classes", None, ("worst",))
    keeper.watch([0], images, predictions, counts)
    assert [entry["rank"] for entry in keeper.write(tmp_path / "examples", "c", ("background", "thing"))] == ["worst"]


OLD_FILES = {"input": "a.webp", "truth": "b.png", "prediction": "c.png", "error": "d.webp"}


@pytest.mark.parametrize("confidence", [{}, {"confidence": {"cat": "e.webp", "dog": "f.webp"}}])
def test_examples_of_the_first_format_are_read(confidence):
    """A file for each panel, as cells and indices of earlier versions name them."""
    old = {"dataset": "d", "model": "m", "perturbation": "fog", "strength": 1.0, "rank": "best", "sample": "s"}
    example = Example.model_validate({**old, "files": OLD_FILES | confidence})
    titles = [(image.file, image.panels) for image in example.images]
    assert titles[:4] == [
        ("a.webp", ("image",)),
        ("b.png", ("ground truth",)),
        ("c.png", ("prediction",)),
        ("d.webp", ("error map",)),
    ]
    named = [(file, (f"confidence {name}",)) for name, file in confidence.get("confidence", {}).items()]
    assert titles[4:] == named
    assert Example.model_validate(example.model_dump()) == example


def test_an_error_map_without_a_background_has_two_kinds():
    """Class 0 is one like the others: right or wrong; the border stays as it is."""
    photo = np.full((1, 4, 3), 100, np.uint8)
    truth, labels = np.array([[0, 0, 1, 255]], np.uint8), np.array([[0, 1, 0, 0]], np.uint8)
    kinds = ["correct", "wrong class", "wrong class", None]
    expected = [[100] * 3 if kind is None else [(100 + c) // 2 for c in rgb(ERRORS[kind])] for kind in kinds]
    assert error_map(photo, truth, labels, background=False)[0].tolist() == expected
