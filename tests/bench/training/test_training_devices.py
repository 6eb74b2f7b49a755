"""One training on two devices, here two processes of one CPU: as on one, killed, interrupted, resumed, refused."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from small_processes import hasty, stubborn
from small_training import Mortal, Net, Whole, recipe, segmenter, start, subsets
from torch.multiprocessing import ProcessExitedException

from bench.plan.checkpoints import load_checkpoint
from bench.training import processes
from bench.training.image_loading import loaders
from bench.training.lightning_module import own
from registry.errors import BenchError

# With equal parts and one weight for all classes the mean of the parts' losses is the loss of the whole.
ALIKE = {"batch_size": 4, "epochs": 3, "schedule": "poly", "optimizer": "sgd", "momentum": 0.9}


def weights(path):
    net = Net()
    load_checkpoint(net, path)
    return torch.cat([p.flatten() for p in net.parameters()])


@pytest.mark.slow
def test_two_processes_train_what_one_does(tmp_path):
    """32 images in fours, 7 held out: the same weights, curves and scores up to rounding."""
    alone, path = start(tmp_path / "alone", Net, Whole, trainval=39, **ALIKE)
    shared, other = start(tmp_path / "shared", Net, Whole, trainval=39, devices=2, **ALIKE)
    assert (alone["n_train"], alone["n_val"]) == (32, 7)
    assert torch.allclose(weights(path), weights(other), atol=1e-5)
    assert shared["epochs_run"] == 3
    assert shared["best_epoch"] == alone["best_epoch"]
    for name, curve in alone["curves"].items():
        assert shared["curves"][name] == pytest.approx(curve, abs=1e-4), name
    assert not (tmp_path / "shared" / "net.partial").exists()


@pytest.mark.slow
def test_two_processes_resume_after_a_kill(tmp_path):
    """One dies in the third epoch (SIGKILL): the same command goes on from the second's end, to the same weights."""
    mortal = partial(Mortal, 8, tmp_path / "died")
    _, path = start(tmp_path / "whole", Net, Whole, **ALIKE)
    with pytest.raises(ProcessExitedException):
        start(tmp_path / "shared", mortal, Whole, devices=2, **ALIKE)
    assert (tmp_path / "shared" / "net.partial" / "last.ckpt").is_file()
    before = len((tmp_path / "died").read_text())
    resumed, other = start(tmp_path / "shared", mortal, Whole, devices=2, **ALIKE)
    assert resumed["curves"]["epoch"] == [1, 2, 3]
    assert len((tmp_path / "died").read_text()) == before + 2 * 3  # steps of one epoch alone, in two processes
    assert torch.allclose(weights(path), weights(other), atol=1e-5)


class Interrupted:
    """Hears of processes that are up; when the last one is, interrupts all of them, as a terminal does."""

    def __init__(self, n):
        self.missing, self.pressed = n, 0.0

    def advance(self, n=1, note=None, measured=None):
        self.missing -= n
        if not self.missing:
            self.pressed = time.monotonic()
            interrupt([os.getpid()])


def interrupt(more=()):
    """Send SIGHUP and SIGTERM to the training's processes, and SIGINT to them and to more."""
    for process in multiprocessing.active_children():
        os.kill(process.pid, signal.SIGHUP)
        os.kill(process.pid, signal.SIGTERM)
        os.kill(process.pid, signal.SIGINT)
    for pid in more:
        os.kill(pid, signal.SIGINT)


def when_born(act):
    """Call it a moment after two processes are started: they are importing what they need."""

    def wait():
        while len(multiprocessing.active_children()) < 2:
            time.sleep(0.01)
        time.sleep(0.3)
        act()

    threading.Thread(target=wait, daemon=True).start()


@pytest.fixture
def left():
    """What is left of the processes; Ctrl-C is heard, also where whoever started the tests ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield multiprocessing.active_children
    signal.signal(signal.SIGINT, before)
    for process in multiprocessing.active_children():
        process.kill()


@pytest.mark.slow
def test_an_interrupted_training_leaves_no_process_behind(left):
    """They are deaf from birth to what asks them to stop, as if they waited for each other: all end at once."""
    when_born(interrupt)
    heard = Interrupted(2)
    with pytest.raises(KeyboardInterrupt):
        processes.together(stubborn, 2, (), heard)
    assert time.monotonic() - heard.pressed < 20
    assert not left()


def test_processes_that_are_being_born_can_be_interrupted(left):
    """Ctrl-C while they are still importing: one KeyboardInterrupt, here, and none of them is left."""
    when_born(lambda: interrupt([os.getpid()]))
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        processes.together(stubborn, 2, (), Interrupted(9))
    assert time.monotonic() - begin < 20
    assert not left()


@pytest.mark.slow
def test_a_process_that_leaves_early_is_not_waited_for(left, monkeypatch):
    """It ends as if all were well while the other goes on: a failure after a while, and nobody is left."""
    monkeypatch.setattr(processes, "LAG", 0.5)
    with pytest.raises(RuntimeError, match="a process has finished its training, and another has not"):
        processes.together(hasty, 2, (), Interrupted(9))
    assert not left()


@pytest.mark.slow
def test_processes_do_not_outlive_their_parent():
    """It is killed and cannot end them: they end by themselves."""
    script = (
        "from small_processes import *; from bench.training.processes import together; "
        "together(stubborn, 2, (), Announced())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent
    ) as parent:
        pids = [int(parent.stdout.readline()) for _ in range(2)]
        parent.kill()
    end = time.monotonic() + 20
    while any(running(pid) for pid in pids):
        assert time.monotonic() < end
        time.sleep(0.05)


def running(pid):
    """Whether there is such a process that is not a dead one's entry."""
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Watching(Net):
    """Notes which handlers there are in each step of a training."""

    found: ClassVar = set()

    def forward(self, x):
        self.found.add((signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGUSR1)))
        return super().forward(x)


def test_a_training_leaves_signals_to_the_program(tmp_path, monkeypatch):
    """Lightning's handler of SIGTERM would end it as if all were well; on a cluster it has one of SIGUSR1 too."""
    for name, value in {"NTASKS": "1", "JOB_ID": "7", "JOB_NAME": "batch", "PROCID": "0", "LOCALID": "0"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGUSR1)
    start(tmp_path, Watching, epochs=1)
    assert Watching.found == {before}
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGUSR1)) == before


def test_validation_counts_each_image_once():
    """Seven held-out images: one comes twice, so that both processes take four steps, but each is one's own."""
    places = []
    for rank in range(2):
        _, held_out = loaders(*subsets(39), segmenter(), recipe(batch_size=2), 0, lambda: 0, 0, rank, world=2)
        batches = list(held_out)
        assert len(batches) == 4
        places += [place for batch in batches for place in own(batch, rank, 2)[2].tolist()]
    assert sorted(places) == list(range(7))


@pytest.mark.slow
def test_a_message_for_the_user_comes_through(tmp_path):
    """What a process finds wrong is raised here as it is, in one line."""
    with pytest.raises(BenchError, match="^the loss 'focal_dice_iou' belongs to SAM2's own training"):
        start(tmp_path, devices=2, loss="focal_dice_iou", **ALIKE)


def test_a_model_that_cannot_travel_is_one_line(tmp_path):
    """A function made on the spot inside it has no name to be found by."""

    def homemade():
        net = Net()
        net.act = lambda x: x
        return net

    with pytest.raises(BenchError, match="^the model cannot be sent to other processes .*; train it on one device"):
        start(tmp_path, homemade, devices=2, **ALIKE)


def test_what_two_devices_cannot_share_is_one_line(tmp_path):
    """A batch that does not divide, fewer images than devices, devices that are not there."""
    with pytest.raises(
        BenchError, match="batch_size 6 cannot be shared by 2 devices with accumulate 2; .*multiple of 4"
    ):
        start(tmp_path, devices=2, batch_size=6, accumulate=2)
    with pytest.raises(BenchError, match="4 devices cannot share 2 images; give fewer devices"):
        start(tmp_path, devices=4)
    if not torch.cuda.is_available():
        with pytest.raises(BenchError, match="2 devices from cuda: this machine shows 0 CUDA devices"):
            start(tmp_path, devices=2, device="cuda")
