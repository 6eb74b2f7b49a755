"""`bench corrupt`: what is written, what is reported of it, and what a killed process leaves."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.cli.corrupt import command
from bench.corrupt import writer as write
from bench.data import open_dataset
from bench.host.hashing import pixel_hash
from bench.perturb import PERTURBATIONS, perturb
from bench.suite import load_suite
from registry.errors import BenchError
from registry.image_files.reading import read_image, read_mask

ROOT = Path(__file__).parents[3]


def corrupt(where, out, *names, **options):
    """Call the command with its own defaults, on two processors."""
    new = {"presets": "preset", "parameters": "parameter", "data_keys": "data_key", "quality": "jpeg"}
    given = {new.get(name, name): value for name, value in options.items()}
    command(str(where), Path(out), perturbation=list(names), **({"jobs": 2} | given))


def make(folder, names, size=(20, 24), masks=True):
    """Write images, and masks with an object of label 1 within a border of 255."""
    for number, name in enumerate(names):
        pixels = np.random.default_rng(number).integers(0, 256, (*size, 3), dtype=np.uint8)
        labels = np.zeros(size, np.uint8)
        labels[5:15, 6:18] = 255
        labels[7:13, 8:16] = 1
        for kind, array in (("images", pixels), ("masks", labels)) if masks else ((".", pixels),):
            path = folder / kind / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(path)
    return folder


@pytest.fixture
def data(tmp_path):
    """A folder of three images with masks, one of them in a sub-folder."""
    return make(tmp_path / "data", ["a", "b", "sub/c"])


def rows(out):
    with (out / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def tree(folder):
    """Every visible file below a folder, with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def pixels(path):
    return read_image(path, 10**8)


def labels(path):
    return read_mask(path, 10**8)


def test_the_pixels_are_those_of_perturb(data, tmp_path):
    """Images and masks, with the seed; masks that do not move are there once."""
    out = tmp_path / "out"
    corrupt(data, out, "additive_noise", "rotate", "object_cutout", strengths="5,20", seed=7)
    for name in ("a", "b", "sub/c"):
        clean, ground_truth = pixels(data / "images" / f"{name}.png"), labels(data / "masks" / f"{name}.png")
        np.testing.assert_array_equal(labels(out / "masks" / f"{name}.png"), ground_truth)
        for strength in (5, 20):
            for perturbation in ("additive_noise", "rotate", "object_cutout"):
                wanted = perturb(clean, perturbation, strength, seed=7, masks=ground_truth)
                place = out / perturbation / str(strength)
                np.testing.assert_array_equal(pixels(place / "images" / f"{name}.png"), wanted.image)
                if PERTURBATIONS[perturbation].moves:
                    np.testing.assert_array_equal(labels(place / "masks" / f"{name}.png"), wanted.mask)
                else:
                    assert not (place / "masks").exists()
    assert len(tree(out)) == 3 * 6 + 3 * 2 + 3 + 1


def test_the_manifest_describes_each_image(data, tmp_path):
    """Hashes and measures of the files as they are, by another route."""
    out = tmp_path / "out"
    corrupt(data, out, "additive_noise", "translate", strengths="20", seed=5)
    found = rows(out)
    assert [row["file"] for row in found] == [
        f"{p}/20/images/{name}.png" for p in ("additive_noise", "translate") for name in ("a", "b", "sub/c")
    ]
    for row in found:
        clean, image = pixels(data / row["source"]), pixels(out / row["file"])
        entry = PERTURBATIONS[row["perturbation"]]
        assert row["mask"] == ("masks/" if not entry.moves else "translate/20/masks/") + row["file"].split("images/")[1]
        assert row["source_hash"] == pixel_hash(clean)
        assert row["source_mask_hash"] == pixel_hash(labels(data / row["source"].replace("images", "masks")))
        assert row["hash"] == pixel_hash(image)
        assert row["mask_hash"] == pixel_hash(labels(out / row["mask"]))
        assert (row["seed"], row["version"], row["format"], row["strength"]) == ("5", str(entry.version), "png", "20")
        rmse = np.sqrt(np.mean((clean.astype(float) - image) ** 2))
        assert float(row["rmse"]) == pytest.approx(rmse, rel=1e-5)
        assert -1 < float(row["ssim"]) < 1


def test_every_condition_reads_back_as_a_data_set(data, tmp_path, capsys):
    """The line that is printed, in a suite; and the other layout, where masks move."""
    out = tmp_path / "out"
    corrupt(data, out, "additive_noise", "rotate", strengths="20")
    printed = capsys.readouterr().out.splitlines()[-1].strip()
    assert printed.startswith("- {name: folder, label: additive_noise 20, root: ")
    line = printed.replace("the names of your classes", "back, pet")
    moved = line.replace("additive_noise", "rotate").replace("masks: masks", "masks: rotate/20/masks")
    suite = tmp_path / "suite.yaml"
    suite.write_text(f"name: c\ndatasets:\n  {line}\n  {moved}\nmodels: [{{name: background}}]\n")
    for spec, name in zip(load_suite(suite).datasets, ("additive_noise", "rotate"), strict=True):
        dataset = open_dataset(spec.keys.name, spec.parameters, Path(spec.keys.root), download=False)
        subset = dataset.subset("test")
        assert [row.id for row in subset.rows] == ["a", "b", "sub/c"]
        sample = subset.load(2)
        clean, ground_truth = pixels(data / "images" / "sub" / "c.png"), labels(data / "masks" / "sub" / "c.png")
        wanted = perturb(clean, name, 20, masks=ground_truth)
        np.testing.assert_array_equal(sample.image, wanted.image)
        np.testing.assert_array_equal(sample.mask, wanted.mask)


def test_the_folder_of_a_condition_names_its_parameters(data, tmp_path):
    """Where they are not the defaults; a preset's perturbations are there once, and no identity among them."""
    out = tmp_path / "out"
    corrupt(data, out, "occlusion", strengths="4", parameters=("placement=anywhere", "room=10"))
    assert (out / "occlusion_placement=anywhere_room=10" / "4" / "images" / "a.png").is_file()
    corrupt(data, out, "occlusion", presets=["edinburgh_2025"], limit=1)
    found = [row for row in rows(out) if row["parameters"] != rows(out)[-1]["parameters"] or row["strength"] != "4"]
    defaults = {name: PERTURBATIONS[name] for name in {row["perturbation"] for row in found}}
    assert len(defaults) == 8
    assert {(row["perturbation"], float(row["strength"])) for row in rows(out)} == {
        ("occlusion", 4.0),
        *((name, s) for name, entry in defaults.items() for s in entry.strengths if s != entry.identity),
    }


def test_images_without_masks(tmp_path, capsys):
    """Any folder of images, sub-folders too; no masks appear, and what needs one is named."""
    make(tmp_path / "photos", ["x", "deep/er/y"], masks=False)
    out = tmp_path / "out"
    corrupt(tmp_path / "photos", out, "rotate", strengths="10")
    assert set(tree(out)) == {"manifest.csv", "rotate/10/images/x.png", "rotate/10/images/deep/er/y.png"}
    wanted = perturb(pixels(tmp_path / "photos" / "x.png"), "rotate", 10)
    np.testing.assert_array_equal(pixels(out / "rotate" / "10" / "images" / "x.png"), wanted)
    assert {(row["mask"], row["source_mask_hash"], row["mask_hash"]) for row in rows(out)} == {("", "", "")}
    assert "datasets" not in capsys.readouterr().out
    with pytest.raises(BenchError, match="object_cutout places itself by the mask"):
        corrupt(tmp_path / "photos", out, "object_cutout")


def test_generated_images_need_no_folder(tmp_path):
    """`bench corrupt shapes out`, with keys of the data set; sources have no file."""
    out = tmp_path / "out"
    corrupt("shapes", out, "gamma", dataset="shapes", data_keys=["test=2", "trainval=4"], strengths="2")
    assert [row["source"] for row in rows(out)] == ["", ""]
    corrupt("shapes", tmp_path / "more", "gamma", limit=3, strengths="2")
    assert len(rows(tmp_path / "more")) == 3


@pytest.mark.pets
def test_real_pets_are_found_by_their_layout(tmp_path, capsys):
    """The official layout; the classes are known, and masks are labels."""
    root = ROOT.parent / "shared" / "data"
    if not (root / "oxford-iiit-pet").is_dir():
        pytest.skip("the Oxford-IIIT Pet sample is not on this machine")
    out = tmp_path / "out"
    corrupt(root, out, "contrast_decrease", strengths="0.5", limit=4)
    assert "classes: [background, cat, dog]" in capsys.readouterr().out
    assert len(rows(out)) == 4
    assert all(row["source"].startswith("oxford-iiit-pet/images/") for row in rows(out))
    assert all(set(np.unique(labels(out / row["mask"]))) <= {0, 1, 2, 255} for row in rows(out))


def test_jpeg_is_recorded_and_describes_the_files(data, tmp_path):
    """Hash and measures are those of the decoded files; the quality is honoured."""
    for quality in (30, 90):
        corrupt(data, tmp_path / str(quality), "gamma", strengths="2", quality=quality)
    for quality in (30, 90):
        for row in rows(tmp_path / str(quality)):
            assert (row["format"], row["file"][-4:]) == (f"jpeg {quality}", ".jpg")
            image = pixels(tmp_path / str(quality) / row["file"])
            assert row["hash"] == pixel_hash(image)
            rmse = np.sqrt(np.mean((pixels(data / row["source"]).astype(float) - image) ** 2))
            assert float(row["rmse"]) == pytest.approx(rmse, rel=1e-5)
    small, large = (sum(p.stat().st_size for p in (tmp_path / q).rglob("*.jpg")) for q in ("30", "90"))
    assert small < large


def test_unreadable_images_are_named_and_left_out(data, tmp_path, capsys):
    """As in a run; the others are written."""
    (data / "images" / "b.png").write_bytes(b"no image")
    (data / "masks" / "a.png").unlink()
    out = tmp_path / "out"
    corrupt(data, out, "gamma", strengths="2")
    assert [row["file"] for row in rows(out)] == ["gamma/2/images/sub/c.png"]
    printed = capsys.readouterr().err
    assert "left out: a: a.png: it has no mask\n" in printed
    assert "left out: b: b.png: not an image\n" in printed


def test_images_that_are_too_small_are_named(data, tmp_path, capsys, monkeypatch):
    """For the perturbations that ask for more."""
    monkeypatch.setitem(PERTURBATIONS["gamma"].__dict__, "least", 21)
    corrupt(data, tmp_path / "out", "gamma", strengths="2")
    assert "left out: a: gamma needs 21 pixels each way, not 20x24" in capsys.readouterr().err


def interrupted(monkeypatch, after):
    """Let writing fail after so many images."""
    real, count = write.CopyWriter.condition, []

    def failing(self, sample, target):
        if len(count) == after:
            raise KeyboardInterrupt
        count.append(target)
        return real(self, sample, target)

    monkeypatch.setattr(write.CopyWriter, "condition", failing)


def test_an_interrupted_job_goes_on(data, tmp_path, monkeypatch, capsys):
    """Nothing finished is written again; at the end everything is as if nothing had happened."""
    names = ("salt_and_pepper", "rotate")
    corrupt(data, tmp_path / "whole", *names, strengths="0.1,0.3,0.5")
    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        interrupted(patched, 7)
        with pytest.raises(KeyboardInterrupt):
            corrupt(data, out, *names, strengths="0.1,0.3,0.5", jobs=1)
    done = {row["file"]: (out / row["file"]).stat().st_ino for row in rows(out)}
    assert len(done) == 7
    capsys.readouterr()
    corrupt(data, out, *names, strengths="0.1,0.3,0.5")
    assert "11 images written" in capsys.readouterr().out
    assert {file: (out / file).stat().st_ino for file in done} == done
    assert tree(out) == tree(tmp_path / "whole")
    corrupt(data, out, *names, strengths="0.1,0.3,0.5")
    assert "nothing to do: 18 images are there" in capsys.readouterr().out


@pytest.mark.slow
def test_a_killed_job_goes_on(tmp_path):
    """SIGKILL in the middle, and a torn last line: the same files as of one that was left alone."""
    data = make(tmp_path / "data", [f"p{i:02}" for i in range(10)], (64, 64))
    out, words = tmp_path / "out", ["--perturbation", "additive_noise", "--perturbation", "rotate"]
    line = [sys.executable, "-m", "bench", "corrupt", str(data), str(out), *words, "--jobs", "1"]
    process = subprocess.Popen(line, cwd=ROOT, env=os.environ, stderr=subprocess.DEVNULL)
    manifest, deadline = out / "manifest.csv", time.monotonic() + 120
    while not (manifest.exists() and manifest.read_bytes().count(b"\n") > 5) and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert len(rows(out)) < 10 * 15
    os.truncate(manifest, manifest.stat().st_size - 3)
    (out / "rotate").mkdir(exist_ok=True)
    (out / "rotate" / ".p01.png.12-ab.tmp").write_bytes(b"half")
    corrupt(data, out, "additive_noise", "rotate")
    corrupt(data, tmp_path / "whole", "additive_noise", "rotate")
    assert tree(out) == tree(tmp_path / "whole")
    assert not list(out.rglob("*.tmp"))


@pytest.mark.parametrize("loss", ["file", "mask", "row", "version", "source"])
def test_only_what_is_whole_and_true_counts(data, tmp_path, loss):
    """A lost image, mask or row, an older version, or an image that has changed since: made again."""
    out, whole = tmp_path / "out", tmp_path / "whole"
    corrupt(data, out, "gamma", strengths="2,3")
    manifest, victim = out / "manifest.csv", out / "gamma" / "2" / "images" / "a.png"
    text = manifest.read_text()
    if loss == "file":
        victim.unlink()
    elif loss == "mask":
        (out / "masks" / "a.png").unlink()
    elif loss == "row":
        manifest.write_text("".join(line for line in text.splitlines(keepends=True) if "gamma/2/images/a" not in line))
    elif loss == "version":
        victim.write_bytes(b"of an older version")
        version = str(PERTURBATIONS["gamma"].version)
        old = next(line for line in text.splitlines() if "gamma/2/images/a" in line)
        manifest.write_text(text.replace(old, old.replace(f",{version},0,png,", ",-1,0,png,")))
        assert manifest.read_text() != text
    else:
        Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(data / "images" / "a.png")
        Image.fromarray(np.zeros((9, 9), np.uint8)).save(data / "masks" / "a.png")
    corrupt(data, out, "gamma", strengths="2,3")
    corrupt(data, whole, "gamma", strengths="2,3")
    assert tree(out) == tree(whole)


def test_a_row_never_speaks_of_another_mask(data, tmp_path):
    """A mask that has changed replaces the shared one: rows made with the old one go, until they are asked for again."""
    out = tmp_path / "out"
    corrupt(data, out, "grayscale", "gamma", strengths="0.5")
    changed = np.array(Image.open(data / "masks" / "a.png"))
    changed[0, 0] = 1
    Image.fromarray(changed).save(data / "masks" / "a.png")
    corrupt(data, out, "gamma", strengths="0.5")
    assert {(r["perturbation"], r["source"]) for r in rows(out)} == {
        *(("gamma", f"images/{name}.png") for name in ("a", "b", "sub/c")),
        *(("grayscale", f"images/{name}.png") for name in ("b", "sub/c")),
    }
    for row in rows(out):
        assert pixel_hash(read_mask(out / row["mask"], 10**6)) == row["mask_hash"]


def test_more_can_be_added_to_a_folder(data, tmp_path):
    """Other strengths and perturbations join; what was there stays in the manifest."""
    out = tmp_path / "out"
    corrupt(data, out, "gamma", strengths="2")
    corrupt(data, out, "rotate", strengths="10")
    assert [row["perturbation"] for row in rows(out)] == ["gamma"] * 3 + ["rotate"] * 3


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_change_nothing(data, tmp_path, threads):
    """The same files, byte for byte."""
    corrupt(data, tmp_path / "two", "additive_noise", "rotate", strengths="5")
    corrupt(data, tmp_path / "other", "additive_noise", "rotate", strengths="5", jobs=threads)
    assert tree(tmp_path / "two") == tree(tmp_path / "other")


FAULTS = {
    "no folder": ({"where": "nowhere"}, "no folder .*nowhere; give the folder of a data set, or shapes"),
    "misspelt": ({"names": ["rotat"]}, "did you mean 'rotate'"),
    "preset": ({"names": [], "presets": ["common1"]}, "no preset named 'common1'; did you mean 'common1[59]'"),
    "nothing": ({"names": []}, "give --preset or --perturbation"),
    "strengths": ({"strengths": "1,x"}, "--strengths takes numbers with commas between them, not '1,x'"),
    "strength": ({"strengths": "1000"}, "strength 1000 is out of range"),
    "parameters of two": ({"names": ["rotate", "gamma"], "parameters": ["a=1"]}, "-p belongs to one perturbation"),
    "data set": ({"dataset": "oxfordpet"}, "did you mean 'oxford_pet'"),
    "keys": ({"data_keys": ["images=i"]}, "--data-key belongs to a data set"),
    "missing keys": ({"dataset": "folder", "data_keys": ["images=i"]}, "folder needs classes=…"),
    "wrong keys": ({"dataset": "folder", "data_keys": ["imags=i"]}, "folder (has no key 'imags'; did you mean 'images'|needs)"),
    "split": ({"split": "tset"}, "no split 'tset'; did you mean 'test'"),
    "no such split": ({"split": "val"}, "no split 'val'; there is: test"),
    "empty": ({"where": "empty"}, "no images in .*empty"),
    "foreign": ({"out": "foreign"}, "foreign is not empty and was not made by bench corrupt"),
    "a file": ({"out": "file"}, "file is a file; give a folder"),
    "inside": ({"out": "data/images/out"}, "where the clean images lie"),
    "around": ({"out": "data/.."}, "not empty"),
    "the data": ({"out": "data"}, "not empty"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "message"), FAULTS.values(), ids=FAULTS)
def test_what_a_user_can_fix_is_one_line(data, tmp_path, options, message):
    """And nothing is written."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    before = tree(tmp_path)
    given = {"where": data, "out": tmp_path / "out", "names": ["rotate"]} | options
    where, out, names = given.pop("where"), given.pop("out"), given.pop("names")
    with pytest.raises(BenchError, match=message) as fault:
        corrupt(where, out, *names, **given)
    assert "\n" not in str(fault.value)
    assert {name for name in tree(tmp_path) if not name.startswith("cache")} == set(before)


@pytest.mark.parametrize(("options", "word"), [({"seed": 1}, "seed 0"), ({"quality": 90}, "png")])
def test_a_folder_has_one_seed_and_one_format(data, tmp_path, options, word):
    """Another one is refused, and nothing is touched."""
    out = tmp_path / "out"
    corrupt(data, out, "gamma", strengths="2")
    before = tree(out)
    with pytest.raises(BenchError, match=f"{word}.*give the same --seed and --jpeg, or another folder"):
        corrupt(data, out, "rotate", **options)
    assert tree(out) == before


def test_a_foreign_manifest_is_refused(data, tmp_path):
    """A table of something else is nobody's to overwrite."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BenchError, match="not a manifest of this version"):
        corrupt(data, tmp_path / "out", "gamma")


def test_images_without_masks_are_not_written_among_themselves(tmp_path):
    """The next time they would be images to corrupt."""
    make(tmp_path / "photos", ["x"], masks=False)
    with pytest.raises(BenchError, match="where the clean images lie"):
        corrupt(tmp_path / "photos", tmp_path / "photos" / "out", "gamma")


def test_names_cannot_lead_out_of_the_folder(tmp_path):
    """A list of names is data of a stranger."""
    base = tmp_path / "data" / "oxford-iiit-pet"
    for kind in ("images", "annotations/trimaps"):
        (base / kind).mkdir(parents=True)
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(base / "evil.jpg")
    Image.fromarray(np.ones((8, 8), np.uint8)).save(base / "annotations" / "evil.png")
    (base / "annotations" / "test.txt").write_text("../evil 1 1 1\n")
    (base / "annotations" / "trainval.txt").write_text("")
    with pytest.raises(BenchError, match=r"'\.\./evil' is no id of an image"):
        corrupt(tmp_path / "data", tmp_path / "out", "gamma")


def test_masks_in_colours_are_read_by_their_keys(tmp_path):
    """Without them it is one line; with them the masks are labels."""
    data = make(tmp_path / "data", ["a"])
    ground_truth = labels(data / "masks" / "a.png")
    colours = np.zeros((256, 3), np.uint8)
    colours[[1, 255]] = [(9, 8, 7), (255, 255, 255)]
    Image.fromarray(colours[ground_truth]).save(data / "masks" / "a.png")
    with pytest.raises(BenchError, match="the mask is in colours"):
        corrupt(data, tmp_path / "out", "gamma", strengths="2")
    keys = ["images=images", "masks=masks", 'classes=["b", "pet"]', "ignore=[255, 255, 255]"]
    keys.append('colours={"b": [0, 0, 0], "pet": [9, 8, 7]}')
    corrupt(data, tmp_path / "out", "gamma", strengths="2", dataset="folder", data_keys=keys)
    np.testing.assert_array_equal(labels(tmp_path / "out" / "masks" / "a.png"), ground_truth)


def test_a_full_disk_stops_with_a_line(data, tmp_path, monkeypatch):
    """What is finished is kept, and counts the next time."""
    real, written = write.write_atomic, []

    def full(path, content):
        if len(written) == 4:
            raise BenchError(f"the disk is full at {path}")
        written.append(path)
        real(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(write, "write_atomic", full)
        with pytest.raises(BenchError, match="the disk is full"):
            corrupt(data, tmp_path / "out", "gamma", strengths="2,3", jobs=1)
    assert 0 < len(rows(tmp_path / "out")) < 6
    corrupt(data, tmp_path / "out", "gamma", strengths="2,3")
    assert len(rows(tmp_path / "out")) == 6
