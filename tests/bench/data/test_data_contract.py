"""What every data set of the registry must keep, whatever it is."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.data import DATASETS, DatasetEntry, open_dataset
from registry.parameters import Parameters


@pytest.fixture
def built(request, tmp_path):
    """The entry's own example; without one, a generated data set at its defaults."""
    name = request.param
    entry = DATASETS[name]
    if entry.example is None and not (entry.generated and not required(entry)):
        pytest.skip(f"{name} declares no example, so its samples are not tested")
    parameters, root = entry.example(tmp_path / "example") if entry.example else (entry.parameters(), None)
    return open_dataset(name, parameters, root, download=False)


def required(entry: DatasetEntry) -> list[str]:
    return [key for key, field in entry.parameters.model_fields.items() if field.is_required()]


def whole(built):
    """A split that the data set has, all of it."""
    return built.subset(built.source.splits[-1])


every = pytest.mark.parametrize("built", DATASETS.names(), indirect=True)


@pytest.mark.parametrize("name", DATASETS.names())
def test_an_entry_describes_itself(name):
    """Title, licence, source and parameters are filled in."""
    entry = DATASETS[name]
    assert isinstance(entry, DatasetEntry) and issubclass(entry.parameters, Parameters)
    assert entry.version >= 1 and entry.title and entry.licence and entry.source


def test_entries_import_nothing_heavy():
    """Listing and describing data sets needs no pixels."""
    code = (
        "import sys; from bench.data import DATASETS; [DATASETS[name] for name in DATASETS.names()]\n"
        "print({'numpy', 'cv2', 'PIL', 'torch', 'pandas', 'torchvision'} & set(sys.modules))"
    )
    root = str(Path(__file__).parents[3])
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": root}, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


@every
def test_ids_are_unique_and_stable(built):
    """The same pools come back in the same order."""
    for split in built.source.splits:
        ids = [reference.id for reference in built.source.pool(split)]
        assert len(set(ids)) == len(ids) and ids == [reference.id for reference in built.source.pool(split)]


@every
def test_images_and_masks_have_the_promised_form(built):
    """RGB uint8 [H, W, 3] with a uint8 mask [H, W] of classes and 255; safe to write into or to copy."""
    subset = whole(built)
    for index in range(len(subset)):
        sample = subset.load(index)
        assert sample.image.dtype == sample.mask.dtype == np.uint8
        assert sample.image.shape == (*sample.mask.shape, 3) and sample.image.flags.c_contiguous
        assert sample.image.flags.writeable and sample.mask.flags.writeable
        assert set(np.unique(sample.mask)) <= {*range(len(built.classes)), 255}


@every
def test_splits_are_disjoint(built):
    """train, val and test share no image, and train and val are the whole of what is for training."""
    pools = built.source.splits
    names = [*(("train", "val") if {"trainval", "train"} & {*pools} else ()), *(("test",) if "test" in pools else ())]
    parts = [{row.id for row in built.subset(split).rows} for split in names]
    assert len(set.union(*parts)) == sum(map(len, parts)) == sum(len(built.source.pool(split)) for split in pools)


@every
def test_a_limit_is_respected(built):
    """Two of each, drawn by the seed, the same each time."""
    split = built.source.splits[-1]
    assert len(built.subset(split, limit=2).rows) == 2
    assert built.subset(split, limit=2) == built.subset(split, limit=2)


@every
def test_loading_is_repeatable(built):
    """The same image twice is the same pixels."""
    subset = whole(built)
    first, second = subset.load(1), subset.load(1)
    assert np.array_equal(first.image, second.image) and np.array_equal(first.mask, second.mask)


@pytest.mark.parametrize("name", ["folder", "oxford_pet", "shapes"])
def test_an_example_shows_every_class(name, tmp_path):
    """Ten images for training and four for tests, with a cat, a dog and a border in some of them."""
    parameters, root = DATASETS[name].example(tmp_path)
    opened = open_dataset(name, parameters, root, download=False)
    for split, count in (("trainval", 10), ("test", 4)):
        rows = opened.subset(split).rows
        assert len(rows) == count
        assert [sum(row.foreground == label for row in rows) for label in range(3)] == [0, count // 2, count // 2]
        assert all(row.pixels[-1] for row in rows)
