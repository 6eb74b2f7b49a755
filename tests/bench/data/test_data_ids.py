"""Ids become parts of file names: none leads out of the folder that something is written to."""

import os
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from bench.data import DatasetEntry, Reference, open_dataset
from registry.errors import BenchError
from registry.parameters import Parameters


@dataclass(frozen=True)
class OneImage:
    """The source of a plug-in: one image by a name of its own choice."""

    id: str
    classes: tuple[str, ...] = ("background", "thing")
    layout: str = "made up"
    splits: tuple[str, ...] = ("test",)

    def pool(self, split):
        """Return its only reference."""
        return [Reference(self.id, None, None)]

    def read(self, reference):
        """Return noise and its mask."""
        pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
        return pixels, (pixels[..., 0] > 99).astype(np.uint8)


def opened_as(name):
    """Open it as a data set."""
    entry = DatasetEntry(
        version=1,
        title="made up",
        licence="none",
        source="here",
        parameters=Parameters,
        open=lambda *_: OneImage(name),
        generated=True,
        in_memory=True,
    )
    return open_dataset("own", Parameters(), None, download=False, entry=entry)


@pytest.mark.parametrize("name", ["../../x", "a/../../b", "/etc/passwd", "a//b", "./a", "a/.", "..", "", "a\0b"])
def test_an_id_that_leads_elsewhere_is_refused(name):
    """One line with the id."""
    with pytest.raises(BenchError, match="own: .* is no id of an image"):
        opened_as(name)


@pytest.mark.parametrize("name", ["a", "sub/a", "-a", "..a", "a..", "=1+1", "a b", "a\\b", "猫"])
def test_other_ids_are_names(name):
    """Whatever a file may be called."""
    assert opened_as(name).subset("test").rows[0].id == name


def test_images_that_are_links_are_read_wherever_they_lead(opened, tmp_path):
    """A folder of links is a choice of the user's own; a name in a list is not."""
    for kind in ("images", "masks"):
        (tmp_path / "elsewhere" / kind).mkdir(parents=True)
        (tmp_path / "data" / kind).mkdir(parents=True)
        pixels = np.eye(8, dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "elsewhere" / kind / "x.png")
        (tmp_path / "data" / kind / "a.png").symlink_to(tmp_path / "elsewhere" / kind / "x.png")
    keys = {"images": "images", "masks": "masks", "classes": ("background", "thing")}
    assert [row.id for row in opened("folder", tmp_path / "data", **keys).subset("test").rows] == ["a"]


def test_a_list_that_is_a_pipe_is_refused_at_once(opened, tmp_path):
    """Nobody waits for its writer."""
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
        Image.fromarray(np.eye(8, dtype=np.uint8)).save(tmp_path / kind / "a.png")
    os.mkfifo(tmp_path / "test.txt")
    keys = {"images": "images", "masks": "masks", "classes": ("background", "thing"), "splits": {"test": "test.txt"}}
    with pytest.raises(BenchError, match=r"cannot read the list .*test\.txt .*: not a file but a pipe"):
        opened("folder", tmp_path, **keys)
