"""By what and where the newest cells of a run were made."""

from dataclasses import dataclass
from typing import Self

from bench import __version__
from bench.host import machine
from bench.record import protocol
from bench.record.run_record import GitRecord, MachineRecord, RunRecord


@dataclass(frozen=True)
class Circumstances:
    """By what and where the newest cells of a run were made."""

    started: str
    command: str
    segbench: str
    code: str
    machine: MachineRecord
    versions: dict[str, str]
    git: GitRecord | None

    @classmethod
    def here(cls, command: str, device: str) -> Self:
        """Return those of this process."""
        return cls(
            protocol.now(),
            command,
            __version__,
            protocol.code_hash(),
            protocol.machine_record(device),
            dict(machine.versions()),
            protocol.git_record(),
        )

    @classmethod
    def of(cls, record: RunRecord) -> Self:
        """Return those that a record tells of."""
        started = record.started or protocol.now()
        return cls(started, record.command, record.segbench, record.code, record.machine, record.versions, record.git)
