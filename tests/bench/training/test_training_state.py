"""The files of an interrupted training: whole and of one epoch, or the training begins anew and says so."""

import os
from io import BytesIO

import pytest
import torch
from small_training import start

from bench.plan.checkpoints import contents, state_hash
from bench.training.journal import Journal
from bench.training.lightning_module import TrainingModule
from bench.training.state_file import DamagedStateError, StateFiles, read_state
from registry.errors import BenchError

EPOCHS = {"epochs": 4, "learning_rate": 0.05}


def interrupted(folder, monkeypatch, epoch=2):
    """Train until a step of `epoch` (from 0), and stop there; returns the folder of the state."""

    def step(self, batch, number):
        if self.current_epoch == epoch:
            raise KeyboardInterrupt
        return real(self, batch, number)

    real = TrainingModule.training_step
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(TrainingModule, "training_step", step)
        start(folder, **EPOCHS)
    return folder / "net.partial"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The facts and the hash of an unbroken training."""
    facts, path = start(tmp_path_factory.mktemp("whole"), **EPOCHS)
    return facts, state_hash(path)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return bytes(content)


@pytest.mark.parametrize("which", ["last.ckpt", "best-*.safetensors", "gone"])
def test_a_damaged_state_is_named_and_the_training_begins_anew(tmp_path, monkeypatch, capsys, whole, which):
    """Never from other weights: all four epochs are trained, and end where they end."""
    folder = interrupted(tmp_path, monkeypatch)
    [path] = folder.glob("best-*.safetensors" if which == "gone" else which)
    path.unlink() if which == "gone" else flip(path)
    begun = []
    monkeypatch.setattr(Journal, "on_train_start", _noting(begun))
    facts, checkpoint = start(tmp_path, **EPOCHS)
    assert begun == [0]
    assert facts["curves"] == whole[0]["curves"]
    assert state_hash(checkpoint) == whole[1]
    words = " ".join(capsys.readouterr().err.split())
    assert str(folder / "last.ckpt" if which == "gone" else path) in words
    assert "set aside as last.ckpt.damaged" in words
    assert "its training begins anew, from the first epoch" in words


def _noting(begun):
    real = Journal.on_train_start

    def on_train_start(self, trainer, module):
        begun.append(trainer.current_epoch)
        real(self, trainer, module)

    return on_train_start


def test_a_whole_state_goes_on(tmp_path, monkeypatch, whole):
    """From the third epoch."""
    interrupted(tmp_path, monkeypatch)
    begun = []
    monkeypatch.setattr(Journal, "on_train_start", _noting(begun))
    facts, checkpoint = start(tmp_path, **EPOCHS)
    assert begun == [2]
    assert (facts["curves"], state_hash(checkpoint)) == (whole[0]["curves"], whole[1])


def test_a_state_of_before_goes_on(tmp_path, monkeypatch, whole):
    """PyTorch's file without a line, and best weights without a number in their name and without a record."""
    from safetensors.torch import load_file, save_file

    folder = interrupted(tmp_path, monkeypatch)
    [best] = folder.glob("best-*.safetensors")
    save_file(load_file(best), folder / "best.safetensors")
    best.unlink()
    torch.save(read_state(folder / "last.ckpt"), folder / "last.ckpt")
    begun = []
    monkeypatch.setattr(Journal, "on_train_start", _noting(begun))
    facts, checkpoint = start(tmp_path, **EPOCHS)
    assert begun == [2]
    assert (facts["curves"], state_hash(checkpoint)) == (whole[0]["curves"], whole[1])


@pytest.mark.parametrize("repeats", [True, False], ids=["equal bits", "other bits"])
def test_a_kill_between_the_best_weights_and_the_state(tmp_path, monkeypatch, whole, repeats):
    """The epoch is repeated. Should it come out worse, as a GPU may have it, the earlier best weights are still there."""
    saved, real = [], StateFiles.save_checkpoint

    def dying(self, checkpoint, path, storage_options=None):
        saved.append(path)
        if len(saved) == 2:
            raise KeyboardInterrupt
        real(self, checkpoint, path, storage_options)

    monkeypatch.setattr(Journal, "scores", property(lambda self: [float(i) for i in range(len(self.curves["epoch"]))]))
    facts, unbroken = start(tmp_path / "unbroken", **EPOCHS)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(StateFiles, "save_checkpoint", dying)
        start(tmp_path / "parts", **EPOCHS)
    folder = tmp_path / "parts" / "net.partial"
    assert sorted(path.name for path in folder.glob("best-*")) == ["best-1.safetensors", "best-2.safetensors"]
    first = state_hash(folder / "best-1.safetensors")
    if repeats:
        facts, checkpoint = start(tmp_path / "parts", **EPOCHS)
        assert (facts["best_epoch"], state_hash(checkpoint)) == (4, state_hash(unbroken))
        return
    monkeypatch.setattr(Journal, "scores", property(lambda self: [-float(i) for i in range(len(self.curves["epoch"]))]))
    facts, checkpoint = start(tmp_path / "parts", **EPOCHS)
    assert (facts["best_epoch"], state_hash(checkpoint)) == (1, first)


def test_one_file_of_best_weights_is_kept(tmp_path, monkeypatch):
    """That of the state's best epoch, which it names."""
    folder = interrupted(tmp_path, monkeypatch, epoch=3)
    [best] = folder.glob("best-*.safetensors")
    assert best.name == f"best-{contents(best).record['epoch']}.safetensors"


def test_best_weights_of_another_epoch_are_not_taken(tmp_path, monkeypatch, capsys):
    """Under the name of the right one."""
    folder = interrupted(tmp_path, monkeypatch)
    [best] = folder.glob("best-*.safetensors")
    from safetensors.torch import load_file

    from bench.plan.checkpoints import save_state

    save_state(load_file(best), best, {"epoch": 7})
    start(tmp_path, **EPOCHS)
    assert "has the weights of another epoch; set aside as" in " ".join(capsys.readouterr().err.split())


def test_what_torch_writes_is_read_back(tmp_path):
    """Behind one line, whose digits are those of another program."""
    import hashlib

    state = {"a": torch.arange(3.0), "epoch": 2}
    StateFiles().save_checkpoint(state, tmp_path / "s")
    line, _, content = (tmp_path / "s").read_bytes().partition(b"\n")
    assert line.decode().split()[-1] == hashlib.blake2b(content, digest_size=16).hexdigest()
    assert torch.equal(torch.load(BytesIO(content), weights_only=True)["a"], state["a"])
    assert read_state(tmp_path / "s")["epoch"] == 2


@pytest.mark.parametrize("content", [b"", b"PK", b"segbench training state 1", b"text\n" * 20, bytes(100)])
def test_another_file_is_no_state(tmp_path, content):
    """One line."""
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(DamagedStateError, match="is damaged: ") as caught:
        read_state(tmp_path / "s")
    assert "\n" not in str(caught.value)


def test_the_parcel_for_other_processes_is_checked(tmp_path):
    """It is a pickle: what was changed in it is not run."""
    from bench.training.processes import pack, unpack

    packed = pack({"seed": 3})
    assert unpack(packed) == {"seed": 3}
    for place in range(len(packed)):
        changed = packed[:place] + bytes([packed[place] ^ 1]) + packed[place + 1 :]
        with pytest.raises(BenchError, match="was changed while it was read; run the same command again"):
            unpack(changed)


def test_a_pipe_is_no_state(tmp_path):
    """Opening it would wait for its writer."""
    os.mkfifo(tmp_path / "last.ckpt")
    with pytest.raises(DamagedStateError, match="not a file but a pipe, a socket or a device"):
        read_state(tmp_path / "last.ckpt")
