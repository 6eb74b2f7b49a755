"""Decoding: an image of every data set's example, and one of 375 x 500 from files of each common kind."""

import pytest
from PIL import Image

from bench.data import DATASETS, open_dataset
from bench.data.decoding import read_pair
from bench.testing import record

pytestmark = pytest.mark.speed


@pytest.mark.parametrize("name", DATASETS.names())
def test_data_set(benchmark, name, tmp_path):
    """One image and its mask, read or drawn: of the entry's example, else of its defaults."""
    entry = DATASETS[name]
    parameters, root = entry.example(tmp_path) if entry.example else (entry.parameters(), None)
    opened = open_dataset(name, parameters, root, download=False)
    subset = opened.subset(opened.source.splits[-1], 1)
    benchmark(subset.load, 0)
    record(benchmark, device="cpu")


@pytest.mark.parametrize("ending", ["jpg", "png", "tif"])
def test_file(benchmark, ending, image, mask, tmp_path):
    """One image of 375 x 500 and its mask, a PNG file."""
    Image.fromarray(image).save(tmp_path / f"image.{ending}")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    benchmark(read_pair, tmp_path / f"image.{ending}", tmp_path / "mask.png", 10**8)
    record(benchmark, device="cpu")
