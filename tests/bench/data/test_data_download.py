"""The download: verified, complete or not there at all; tried on archives served by the test itself."""

import hashlib
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.data import DATASETS, open_dataset
from bench.data.pets import download
from registry.errors import BenchError


@pytest.fixture
def archives(tmp_path, official, monkeypatch):
    """Serve the two archives, made of a small official layout, from this machine."""
    base = official() / "oxford-iiit-pet"
    served = []
    for name in ("images", "annotations"):
        path = tmp_path / f"{name}.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            archive.add(base / name, arcname=name)
        served.append((path.name, hashlib.md5(path.read_bytes()).hexdigest()))
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(download, "ARCHIVES", tuple((f"{home}/{name}", md5) for name, md5 in served))
    yield tmp_path
    server.shutdown()
    server.server_close()


def fetched(root):
    return open_dataset("oxford_pet", DATASETS["oxford_pet"].parameters(), root, download=True)


def test_missing_data_are_downloaded_and_opened(archives):
    """After it the root holds the data set and nothing else."""
    root = archives / "new" / "root"
    (root / "oxford-iiit-pet").mkdir(parents=True)  # as a user may have prepared it
    assert len(fetched(root).subset("test")) == 4
    assert [path.name for path in root.iterdir()] == ["oxford-iiit-pet"]


def test_data_that_are_there_are_not_downloaded(archives, monkeypatch):
    """No address is touched."""
    monkeypatch.setattr(download, "ARCHIVES", (("http://127.0.0.1:1/nowhere", ""),))
    assert len(fetched(archives / "data").subset("test")) == 4


@pytest.mark.parametrize("fault", ["sum", "address"])
def test_a_failed_download_names_how_to_get_the_data_by_hand(archives, monkeypatch, fault):
    """A wrong sum or no network: one line with the address and the folder, and no half data set."""
    (address, md5), other = download.ARCHIVES
    changed = (address, "0" * 32) if fault == "sum" else ("http://127.0.0.1:1/images.tar.gz", md5)
    monkeypatch.setattr(download, "ARCHIVES", (changed, other))
    with pytest.raises(BenchError) as caught:
        fetched(archives / "new")
    message = str(caught.value)
    assert "the download failed" in message and str(archives / "new" / "oxford-iiit-pet") in message
    assert "\n" not in message and not (archives / "new" / "oxford-iiit-pet").exists()


def test_a_second_try_completes_the_first(archives, monkeypatch):
    """The archive that arrived whole is kept; what failed is fetched again."""
    good = download.ARCHIVES
    monkeypatch.setattr(download, "ARCHIVES", (good[0], ("http://127.0.0.1:1/annotations.tar.gz", "0" * 32)))
    with pytest.raises(BenchError):
        fetched(archives / "new")
    monkeypatch.setattr(download, "ARCHIVES", (("http://127.0.0.1:1/images.tar.gz", good[0][1]), good[1]))
    assert len(fetched(archives / "new").subset("test")) == 4


@pytest.mark.parametrize("damage", [lambda content: content[:-9], lambda content: content[:20] + b"x" + content[21:]])
def test_an_archive_that_was_damaged_since_is_fetched_again(archives, monkeypatch, damage):
    """Cut off, or one byte of it: it is not unpacked."""
    good = download.ARCHIVES
    monkeypatch.setattr(download, "ARCHIVES", (good[0], ("http://127.0.0.1:1/annotations.tar.gz", "0" * 32)))
    with pytest.raises(BenchError):
        fetched(archives / "new")
    [kept] = (archives / "new").rglob("images.tar.gz")
    kept.write_bytes(damage(kept.read_bytes()))
    monkeypatch.setattr(download, "ARCHIVES", good)
    assert len(fetched(archives / "new").subset("test")) == 4


def test_an_incomplete_folder_is_not_overwritten(archives):
    """A user's own files are never touched."""
    kept = archives / "new" / "oxford-iiit-pet" / "notes.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    with pytest.raises(BenchError, match="exists but is incomplete; move it away"):
        fetched(archives / "new")
    assert kept.read_text() == "mine"
