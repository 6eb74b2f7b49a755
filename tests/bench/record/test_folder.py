"""A run's folder: whole files or none, one run at a time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.host.files import StorageError, atomic_path, cache_root, digest, reported_os_errors, write_atomic, write_json
from bench.metrics.counts import Counts
from bench.record.cell_file import StoredCell
from bench.record.failure_note import Failure
from bench.record.run_folder import RunFolder
from registry.errors import BenchError


def cell(classes=3):
    rng = np.random.default_rng(0)
    matrices = rng.integers(0, 1000, (5, classes + 1, classes))
    return StoredCell(tuple("abcde"), Counts.gather(classes, matrices, [1, 0, 0, 1, 1]), {"seconds": 1.5, "model": "m"})


def note(model):
    return Failure(dataset="d", model=model, perturbation="clean", strength=0.0, message=model)


@pytest.mark.parametrize("classes", [2, 3, 32, 33, 200])
def test_a_cell_comes_back_as_it_was(tmp_path, classes):
    """Integers, samples and record, below and above the limit of whole matrices."""
    folder, stored = RunFolder(tmp_path), cell(classes)
    folder.write_cell("k", stored)
    back = folder.read_cell("k")
    assert back.samples == stored.samples
    assert np.array_equal(back.counts.values, stored.counts.values)
    assert np.array_equal(back.counts.foreground, stored.counts.foreground)
    assert back.counts.classes == classes
    assert back.record["seconds"] == 1.5


def test_a_finished_cell_forgets_its_failure(tmp_path):
    """And only its own."""
    folder = RunFolder(tmp_path)
    for key in ("k", "l"):
        folder.write_failure(key, note(key))
    folder.write_cell("k", cell())
    assert [f.message for f in folder.failures()] == ["l"]
    folder.forget_failures("d", "l")
    assert folder.failures() == []


def test_one_look_finds_the_finished_cells(tmp_path):
    """Whole files and links to them, without those that failed later; no folders, no other names."""
    folder = RunFolder(tmp_path / "run")
    assert folder.finished() == set()
    for key in ("whole", "failed"):
        folder.write_cell(key, cell())
    for key in ("failed", "never"):
        folder.write_failure(key, note(key))
    cells = folder.path / "cells"
    (cells / "folder.parquet").mkdir()
    (cells / "linked.parquet").symlink_to(cells / "whole.parquet")
    (cells / "broken.parquet").symlink_to(cells / "nothing")
    (cells / "whole.parquet.damaged").touch()
    assert folder.finished() == {"whole", "linked"}
    assert [key for key in ("whole", "failed", "never", "folder", "linked", "broken") if folder.has(key)] == [
        "whole",
        "linked",
    ]


def test_a_damaged_cell_is_one_line(tmp_path):
    """The file is named, and what to do."""
    folder = RunFolder(tmp_path)
    folder.write_cell("k", cell())
    folder.cell_path("k").write_bytes(b"PAR1 cut short")
    with pytest.raises(BenchError, match=r"k\.parquet is damaged \(it cannot be read\); run the suite again"):
        folder.read_cell("k")


def test_a_damaged_failure_says_nothing(tmp_path):
    """It ends no run: its cell is unfinished, and is tried again."""
    folder = RunFolder(tmp_path)
    folder.write_cell("k", cell())
    folder.write_failure("k", note("n"))
    path = tmp_path / "cells" / "k.failed.json"
    path.write_text(path.read_text().replace('"n"', '"m"'))
    folder.forget_failures("d", "n")
    assert (folder.failures(), folder.damaged_notes(), folder.has("k")) == ([], [path], False)


def test_a_failure_of_before_is_read(tmp_path):
    """It has no checksum."""
    (tmp_path / "cells").mkdir()
    content = {"dataset": "d", "model": "m", "perturbation": "fog", "strength": 1.0, "message": "x", "traceback": "y"}
    (tmp_path / "cells" / "k.failed.json").write_text(json.dumps(content))
    assert [one.model_dump() for one in RunFolder(tmp_path).failures()] == [content]


def test_a_damaged_record_is_one_line(tmp_path):
    """Not silently begun anew."""
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(BenchError, match="run.json is damaged"):
        RunFolder(tmp_path).record()


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    """And no litter."""
    path = tmp_path / "a.json"
    write_atomic(path, "old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half of the ne")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_are_readable_by_others(tmp_path):
    """As the umask says: results are shown to colleagues."""
    write_atomic(tmp_path / "a", "x")
    os.umask(mask := os.umask(0))
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize(
    ("number", "message"), [(28, "the disk is full"), (13, "no permission to write"), (30, "no permission")]
)
def test_what_the_system_refuses_is_one_line(tmp_path, number, message):
    """ENOSPC, EACCES, EROFS."""
    with pytest.raises(StorageError, match=message), reported_os_errors(tmp_path):
        raise OSError(number, os.strerror(number))


def test_other_system_errors_keep_their_traceback(tmp_path):
    """EIO is nobody's misspelling."""
    with pytest.raises(OSError, match="Input/output"), reported_os_errors(tmp_path):
        raise OSError(5, os.strerror(5))


def test_json_has_no_nan(tmp_path):
    """A reader in any language can read it."""
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})


def test_the_lock_goes_with_the_process(tmp_path):
    """A killed run leaves no lock behind."""
    code = (
        "import os, signal; from pathlib import Path; from bench.record.run_folder import RunFolder\n"
        f"with RunFolder(Path({str(tmp_path)!r})).locked(): os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=root).returncode == -9
    with RunFolder(tmp_path).locked():
        pass


def test_keys_are_those_of_canonical_json():
    """BLAKE2b-128 of the JSON with sorted keys and no spaces: computable anywhere."""
    import hashlib

    assert (
        digest({"b": 1, "a": [1, "é"]}) == hashlib.blake2b('[{"a":[1,"é"],"b":1}]'.encode(), digest_size=16).hexdigest()
    )


def test_the_cache_is_where_the_user_says(monkeypatch, tmp_path):
    """$SEGBENCH_CACHE, else the user's cache folder."""
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path / "x"))
    assert cache_root() == tmp_path / "x"
    monkeypatch.delenv("SEGBENCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "y"))
    assert cache_root() == tmp_path / "y" / "segbench"


def test_a_stored_cell_is_ordinary_parquet(tmp_path):
    """Three columns that any Parquet reader shows, and our record in the metadata."""
    import pandas as pd
    from pyarrow import parquet

    RunFolder(tmp_path).write_cell("k", cell())
    path = tmp_path / "cells" / "k.parquet"
    frame = pd.read_parquet(path)
    assert list(frame.columns) == ["sample", "foreground", "counts"]
    assert np.array_equal(np.stack(frame["counts"]), cell().counts.columns())
    assert json.loads(parquet.read_metadata(path).metadata[b"segbench"])["format"] == 2
