"""The pixels of each version, pinned: whoever changes one has to raise the entry's version."""

import json

import numpy as np
import pytest
from fingerprints import COMMAND, SKIPPED, changed, hashes, recorded, stored_strip, strip
from PIL import Image
from write_golden import main

from bench.perturb import PERTURBATIONS

RECORDS = recorded()


@pytest.mark.parametrize("name", [name for name in PERTURBATIONS.names() if name not in SKIPPED])
def test_pixels_of_this_version_are_as_recorded(name: str) -> None:
    """The recorded strengths of one fixed image give what was recorded for this version."""
    if name not in RECORDS:
        pytest.skip(f"{name} is not recorded; run `make golden`")
    record = RECORDS[name]
    version = PERTURBATIONS[name].version
    assert record["version"] == version, f"recorded is version {record['version']}; {COMMAND} {name} records {version}"
    assert not changed(name, record), f"the pixels of {name} changed: raise its version, then {COMMAND} {name}"


def test_nothing_is_recorded_that_is_not_there() -> None:
    """Each record belongs to an entry."""
    assert set(RECORDS) <= set(PERTURBATIONS.names()) - set(SKIPPED)


def test_one_changed_strength_is_seen_in_a_hash() -> None:
    """Another strength, or another image's mask, hashes otherwise."""
    assert hashes("occlusion", [5])["mask"] != hashes("occlusion", [10])["mask"]
    assert hashes("brightness_increase", [5]) != hashes("brightness_increase", [10])
    assert set(hashes("brightness_increase", [5])) == {"image"}


def test_an_image_is_compared_tile_by_tile(tmp_path) -> None:
    """One grey level is nothing; two levels in one value of a hundred of a single tile are a change."""
    name, folder = "rotate", tmp_path / "golden"
    assert main([name], folder) == 0
    record = recorded(folder)[name]
    kept = stored_strip(name, folder)
    assert np.array_equal(kept, strip(name, record["strengths"]))
    for level, share, other in ((1, 1, False), (2, 0.0005, False), (2, 0.01, True), (40, 0.01, True)):
        altered = kept.astype(int)
        tile = altered[:48, :64].reshape(-1)  # a copy
        tile[: int(share * tile.size)] += np.where(tile[: int(share * tile.size)] < 128, level, -level)
        altered[:48, :64] = tile.reshape(48, 64, 3)
        Image.fromarray(altered.astype(np.uint8)).save(folder / f"{name}.png")
        assert changed(name, record, folder) == other


def test_changed_pixels_need_a_new_version(tmp_path, capsys) -> None:
    """What differs from the record is written only where the version is higher than the recorded one."""
    name, folder = "occlusion", tmp_path / "golden"
    assert main([name], folder) == 0
    index = folder / "golden.json"
    good = index.read_text(encoding="utf-8")
    records = json.loads(good)
    records[name]["image"] = "00"
    index.write_text(json.dumps(records), encoding="utf-8")
    assert main([name], folder) == 2
    assert "occlusion: its pixels changed, its version (1) did not" in capsys.readouterr().err
    records[name]["version"] = 0
    index.write_text(json.dumps(records), encoding="utf-8")
    assert main([name], folder) == 0
    assert index.read_text(encoding="utf-8") == good


def test_writing_again_changes_no_byte(tmp_path) -> None:
    """Recorded twice, the files are the same; an unknown name is refused."""
    folder = tmp_path / "golden"
    for _ in range(2):
        assert main(["horizontal_flip", "scale"], folder) == 0
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(files) == {"golden.json", "scale.png"}
    assert main(["horizontal_flip"], folder) == 0
    assert files == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main(["imagecorruptions"], folder) == 2


def test_a_record_without_its_image_is_none(tmp_path) -> None:
    """An image that is missing is a record that is missing."""
    folder = tmp_path / "golden"
    assert main(["scale"], folder) == 0
    (folder / "scale.png").unlink()
    assert recorded(folder) == {}
