"""Pictures for a page: cut from their files, small enough, within a budget that holds."""

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from made_up_pictures import COLOURS, draw
from PIL import Image

from registry.errors import BenchError
from reports.record.thumbnails import RECONSTRUCTED, SHARED, STRIPS, WIDTHS, WORST, PicturePanel, fitted


def pixels(uri):
    """The picture of a data URI, read by Pillow: an array [h, w, 3]."""
    head, data = uri.split(",")
    assert head == "data:image/webp;base64"
    with Image.open(BytesIO(b64decode(data))) as file:
        return np.array(file.convert("RGB"), int)


def test_panels_are_cut_and_stand_side_by_side(tmp_path):
    """The second and the first of three, without the white pixels between them in the file."""
    draw(tmp_path / "a.webp", 3)
    picture = (PicturePanel("a.webp", 1, 3), PicturePanel("a.webp", 0, 3))
    found = pixels(fitted(tmp_path, [picture], 10**6).uris[picture])
    assert found.shape == (48, 64 + 4 + 64, 3)
    assert np.abs(found[8:40, 8:56] - COLOURS[1]).max() < 24  # WebP
    assert np.abs(found[8:40, 76:124] - COLOURS[0]).max() < 24
    assert found[8:40, 66].min() > 200


def test_a_file_of_one_panel_is_taken_whole(tmp_path):
    """Files of the first format have no gap; a PNG becomes a WebP."""
    Image.new("RGB", (40, 30), (0, 90, 0)).save(tmp_path / "a.png")
    found = pixels(fitted(tmp_path, [(PicturePanel("a.png"),)], 10**6).uris[(PicturePanel("a.png"),)])
    assert found.shape == (30, 40, 3)
    assert np.abs(found - (0, 90, 0)).max() < 16


def noisy(folder, number, size=(320, 240)):
    for i in range(number):
        draw(folder / f"{i}.webp", 1, size, seed=i)
    return [(PicturePanel(f"{i}.webp"),) for i in range(number)]


def test_pictures_shrink_until_they_fit(tmp_path):
    """All of one width, the largest at which they fit; nothing is left out, and nothing grows."""
    wanted = noisy(tmp_path, 6)
    whole = fitted(tmp_path, wanted, 10**7)
    weight = sum(map(len, whole.uris.values()))
    assert {pixels(uri).shape[1] for uri in whole.uris.values()} == {320}
    small = fitted(tmp_path, wanted, weight // 3)
    widths = {pixels(uri).shape[1] for uri in small.uris.values()}
    assert len(widths) == 1
    assert widths < {*WIDTHS} - {320}
    assert (len(small.uris), small.left_out) == (6, 0)
    assert sum(map(len, small.uris.values())) <= weight // 3


@pytest.mark.parametrize("number", [3, 40, 100])
def test_a_budget_holds(tmp_path, number):
    """What does not fit at the smallest size is left out and counted, the last ones first."""
    wanted = noisy(tmp_path, number, (96, 72))
    one = len(fitted(tmp_path, wanted[:1], 10**6).uris[wanted[0]])
    budget = int(one * number / 2)
    found = fitted(tmp_path, wanted, budget)
    assert sum(map(len, found.uris.values())) <= budget
    assert list(found.uris) == wanted[: len(found.uris)]
    assert 0 < found.left_out == number - len(found.uris) < number


def test_a_picture_that_stands_twice_weighs_twice(tmp_path):
    """It is in the page twice."""
    wanted = noisy(tmp_path, 1) * 4
    one = len(fitted(tmp_path, wanted[:1], 10**6).uris[wanted[0]])
    assert pixels(fitted(tmp_path, wanted, one * 4).uris[wanted[0]]).shape[1] == 320
    assert pixels(fitted(tmp_path, wanted, one * 3).uris[wanted[0]]).shape[1] < 320


@pytest.mark.parametrize("content", [b"", b"<svg onload='alert(1)'/>", b"RIFF\x10\x00\x00\x00WEBPVP8 broken"])
def test_a_missing_or_damaged_file_is_said(tmp_path, content):
    """It has no picture; the others have theirs."""
    draw(tmp_path / "a.webp", 1)
    (tmp_path / "b.webp").write_bytes(content)
    wanted = [(PicturePanel("a.webp"),), (PicturePanel("b.webp"),), (PicturePanel("gone.webp"),)]
    found = fitted(tmp_path, wanted, 10**6)
    assert [found.uris[one] is None for one in wanted] == [False, True, True]
    assert found.left_out == 0


def test_a_file_outside_the_run_is_refused(tmp_path):
    """Whatever the index says."""
    with pytest.raises(BenchError, match="no image of this run"):
        fitted(tmp_path, [(PicturePanel("../a.webp"),)], 10**6)


def test_all_pictures_of_a_page_are_within_five_megabytes():
    """The shares of the sections together."""
    assert STRIPS + SHARED + WORST + RECONSTRUCTED <= 5_000_000
