"""The tables of a run folder: `run.json` holds the checksum of each, so that a changed one is no part of a report."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from bench.host.checksum import of_file
from bench.host.files import set_aside, write_atomic


def checksums(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the checksum of each table, by its name."""
    return {name: of_file(text.encode()) for name, text in texts.items()}


def write_tables(folder: Path, texts: Mapping[str, str], known: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Write tables by their names; write a record of their `checksums` right behind, since readers compare them.

    A file in its place that is not the one of the checksum in `known`, nor equal to the new one, was changed by
    somebody else: it is set aside, and `say` gets a line.
    """
    for name, text in texts.items():
        path, content = folder / name, text.encode()
        if name in known and path.is_file():
            there = path.read_bytes()
            if of_file(there) != known[name] and there != content:
                say(f"{path} is not as it was written; set aside as {set_aside(path).name}, made anew from the cells")
        write_atomic(path, content)


def remove_tables(folder: Path, names: Iterable[str]) -> None:
    """Remove tables that no longer hold; what is no file stays."""
    for name in names:
        if (folder / name).is_file():
            (folder / name).unlink()
