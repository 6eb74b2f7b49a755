"""`bench list perturbations` and `bench perturb`, as a user types them."""

import json

import numpy as np
import pytest
from PIL import Image

from bench.perturb import PERTURBATIONS, PRESETS, perturb


@pytest.fixture
def photo(tmp_path):
    """An image of 40 x 30 with some structure, as a file and as pixels."""
    rows, columns = np.mgrid[:30, :40]
    pixels = np.stack([rows * 8, columns * 6, (rows + columns) * 3], -1).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png", pixels


@pytest.fixture
def mask(tmp_path):
    """A mask of the same size: an object of label 1 in the middle, 255 around it."""
    labels = np.zeros((30, 40), np.uint8)
    labels[8:22, 8:32] = 255
    labels[10:20, 10:30] = 1
    Image.fromarray(labels).save(tmp_path / "mask.png")
    return tmp_path / "mask.png", labels


def pixels_of(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("command", ["perturb", "corrupt"])
def test_help_has_examples(bench, command):
    """Command lines that can be typed."""
    code, out, _ = bench(command, "--help")
    assert code == 0
    assert out.count(f"bench {command} ") >= 4


def test_the_list_tells_what_a_user_chooses_by(bench):
    """80 columns; every entry below its family, with unit and what becomes of the mask; every preset in full."""
    code, out, err = bench("list", "perturbations")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    table = lines[1 : lines.index("")]
    starts = {column: lines[0].index(column) for column in ("default", "unit", "mask")}
    family, shown = "", {}
    for line in table:
        if line[0] != " ":
            family = line.strip()
        elif line.split()[0] in PERTURBATIONS and line[2] != " ":
            shown[line.split()[0]] = (family, line)
    on_cpu = next(line for line in lines if line.startswith("computed on a CPU")).split(": ")[1].split(", ")
    for name in PERTURBATIONS.names():
        entry, (family, line) = PERTURBATIONS[name], shown[name]
        assert family == entry.family
        assert line[starts["mask"] :].strip() == ("moves" if entry.moves else "covers" if entry.covers else "stays")
        assert (name in on_cpu) == (entry.device == "cpu")
        strengths = line[starts["default"] : starts["unit"]].split()
        assert (strengths[0], strengths[-1]) == (f"{entry.strengths[0]:g}", f"{entry.strengths[-1]:g}")
        assert line[starts["unit"] :].split()[0] == entry.unit.split()[0]
    presets = out.split("preset ")[1].split("--json")[0].split()
    for preset, items in PRESETS.items():
        start = presets.index(preset)
        assert presets[start + 1] == f"({len(items)})"
        assert presets[start + 2 : start + 2 + len(items)] == [item.name for item in items]


def test_the_list_as_json_has_everything(bench):
    """What the table has no room for."""
    rows = {row["name"]: row for row in json.loads(bench("list", "perturbations", "--json")[1])}
    assert rows.keys() == set(PERTURBATIONS.names())
    occlusion = rows["occlusion"]
    assert occlusion["strengths"] == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]
    assert (occlusion["identity"], occlusion["mask"], occlusion["integer"]) == (0, "covers", True)
    room = next(one for one in occlusion["parameters"] if one["name"] == "room")
    assert (room["default"], room["type"], room["allowed"]) == (45, "integer", "a whole number, at least 1")
    assert occlusion["presets"] == ["edinburgh_2025"]
    assert {"version", "kernel", "minimum", "maximum", "source", "device"} <= occlusion.keys()


def test_one_image_is_that_of_perturb(bench, photo, tmp_path):
    """The same pixels, and a line with what was measured."""
    path, pixels = photo
    out = tmp_path / "sub" / "out.png"
    code, said, _ = bench("perturb", path, "--perturbation", "additive_noise", "--strength", 18, "-o", out, "--seed", 3)
    assert code == 0
    wanted = perturb(pixels, "additive_noise", 18, seed=3)
    np.testing.assert_array_equal(pixels_of(out), wanted)
    rmse = np.sqrt(np.mean((wanted.astype(float) - pixels) ** 2))
    decibels = 20 * np.log10(255 / rmse)
    assert said == (
        f"{out}: photo.png under additive_noise 18 (standard deviation, grey levels), seed 3: "
        f"RMSE {rmse:.3g} grey levels, PSNR {decibels:.1f} dB\n"
    )


@pytest.mark.parametrize("suffix", ["tif", "webp", "PNG"])
def test_single_images_are_lossless(bench, photo, tmp_path, suffix):
    """In every format that is allowed."""
    path, pixels = photo
    out = tmp_path / f"out.{suffix}"
    assert bench("perturb", path, "--perturbation", "salt_and_pepper", "--strength", 0.1, "-o", out)[0] == 0
    np.testing.assert_array_equal(pixels_of(out), perturb(pixels, "salt_and_pepper", 0.1))


def test_parameters_reach_the_perturbation(bench, photo, tmp_path):
    """As JSON or as words; the label says which."""
    path, pixels = photo
    words = ["--perturbation", "occlusion", "--strength", 12, "-p", "placement=anywhere", "-p", "room=20"]
    code, said, _ = bench("perturb", path, *words, "-o", tmp_path / "out.png")
    assert code == 0
    assert "occlusion (placement=anywhere, room=20) 12" in said
    wanted = perturb(pixels, "occlusion", 12, parameters={"placement": "anywhere", "room": 20})
    np.testing.assert_array_equal(pixels_of(tmp_path / "out.png"), wanted)
    assert (wanted != perturb(pixels, "occlusion", 12)).any()


def test_the_mask_moves_with_the_image(bench, photo, mask, tmp_path):
    """As `perturb` moves it: as labels in a grey PNG."""
    words = ["--perturbation", "rotate", "--strength", 30, "--mask", mask[0], "--mask-out", tmp_path / "m.png"]
    code, said, _ = bench("perturb", photo[0], *words, "-o", tmp_path / "out.png")
    assert code == 0
    assert said.endswith(f"; mask: {tmp_path / 'm.png'}\n")
    wanted = perturb(photo[1], "rotate", 30, masks=mask[1])
    with Image.open(tmp_path / "m.png") as moved:
        assert moved.mode == "L"
        np.testing.assert_array_equal(np.asarray(moved), wanted.mask)
    np.testing.assert_array_equal(pixels_of(tmp_path / "out.png"), wanted.image)


def test_a_sheet_shows_the_strengths_beside_the_clean_image(bench, photo, tmp_path):
    """One row without --strength: the clean image four times as large, then five of nine strengths; RMSE below."""
    path, pixels = photo
    out = tmp_path / "sheet.png"
    code, said, _ = bench("perturb", path, "--perturbation", "brightness_increase", "-o", out)
    assert code == 0
    assert said.startswith(f"{out}: 1 perturbations of photo.png, 5 images, ")
    sheet = pixels_of(out)
    tiles = [pixels, *(perturb(pixels, "brightness_increase", s) for s in (5, 15, 25, 35, 45))]
    enlarged = [tile.repeat(4, 0).repeat(4, 1) for tile in tiles]
    rows = [y for y in range(len(sheet) - 120) if (sheet[y : y + 120, 198:358] == enlarged[0]).all()]
    assert len(rows) == 1
    for column, tile in enumerate(enlarged):
        np.testing.assert_array_equal(sheet[rows[0] : rows[0] + 120, 198 + 168 * column :][:, :160], tile)


def test_a_large_image_is_perturbed_first_and_reduced_then(bench, tmp_path):
    """Means over 4 x 4 pixels of the image perturbed at its own size."""
    pixels = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "large.png")
    bench("perturb", tmp_path / "large.png", "--perturbation", "horizontal_flip", "-o", tmp_path / "sheet.png")
    means = pixels[:, ::-1].reshape(120, 4, 160, 4, 3).mean((1, 3))
    sheet = pixels_of(tmp_path / "sheet.png")
    assert any(np.abs(sheet[y : y + 120, 366:526] - means).max() <= 1 for y in range(len(sheet) - 120))


@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
def test_a_preset_is_a_sheet(bench, photo, tmp_path, suffix):
    """In each format."""
    out = tmp_path / f"sheet.{suffix}"
    code, said, err = bench("perturb", photo[0], "--preset", "edinburgh_2025", "-o", out)
    assert (code, err) == (0, "")
    assert "8 perturbations" in said
    with Image.open(out) as sheet:
        assert sheet.format == {"jpg": "JPEG"}.get(suffix, suffix.upper())
        assert f"{sheet.width}x{sheet.height}" in said


def test_all_leaves_out_what_needs_a_mask(bench, photo, mask, monkeypatch, tmp_path):
    """By name; with a mask it is there. The packages of reference are never drawn."""
    few = ["contrast_increase", "imagecorruptions", "object_cutout"]
    monkeypatch.setattr(PERTURBATIONS, "names", lambda: few)
    code, said, err = bench("perturb", photo[0], "--all", "-o", tmp_path / "sheet.png")
    assert code == 0
    assert "1 perturbations" in said
    assert err == "left out: object_cutout places itself by the image's mask; give it with --mask\n"
    code, said, err = bench("perturb", photo[0], "--all", "-o", tmp_path / "sheet.png", "--mask", mask[0])
    assert "2 perturbations" in said
    assert err == ""


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 300), (900, 3), (500, 20)])
def test_images_of_any_shape_fit_a_sheet(bench, tmp_path, height, width):
    """From one pixel on; the words beside a flat image are not cut."""
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(tmp_path / "odd.png")
    code, said, err = bench(
        "perturb", tmp_path / "odd.png", "--perturbation", "additive_noise", "-o", tmp_path / "s.png"
    )
    assert (code, err) == (0, "")
    assert "5 images" in said


FAULTS = {
    "misspelt": (["--perturbation", "gaussian_nois", "-o", "o.png"], "no perturbation named 'gaussian_nois'; did you mean 'gaussian_noise'?"),
    "no preset": (["--preset", "edinburg_2025", "-o", "o.png"], "no preset named 'edinburg_2025'; did you mean 'edinburgh_2025'?"),
    "nothing asked": (["-o", "o.png"], "give one of --perturbation NAME, --preset NAME and --all"),
    "two asked": (["--all", "--preset", "common15", "-o", "o.png"], "give one of --perturbation NAME, --preset NAME and --all"),
    "strength of all": (["--all", "--strength", "3", "-o", "o.png"], "--strength and -p belong to one perturbation"),
    "jpeg": (["--perturbation", "occlusion", "--strength", "3", "-o", "o.jpg"], "o.jpg: JPEG would add its own damage to the image; give a .png, .tif or .webp"),
    "unknown format": (["--perturbation", "occlusion", "--strength", "3", "-o", "o.gif"], "o.gif: give a file that ends in .png, .tif, .tiff, .webp"),
    "sheet format": (["--perturbation", "occlusion", "-o", "o.tif"], "o.tif: give a file that ends in .png, .webp, .jpg, .jpeg"),
    "strength": (["--perturbation", "occlusion", "--strength", "2.5", "-o", "o.png"], "strength 2.5 is not whole"),
    "parameter": (["--perturbation", "occlusion", "--strength", "3", "-p", "rom=3", "-o", "o.png"], "occlusion has no key 'rom'; did you mean 'room'?"),
    "value": (["--perturbation", "occlusion", "--strength", "3", "-p", "room=0", "-o", "o.png"], "occlusion: room: give "),
    "no value": (["--perturbation", "occlusion", "--strength", "3", "-p", "room", "-o", "o.png"], "-p room: give key=value"),
    "mask needed": (["--perturbation", "object_cutout", "--strength", "3", "-o", "o.png"], "object_cutout places itself by the image's mask; give it with --mask"),
    "mask missing": (["--perturbation", "occlusion", "--strength", "3", "-o", "o.png", "--mask", "no.png"], "no.png: no such file"),
    "mask of another size": (["--perturbation", "occlusion", "--strength", "3", "-o", "o.png", "--mask", "tiny.png"], "the mask is 2x2 but the image is 40x30"),
    "mask in colours": (["--perturbation", "occlusion", "--strength", "3", "-o", "o.png", "--mask", "colours.png"], "the mask is in colours"),
    "mask out alone": (["--perturbation", "occlusion", "--strength", "3", "-o", "o.png", "--mask-out", "m.png"], "--mask-out needs --mask"),
    "onto itself": (["--perturbation", "occlusion", "--strength", "3", "-o", "photo.png"], "are to be different files"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "message"), FAULTS.values(), ids=FAULTS)
def test_what_a_user_can_mend_is_one_line_and_code_2(bench, photo, tmp_path, words, message):
    """And nothing is written."""
    Image.fromarray(np.zeros((2, 2), np.uint8)).save("tiny.png")
    Image.new("RGB", (40, 30), "red").save("colours.png")
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    code, out, err = bench("perturb", photo[0], *words)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


@pytest.mark.parametrize("content", [None, b"", b"not an image"], ids=["missing", "empty", "text"])
def test_an_unreadable_photo_is_one_line(bench, tmp_path, content):
    """No traceback."""
    if content is not None:
        (tmp_path / "p.png").write_bytes(content)
    code, _, err = bench("perturb", tmp_path / "p.png", "--perturbation", "occlusion", "-o", tmp_path / "s.png")
    assert code == 2
    assert err.startswith("bench: p.png: ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("mode", ["L", "I;16", "LA", "1"])
def test_a_grey_file_is_perturbed_as_rgb(bench, tmp_path, mode):
    """8 bits, 16 bits, with opacity, or black and white: the pixels are those of three equal channels."""
    grey = np.tile(np.array([0, 255], np.uint8), (32, 20))
    image = {
        "L": lambda: Image.fromarray(grey),
        "I;16": lambda: Image.fromarray(grey.astype(np.uint16) * 257),
        "LA": lambda: Image.merge("LA", [Image.fromarray(grey), Image.new("L", (40, 32), 255)]),
        "1": lambda: Image.fromarray(grey).convert("1"),
    }[mode]()
    image.save(tmp_path / "grey.png")
    code, _, err = bench(
        "perturb", tmp_path / "grey.png", "--perturbation", "fog", "--strength", "3", "-o", tmp_path / "f.png"
    )
    assert (code, err) == (0, "")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "f.png")), perturb(np.stack([grey] * 3, -1), "fog", 3))
