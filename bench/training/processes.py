"""One training on several devices: a process for each, meeting through PyTorch's distributed package.

They are started afresh ("spawn"), so a training can begin inside any larger program. Their results come
back through the files that rank 0 writes; a pipe carries progress, and errors that a user can fix.

The process that started them decides alone when they end: they are deaf from birth to what asks it to stop.
"""

import hashlib
import multiprocessing
import os
import pickle
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.multiprocessing.spawn import ProcessException, start_processes

from bench.host.children import deaf_from_birth, follow_parent
from bench.host.files import make_folder, write_atomic
from bench.suite.plugins import add_plugin_folders, plugin_folders
from registry.errors import BenchError

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess
    from multiprocessing.queues import SimpleQueue

    from bench.training.journal import Measured, Progress
    from bench.training.lightning_loop import TrainingSetup

POLL_EVERY = 0.2  # seconds
_LENGTH = 16  # bytes of a checksum
LAG = 300.0  # seconds for the others once one has finished; rank 0 may still be writing to a slow disk


@dataclass(frozen=True)
class Relay:
    """Reports finished epochs to the process that started this one."""

    channel: "SimpleQueue[Any]"

    def advance(self, n: int = 1, note: str | None = None, measured: "Measured | None" = None) -> None:
        """See `Progress.advance`."""
        self.channel.put((n, note, measured))


def fit_together(setup: "TrainingSetup", task: "Progress") -> None:
    """Train by `setup` on its devices, from the start or from the last finished epoch.

    Raises:
        BenchError: as a process raised it, or the model cannot be sent to one. Other failures of a process come
            with its traceback.
    """
    # Else each process would warn that a network without idle parts might do without the search for them.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    packed = pack(setup)
    make_folder(setup.folder)
    with tempfile.TemporaryDirectory(dir=setup.folder) as place:
        # A file: as an argument it would be fed to each process while that is still importing, and nobody could
        # interrupt that. As bytes: tensors would lie in shared memory, and all processes would train the same ones.
        parcel = Path(place) / "setup"
        write_atomic(parcel, packed)
        together(_train, setup.devices, (parcel,), task)


def together(target: Callable[..., None], n: int, arguments: tuple[Any, ...], task: "Progress") -> None:
    """Call target(*arguments, relay, rank) in `n` processes that find each other, and wait for them.

    No process is left, however this ends.

    Raises:
        BenchError: as a process raised it.
        RuntimeError: one has finished, and the others go on for more than LAG seconds. torch's ProcessException: a
            process has failed, with its traceback.
    """
    from lightning.fabric.plugins.environments.lightning import find_free_network_port

    with deaf_from_birth():
        # The queue's lock starts Python's resource tracker, by itself: that undoes a part of the blocking.
        channel = multiprocessing.get_context("spawn").SimpleQueue()
    others = multiprocessing.active_children()
    try:
        with deaf_from_birth():
            given = (target, n, find_free_network_port(), arguments, channel)
            started: Any = start_processes(_process, given, n, join=False)  # type: ignore[no-untyped-call]
        _wait_for(started, channel, task)
    finally:
        _end([process for process in multiprocessing.active_children() if process not in others])


def _wait_for(started: Any, channel: "SimpleQueue[Any]", task: "Progress") -> None:
    complete = time.monotonic()
    try:
        while not started.join(POLL_EVERY):
            _pass_on(channel, task)
            if all(process.is_alive() for process in started.processes):
                complete = time.monotonic()
            elif time.monotonic() - complete > LAG:
                raise RuntimeError(f"a process has finished its training, and another has not {LAG:.0f} s later")
    except ProcessException:
        _pass_on(channel, task)  # an error that a user can fix was sent before the failure
        raise
    _pass_on(channel, task)


def _end(processes: "list[BaseProcess]") -> None:
    """Kill the processes, all at once: every file that they write is whole at any time, and their loaders follow."""
    for process in processes:
        process.kill()
    for process in processes:
        process.join()


def pack(setup: "TrainingSetup") -> bytes:
    """Return `setup` for another process, with the folders of the plug-ins whose classes may be in it.

    Raises:
        BenchError: a part of the model cannot be sent.
    """
    try:
        packed = pickle.dumps((plugin_folders(), pickle.dumps(setup)))
        return _checksum(packed) + packed
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise BenchError(
            f"the model cannot be sent to other processes ({error}); train it on one device, or make its parts "
            "classes and functions of a module"
        ) from error


def unpack(packed: bytes) -> "TrainingSetup":
    """Return what `pack` was given; a class of a plug-in can be looked up once its folder is known.

    Raises:
        BenchError: these bytes are not what `pack` returned.
    """
    checksum, packed = packed[:_LENGTH], packed[_LENGTH:]
    if checksum != _checksum(packed):
        raise BenchError("a file of this training was changed while it was read; run the same command again")
    folders, setup = pickle.loads(packed)
    add_plugin_folders(folders)
    unpacked: TrainingSetup = pickle.loads(setup)
    return unpacked


def _checksum(packed: bytes) -> bytes:
    return hashlib.blake2b(packed, digest_size=_LENGTH).digest()


def _pass_on(channel: "SimpleQueue[Any]", task: "Progress") -> None:
    while not channel.empty():
        message = channel.get()
        if isinstance(message, BenchError):
            raise message
        task.advance(*message)


def _process(
    rank: int,
    target: Callable[..., None],
    world: int,
    port: int,
    arguments: tuple[Any, ...],
    channel: "SimpleQueue[Any]",
) -> None:
    """Be one of `world` processes; Lightning reads the place from the environment, as under torchrun."""
    follow_parent()  # torch would only send the signal that this process does not hear
    place = {"LOCAL_RANK": rank, "NODE_RANK": 0, "WORLD_SIZE": world, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in place.items()})
    torch.set_num_threads(max(1, torch.get_num_threads() // world))
    try:
        target(*arguments, Relay(channel), rank)
    except BenchError as error:
        channel.put(error)
        raise


def _train(parcel: Path, relay: Relay, rank: int) -> None:
    from bench.training.lightning_loop import fit

    fit(unpack(parcel.read_bytes()), relay, rank)
