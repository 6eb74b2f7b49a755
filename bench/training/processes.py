"""One training on several devices: a process for each, meeting through PyTorch's distributed package.

They are started afresh ("spawn"), so a training can begin inside any larger program. What they found out comes
back through the files that rank 0 writes; a pipe carries progress, and errors that a user can mend.
"""

import multiprocessing
import os
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from lightning.fabric.plugins.environments.lightning import find_free_network_port
from torch.multiprocessing.spawn import ProcessException, start_processes

from bench.training.fit import Work, fit
from registry.errors import BenchError

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

    from bench.training.callbacks import Progress

LOOK_EVERY = 0.2  # seconds


@dataclass(frozen=True)
class Relay:
    """Tells the process that started this one about finished epochs."""

    channel: "SimpleQueue[Any]"

    def advance(self, n: int = 1, note: str | None = None) -> None:
        """Pass it on."""
        self.channel.put((n, note))


def fit_together(work: Work, task: "Progress") -> None:
    """Train `work` on its devices, from the start or from the last finished epoch.

    Raises:
        BenchError: as a process raised it, or the model cannot be sent to one. Other failures of a process come
            with its traceback.
    """
    # Else each process would warn that a network without idle parts might do without the search for them.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    channel = multiprocessing.get_context("spawn").SimpleQueue()
    # As bytes: tensors as arguments would lie in shared memory, and all processes would train the same ones.
    parcel = _packed(work)
    arguments = (work.devices, find_free_network_port(), parcel, channel)
    started: Any = start_processes(_process, arguments, work.devices, join=False)  # type: ignore[no-untyped-call]
    try:
        while not started.join(LOOK_EVERY):
            _pass_on(channel, task)
        _pass_on(channel, task)
    except ProcessException:
        _pass_on(channel, task)
        raise
    finally:
        for process in started.processes:
            process.terminate()
            process.join()


def _packed(work: Work) -> bytes:
    try:
        return pickle.dumps(work)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise BenchError(
            f"the model cannot be sent to other processes ({error}); train it on one device, or make its parts "
            "classes and functions of a module"
        ) from error


def _pass_on(channel: "SimpleQueue[Any]", task: "Progress") -> None:
    while not channel.empty():
        said = channel.get()
        if isinstance(said, BenchError):
            raise said
        task.advance(*said)


def _process(rank: int, world: int, port: int, parcel: bytes, channel: "SimpleQueue[Any]") -> None:
    """Be one of `world` processes; Lightning reads the place from the environment, as under torchrun."""
    place = {"LOCAL_RANK": rank, "NODE_RANK": 0, "WORLD_SIZE": world, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in place.items()})
    torch.set_num_threads(max(1, torch.get_num_threads() // world))
    try:
        fit(pickle.loads(parcel), Relay(channel), rank)
    except BenchError as error:
        channel.put(error)
        raise
