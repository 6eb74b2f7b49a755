"""Links in a run's folder, a copy's folder and the cache: nothing is written through them, and one line says so."""

import pytest

from bench.cli.app import main

SUITE = """\
name: s
datasets: [{name: shapes, trainval: 12, test: 4}]
models: [{name: background}]
perturbations: [{name: fog, strengths: [1]}]
"""


@pytest.fixture
def elsewhere(tmp_path):
    """A folder of somebody else's, with a file in it."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "victim").write_text("precious")
    return folder


@pytest.fixture
def bench(monkeypatch, capsys):
    """Call the command line; returns exit code and standard error."""

    def call(*words):
        monkeypatch.setattr("sys.argv", ["bench", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code or 0, capsys.readouterr().err

    return call


@pytest.fixture
def suite(tmp_path):
    (tmp_path / "s.yaml").write_text(SUITE)
    return tmp_path / "s.yaml"


def untouched(folder):
    return [path.name for path in folder.iterdir()] == ["victim"] and (folder / "victim").read_text() == "precious"


def test_a_linked_lock_is_refused(bench, suite, tmp_path, elsewhere):
    """As in the report of this fault: it was emptied, with exit code 0."""
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / ".lock").symlink_to(elsewhere / "victim")
    lock = tmp_path / "r" / ".lock"
    assert bench("run", suite, "--out", tmp_path / "r") == (
        2,
        f"bench: {lock} is a link, so it cannot be the lock of this folder; remove it\n",
    )
    assert untouched(elsewhere)


@pytest.mark.parametrize("name", ["cells", "examples", "figures", "timing"])
def test_a_linked_folder_of_a_run_is_refused(bench, suite, tmp_path, elsewhere, name):
    """Before anything is evaluated."""
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / name).symlink_to(elsewhere)
    place = tmp_path / "r" / name
    assert bench("run", suite, "--out", tmp_path / "r") == (
        2,
        f"bench: {place} is a link, and nothing is written through links; remove it, or choose another folder\n",
    )
    assert untouched(elsewhere)


@pytest.mark.usefixtures("undrawn")
def test_files_that_are_links_are_replaced_and_the_folder_itself_may_be_one(bench, suite, tmp_path, elsewhere):
    """Every file of a run; then the report again, whose figures folder was replaced by a link meanwhile."""
    assert bench("run", suite, "--out", tmp_path / "first")[0] == 0
    (tmp_path / "real").mkdir()
    (tmp_path / "r").symlink_to(tmp_path / "real")
    for path in (tmp_path / "first").rglob("*"):
        place = tmp_path / "r" / path.relative_to(tmp_path / "first")
        if path.is_dir():
            place.mkdir()
        elif path.name != ".lock" and path.suffix not in (".parquet", ".json"):
            place.symlink_to(elsewhere / "victim")
    assert bench("run", suite, "--out", tmp_path / "r")[0] == 0
    assert untouched(elsewhere)
    assert not [path for path in (tmp_path / "real").rglob("*") if path.is_symlink() and path.suffix != ".webp"]
    for path in (tmp_path / "real" / "figures").iterdir():
        path.unlink()
    (tmp_path / "real" / "figures").rmdir()
    (tmp_path / "real" / "figures").symlink_to(elsewhere)
    code, err = bench("report", tmp_path / "r")
    assert (code, err.count("\n")) == (2, 1)
    assert "figures is a link" in err
    assert untouched(elsewhere)


@pytest.mark.parametrize("name", ["fog", "fog/1", "fog/1/images"])
def test_a_linked_folder_of_a_corrupted_copy_is_refused(bench, tmp_path, elsewhere, name):
    """Also where a second call goes on."""
    import numpy as np
    from PIL import Image

    (tmp_path / "images").mkdir()
    Image.fromarray(np.full((40, 40, 3), 90, np.uint8)).save(tmp_path / "images" / "a.png")
    words = ["corrupt", tmp_path / "images", tmp_path / "copy", "--perturbation", "fog", "--strengths"]
    assert bench(*words, "3")[0] == 0
    (tmp_path / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
    place = tmp_path / "copy" / name
    if place.is_dir():
        place.rename(tmp_path / "moved")
    place.symlink_to(elsewhere)
    code, err = bench(*words, "1")
    assert code == 2
    assert f"bench: {place} is a link, and nothing is written through links" in err.splitlines()[-1]
    assert untouched(elsewhere)


def test_a_manifest_with_a_second_name_is_not_changed_there(bench, tmp_path):
    """A backup of hard links, as rsync makes; and a link to another copy's manifest."""
    import numpy as np
    from PIL import Image

    (tmp_path / "images").mkdir()
    Image.fromarray(np.full((40, 40, 3), 90, np.uint8)).save(tmp_path / "images" / "a.png")
    words = ["corrupt", tmp_path / "images", tmp_path / "copy", "--perturbation", "fog", "--strengths"]
    assert bench(*words, "1")[0] == 0
    manifest, backup = tmp_path / "copy" / "manifest.csv", tmp_path / "backup.csv"
    before = manifest.read_bytes()
    backup.hardlink_to(manifest)
    assert bench(*words, "2")[0] == 0
    assert backup.read_bytes() == before
    manifest.unlink()
    manifest.symlink_to(backup)
    assert bench(*words, "3")[0] == 0
    assert backup.read_bytes() == before
    assert not manifest.is_symlink()


def test_what_a_user_names_is_replaced_where_it_is_a_link(bench, tmp_path, elsewhere):
    """`bench perturb -o` and a contact sheet."""
    import numpy as np
    from PIL import Image

    Image.fromarray(np.full((40, 40, 3), 90, np.uint8)).save(tmp_path / "a.png")
    for name, words in (
        ("out.png", ["perturb", "a.png", "--perturbation", "fog", "--strength", "1", "-o"]),
        ("sheet.png", ["data", "shapes", "--preview"]),
    ):
        (tmp_path / name).symlink_to(elsewhere / "victim")
        assert bench(*words, tmp_path / name)[0] == 0
        assert not (tmp_path / name).is_symlink()
    assert untouched(elsewhere)


def test_a_linked_folder_of_a_training_is_refused(bench, tmp_path, elsewhere, suite):
    """Its state would be written elsewhere, and what is there would be removed at the end."""
    suite.write_text(SUITE.replace("{name: background}", "{name: unet, width: 2, size: 32, train: {epochs: 1}}"))
    assert bench("train", suite)[0] == 0
    [checkpoint] = (tmp_path / "cache" / "checkpoints").glob("*.safetensors")
    checkpoint.unlink()
    checkpoint.with_suffix(".partial").symlink_to(elsewhere)
    code, err = bench("train", suite)
    assert code == 2
    assert ".partial is a link, and nothing is written through links" in err.splitlines()[-1]
    assert untouched(elsewhere)
