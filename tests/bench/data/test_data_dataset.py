"""Opening a data set, taking splits of it, loading samples, and what is remembered between runs."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from data_images import labels, random_image
from PIL import Image

from bench.data import DATASETS, data_root
from bench.host.files import cache_root, digest
from bench.host.hashing import pixel_hash
from registry.errors import BenchError

CLASSES = ["background", "cat", "dog"]


def ids(subset) -> list[str]:
    return [row.id for row in subset.rows]


def test_train_and_val_are_disjoint_and_together_trainval(opened, official):
    """No image is in two splits, none is lost."""
    data = opened("oxford_pet", official())
    train, val = ids(data.subset("train")), ids(data.subset("val"))
    assert not set(train) & set(val)
    assert sorted(train + val) == ids(data.subset("trainval"))


def test_validation_is_a_fifth_of_each_class(opened, official):
    """Of 10 cats and 15 dogs, 2 and 3 are held out."""
    val = opened("oxford_pet", official(cats=10, dogs=15)).subset("val")
    assert Counter(row.foreground for row in val.rows) == {1: 2, 2: 3}


def test_test_images_are_never_in_training(opened, official):
    """The test list stays apart from trainval."""
    data = opened("oxford_pet", official())
    assert not set(ids(data.subset("test"))) & set(ids(data.subset("trainval")))


def test_an_image_in_two_lists_is_refused(opened, official):
    """A test image that is also listed for training would be a leak."""
    root = official()
    with (root / "oxford-iiit-pet/annotations/trainval.txt").open("a") as file:
        file.write("\npug_0 1 2 1\n")
    with pytest.raises(BenchError, match="image 'pug_0' is in both 'trainval' and 'test'"):
        opened("oxford_pet", root)


def test_rows_are_in_the_order_of_their_ids(opened, official):
    """The order is fixed whatever the list's is."""
    found = ids(opened("oxford_pet", official()).subset("trainval"))
    assert found == sorted(found)


def test_a_row_has_what_the_sample_holds(opened, official):
    """Hashes, size, counts and foreground of the manifest are those of the loaded pixels."""
    subset = opened("oxford_pet", official()).subset("test")
    for index, row in enumerate(subset.rows):
        sample = subset.load(index)
        counts = [int((sample.mask == label).sum()) for label in (0, 1, 2, 255)]
        assert (row.id, row.foreground, row.image_hash) == (sample.id, sample.foreground, sample.image_hash)
        assert row.image_hash == pixel_hash(sample.image) and row.mask_hash == pixel_hash(sample.mask)
        assert (row.height, row.width) == sample.mask.shape and list(row.pixels) == counts


def test_the_manifest_hash_is_over_classes_version_and_rows(opened, official):
    """Anybody can compute it from the rows."""
    subset = opened("oxford_pet", official()).subset("test")
    rows = [(row.id, row.image_hash, row.mask_hash) for row in subset.rows]
    assert subset.manifest == digest(CLASSES, DATASETS["oxford_pet"].version, rows)


def test_the_manifest_does_not_depend_on_where_the_data_lie(opened, official, tmp_path):
    """A copy in another folder is the same data."""
    root = official()
    before = opened("oxford_pet", root).subset("test").manifest
    root.rename(tmp_path / "elsewhere")
    assert opened("oxford_pet", tmp_path / "elsewhere").subset("test").manifest == before


def test_a_limit_is_drawn_by_class_and_seed(opened, official):
    """Five of 10 cats and 15 dogs: two cats and three dogs, others by another seed."""
    data = opened("oxford_pet", official(cats=10, dogs=15))
    drawn = data.subset("trainval", limit=5, seed=0)
    assert Counter(row.foreground for row in drawn.rows) == {1: 2, 2: 3}
    assert ids(drawn) != ids(data.subset("trainval", limit=5, seed=1))


def test_a_limit_above_the_size_takes_all(opened, official):
    """Asking for more than there is is no fault."""
    assert len(opened("oxford_pet", official(test=4)).subset("test", limit=99)) == 4


def test_an_unknown_split_names_those_there_are(opened, folder):
    """A folder without splits has only "test"."""
    root = folder({"a": (random_image(0), labels(1))})
    data = opened("folder", root, images="images", masks="masks", classes=CLASSES)
    with pytest.raises(BenchError, match="no split 'train'; there is: test"):
        data.subset("train")


def test_a_val_split_too_small_for_one_image_is_refused(opened, official):
    """A fifth of three cats is none."""
    with pytest.raises(BenchError, match="split 'val' is empty"):
        opened("oxford_pet", official(cats=3, dogs=3)).subset("val")


def test_the_root_is_the_argument_else_the_variable_else_the_cache(monkeypatch, tmp_path):
    """An explicit root wins over $SEGBENCH_DATA, which wins over the cache."""
    assert data_root() == cache_root() / "data"
    monkeypatch.setenv("SEGBENCH_DATA", str(tmp_path / "env"))
    assert data_root() == tmp_path / "env"
    assert data_root(tmp_path / "given") == tmp_path / "given"


def test_images_are_verified_once(opened, official):
    """The second opening decodes nothing."""
    root, calls = official(), []
    for _ in range(2):
        opened("oxford_pet", root, progress=lambda done, total: calls.append((done, total))).subset("test")
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_same_folder_by_another_path_is_not_verified_again(opened, official, monkeypatch):
    """A relative --data-root, from wherever the command is run."""
    root, calls = official(), []
    opened("oxford_pet", root).subset("test")
    monkeypatch.chdir(root)
    for given in (Path(), Path("oxford-iiit-pet/..")):
        opened("oxford_pet", given, progress=lambda done, total: calls.append(done)).subset("test")
    assert calls == []


def test_only_a_changed_file_is_verified_again(opened, official):
    """Another time of change or size costs one decoding, and the hash follows."""
    root, calls = official(), []
    before = opened("oxford_pet", root).subset("test").rows
    Image.fromarray(random_image(99)).save(root / "oxford-iiit-pet/images/pug_0.jpg")
    data = opened("oxford_pet", root, progress=lambda done, total: calls.append((done, total)))
    after = data.subset("test").rows
    assert calls == [(1, 1)]
    assert [a.id for a, b in zip(after, before, strict=True) if a.image_hash != b.image_hash] == ["pug_0"]


DAMAGED = {
    "cut": lambda text: text[: len(text) // 2],
    "no rows": lambda text: '{"format": 4}',
    "rows of another kind": lambda text: '{"format": 4, "rows": [1, 2]}',
    "a list": lambda text: "[]",
    "no bytes": lambda text: "",
    "nested too deeply": lambda text: "[" * 100_000,
    "an entry without fields": lambda text: re.sub(r'"(pug_0)": \[', r'"\1": 3, "other": [', text),
    "a number as text": lambda text: re.sub(r"(\n\s+)(\d+),", r'\1"\2",', text),
    "a field too few": lambda text: re.sub(r'(\n\s+)"[0-9a-f]{32}",', "", text),
    "another hash": lambda text: re.sub(r'\n(\s+)"[0-9a-f]{32}",', rf'\n\1"{"0" * 32}",', text, count=1),
    "another height": lambda text: text.replace("12,", "13,", 1),
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_manifest_is_made_again(opened, official, damage):
    """A cache is never a reason to stop, whatever is damaged in it."""
    root = official()
    before = opened("oxford_pet", root).subset("test")
    (path,) = (one for one in (cache_root() / "manifests").iterdir())
    text = path.read_text()
    assert damage(text) != text
    path.write_text(damage(text))
    data = opened("oxford_pet", root)
    assert data.subset("test") == before
    assert data.remarks == [f"what is known of the images in {path} is damaged, and is made anew"]
    assert path.read_text() == text


def test_a_manifest_of_before_is_made_again_without_a_word(opened, official):
    """It has no checksum: nobody can tell whether it is whole."""
    root = official()
    before = opened("oxford_pet", root).subset("test")
    (path,) = (one for one in (cache_root() / "manifests").iterdir())
    text = path.read_text()
    path.write_text(json.dumps({"format": 2, "rows": json.loads(text)["rows"]}).replace("12", "13"))
    data = opened("oxford_pet", root)
    assert (data.subset("test"), data.remarks) == (before, [])
    assert path.read_text() == text


def test_a_manifest_under_another_name_is_made_again(opened, official):
    """It is whole, and of other images."""
    root = official()
    data = opened("oxford_pet", root)
    for split in ("test", "trainval"):
        data.subset(split)
    first, second = sorted((cache_root() / "manifests").iterdir())
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    again = opened("oxford_pet", root)
    for split in ("test", "trainval"):
        assert again.subset(split) == data.subset(split)
    assert again.remarks == [f"what is known of the images in {first} is that of another file, and is made anew"]
    assert first.read_bytes() == kept


def test_an_interruption_keeps_what_was_verified(opened, official):
    """Ctrl-C after two of four images leaves two to do."""
    root, calls = official(test=4), []

    def interrupt(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened("oxford_pet", root, progress=interrupt).subset("test")
    opened("oxford_pet", root, progress=lambda done, total: calls.append(total)).subset("test")
    assert calls == [2, 2]


def test_a_warm_opening_imports_no_pixels(official):
    """The second process takes its manifest from the cache without NumPy, OpenCV, Pillow or torch."""
    root = official()
    code = (
        "import sys; from pathlib import Path; from bench.data import DATASETS, open_dataset\n"
        "entry = DATASETS['oxford_pet']\n"
        f"data = open_dataset('oxford_pet', entry.parameters(), Path({str(root)!r}), download=False)\n"
        "print(data.subset('train').manifest, {'numpy', 'cv2', 'PIL', 'torch', 'pandas'} & set(sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    cold, warm = (
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert warm.split()[1:] == ["set()"] and warm.split()[0] == cold.split()[0]


def test_an_image_that_vanishes_later_stops_with_a_line(opened, official):
    """Between the manifest and the run a file may go; the message names it."""
    root = official()
    subset = opened("oxford_pet", root).subset("test")
    (root / "oxford-iiit-pet/images/pug_0.jpg").unlink()
    with pytest.raises(BenchError, match=r"pug_0\.jpg: no such file.*run the command again"):
        subset.load(ids(subset).index("pug_0"))


def test_an_image_or_mask_that_changes_later_stops_with_a_line(opened, official):
    """Its counts would be stored under the hash of the pixels that were there before."""
    root = official()
    base, subset = root / "oxford-iiit-pet", opened("oxford_pet", root).subset("test")
    (base / "images/pug_0.jpg").write_bytes((base / "images/pug_2.jpg").read_bytes())
    mask = base / "annotations/trimaps/pug_2.png"
    Image.fromarray(np.full((12, 16), 2, np.uint8)).save(mask)
    for name in ("pug_0", "pug_2"):
        with pytest.raises(
            BenchError, match=f"^the image '{name}' or its mask changed since this run began; give data"
        ):
            subset.load(ids(subset).index(name))


def test_a_subset_can_be_sent_to_another_process(opened, official):
    """Loader workers receive it by pickle."""
    import pickle

    subset = opened("oxford_pet", official()).subset("test")
    copy = pickle.loads(pickle.dumps(subset))
    assert np.array_equal(copy.load(0).image, subset.load(0).image)
