"""What a user's own names do to the screen: nothing."""

import numpy as np
import pytest
from PIL import Image

EVIL = "a\x1b]0;owned\x07\x1b[31m\nb"
SHOWN = r"a\x1b]0;owned\x07\x1b[31m\nb"


@pytest.fixture
def photos(tmp_path):
    """A folder with a good image and a text of an evil name."""
    (tmp_path / "photos").mkdir()
    Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(tmp_path / "photos" / "=1+1.png")
    (tmp_path / "photos" / f"{EVIL}.png").write_text("no image")
    return tmp_path / "photos"


def test_an_evil_name_is_shown_and_not_obeyed(bench, photos, tmp_path):
    """In a refusal, which stays one line, and where an image is left out."""
    code, _, err = bench("perturb", photos / f"{EVIL}.png", "-o", "x.png", "--all")
    assert code == 2
    assert err == f"bench: {SHOWN}.png: not an image; give an image file (png, jpg, webp, tif, bmp, gif, jp2 and ppm)\n"
    code, out, err = bench("corrupt", photos, tmp_path / "out", "--perturbation", "fog", "--strengths", "1")
    assert code == 0
    assert f"left out: {SHOWN}: {SHOWN}.png: not an image\n" in err
    assert "\x1b" not in out + err


def test_no_cell_of_a_manifest_is_a_formula(bench, photos, tmp_path):
    """The path of a clean image leads to the same file, and begins otherwise."""
    bench("corrupt", photos, tmp_path / "out", "--perturbation", "fog", "--strengths", "1")
    assert ",./=1+1.png," in (tmp_path / "out" / "manifest.csv").read_text()
    assert ",=" not in (tmp_path / "out" / "manifest.csv").read_text()
    _, out, _ = bench("corrupt", photos, tmp_path / "out", "--perturbation", "fog", "--strengths", "1")
    assert "nothing to do: 1 images are there" in out


def test_each_fault_of_a_suite_is_one_line(bench, tmp_path):
    """Two faults with ends of lines in what was given."""
    suite = 'name: "a\\nb"\ndatasets: [{name: shapes}]\nmodels: [{name: "x\\ny"}, {name: background, label: "=1+1"}]\n'
    (tmp_path / "s.yaml").write_text(suite)
    code, _, err = bench("check", "s.yaml")
    assert code == 2
    assert [line.split(": ")[1] for line in err.splitlines()] == ["s.yaml:1", "s.yaml:3", "s.yaml:3"]
    assert "a label of 1 to 80 characters, not beginning with = + - or @ (a spreadsheet would run it)" in err
