"""Which files of a folder count: each row of the table "Which files count" in docs/data.md."""

import os
import sys
from unicodedata import normalize

import pytest

from bench.data.image_listing import images_below, images_in
from registry.errors import BenchError

KEYS = {"images": "images", "masks": "masks", "classes": ["background", "thing"]}


@pytest.fixture
def files(tmp_path):
    """Make empty files below a root: `files("images/a.png", …)`; returns the root."""

    def make(*names):
        for name in names:
            path = tmp_path / "data" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / "data"

    return make


def pairs(data, split="test") -> dict[str, str | None]:
    """The names of the masks by the ids of their images."""
    return {one.id: one.mask and one.mask.name for one in data.pools[split]}


def names(root) -> list[str]:
    return list(images_below(root).by_stem())


@pytest.mark.parametrize(
    "extension",
    [
        "png",
        "apng",
        "jpg",
        "jpeg",
        "jpe",
        "jfif",
        "webp",
        "tif",
        "tiff",
        "bmp",
        "gif",
        "jp2",
        "ppm",
        "pgm",
        "pnm",
        "PNG",
        "Jpg",
        "TIF",
    ],
)
def test_these_extensions_are_images(files, extension):
    """In any case."""
    assert names(files(f"a.{extension}")) == ["a"]


@pytest.mark.parametrize("extension", ["heic", "avif", "svg", "pbm", "psd", "exr", "dcm", "npy", "mat", "HEIC"])
def test_other_pictures_are_counted_in_a_remark(files, extension):
    """They do not count, and not without a word."""
    root = files("a.png", f"b.{extension}", f"sub/c.{extension}")
    assert names(root) == ["a"]
    assert images_below(root).remarks() == (f"not read in {root}: 2 .{extension.lower()}; save them as png",)


def test_texts_and_tables_are_passed_over_in_silence(files):
    """Labels as polygons, lists and the like stand beside many images."""
    listing = images_below(files("a.png", "a.json", "list.txt", "README", "Thumbs.db", "a.xml"))
    assert listing.names == ["a.png"] and listing.remarks() == ()


def test_what_is_hidden_or_left_by_a_system_never_counts(files):
    """Files and folders at any depth."""
    hidden = (".ipynb_checkpoints/a.png", "sub/.cache/b.png", "._a.png", "__MACOSX/a.png", "sub/@eaDir/a.jpg/t.jpg")
    assert names(files("a.png", "sub/b.png", *hidden, "$RECYCLE.BIN/c.png")) == ["a", "sub/b"]


def test_a_hidden_folder_above_does_not_hide_what_is_below(files):
    """The user has named it."""
    assert names(files(".data/a.png") / ".data") == ["a"]


def test_a_linked_folder_counts_with_its_sub_folders(files):
    """Links are how large data sets are kept on another disk."""
    root = files("images/a.png", "elsewhere/b.png", "elsewhere/deep/c.png")
    (root / "images/link").symlink_to(root / "elsewhere")
    assert names(root / "images") == ["a", "link/b", "link/deep/c"]


def test_links_in_a_circle_end(files):
    """Both a link to the folder itself and one to its parent; each is named."""
    root = files("images/a.png", "images/sub/b.png")
    (root / "images/self").symlink_to(root / "images")
    (root / "images/sub/up").symlink_to("..")
    listing = images_below(root / "images")
    assert list(listing.by_stem()) == ["a", "sub/b"] and sorted(listing.twice) == ["self", "sub/up"]


@pytest.mark.parametrize("name", ["self", "a.png"])
def test_a_link_to_itself_is_named(tmp_path, name):
    """Nobody can say whether it should be a folder or a file."""
    (tmp_path / name).symlink_to(name)
    for look in (images_below, images_in) if name == "a.png" else (images_below,):
        with pytest.raises(BenchError, match=f"cannot follow the link .*{name}: .*; correct or remove it"):
            look(tmp_path)


def test_a_folder_that_is_reached_twice_counts_once(files):
    """Under its own name, although the link comes first in the alphabet; the link is named."""
    root = files("images/z/a.png")
    (root / "images/b").symlink_to(root / "images/z")
    listing = images_below(root / "images")
    assert list(listing.by_stem()) == ["z/a"]
    assert listing.remarks() == (f"{root}/images/b links to a folder that counts already; it counts once",)


def test_linked_files_count(files):
    """Each under the name of the link."""
    root = files("images/a.png", "elsewhere/b.png")
    (root / "images/c.png").symlink_to(root / "elsewhere/b.png")
    assert names(root / "images") == ["a", "c"]


def test_a_folder_called_like_an_image_is_a_folder(files):
    """It holds images, and is none."""
    assert names(files("a.png/b.png")) == ["a.png/b"]
    assert images_in(files("x/a.png/b.png", "x/c.png") / "x") == [files() / "x/c.png"]


def test_a_folder_that_cannot_be_read_is_refused(files, monkeypatch):
    """In one line with its path; half a data set is none."""
    root, scan = files("a.png", "sub/b.png"), os.scandir

    def closed(path):
        if path.name == "sub":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(BenchError, match=r"cannot read the folder .*/sub: permission denied"):
        images_below(root)


@pytest.mark.parametrize(
    "twins",
    [("scan.jpg", "scan.png"), ("scan.jpg", "scan.left.jpg", "scan.png"), ("s/a.PNG", "s/a.png"), ("a.tif", "a.tiff")],
)
def test_two_files_that_differ_only_in_the_extension_are_refused(files, twins):
    """Also where a third one comes between them."""
    with pytest.raises(BenchError, match=f"{twins[0]} and {twins[-1]} have the same name; keep one of them"):
        names(files(*twins))
    with pytest.raises(BenchError, match="have the same name"):
        images_in((files() / twins[0]).parent)


def test_names_are_one_in_both_unicode_forms(files, opened):
    """A mask, and a list, from a system that takes letters apart."""
    one, apart = normalize("NFC", "é"), normalize("NFD", "é")
    root = files(f"images/{one}.png", f"masks/{apart}.png", f"images/{apart}2.png", f"masks/{one}2.png")
    (root / "test.txt").write_text(f"{apart}\n{one}2.png\n", encoding="utf-8")
    for more in ({}, {"splits": {"test": "test.txt"}}):
        assert pairs(opened("folder", root, **KEYS, **more)) == {one: f"{apart}.png", f"{one}2": f"{one}2.png"}


def test_two_files_of_one_name_in_two_unicode_forms_are_refused(files):
    """A reader sees one name."""
    with pytest.raises(BenchError, match="have the same name"):
        names(files(f"{normalize('NFC', 'é')}.png", f"{normalize('NFD', 'é')}.png"))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_text_is_refused(files):
    """It could not be written into any table."""
    root = files("a.png")
    (root / os.fsdecode(b"\xff.png")).touch()
    with pytest.raises(BenchError, match=r"the name '\\udcff.png' is not UTF-8; rename the file"):
        names(root)


def test_large_and_small_letters_are_two_names(files, opened):
    """`A.png` and `a.png` are two images where the disk has both."""
    root = files("images/A.PNG", "images/a.png", "masks/A.png", "masks/a.png")
    if len([*(root / "images").iterdir()]) == 2:
        assert pairs(opened("folder", root, **KEYS)) == {"A": "A.png", "a": "a.png"}


def test_a_mask_may_have_its_image_s_whole_name(files, opened):
    """a.jpg.png is a mask of a.jpg; of a and of a.b too."""
    root = files("images/s/a.jpg", "masks/s/a.jpg.png", "images/b.c.jpg", "masks/b.c.png")
    assert pairs(opened("folder", root, **KEYS)) == {"b.c": "b.c.png", "s/a": "a.jpg.png"}


def test_two_masks_of_one_image_are_refused(files, opened):
    """Nobody can say which one is meant."""
    root = files("images/a.jpg", "masks/a.jpg.png", "masks/a.png")
    with pytest.raises(BenchError, match=r"a\.png and a\.jpg\.png are both masks of a\.jpg; keep one"):
        opened("folder", root, **KEYS)


def test_the_mask_of_an_image_with_two_extensions_is_no_other_s(files, opened):
    """images/a.jpg.png is an image too, and the mask has its name."""
    root = files("images/a.jpg", "images/a.jpg.png", "masks/a.jpg.png")
    assert pairs(opened("folder", root, **KEYS)) == {"a": None, "a.jpg": "a.jpg.png"}


SUFFIXES = {
    "Cityscapes": (
        {"images": "_leftImg8bit", "masks": "_gtFine_labelIds"},
        ["images/ulm/u_1_leftImg8bit.png", "masks/ulm/u_1_gtFine_labelIds.png", "masks/ulm/u_1_gtFine_color.png"],
        {"ulm/u_1": "u_1_gtFine_labelIds.png"},
    ),
    "DRIVE": (
        {"images": "_training", "masks": "_manual1"},
        ["images/21_training.tif", "masks/21_manual1.gif"],
        {"21": "21_manual1.gif"},
    ),
    "masks alone": ({"masks": "_mask"}, ["images/a.jpg", "masks/a_mask.png", "masks/a.png"], {"a": "a_mask.png"}),
    "images alone": ({"images": "_rgb"}, ["images/a_rgb.jpg", "images/a_depth.png", "masks/a.png"], {"a": "a.png"}),
    "with extension": ({"images": ".left.jpg"}, ["images/a.left.jpg", "images/a.right.jpg", "masks/a.png"], {"a": "a.png"}),
    "a name that is all suffix": ({"masks": "_mask"}, ["images/a.jpg", "masks/_mask.png", "masks/a_mask.png"], {"a": "a_mask.png"}),
}  # fmt: skip


@pytest.mark.parametrize(("suffixes", "given", "expected"), SUFFIXES.values(), ids=SUFFIXES)
def test_suffixes_say_which_files_count(files, opened, suffixes, given, expected):
    """And the id is the name without the suffix."""
    assert pairs(opened("folder", files(*given), **KEYS, suffixes=suffixes)) == expected


ONE_FOLDER = {
    "a mask's suffix": ({"masks": "_mask"}, ["d/a.png", "d/a_mask.png"], {"a": "a_mask.png"}),
    "extensions": ({"images": ".jpg", "masks": ".png"}, ["d/a.jpg", "d/a.png"], {"a": "a.png"}),
    "one within the other": ({"images": "_x", "masks": "_y_x"}, ["d/a_x.png", "d/a_y_x.png"], {"a": "a_y_x.png"}),
}  # fmt: skip


@pytest.mark.parametrize(("suffixes", "given", "expected"), ONE_FOLDER.values(), ids=ONE_FOLDER)
def test_images_and_masks_may_lie_in_one_folder(files, opened, suffixes, given, expected):
    """What ends in the masks' suffix is no image."""
    data = opened("folder", files(*given), **{**KEYS, "images": "d", "masks": "d"}, suffixes=suffixes)
    assert pairs(data) == expected


def test_one_folder_without_suffixes_is_refused(files, opened):
    """Every image would be its own mask."""
    with pytest.raises(BenchError, match=r"images and masks are both in .*/d; tell them apart with `suffixes`"):
        opened("folder", files("d/a.png"), **{**KEYS, "images": "d", "masks": "d/../d"})


@pytest.mark.parametrize(("images", "masks"), [(".", "labels"), ("labels", ".")])
def test_a_folder_inside_the_other_is_no_part_of_it(files, opened, images, masks):
    """Masks below the images are no images."""
    root = files("a.png", "labels/a.png")
    data = opened("folder", root, **{**KEYS, "images": images, "masks": masks})
    assert pairs(data) == {"a": "a.png"} and data.source.remarks == ()


def test_a_suffix_that_no_name_has_is_named(files, opened):
    """With a name that is there."""
    with pytest.raises(BenchError, match=r"no image in .*masks ends in '_gt', such as a_mask\.png; see `suffixes`"):
        opened("folder", files("images/a.png", "masks/a_mask.png"), **KEYS, suffixes={"masks": "_gt"})


PROPOSED = {
    "Cityscapes": (["ulm_1_000019_leftImg8bit", "ulm_2_000019_leftImg8bit"], ["ulm_1_000019_gtFine_labelIds", "ulm_2_000019_gtFine_labelIds"], "{images: _leftImg8bit, masks: _gtFine_labelIds}"),
    "DRIVE": (["21_training", "22_training"], ["21_manual1", "22_manual1"], "{images: _training, masks: _manual1}"),
    "a mask's": (["cat", "rat"], ["cat_mask", "rat_mask"], "{masks: _mask}"),
}  # fmt: skip


@pytest.mark.parametrize(("images", "masks", "proposed"), PROPOSED.values(), ids=PROPOSED)
def test_no_pair_at_all_is_refused_with_the_suffixes_that_fit(files, opened, images, masks, proposed):
    """The line names a file of each kind, and what it proposes works."""
    root = files(*(f"images/{name}.png" for name in images), *(f"masks/{name}.png" for name in masks))
    with pytest.raises(BenchError, match="no image in .* has a mask of its name") as caught:
        opened("folder", root, **KEYS)
    assert f"such as {images[0]}.png and {masks[0]}.png" in str(caught.value)
    assert str(caught.value).endswith(f"suffixes: {proposed} fits")


@pytest.mark.parametrize(("image", "mask"), [("IMG_1", "img_1"), ("a", "x")])
def test_whole_names_are_not_proposed_as_suffixes(files, opened, image, mask):
    """Nothing would be left of the name."""
    with pytest.raises(BenchError, match="see `suffixes`, or rename the masks"):
        opened("folder", files(f"images/{image}.png", f"masks/{mask}.png"), **KEYS)


def test_the_extension_in_a_suffix_may_be_in_large_letters(files, opened):
    """As cameras write it: no image is lost among those in small letters."""
    root = files("both/a.jpg", "both/a.png", "both/b.JPG", "both/b.PNG")
    keys = {**KEYS, "images": "both", "masks": "both", "suffixes": {"images": ".JPG", "masks": ".png"}}
    assert pairs(opened("folder", root, **keys)) == {"a": "a.png", "b": "b.PNG"}


def test_no_pair_and_no_common_ends(files, opened):
    """Then the key is named alone."""
    with pytest.raises(BenchError, match="such as a.png and x.png; see `suffixes`, or rename the masks"):
        opened("folder", files("images/a.png", "images/b.png", "masks/x.png", "masks/y.png"), **KEYS)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["a.heic", "b.heic", "c.zip"], "2 .heic, 1 .zip, and what is read is png, jpg"),
        (["a"], "1 without extension, and what is read is png, jpg"),
        ([".a.png"], "it is empty; give png, jpg"),
    ],
)
@pytest.mark.parametrize("kind", ["images", "masks"])
def test_a_folder_without_images_says_what_it_holds(files, opened, kind, given, words):
    """Of images and of masks."""
    root = files("images/x.png", "masks/x.png", "none/sub/.x", *(f"none/{name}" for name in given))
    with pytest.raises(BenchError, match="no images in .*none: .*") as caught:
        opened("folder", root, **{**KEYS, kind: "none"})
    assert words in str(caught.value)


def test_masks_without_an_image_are_named(files, opened):
    """With their number and the first three."""
    lost = [f"masks/s/{name}.png" for name in "bcde"]
    root = files("images/a.png", "masks/a.png", *lost)
    words = f"4 masks in {root}/masks have no image and do not count: s/b.png, s/c.png, s/d.png, …"
    assert opened("folder", root, **KEYS).source.remarks == (words,)


def test_masks_of_other_splits_are_not_missed(files, opened):
    """Of a sub-folder only its own masks; of a list none, since the list chooses."""
    root = files("images/t/a.png", "masks/t/a.png", "masks/t/b.png", "masks/u/c.png")
    (root / "test.txt").write_text("t/a\n")
    data = opened("folder", root, **KEYS, splits={"test": "t"})
    assert data.source.remarks == (f"1 masks in {root}/masks have no image and do not count: t/b.png",)
    assert opened("folder", root, **KEYS, splits={"test": "test.txt"}).source.remarks == ()


def test_each_split_may_have_folders_of_its_own(files, opened):
    """As in CamVid. Where names are equal in two splits, ids begin with the split."""
    root = files(
        "train/0.png", "trainannot/0.png", "test/0.png", "testannot/0.png", "test/s/1.png", "testannot/s/1.png"
    )
    splits = {name: {"images": where, "masks": f"{where}annot"} for name, where in (("trainval", "train"), ("test", "test"))}  # fmt: skip
    data = opened("folder", root, classes=KEYS["classes"], splits=splits)
    assert pairs(data) == {"test/0": "0.png", "test/s/1": "1.png"} and pairs(data, "trainval") == {
        "trainval/0": "0.png"
    }
    assert [one.mask for one in data.pools["trainval"]] == [root / "trainannot/0.png"]


def test_a_split_with_folders_of_its_own_stands_beside_others(files, opened):
    """`images` and `masks` are then for the others."""
    root = files("images/t/a.png", "masks/t/a.png", "new/b.png", "newmasks/b.png")
    data = opened("folder", root, **KEYS, splits={"trainval": "t", "test": {"images": "new", "masks": "newmasks"}})
    assert pairs(data) == {"b": "b.png"} and pairs(data, "trainval") == {"t/a": "a.png"}


def test_one_file_in_two_splits_is_refused(files, opened):
    """Whatever its ids are: scores would rest on training images. Here one folder is a link to the other."""
    root = files("train/a.png", "masks/a.png")
    (root / "test").symlink_to(root / "train")
    splits = {name: {"images": where, "masks": "masks"} for name, where in (("trainval", "train"), ("test", "test"))}
    with pytest.raises(BenchError, match="image 'test/a' is in both 'trainval' and 'test'; name it once"):
        opened("folder", root, classes=KEYS["classes"], splits=splits)


@pytest.mark.parametrize("where", ["sub", "sub/", "./sub", "/sub", "sub\\", "sub/../sub"])
def test_a_sub_folder_may_be_written_in_several_ways(files, opened, where):
    """All mean images/sub."""
    root = files("images/sub/a.png", "masks/sub/a.png", "images/subway/b.png", "masks/subway/b.png")
    assert pairs(opened("folder", root, **KEYS, splits={"test": where})) == {"sub/a": "a.png"}


def test_a_dot_is_the_whole_folder(files, opened):
    """As in a shell."""
    assert pairs(opened("folder", files("images/a.png", "masks/a.png"), **KEYS, splits={"test": "."})) == {"a": "a.png"}


def test_the_keys_may_lead_anywhere(files, opened, tmp_path):
    """They are the user's own words: absolute, or out of the root."""
    root = files("root/x", "far/a.png", "near/a.png")
    keys = {**KEYS, "images": str(root / "far"), "masks": "../near"}
    assert pairs(opened("folder", root / "root", **keys)) == {"a": "a.png"}
