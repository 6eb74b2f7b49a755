"""Small data sets on disk in every layout, and a cache folder of each test's own."""

from pathlib import Path

import numpy as np
import pytest
from data_images import encoded, labels, random_image
from PIL import Image

from bench.data import DATASETS, Dataset, open_dataset

SAMPLE = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Keep manifests of one test from another, and the user's own data out of all."""
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SEGBENCH_DATA", raising=False)


@pytest.fixture
def pets_root():
    """The folder of the real sample; skips where it is absent."""
    if not (SAMPLE / "oxford-iiit-pet").is_dir():
        pytest.skip("the Oxford-IIIT Pet sample is not on this machine")
    return SAMPLE


@pytest.fixture
def official(tmp_path):
    """Build the official layout: `official(cats, dogs, test)` images; returns the data root."""

    def build(cats: int = 10, dogs: int = 15, test: int = 4, folder: str = "oxford-iiit-pet") -> Path:
        base = tmp_path / "data" / folder
        (base / "images").mkdir(parents=True)
        (base / "annotations" / "trimaps").mkdir(parents=True)
        lists = {"trainval": [], "test": []}
        names = [(f"Abyssinian_{i}", 1, "trainval") for i in range(cats)]
        names += [(f"beagle_{i}", 2, "trainval") for i in range(dogs)]
        names += [(f"{'Bengal' if i % 2 else 'pug'}_{i}", 1 if i % 2 else 2, "test") for i in range(test)]
        for seed, (name, species, split) in enumerate(names):
            Image.fromarray(random_image(seed)).save(base / "images" / f"{name}.jpg")
            trimap = np.choose(np.searchsorted([0, 1, 255], labels(1)), [2, 1, 3]).astype(np.uint8)
            Image.fromarray(trimap).save(base / "annotations" / "trimaps" / f"{name}.png")
            lists[split].append(f"{name} 1 {species} 1")
        for split, lines in lists.items():
            (base / "annotations" / f"{split}.txt").write_text("#name class species breed\n" + "\n".join(lines))
        return tmp_path / "data"

    return build


@pytest.fixture
def coursework(tmp_path):
    """Build the coursework layout in one encoding: six TrainVal and two Test images; returns the root."""

    def build(encoding: str = "palette index", below: str = "Dataset_filtered") -> Path:
        base = tmp_path / "data" / below
        for split, count in (("TrainVal", 6), ("Test", 2)):
            for kind in ("color", "label"):
                (base / split / kind).mkdir(parents=True)
            for i in range(count):
                name = f"{'Bengal' if i % 2 else 'pug'}_{split}_{i}"
                Image.fromarray(random_image(i)).save(base / split / "color" / f"{name}.jpg")
                encoded(labels(1 if i % 2 else 2), encoding).save(base / split / "label" / f"{name}.png")
        return tmp_path / "data"

    return build


@pytest.fixture
def folder(tmp_path):
    """Build images and index masks below a root: `folder({name: (image, mask)})`; returns the root."""

    def build(pairs: dict[str, tuple[np.ndarray, np.ndarray]]) -> Path:
        for name, (image, mask) in pairs.items():
            for kind, pixels in (("images", image), ("masks", mask)):
                path = tmp_path / "data" / kind / f"{name}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(path)
        return tmp_path / "data"

    return build


@pytest.fixture
def opened():
    """Open a data set by name: `opened(name, root, **keys)`; never downloads."""

    def build(name: str, root: Path | None, *, max_pixels=10**8, max_unreadable=0.01, progress=None, **keys) -> Dataset:
        parameters = DATASETS[name].parameters(**keys)
        limits = {"max_pixels": max_pixels, "max_unreadable": max_unreadable, "progress": progress}
        return open_dataset(name, parameters, root, download=False, **limits)

    return build
