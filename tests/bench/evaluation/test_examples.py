"""Examples show what they claim, and come out of the predictions that the cell made anyway."""

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from bench.data import Sample
from bench.evaluation.example_files import error_map, save_image, write_example
from bench.evaluation.examples import ExampleKeeper, ranked, window
from bench.evaluation.preparation import PreparedImage
from bench.metrics import METRIC_SETS, per_image
from bench.metrics.counts import Counts
from registry.palette import ERRORS, class_colour, rgb
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
    from PIL import Image

    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 200
    name = save_image(tmp_path, "red", red, (".png", {}))
    with Image.open(tmp_path.parent / name) as file:
        assert file.convert("RGB").getpixel((0, 0)) == (200, 0, 0)


def test_a_kill_leaves_the_image_of_before(tmp_path, monkeypatch):
    """The image of a finished cell is replaced whole or not at all."""
    save_image(tmp_path, "a", np.zeros((4, 4, 3), np.uint8), (".png", {}))
    before = (tmp_path / "a.png").read_bytes()

    def killed(image, path, *_, **__):
        path.write_bytes(before[:10])
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        save_image(tmp_path, "a", np.ones((4, 4, 3), np.uint8), (".png", {}))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == before


def sample(mask, name="a", level=100):
    image = np.full((*mask.shape, 3), (level, 10, 20), np.uint8)
    return Sample(name, image, mask, "hash", int(mask.max()) if mask.max() < 255 else 1)


def prepared(mask, name="a"):
    one = sample(mask, name)
    return PreparedImage(torch.from_numpy(one.image).permute(2, 0, 1), one)


def test_the_files_of_an_example_have_their_colours(tmp_path):
    """Read back with Pillow: a red photo, masks in the palette's colours."""
    from PIL import Image

    mask = np.ones((16, 16), np.uint8)
    files = write_example(tmp_path / "examples", "x", prepared(mask), mask * 2, None, ("background", "cat", "dog"))

    def middle(name):
        with Image.open(tmp_path / name) as file:
            return np.array(file.convert("RGB").getpixel((8, 8)), int)

    assert np.abs(middle(files.input) - (100, 10, 20)).max() < 12  # WebP
    assert tuple(middle(files.truth)) == rgb(class_colour(1))
    assert tuple(middle(files.prediction)) == rgb(class_colour(2))
    assert files.confidence == {}


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


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize(("n", "seed"), [(1, 0), (2, 1), (3, 2), (40, 3), (97, 4)])
def test_the_kept_examples_are_those_of_all_scores(tmp_path, size, n, seed):
    """Best, median and worst as sorting all scores at the end gives them, whatever the batches, in bounded memory."""
    images, predictions, counts = cell(n, seed)
    most, again = [], []
    keeper = ExampleKeeper(METRIC_SETS["standard"], "classes", lambda i: again.append(i) or (images[i], predictions[i]))
    for begin in range(0, n, size):
        places = list(range(begin, min(begin + size, n)))
        batch = [images[i] for i in places], [predictions[i] for i in places]
        keeper.watch(places, *batch, part(counts, begin, begin + size))
        most.append(len(keeper._kept))
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


def test_confidence_comes_from_the_predictions_probabilities(go, tmp_path):
    """The network of the tiny suite has a map for each class; the baseline is certain."""
    go()
    folder = tmp_path / "run" / "examples"
    maps = sorted(folder.glob("*-best-confidence-0.webp"))
    assert len(maps) == 8
    values = [cv2.imread(str(file)).astype(int) for file in maps]
    assert {value.shape[2] for value in values} == {3}
    assert any(np.ptp(value) > 0 and (value != value[0, 0]).any() for value in values)


def test_an_error_map_without_a_background_has_two_kinds():
    """Class 0 is one like the others: right or wrong; the border stays as it is."""
    photo = np.full((1, 4, 3), 100, np.uint8)
    truth, labels = np.array([[0, 0, 1, 255]], np.uint8), np.array([[0, 1, 0, 0]], np.uint8)
    kinds = ["correct", "wrong class", "wrong class", None]
    expected = [[100] * 3 if kind is None else [(100 + c) // 2 for c in rgb(ERRORS[kind])] for kind in kinds]
    assert error_map(photo, truth, labels, background=False)[0].tolist() == expected
