"""What every data set of the registry must keep, whatever it is."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from data_pictures import labels, picture

from bench.data import DATASETS, DatasetEntry
from registry.parameters import Parameters


@pytest.fixture
def built(request, opened, official, folder):
    """A small instance of each entry; a new entry needs a line here."""

    def shapes():
        return opened("shapes", None, trainval=10, test=4)

    def oxford_pet():
        return opened("oxford_pet", official())

    def own_folder():
        root = folder({f"{s}/{i}": (picture(i), labels(1 + i % 2)) for s in ("a", "b") for i in range(10)})
        keys = {"images": "images", "masks": "masks", "classes": ["background", "cat", "dog"]}
        return opened("folder", root, **keys, splits={"trainval": "a", "test": "b"})

    return {"shapes": shapes, "oxford_pet": oxford_pet, "folder": own_folder}[request.param]()


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
    answer = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": root}, capture_output=True, text=True)
    assert answer.stdout.strip() == "set()", answer.stderr


@every
def test_ids_are_unique_and_stable(built):
    """The same pools come back in the same order."""
    for split in built.source.splits:
        ids = [reference.id for reference in built.source.pool(split)]
        assert len(set(ids)) == len(ids) and ids == [reference.id for reference in built.source.pool(split)]


@every
def test_pictures_and_masks_have_the_promised_form(built):
    """RGB uint8 [H, W, 3] with a uint8 mask [H, W] of classes and 255; safe to write into or to copy."""
    subset = built.subset("test")
    for index in range(len(subset)):
        sample = subset.load(index)
        assert sample.image.dtype == sample.mask.dtype == np.uint8
        assert sample.image.shape == (*sample.mask.shape, 3) and sample.image.flags.c_contiguous
        assert sample.image.flags.writeable and sample.mask.flags.writeable
        assert set(np.unique(sample.mask)) <= {*range(len(built.classes)), 255}


@every
def test_splits_are_disjoint(built):
    """train, val and test share no picture."""
    parts = [{row.id for row in built.subset(split).rows} for split in ("train", "val", "test")]
    assert len(set.union(*parts)) == sum(map(len, parts))


@every
def test_a_limit_is_respected(built):
    """Two of each, drawn by the seed, the same each time."""
    assert len(built.subset("test", limit=2).rows) == 2
    assert built.subset("test", limit=2) == built.subset("test", limit=2)


@every
def test_loading_is_repeatable(built):
    """The same picture twice is the same pixels."""
    subset = built.subset("test")
    first, second = subset.load(1), subset.load(1)
    assert np.array_equal(first.image, second.image) and np.array_equal(first.mask, second.mask)
