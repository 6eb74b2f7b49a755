"""Lists of images as people have them: each row of the table "Lists" in docs/data.md."""

import codecs

import pytest

from registry.errors import BenchError

KEYS = {"images": "images", "masks": "masks", "classes": ["background", "thing"]}
FILES = [
    "images/a.jpg",
    "masks/a.png",
    "images/sub/b.jpg",
    "masks/sub/b.png",
    "images/scan.left.jpg",
    "masks/scan.left.png",
    "images/no_mask.jpg",
]
SPACED = ("images/my image.jpg", "masks/my image.png", "images/#1.png", "masks/#1.png", "images/c, d.png", "masks/c, d.png")  # fmt: skip


@pytest.fixture
def root(tmp_path):
    """A folder of empty images and masks."""
    for name in (*FILES, *SPACED):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "data"


@pytest.fixture
def listed(root, opened):
    """Return the names of masks by the ids that a list's text (or bytes) names."""

    def read(text, where="test.txt", **keys):
        path = root / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        data = opened("folder", root, **{**KEYS, **keys}, splits={"test": where})
        return {one.id: one.mask and one.mask.name for one in data.pools["test"]}

    return read


@pytest.mark.parametrize(
    "line",
    ["sub/b", "sub/b.jpg", "sub/b.png", "./sub/b.jpg", "images/sub/b.jpg", "images/sub/b", "./images/sub/b.jpg",
     "sub\\b.jpg", "images\\sub\\b.jpg", ".\\sub\\b", "  sub/b\t ", '"sub/b.jpg"', "sub//b.jpg",
     "/images/sub/b.jpg"],
)  # fmt: skip
def test_a_name_may_be_written_in_many_ways(listed, line):
    """All of these are images/sub/b.jpg."""
    assert listed(line) == {"sub/b": "b.png"}


def test_absolute_paths_are_names_where_they_lie_below_the_images(listed, root):
    """By the folder's own path, and by a link to it."""
    (root.parent / "link").symlink_to(root)
    assert listed(f"{root}/images/sub/b.jpg\n{root.parent}/link/images/a.jpg\n") == {"sub/b": "b.png", "a": "a.png"}


def test_a_path_may_start_in_the_folder_of_the_list(listed):
    """../images/a.jpg in lists/test.txt."""
    assert listed("../images/a.jpg\n", "lists/test.txt") == {"a": "a.png"}


@pytest.mark.parametrize(
    "line",
    ["../../etc/passwd", "sub/../../../x.jpg", "/etc/passwd", "/elsewhere/a.jpg", "C:\\data\\images\\a.jpg", "..", "sub/../a",
     "images/a.jpg ../../a",
     "/elsewhere/a.jpg /elsewhere/a.png", "images/a.jpg ../../a.png", "/masks/a.png"],
)  # fmt: skip
def test_paths_that_lead_elsewhere_are_refused(listed, line):
    """In one line with the list and the number of its line."""
    with pytest.raises(BenchError, match=r"test\.txt, line 2: '.*' is not below .*(images|masks); write the names"):
        listed(f"a\n{line}\n")


@pytest.mark.parametrize(
    "line", ["my image.jpg", "my image", "images/my image.jpg", "#1.png", "#1", "c, d.png", "c, d"]
)
def test_a_name_with_signs_of_a_list_in_it_is_a_name_where_there_is_such_an_image(listed, line):
    """Blanks, commas and # are in names too."""
    assert len(listed(line)) == 1


@pytest.mark.parametrize(
    "line",
    ["images/a.jpg masks/a.png", "images/a.jpg\tmasks/a.png", "images/a.jpg, masks/a.png", "a.jpg;a.png", "a a",
     "/images/a.jpg /masks/a.png", "images\\a.jpg   masks\\a.png", "'images/a.jpg' 'masks/a.png'"],
)  # fmt: skip
def test_a_line_may_name_an_image_and_its_mask(listed, line):
    """As in lists for VOC and CamVid."""
    assert listed(line) == {"a": "a.png"}


def test_two_names_with_blanks_are_told_apart(listed):
    """Where only one gap makes two names of it."""
    assert listed("images/my image.jpg masks/my image.png") == {"my image": "my image.png"}


def test_the_second_column_may_give_a_mask_of_another_name(listed, root):
    """To an image that has none by its name."""
    (root / "masks/other.png").touch()
    assert listed("images/no_mask.jpg masks/other.png") == {"no_mask": "other.png"}


def test_a_second_column_against_the_names_is_refused(listed):
    """One of the two is wrong, and nobody can say which."""
    with pytest.raises(BenchError, match=r"line 1: the list says b\.png is the mask of 'a', its name says a\.png"):
        listed("images/a.jpg masks/sub/b.png")


def test_a_mask_that_is_not_there_is_a_fault_of_its_image(listed, root, opened):
    """It is left out by name, as an image without a mask."""
    assert listed("a\nimages/sub/b.jpg masks/sub/c.png") == {"a": "a.png", "sub/b": None}


TEXT = "# held out\n\na.jpg\nsub/b\n"
ENCODINGS = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "UTF-16 LE": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "UTF-16 BE": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "UTF-32 LE": codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
    "UTF-32 BE": codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    "CR LF": TEXT.replace("\n", "\r\n").encode(),
    "CR": TEXT.replace("\n", "\r").encode(),
    "no end of line": TEXT.strip().encode(),
}


@pytest.mark.parametrize("content", ENCODINGS.values(), ids=ENCODINGS)
def test_a_list_may_have_any_unicode_encoding_and_end_of_line(listed, content):
    """The first name too, behind the mark."""
    assert listed(content) == {"a": "a.png", "sub/b": "b.png"}


@pytest.mark.parametrize("content", ["ä\n".encode("latin-1"), "a\n".encode("utf-16-le"), b"\xff\xfea"])
def test_another_encoding_is_refused(listed, content):
    """UTF-16 without a mark too: its names would be unknown, and nobody would see why."""
    with pytest.raises(BenchError, match=r"the list .*test\.txt is not UTF-8 text; save it as UTF-8"):
        listed(content)


@pytest.mark.parametrize("where", ["test.TXT", "lists/test.lst", "test"])
def test_any_file_below_the_root_is_a_list(listed, where):
    """Whatever it is called."""
    assert listed("a\n", where) == {"a": "a.png"}


@pytest.mark.parametrize("lines", ["a\na\n", "a\nimages/a.jpg\n", "a\na.png\n"])
def test_a_name_for_the_second_time_is_refused(listed, lines):
    """However it is written."""
    with pytest.raises(BenchError, match="image 'a' is twice in 'test'"):
        listed(lines)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("scan.lefd", "scan.lefd: no such image; did you mean 'scan.left'?"),
        ("b", "b: no such image; did you mean 'sub/b'?"),
        ("zzzzzz", "zzzzzz: no such image"),
        ("a 1", "a 1: no such image"),
        ("images/q.jpg masks/q.png", "images/q.jpg: no such image"),
        ("images/no_mask.jpg masks/q.png", "masks/q.png: no such mask in"),
    ],
)
def test_a_name_that_no_file_has_is_named_with_the_nearest(listed, opened, root, line, reason):
    """When the data set is read, all together; so one of a hundred may be missing."""
    listed(f"{line}\n")
    with pytest.raises(BenchError, match="1 of 1 images of 'test' cannot be used") as caught:
        opened("folder", root, **KEYS, splits={"test": "test.txt"}).subset("test")
    assert f"({reason}" in str(caught.value)


def test_names_may_have_the_suffix_or_not(listed, root):
    """With and without extension."""
    for name in ("images/u_1_left.png", "masks/u_1_gt.png", "images/u_2_left.png", "masks/u_2_gt.png"):
        (root / name).touch()
    suffixes = {"images": "_left", "masks": "_gt"}
    expected = {"u_1": "u_1_gt.png", "u_2": "u_2_gt.png"}
    for text in ("u_1\nu_2", "u_1_left.png\nu_2_left", "images/u_1_left.png masks/u_1_gt.png\nu_2.png"):
        assert listed(text, suffixes=suffixes) == expected


def test_a_name_that_may_be_two_images_is_refused(listed, root):
    """images/c.jpg, and c.jpg in a folder that is called images too."""
    (root / "images/images").mkdir()
    for name in ("images/c.jpg", "images/images/c.jpg"):
        (root / name).touch()
    with pytest.raises(BenchError, match=r"line 1: 'images/c\.jpg' may be c or images/c; rename one of them"):
        listed("images/c.jpg")


def test_a_list_that_cannot_be_read_is_named(opened, root):
    """With its path and the key."""
    with pytest.raises(BenchError, match=r"cannot read the list .*nope\.txt \(key `splits`\)"):
        opened("folder", root, **KEYS, splits={"test": "nope.txt"})
