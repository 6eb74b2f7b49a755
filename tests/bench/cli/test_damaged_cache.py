"""What plan, run, train and check make of a damaged or useless cache."""

import errno
import json
import shutil
from pathlib import Path

import pytest

STAGES = "{name: autoencoder_unet, width: 2, size: 32, label: net, pretrain: {epochs: 1}, train: {epochs: 1}}"
NET = "{name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}"
TWO_MODELS = [("perturbations: [{name: additive_noise, strengths: [50]}, {name: occlusion, strengths: [20, 40]}]", "")]
REST = "its tensors are not those of its checksum"


def flip_last(path):
    """Change a bit of the last tensor."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    return bytes(content)


def checkpoints(tmp_path, name):
    return sorted((tmp_path / "cache" / "checkpoints").glob(f"{name}-*.safetensors"))


@pytest.fixture
def done(bench, write, tmp_path, undrawn):
    """Run a small suite to its end; returns its file and the words of the run."""

    def finish(*changes):
        suite = write(*TWO_MODELS, *changes)
        assert bench("run", suite, "--out", tmp_path / "r")[0] == 0
        return suite, ("--out", tmp_path / "r")

    return finish


def test_a_damaged_checkpoint_is_named_set_aside_and_trained_again(bench, done, tmp_path):
    """The plan counts its training as missing; the same training gives the same weights, so the cells still count."""
    suite, where = done()
    [path] = checkpoints(tmp_path, "unet")
    kept = (tmp_path / "r" / "summary.csv").read_bytes()
    whole, damaged = path.read_bytes(), flip_last(path)

    code, out, err = bench("plan", suite, *where, "--json")
    assert code == 0
    assert f"net: the checkpoint {path} is damaged: {REST}; a run sets it aside and trains again" in " ".join(
        err.split()
    )
    assert [row["after training"] for row in json.loads(out)] == [0, 1]
    assert path.read_bytes() == damaged

    code, _, err = bench("run", suite, *where)
    assert code == 0
    words = f"net: the checkpoint {path} is damaged: {REST}; set aside as {path.name}.damaged, trained again"
    assert words in " ".join(err.split())
    assert path.with_name(f"{path.name}.damaged").read_bytes() == damaged
    assert path.read_bytes()[-400:] == whole[-400:]
    assert (tmp_path / "r" / "summary.csv").read_bytes() == kept

    code, out, err = bench("run", suite, *where)
    assert "damaged" not in err


def test_train_sets_a_damaged_checkpoint_aside(bench, write, tmp_path):
    """Cut off, this time."""
    suite = write()
    bench("train", suite)
    [path] = checkpoints(tmp_path, "unet")
    path.write_bytes(path.read_bytes()[:-7])
    code, out, err = bench("train", suite)
    assert code == 0
    assert str(path) in out
    assert "is not a readable" not in err
    assert f"damaged: it is cut off; set aside as {path.name}.damaged, trained again" in " ".join(err.split())


def test_a_damaged_first_stage_is_trained_again(bench, done, tmp_path):
    """The segmenter is whole, all cells are there, and the autoencoder's reconstructions stay in the table."""
    suite, where = done((NET, STAGES))
    [first] = checkpoints(tmp_path, "autoencoder")
    [second] = checkpoints(tmp_path, "autoencoder_unet")
    kept, whole = second.read_bytes(), (tmp_path / "r" / "reconstructions.csv").read_bytes()
    flip_last(first)
    assert f"net: the checkpoint {first} is damaged" in " ".join(bench("plan", suite, *where)[2].split())
    code, _, err = bench("run", suite, *where)
    assert code == 0
    assert f"the autoencoder of net: the checkpoint {first} is damaged" in " ".join(err.split())
    assert second.read_bytes() == kept
    assert (tmp_path / "r" / "reconstructions.csv").read_bytes() == whole


@pytest.mark.parametrize("command", ["plan", "run", "check"])
def test_a_users_damaged_checkpoint_is_refused(bench, write, tmp_path, command):
    """In one line; the file stays as it is."""
    bench("train", write())
    path = tmp_path / "mine.safetensors"
    shutil.copy(checkpoints(tmp_path, "unet")[0], path)
    damaged = flip_last(path)
    suite = write(("label: net, train: {epochs: 1, batch_size: 4}", f"label: net, checkpoint: {path}"))
    code, _, err = bench(command, suite, *(() if command == "check" else ("--out", tmp_path / "r")))
    assert code == 2
    assert err.count("\n") == 1
    assert f": the checkpoint {path} is damaged: {REST}; give a whole copy of it, or train it again\n" in err
    assert path.read_bytes() == damaged


def test_a_damaged_manifest_is_named_and_made_anew(bench, done, tmp_path):
    """The line says which; the next run is silent."""
    suite, where = done()
    path = max((tmp_path / "cache" / "manifests").glob("shapes-*.json"), key=lambda path: path.stat().st_size)
    text = path.read_text()
    path.write_text(text.replace("0", "1", 1))
    _, _, err = bench("plan", suite, *where)
    assert f"what is known of the images in {path} is damaged, and is made anew" in " ".join(err.split())
    assert path.read_text() == text
    assert "damaged" not in bench("plan", suite, *where)[2]


def test_damaged_speeds_are_named(bench, done, tmp_path):
    """An estimate that is missing has its cause."""
    suite, where = done()
    path = tmp_path / "cache" / "rates.json"
    content = json.loads(path.read_text())
    content["notes"]["training"][next(iter(content["notes"]["training"]))][0]["seconds"] *= 2
    path.write_text(json.dumps(content))
    code, _, err = bench("plan", suite, *where)
    assert code == 0
    assert f"the measured speeds in {path} are damaged: they count as none, and a run measures anew" in " ".join(
        err.split()
    )


def test_a_cache_that_is_a_file(bench, write, tmp_path):
    """A plan works, and says that nothing is kept; a run has no place for its checkpoints, and says that."""
    (tmp_path / "cache").write_text("mine")
    code, _, err = bench("plan", write(), "--out", tmp_path / "r")
    assert code == 0
    assert "what is known of the images is not kept, and is made anew each time: cannot write" in " ".join(err.split())
    code, _, err = bench("run", write(), "--out", tmp_path / "r")
    assert code == 2
    assert "Traceback" not in err
    assert "cannot write" in err.splitlines()[-1]
    assert (tmp_path / "cache").read_text() == "mine"


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "the disk is full at"), (errno.EROFS, "no permission")])
def test_a_cache_that_cannot_be_written(bench, done, tmp_path, monkeypatch, number, words):
    """Where all is trained, a full disk or a write-protected cache costs nothing but a line."""
    suite, where = done()
    shutil.rmtree(tmp_path / "cache" / "manifests")
    real = Path.write_bytes

    def write_bytes(self, content):
        if "cache" in self.parts:
            raise OSError(number, "no")
        return real(self, content)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    for command in ("plan", "run"):
        code, _, err = bench(command, suite, *where)
        assert code == 0
        assert f"is not kept, and is made anew each time: {words}" in " ".join(err.split())


def test_folders_in_place_of_all_files_of_the_cache(bench, done, tmp_path):
    """Named; the checkpoint is trained again, the others are left out."""
    suite, where = done()
    files = [path for path in (tmp_path / "cache").rglob("*") if path.suffix in (".json", ".safetensors", ".lock")]
    for path in files:
        path.unlink()
        if path.suffix != ".lock":
            path.mkdir()
    assert bench("plan", suite, *where)[0] == 0
    code, _, err = bench("run", suite, *where)
    assert code == 0
    assert "Traceback" not in err
    assert "is a folder; set aside as" in " ".join(err.split())
