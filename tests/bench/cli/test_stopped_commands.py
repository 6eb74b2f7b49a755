"""A signal to stop, in each phase: what is finished is kept, one line, 128 + its number, nobody is left; then it goes on."""

import csv
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from stopped_command import PHASES, SUITE, arm, words

from bench.host.files import locked
from bench.host.stop_signals import SIGNALS

ROOT = Path(__file__).parents[3]
NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}


def line(number):
    return f"bench: stopped by {NAMES[number]}; what is finished is kept: give the same command again to go on"


@pytest.fixture
def heard():
    """The signals as a command finds them, also where whoever started the tests ignores some; as before at the end."""
    before = {number: signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)}
    hook = sys.unraisablehook
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)
    sys.unraisablehook = hook


CASES = [*((phase, signal.SIGTERM) for phase in PHASES), ("evaluate", signal.SIGHUP), ("train", signal.SIGINT)]


@pytest.mark.usefixtures("undrawn", "heard")
@pytest.mark.parametrize(("phase", "number"), CASES, ids=lambda one: NAMES.get(one, one))
def test_a_signal_in_any_phase_is_one_line_and_its_code(bench, tmp_path, monkeypatch, phase, number):
    """To the process alone, in this process."""
    with monkeypatch.context() as patched:
        arm(patched.setattr, phase, lambda: os.kill(os.getpid(), number))
        code, _, err = bench(*words(phase, tmp_path))
    assert code == 128 + number
    assert err.splitlines()[-1] == line(number)
    assert err.count("bench: stopped by") == 1
    assert "Traceback" not in err
    assert not list(tmp_path.rglob(".*.tmp"))


@pytest.mark.usefixtures("undrawn", "heard")
def test_finished_cells_are_tabulated_and_the_rest_follows(bench, tmp_path, monkeypatch):
    """SIGTERM in the second cell: the first one's rows are written, and the same command evaluates the other two."""
    with monkeypatch.context() as patched:
        arm(patched.setattr, "evaluate", lambda: os.kill(os.getpid(), signal.SIGTERM))
        assert bench(*words("evaluate", tmp_path))[0] == 143
    with (tmp_path / "r" / "summary.csv").open() as lines:
        assert {row["perturbation"] for row in csv.DictReader(lines)} == {"clean"}
    code, out, _ = bench(*words("evaluate", tmp_path))
    assert code == 0
    assert "2 cells evaluated, 3 of 3 there" in out


@pytest.mark.usefixtures("undrawn", "heard")
def test_a_wait_for_a_lock_can_be_stopped(bench, tmp_path):
    """Another process trains the same checkpoint."""
    bench("plan", *words("train", tmp_path)[1:])
    bench("train", words("train", tmp_path)[1])
    checkpoints = tmp_path / "cache" / "checkpoints"
    for path in checkpoints.glob("*.safetensors"):
        path.unlink()
    [lock] = checkpoints.glob("autoencoder-*.lock")
    with locked(lock):
        threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
        code, _, err = bench("train", words("train", tmp_path)[1])
    assert code == 143
    assert "another process trains it; waiting for its checkpoint" in err
    assert err.splitlines()[-1] == line(signal.SIGTERM)


def start(folder, phase, name, target, arguments=None):
    """Start a command that gets a signal, in a group of its own."""
    folder.mkdir(exist_ok=True)
    given = arguments or words(phase, folder)
    script = [sys.executable, str(Path(__file__).with_name("stopped_command.py")), phase, name, target, *given]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SEGBENCH_CACHE": str(folder / "cache"), "CORES": "5"}
    return subprocess.Popen(
        script, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def family(folder):
    """Return the processes that were started with the folder's cache: children, and theirs, in whatever group."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state = (place / "stat").read_text().rpartition(")")[2].split()[0]
            mine = f"SEGBENCH_CACHE={folder / 'cache'}\0".encode() in (place / "environ").read_bytes()
        except OSError:
            continue
        if mine and state != "Z":
            found.append(int(place.name))
    return found


def nobody_left(folder, seconds=3.0):
    """Wait a little for the last child to end."""
    end = time.monotonic() + seconds
    while (left := family(folder)) and time.monotonic() < end:
        time.sleep(0.05)
    return not left


LOADED = SUITE.replace("trainval: 12", "trainval: 80")
"""With so many images a training starts loader processes."""
TWO = ["train", "suite.yaml", "--devices", "2", "--device", "cpu"]

REAL = [(phase, "SIGTERM", "group") for phase in PHASES] + [
    *[("train", "SIGTERM", "process"), ("train", "SIGINT", "group"), ("train", "SIGHUP", "group")],
    *[("evaluate", "SIGINT", "group"), ("evaluate", "SIGHUP", "process")],
    *[("two devices", "SIGTERM", "process"), ("two devices", "SIGINT", "group"), ("two devices", "SIGHUP", "group")],
]


@pytest.mark.slow
@pytest.mark.parametrize(("phase", "name", "target"), REAL, ids=lambda one: one.replace(" ", "-"))
def test_a_signal_ends_the_whole_family(tmp_path, phase, name, target):
    """As a scheduler or a terminal sends it; loaders and the processes of two devices print nothing and are gone."""
    arguments = None
    if phase == "two devices":
        phase, arguments = "second epoch", TWO
    (tmp_path / "x").mkdir()
    given = arguments or words(phase, tmp_path / "x")
    if phase in ("train", "second epoch"):
        (tmp_path / "x" / "suite.yaml").write_text(LOADED)
    process = start(tmp_path / "x", phase, name, target, given)
    _, err = process.communicate(timeout=300)
    number = getattr(signal, name)
    assert (process.returncode, err.splitlines()[-1]) == (128 + number, line(number)), err
    assert "Traceback" not in err
    assert err.count("bench: stopped by") == 1
    assert nobody_left(tmp_path / "x")
    if phase == "second epoch":
        assert list((tmp_path / "x" / "cache" / "checkpoints").glob("*.partial/last.ckpt"))


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["run", "suite.yaml", "--out", "r"], TWO], ids=["loaders", "two-devices"])
def test_the_same_command_goes_on_at_once_after_a_kill(tmp_path, arguments):
    """SIGKILL of the process alone, in training: no lock and no child is left, and the training goes on where it was."""
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "suite.yaml").write_text(LOADED)
    process = start(folder, "second epoch", "SIGKILL", "process", arguments)
    process.wait(timeout=300)
    assert process.returncode == -signal.SIGKILL
    again = subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=folder, capture_output=True, text=True, timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SEGBENCH_CACHE": str(folder / "cache")},
    )  # fmt: skip
    process.communicate()
    assert again.returncode == 0, again.stderr
    assert "waiting" not in again.stderr
    assert "goes on from its last finished epoch" in again.stderr
    assert nobody_left(folder)
    assert not list(folder.glob("cache/checkpoints/*.partial"))


PROGRAM = """\
import os, signal, sys
from pathlib import Path
import bench
from stopped_command import arm
if sys.argv[2] == "exit":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
arm(setattr, sys.argv[1], lambda: os.kill(os.getpid(), signal.SIGTERM))
if __name__ == "__main__":
    bench.run("suite.yaml", out="r", progress=False)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("handler", "code"), [("none", -signal.SIGTERM), ("exit", 5)])
@pytest.mark.parametrize("phase", ["train", "evaluate"])
def test_a_program_keeps_its_own_handlers(tmp_path, phase, handler, code):
    """`bench.run` inside it: without a handler SIGTERM ends it, and what a handler raises passes, tables written."""
    words("run", tmp_path)
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "program.py", phase, handler], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{Path(__file__).parent}"}, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (code, "")
    assert (tmp_path / "r" / "summary.csv").is_file() == (handler == "exit" or phase == "evaluate")


@pytest.mark.slow
def test_nohup_is_respected(tmp_path):
    """A SIGHUP that was ignored at the start stays ignored, in training too."""
    script = (
        "import signal, os, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"
    )
    hooked = [sys.executable, str(Path(__file__).with_name("stopped_command.py")), "train", "SIGHUP", "ignored"]
    done = subprocess.run(
        [sys.executable, "-c", script, *hooked, *words("train", tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "3 of 3 there" in done.stdout


def test_a_reader_that_is_gone_is_no_fault(tmp_path):
    """As in `bench list models | true`: no traceback."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "bench", "list", "suites"], stdout=write, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=100, check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")
