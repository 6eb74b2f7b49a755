"""Locks, and what is written: through no link, over nothing that is not ours."""

import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench.host import files
from bench.host.files import (
    StorageError,
    atomic_path,
    cache_root,
    locked,
    make_folder,
    open_to_append,
    read_json,
    remove_folder,
    remove_torn_files,
    set_aside,
    write_atomic,
)
from registry.errors import BenchError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def victim(tmp_path):
    """A file elsewhere that nobody may touch."""
    path = tmp_path / "elsewhere" / "victim"
    path.parent.mkdir()
    path.write_text("precious")
    return path


def names(folder):
    return [path.name for path in folder.iterdir()]


def take(path):
    with locked(path):
        pass


def test_a_lock_follows_no_link(tmp_path, victim):
    """Neither to a file, nor to where none is."""
    lock = tmp_path / ".lock"
    for target in (victim, victim.with_name("new")):
        lock.symlink_to(target)
        with pytest.raises(
            StorageError, match=r"/\.lock is a link, so it cannot be the lock of this folder; remove it$"
        ):
            take(lock)
        lock.unlink()
    assert victim.read_text() == "precious"
    assert names(victim.parent) == ["victim"]


def test_a_lock_leaves_what_is_in_its_file(tmp_path, victim):
    """A file that has a second name elsewhere."""
    (tmp_path / ".lock").hardlink_to(victim)
    take(tmp_path / ".lock")
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "device"])
def test_what_cannot_be_a_lock_is_one_line(tmp_path, kind, monkeypatch):
    """And nobody waits for the other end of a pipe."""
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    if kind == "pipe":
        os.mkfifo(".lock")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(".lock")
    elif kind == "folder":
        Path(".lock").mkdir()
    begin = time.monotonic()
    with pytest.raises(StorageError, match=r"is (a folder|no plain file), so it cannot be the lock of this folder"):
        take(Path("/dev/null" if kind == "device" else ".lock"))
    assert time.monotonic() - begin < 2


def hold(path, ready, seconds):
    with locked(path):
        ready.set()
        time.sleep(seconds)


def test_a_lock_that_is_about_to_be_free_is_waited_for(tmp_path):
    """Where a caller says for what; else it is refused at once, and after a while in any case."""
    ready, said = threading.Event(), []
    thread = threading.Thread(target=hold, args=(tmp_path / "a", ready, 0.5))
    thread.start()
    ready.wait()
    with pytest.raises(BenchError, match="^busy$"), locked(tmp_path / "a", "busy"):
        pass
    with locked(tmp_path / "a", "busy", lambda: said.append("waiting")):
        assert said == ["waiting"]
    thread.join()


def test_a_lock_that_stays_is_refused_in_the_end(tmp_path, monkeypatch):
    """The wait is short."""
    monkeypatch.setattr(files, "ENDING", 0.2)
    said = []
    busy = locked(tmp_path / "a", "busy", lambda: said.append("waiting"))
    with locked(tmp_path / "a"), pytest.raises(BenchError, match="^busy$"), busy:
        pass
    assert said == ["waiting"]


HOLDER = """\
import multiprocessing, os, sys, time
from pathlib import Path
from bench.host.files import locked
with locked(Path(sys.argv[1])):
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(20,))
    child.start()
    print(child.pid, flush=True)
    time.sleep(20)
"""


def test_a_forked_child_does_not_hold_its_parents_lock(tmp_path):
    """The parent is killed and the child lives on: the lock is free. Until then it is held."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "a")],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as parent:  # fmt: skip
        child = int(parent.stdout.readline())
        with pytest.raises(BenchError, match="busy"), locked(tmp_path / "a", "busy"):
            pass
        parent.kill()
        parent.wait()
        with locked(tmp_path / "a", "busy", lambda: None):  # the child may not have run at all so far
            os.kill(child, 9)


def test_a_child_that_closes_its_copy_unlocks_nothing(tmp_path):
    """It ends, and the parent still has the lock."""
    with locked(tmp_path / "a"):
        child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(0,))
        child.start()
        child.join()
        with pytest.raises(BenchError, match="busy"), locked(tmp_path / "a", "busy"):
            pass


FOLLOWER = """\
import multiprocessing, os, sys, time
from bench.host.children import follow_parent, leave_group
def child():
    follow_parent(); leave_group()
    os.write(1, b"ready\\n")  # in one piece
    time.sleep(20)
processes = [multiprocessing.get_context("fork").Process(target=child) for _ in range(3)]
[process.start() for process in processes]
os.write(1, (" ".join(str(process.pid) for process in processes) + "\\n").encode())
time.sleep(20)
"""


def test_forked_children_end_with_their_parent():
    """Within moments of its SIGKILL, though each has inherited the pipes of those before it."""
    with subprocess.Popen(
        [sys.executable, "-c", FOLLOWER], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as parent:
        lines = [parent.stdout.readline().split() for _ in range(4)]
        pids = [int(pid) for words in lines if words != ["ready"] for pid in words]
        assert len(pids) == 3
        parent.kill()
        parent.wait()
        end = time.monotonic() + 5
        while any(map(alive, pids)):
            assert time.monotonic() < end
            time.sleep(0.01)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_file_replaces_a_link(tmp_path, victim):
    """What the link leads to stays, also behind a second name."""
    (tmp_path / "a.csv").symlink_to(victim)
    (tmp_path / "b.csv").hardlink_to(victim)
    for name in ("a.csv", "b.csv"):
        write_atomic(tmp_path / name, "new")
        assert (tmp_path / name).read_text() == "new"
        assert not (tmp_path / name).is_symlink()
    assert victim.read_text() == "precious"


def test_a_temporary_name_that_is_taken_is_not_written_through(tmp_path, victim, monkeypatch):
    """Somebody guessed it, and put a link there."""
    monkeypatch.setattr(files, "uuid4", lambda: type("Known", (), {"hex": "01234567"}))
    (tmp_path / f".a.csv.{os.getpid()}-01234567.tmp").symlink_to(victim)
    with pytest.raises(StorageError, match=r"a\.csv"), atomic_path(tmp_path / "a.csv") as temporary:
        temporary.write_text("new")
    assert victim.read_text() == "precious"


def test_appending_follows_no_link(tmp_path, victim):
    """A link is refused by name."""
    (tmp_path / "a.csv").symlink_to(victim)
    with pytest.raises(StorageError, match=r"a\.csv is a link, and nothing is written through links"):
        open_to_append(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["checkpoints", "checkpoints/net.partial"])
def test_folders_of_the_cache_are_no_links(tmp_path, victim, monkeypatch, name):
    """The cache itself may be one."""
    (tmp_path / "real").mkdir()
    (tmp_path / "cache").symlink_to(tmp_path / "real")
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path / "cache"))
    write_atomic(tmp_path / "cache" / "rates.json", "{}")
    place = tmp_path / "cache" / name
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(victim.parent)
    for act in (make_folder, lambda folder: write_atomic(folder / "a", ""), lambda folder: take(folder / "a.lock")):
        with pytest.raises(StorageError, match=f"{name} is a link, and nothing is written through links"):
            act(place)
    remove_folder(place)
    assert names(victim.parent) == ["victim"]


def test_what_is_set_aside_replaces_nothing(tmp_path):
    """Each damaged file keeps its bytes; a broken link counts as a name that is taken."""
    (tmp_path / "a.json.damaged-2").symlink_to(tmp_path / "nowhere")
    found = []
    for text in ("one", "two"):
        (tmp_path / "a.json").write_text(text)
        found.append(set_aside(tmp_path / "a.json").name)
    assert found == ["a.json.damaged", "a.json.damaged-3"]
    assert [(tmp_path / name).read_text() for name in found] == ["one", "two"]


def test_only_our_own_torn_files_are_removed(tmp_path):
    """A user's file may end in .tmp too."""
    for name in (".a.png.12-0123abcd.tmp", ".notes.tmp"):
        (tmp_path / name).write_text("")
    remove_torn_files(tmp_path)
    assert names(tmp_path) == [".notes.tmp"]


@pytest.mark.parametrize("name", ["a" * 251 + ".csv", "ä" * 125 + ".csv"])
def test_a_name_may_be_as_long_as_the_system_takes(tmp_path, name):
    """255 bytes; the temporary neighbour has a shorter one."""
    write_atomic(tmp_path / name, "x")
    assert (tmp_path / name).read_text() == "x"


def test_a_longer_name_is_one_line(tmp_path):
    """The system's own words say why."""
    with pytest.raises(StorageError, match="File name too long; choose another place"):
        write_atomic(tmp_path / ("a" * 256), "x")


def test_a_cache_of_nobody_is_one_line(monkeypatch):
    """A folder named ~nobody-there is not made."""
    monkeypatch.setenv("SEGBENCH_CACHE", "~nobody-there/cache")
    with pytest.raises(BenchError, match="no such user; give the whole path"):
        cache_root()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_json_is_not_read_from_a_folder_or_a_pipe(tmp_path, make):
    """Opening a pipe would wait for its writer."""
    make(tmp_path / "a.json")
    with pytest.raises(OSError, match="a folder|a pipe, a socket or a device"):
        read_json(tmp_path / "a.json")
