"""Oxford-IIIT Pet in its official layout and in the coursework copy, with masks in every encoding."""

import numpy as np
import pytest
from data_images import encoded, labels
from PIL import Image

from bench.host.files import cache_root
from registry.errors import BenchError

ENCODINGS = ["palette index", "palette colours", "index", "grey 0/38/75/255", "RGB colours"]


def masks(subset) -> dict[str, list]:
    return {row.id: subset.load(i).mask.tolist() for i, row in enumerate(subset.rows)}


@pytest.mark.parametrize("below", ["oxford-iiit-pet", ""])
def test_the_root_may_hold_the_folder_or_be_it(opened, official, below):
    """Both DATA and DATA/oxford-iiit-pet are accepted as --data-root."""
    assert len(opened("oxford_pet", official(test=4, folder=below)).subset("test")) == 4


def test_a_trimap_becomes_the_species_label(opened, official):
    """1 -> cat or dog by the list, 2 -> background, 3 -> 255."""
    found = masks(opened("oxford_pet", official()).subset("test"))
    assert found["Bengal_1"] == labels(1).tolist()
    assert found["pug_0"] == labels(2).tolist()


def test_a_trimap_without_a_pet_is_kept(opened, official):
    """All background: the image stays, and counts as its species when splits are drawn."""
    root = official(cats=5, dogs=5)
    Image.fromarray(np.full((12, 16), 2, np.uint8)).save(root / "oxford-iiit-pet/annotations/trimaps/Abyssinian_0.png")
    data = opened("oxford_pet", root)
    row = next(row for row in data.subset("trainval").rows if row.id == "Abyssinian_0")
    assert (row.foreground, row.pixels) == (0, (192, 0, 0, 0))
    assert len(data.subset("val")) == 2  # a fifth of five cats and of five dogs; of four cats it would be none


def test_the_layout_is_put_on_record(opened, official):
    """The protocol names which masks these are."""
    assert opened("oxford_pet", official()).layout == "official trimaps"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_coursework_encoding_gives_the_same_masks(opened, coursework, encoding):
    """Cat 1, dog 2, border 255, whatever the files hold; the protocol names the encoding."""
    data = opened("oxford_pet", coursework(encoding))
    found = masks(data.subset("trainval"))
    assert found["Bengal_TrainVal_1"] == labels(1).tolist()
    assert found["pug_TrainVal_0"] == labels(2).tolist()
    assert data.layout == f"coursework, {encoding}"


@pytest.mark.parametrize("below", ["Dataset_filtered", "", "oxford-iiit-pet/Dataset_filtered", "oxford-iiit-pet"])
def test_the_coursework_copy_is_found_where_teams_put_it(opened, coursework, below):
    """In the root, in Dataset_filtered, and in oxford-iiit-pet."""
    data = opened("oxford_pet", coursework(below=below))
    assert (len(data.subset("trainval")), len(data.subset("test"))) == (6, 2)


@pytest.mark.parametrize("other", [one for one in ENCODINGS if one not in ("palette index", "palette colours")])
def test_two_encodings_in_one_copy_are_refused(opened, coursework, other):
    """One mask in another encoding is named; it is never read by its own looks."""
    root = coursework("palette index")
    path = root / "Dataset_filtered/TrainVal/label/Bengal_TrainVal_3.png"
    encoded(labels(1), other).save(path)
    with pytest.raises(BenchError, match=r"Bengal_TrainVal_3\.png: .*most masks of this copy, palette index; 1 of 8"):
        opened("oxford_pet", root)


def test_a_mask_that_fits_several_encodings_follows_the_others(opened, coursework):
    """A grey mask of 0 and 255 alone could be anything; the folder shows it is 0/38/75/255."""
    root = coursework("grey 0/38/75/255")
    path = root / "Dataset_filtered/Test/label/pug_Test_0.png"
    Image.fromarray(np.where(labels(1) == 255, 255, 0).astype(np.uint8)).save(path)
    data = opened("oxford_pet", root)
    assert data.layout == "coursework, grey 0/38/75/255"
    assert data.subset("test").rows[1].foreground == 0


def test_a_trimap_among_coursework_masks_is_refused(opened, coursework):
    """Trimaps do not distinguish cat and dog, so a copy made of them has no encoding."""
    root = coursework("index")
    for path in root.rglob("label/*.png"):
        Image.fromarray(np.choose(np.searchsorted([0, 1, 255], labels(1)), [2, 1, 3]).astype(np.uint8)).save(path)
    with pytest.raises(BenchError, match="8 of 8 differ"):
        opened("oxford_pet", root)


def test_the_encoding_is_judged_once(opened, coursework, monkeypatch):
    """A second opening takes the judgement from the cache, until a mask changes."""
    root = coursework()
    opened("oxford_pet", root)
    monkeypatch.setattr(
        "bench.data.pets.coursework_layout.judge", lambda masks, max_pixels: pytest.fail("judged again")
    )
    opened("oxford_pet", root)
    assert list((cache_root() / "manifests").glob("encoding-*.json"))


def test_an_unreadable_mask_does_not_decide_the_encoding(opened, coursework):
    """It is left out when its split is verified."""
    root = coursework()
    (root / "Dataset_filtered/Test/label/pug_Test_0.png").write_bytes(b"")
    subset = opened("oxford_pet", root, max_unreadable=0.5).subset("test")
    assert [one.id for one in subset.left_out] == ["pug_Test_0"]


def test_a_coursework_image_without_a_mask_is_left_out(opened, coursework):
    """The copy has more images than masks."""
    root = coursework()
    (root / "Dataset_filtered/Test/label/pug_Test_0.png").unlink()
    subset = opened("oxford_pet", root, max_unreadable=0.5).subset("test")
    assert [one.reason for one in subset.left_out] == ["pug_Test_0.png: no such file or directory"]


def test_a_colour_of_no_class_is_named(opened, coursework):
    """One RGB mask with a mixed colour, as a lossy copy or a resize leaves it."""
    root = coursework("RGB colours")
    path = root / "Dataset_filtered/Test/label/pug_Test_0.png"
    Image.fromarray(np.full((12, 16, 3), 100, np.uint8)).save(path)
    with pytest.raises(BenchError, match=r"pug_Test_0\.png: .*RGB colours; 1 of 8 differ"):
        opened("oxford_pet", root)


def test_a_copy_without_masks_is_refused(opened, coursework):
    """The folder that is missing is named."""
    root = coursework()
    (root / "Dataset_filtered/Test/label").rename(root / "elsewhere")
    with pytest.raises(BenchError, match=r"cannot read the folder .*label: no such file"):
        opened("oxford_pet", root)


def test_a_trimap_in_colours_is_refused(opened, official):
    """The official layout has one value a pixel."""
    root = official()
    Image.new("RGB", (16, 12), "red").save(root / "oxford-iiit-pet/annotations/trimaps/pug_0.png")
    with pytest.raises(BenchError, match=r"pug_0\.png: the mask has colours where one value a pixel is expected"):
        opened("oxford_pet", root).subset("test")
