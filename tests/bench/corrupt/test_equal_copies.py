"""`bench corrupt --equal`: a copy at strengths that damage images by as much."""

import csv
import statistics
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.cli.corrupt import command
from registry.errors import BenchError


@pytest.fixture
def photos(tmp_path):
    """Three pictures of soft blobs without masks."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        small = np.random.default_rng(number).integers(60, 196, (6, 8, 3), dtype=np.uint8)
        Image.fromarray(small).resize((64, 48), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder


def copied(photos, out, *names, **options):
    command(str(photos), Path(out), perturbation=list(names), jobs=1, **options)
    with (Path(out) / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_copy_has_the_damage_that_was_asked_for(photos, tmp_path):
    """Measured on the written files by NumPy, in the mean over the images."""
    rows = copied(photos, tmp_path / "out", "additive_noise", "gamma", equal="rmse=6,12")
    for name in ("additive_noise", "gamma"):
        found = {}
        for row in (row for row in rows if row["perturbation"] == name):
            clean, other = (
                np.asarray(Image.open(path), float) for path in (photos / row["source"], tmp_path / "out" / row["file"])
            )
            found.setdefault(float(row["strength"]), []).append(np.sqrt(np.mean((clean - other) ** 2)))
        means = [statistics.fmean(found[strength]) for strength in sorted(found)]
        assert means == pytest.approx([6, 12], rel=0.05)


def test_what_reaches_no_level_is_named_and_left_out(photos, tmp_path, capsys):
    """The others are written; alone it is an error."""
    rows = copied(photos, tmp_path / "out", "additive_noise", "horizontal_flip", equal="rmse=5")
    assert {row["perturbation"] for row in rows} == {"additive_noise"}
    assert "horizontal_flip: left out at RMSE 5: its strengths jump over it" in capsys.readouterr().err
    with pytest.raises(BenchError, match="no perturbation reaches one of these levels"):
        copied(photos, tmp_path / "none", "horizontal_flip", equal="rmse=5")


@pytest.mark.parametrize(
    ("equal", "words"),
    [
        ("psnr=30", "no measure 'psnr'; known: rmse, ssim; write ssim=0.9,0.8"),
        ("ssim", "takes numbers with commas between them"),
        ("ssim=0.5,0.9", "the levels are not in order"),
        ("rmse=0", "rmse 0 is out of range"),
    ],
)
def test_levels_that_make_no_sense_are_refused(photos, tmp_path, equal, words):
    """Before anything is written."""
    with pytest.raises(BenchError, match=words):
        copied(photos, tmp_path / "out", "fog", equal=equal)
    assert not (tmp_path / "out").exists()


def test_strengths_are_given_once(photos, tmp_path):
    """Either numbers or levels."""
    with pytest.raises(BenchError, match="--strengths and --equal both say how strong"):
        copied(photos, tmp_path / "out", "fog", equal="ssim=0.9", strengths="1")
