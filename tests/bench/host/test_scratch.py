"""Arrays kept on disk for the length of a process."""

import numpy as np
import pytest

from bench.host import scratch as module
from bench.host.scratch import Scratch


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """A place for 1000 bytes."""
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path / "cache"))
    made = Scratch(1000)
    yield made
    made.close()


def test_what_is_kept_is_read_again(scratch, tmp_path):
    """Any shape, any memory layout; the folder shows no file."""
    random = np.random.default_rng(0)
    arrays = [random.integers(0, 256, shape, np.uint8) for shape in ((4, 5, 3), (7,), (2, 9))]
    arrays.append(np.transpose(arrays[0], (2, 0, 1)))
    spans = [scratch.keep(one) for one in arrays]
    for span, array in zip(reversed(spans), reversed(arrays), strict=True):
        assert np.array_equal(scratch.read(span), array)
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_is_read_is_the_readers_own(scratch):
    """Writing into it changes nothing of what is kept."""
    span = scratch.keep(np.zeros(3, np.uint8))
    scratch.read(span)[:] = 1
    assert scratch.read(span).tolist() == [0, 0, 0]


def test_beyond_the_limit_nothing_is_kept(scratch):
    """A smaller array that fits still is."""
    assert scratch.keep(np.zeros(900, np.uint8))
    assert scratch.keep(np.zeros(200, np.uint8)) is None
    assert scratch.keep(np.ones(100, np.uint8))


def test_a_full_disk_ends_the_keeping(scratch, monkeypatch):
    """What was kept before can still be read."""
    span = scratch.keep(np.arange(9, dtype=np.uint8))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "pwrite", full)
    assert scratch.keep(np.zeros(9, np.uint8)) is None
    monkeypatch.undo()
    assert scratch.keep(np.zeros(9, np.uint8)) is None
    assert scratch.read(span).tolist() == list(range(9))


def test_a_quarter_of_the_free_disk_is_the_most(tmp_path, monkeypatch):
    """On a small disk the limit is smaller."""
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 40}))
    made = Scratch()
    assert made.keep(np.zeros(11, np.uint8)) is None
    assert made.keep(np.zeros(10, np.uint8))
    made.close()


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path, monkeypatch):
    """A file in the place of the cache's folder is no error."""
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path / "cache"))
    assert Scratch().keep(np.zeros(3, np.uint8)) is None
