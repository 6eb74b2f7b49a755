"""Image and mask lie on each other, whichever of them the camera's orientation tag is in; doubts reach the user."""

import json

import numpy as np
import pytest
from data_images import labels as drawn
from data_images import random_image
from PIL import Image, ImageOps

from bench.cli.app import main
from bench.data import remark_words
from bench.data.decoding import TURNED, UNSURE, read_pair
from bench.host.screen import Screen
from bench.runner.loop import Options, run
from bench.suite import load_suite
from registry.errors import BenchError
from registry.remarks import hearing

SIZE = 12, 16
KEYS = {"images": "images", "masks": "masks", "classes": ["background", "cat", "dog"]}


def labels(*args):
    """An object and a border, with a corner that looks different whichever way it is turned."""
    mask = drawn(*args)
    mask[0, :2] = 1
    return mask


def saved(path, pixels, tag):
    """Write pixels as they are, with a tag; return them turned by it, by Pillow."""
    exif = Image.Exif()
    if tag:
        exif[274] = tag
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, exif=exif)
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image))


def turned(pixels, tag, path):
    """Return pixels turned by a tag, by Pillow."""
    return saved(path / "twin.png", pixels, tag)


@pytest.mark.parametrize("tag", range(9))
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_a_mask_with_the_tag_of_its_image_is_turned_with_it(tmp_path, tag, suffix):
    """There is no doubt."""
    saved(tmp_path / f"a.{suffix}", random_image(0), tag)
    mask = saved(tmp_path / "m.png", labels(1), tag)
    with hearing() as remarks:
        image, found = read_pair(tmp_path / f"a.{suffix}", tmp_path / "m.png", 10**6)
    assert np.array_equal(found, mask)
    assert image.shape[:2] == mask.shape
    assert remarks == []


@pytest.mark.parametrize("tag", range(2, 9))
@pytest.mark.parametrize("square", [False, True])
def test_a_mask_without_the_tag_of_its_image(tmp_path, tag, square):
    """Sizes tell for 5 to 8 of images that are not square: the mask was drawn on the stored pixels."""
    size = (12, 12) if square else SIZE
    saved(tmp_path / "a.png", random_image(0, *size), tag)
    stored = saved(tmp_path / "m.png", labels(1, *size), None)
    tells = tag >= 5 and not square
    with hearing() as remarks:
        _, found = read_pair(tmp_path / "a.png", tmp_path / "m.png", 10**6)
    assert np.array_equal(found, turned(stored, tag, tmp_path) if tells else stored)
    assert remarks == [TURNED if tells else UNSURE]


@pytest.mark.parametrize("tag", range(5, 9))
def test_a_mask_of_the_turned_size_was_drawn_on_the_turned_image(tmp_path, tag):
    """It is taken as it is, without a doubt."""
    saved(tmp_path / "a.png", random_image(0), tag)
    mask = saved(tmp_path / "m.png", labels(1, 16, 12), None)
    with hearing() as remarks:
        assert np.array_equal(read_pair(tmp_path / "a.png", tmp_path / "m.png", 10**6)[1], mask)
    assert remarks == []


@pytest.mark.parametrize("tag", range(2, 9))
@pytest.mark.parametrize("image_size", [SIZE, SIZE[::-1]])
def test_a_mask_with_a_tag_that_its_image_lacks(tmp_path, tag, image_size):
    """The tag counts, unless only the stored size fits."""
    saved(tmp_path / "a.png", random_image(0, *image_size), None)
    upright = saved(tmp_path / "m.png", labels(1), tag)
    if tag < 5 and image_size != SIZE:
        pytest.skip("neither way fits")
    with hearing() as remarks:
        _, found = read_pair(tmp_path / "a.png", tmp_path / "m.png", 10**6)
    stale = tag >= 5 and image_size == SIZE
    assert np.array_equal(found, labels(1) if stale else upright)
    assert remarks == ([TURNED] if stale else [UNSURE] if tag < 5 else [])


def test_a_mask_that_looks_the_same_both_ways_raises_no_doubt(tmp_path):
    """Nothing depends on the answer."""
    saved(tmp_path / "a.png", random_image(0), 3)
    saved(tmp_path / "m.png", np.ones(SIZE, np.uint8), None)
    with hearing() as remarks:
        read_pair(tmp_path / "a.png", tmp_path / "m.png", 10**6)
    assert remarks == []


@pytest.fixture
def doubtful(tmp_path):
    """Five images with tag 3, four of them with masks that have none."""
    for i in range(5):
        saved(tmp_path / f"data/images/{i}.png", random_image(i), 3)
        saved(tmp_path / f"data/masks/{i}.png", labels(1 + i % 2), 3 if i == 4 else None)
    return tmp_path / "data"


LINE = f"4 of 5 images (0, 1, 2, …): {UNSURE}"


def test_remarks_survive_the_cached_manifest(opened, doubtful):
    """The second opening decodes nothing and says the same."""
    first = opened("folder", doubtful, **KEYS)
    assert remark_words(first.subset("test").rows) == [LINE]
    decoded = []
    again = opened("folder", doubtful, **KEYS, progress=lambda done, _: decoded.append(done))
    assert remark_words(again.subset("test").rows) == [LINE]
    assert decoded == []


SUITE = """
name: s
datasets: [{name: folder, root: data, images: images, masks: masks, classes: [background, cat, dog], label: mine}]
models: [{name: background}]
perturbations: []
"""


def test_remarks_reach_the_screen_and_the_protocol(doubtful, tmp_path, monkeypatch, capsys):
    """Once for a data set."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(SUITE)
    run(load_suite(tmp_path / "s.yaml"), Options(tmp_path / "out"), Screen())
    assert " ".join(capsys.readouterr().err.split()).count(f"mine: {LINE}") == 1
    record = json.loads((tmp_path / "out/run.json").read_text())["datasets"][0]
    assert record["remarks"] == [{"text": UNSURE, "images": 4, "first": ["0", "1", "2", "3"]}]


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "s.yaml"],
        ["data", "s.yaml"],
        ["corrupt", "data", "c", "--perturbation", "brightness_increase", "--strengths", "10"],
    ],
)
def test_other_commands_say_them_too(doubtful, tmp_path, monkeypatch, capsys, words):
    """bench plan, data and corrupt read the same masks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(SUITE)
    monkeypatch.setattr("sys.argv", ["bench", *words])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    assert end.value.code in (0, None)
    assert LINE in " ".join((said.out + said.err).split())


def test_perturb_turns_the_mask_and_says_so(tmp_path, monkeypatch, capsys):
    """A mask of the stored size is turned with its image."""
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "a.png", random_image(0), 6)
    stored = saved(tmp_path / "m.png", labels(1), None)
    words = "perturb a.png --perturbation brightness_increase --strength 10 -o b.png --mask m.png --mask-out n.png"
    monkeypatch.setattr("sys.argv", ["bench", *words.split()])
    with pytest.raises(SystemExit):
        main()
    assert np.array_equal(np.asarray(Image.open(tmp_path / "n.png")), turned(stored, 6, tmp_path))
    assert TURNED in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("tag", [3, 6])
def test_the_layouts_of_the_pets_turn_masks_too(opened, official, coursework, tag):
    """By the same reader."""
    root = official() / "oxford-iiit-pet"
    trimap = np.choose(np.searchsorted([0, 1, 255], labels(1)), [2, 1, 3]).astype(np.uint8)
    saved(root / "images/pug_0.jpg", random_image(0), tag)
    upright = saved(root / "annotations/trimaps/pug_0.png", trimap, tag)
    subset = opened("oxford_pet", root.parent).subset("test")
    found = subset.load([row.id for row in subset.rows].index("pug_0")).mask
    assert np.array_equal(found == 2, upright == 1)
    root = coursework("index")
    saved(root / "Dataset_filtered/Test/color/pug_Test_0.jpg", random_image(0), tag)
    upright = saved(root / "Dataset_filtered/Test/label/pug_Test_0.png", labels(2), tag)
    subset = opened("oxford_pet", root / "Dataset_filtered").subset("test")
    assert np.array_equal(subset.load([row.id for row in subset.rows].index("pug_Test_0")).mask, upright)


def test_a_mask_that_fits_neither_way_gives_both_sizes(opened, tmp_path):
    """As without tags."""
    saved(tmp_path / "data/images/a.png", random_image(0), 3)
    saved(tmp_path / "data/masks/a.png", labels(1, 12, 17), None)
    with pytest.raises(BenchError, match="the mask is 17x12 but the image is 16x12"):
        opened("folder", tmp_path / "data", **KEYS).subset("test")
