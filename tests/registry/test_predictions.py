"""Masks made elsewhere are scored as they are."""

from unicodedata import normalize

import numpy as np
import pytest
import torch
from PIL import Image

from registry import MODELS
from registry.errors import BenchError
from registry.segmenter import Case

ENTRY = MODELS["predictions"]
IMAGE = torch.zeros(3, 6, 9, dtype=torch.uint8)


@pytest.fixture
def folder(tmp_path):
    """One mask of the clean image, one of a perturbed one."""
    for place, value in (("clean", 1), ("additive_noise_18", 2)):
        (tmp_path / place).mkdir()
        Image.fromarray(np.full((6, 9), value, np.uint8)).save(tmp_path / place / "a.png")
    return tmp_path


def predict(folder, case, classes=3):
    segmenter = ENTRY.build(ENTRY.parameters(folder=str(folder)), ("x",) * classes, True)
    segmenter.announce(case)
    return segmenter.predict([IMAGE])[0].labels


def test_each_condition_has_its_folder(folder):
    """clean/, and <perturbation>_<strength>/."""
    assert predict(folder, Case("clean", 0.0, ("a",))).unique().tolist() == [1]
    assert predict(folder, Case("additive_noise", 18.0, ("a",))).unique().tolist() == [2]


def test_a_palette_mask_is_read_by_index(folder):
    """Its colours do not matter."""
    mask = Image.fromarray(np.full((6, 9), 2, np.uint8), mode=None).convert("P")
    mask.putpalette([7] * 768)
    mask.save(folder / "clean" / "a.png")
    assert predict(folder, Case("clean", 0.0, ("a",))).unique().tolist() == [2]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_may_be_in_either_unicode_form(folder, form):
    """macOS writes an accent as a sign of its own; an id is always in one form (NFC)."""
    (folder / "clean" / "a.png").rename(folder / "clean" / normalize(form, "été.png"))
    case = Case("clean", 0.0, ("été",))
    assert ENTRY.check_cases(ENTRY.parameters(folder=str(folder)), [case]) is None
    assert predict(folder, case).unique().tolist() == [1]


def test_what_does_not_fit_is_named(folder):
    """Missing, of another size, of unknown labels, of colours, no image."""
    clean = Case("clean", 0.0, ("a",))
    with pytest.raises(BenchError, match="no mask .*b.png"):
        predict(folder, Case("clean", 0.0, ("b",)))
    with pytest.raises(BenchError, match="has label 1; allowed are 0 to 0"):
        predict(folder, clean, classes=1)
    Image.fromarray(np.zeros((5, 9), np.uint8)).save(folder / "clean" / "a.png")
    with pytest.raises(BenchError, match="is 9x5, its image 9x6$"):
        predict(folder, clean)
    Image.fromarray(np.zeros((9, 6), np.uint8)).save(folder / "clean" / "a.png")
    with pytest.raises(BenchError, match="is 6x9, its image 9x6; a mask belongs to the upright image"):
        predict(folder, clean)
    Image.fromarray(np.full((6, 9, 3), (0, 0, 1), np.uint8)).save(folder / "clean" / "a.png")
    with pytest.raises(BenchError, match="is in colours"):
        predict(folder, clean)
    (folder / "clean" / "a.png").write_bytes(b"no image")
    with pytest.raises(BenchError, match="is not a readable image"):
        predict(folder, clean)


def test_the_identity_follows_every_mask(folder):
    """Also one in a sub-folder, as ids with a slash have."""
    before = ENTRY.identity(ENTRY.parameters(folder=str(folder)))
    (folder / "clean" / "test").mkdir()
    Image.fromarray(np.zeros((6, 9), np.uint8)).save(folder / "clean" / "test" / "b.png")
    assert ENTRY.identity(ENTRY.parameters(folder=str(folder))) != before


def test_masks_are_read_by_the_rules_for_ground_truth(folder):
    """An orientation tag turns them, 2 bits are labels, three equal channels are one; doubts are refused."""
    clean, truth = Case("clean", 0.0, ("a",)), (np.arange(54).reshape(6, 9) % 3).astype(np.uint8)
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(np.rot90(truth)).save(folder / "clean" / "a.png", exif=exif)  # 6: to be turned to the right
    assert np.array_equal(predict(folder, clean), truth)
    Image.fromarray(np.repeat(truth[..., None], 3, 2)).save(folder / "clean" / "a.png")
    assert np.array_equal(predict(folder, clean), truth)
    Image.fromarray(truth).save(folder / "clean" / "a.png", bits=2)
    assert np.array_equal(predict(folder, clean), truth)
    Image.fromarray(np.dstack([truth, truth])).save(folder / "clean" / "a.png")
    with pytest.raises(BenchError, match=r"a\.png: the mask is not opaque everywhere"):
        predict(folder, clean)


def test_the_size_of_a_mask_is_checked_before_decoding(folder, monkeypatch):
    """A header of any size must not cost memory; images above the usual limit have masks of their size."""
    monkeypatch.setattr("registry.networks.stored_masks.MAX_PIXELS", 10)
    assert predict(folder, Case("clean", 0.0, ("a",))).shape == (6, 9)
    Image.fromarray(np.zeros((60, 90), np.uint8)).save(folder / "clean" / "a.png")
    with pytest.raises(BenchError, match="90x60 is above max_pixels = 54"):
        predict(folder, Case("clean", 0.0, ("a",)))
