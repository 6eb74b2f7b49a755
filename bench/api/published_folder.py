"""A folder that `bench publish` wrote: it knows its files by their checksums, and touches no other."""

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from bench.host.checksum import ChecksumError, changed, of_file, seal, unseal
from bench.host.files import make_folder, refuse_links, reported_os_errors, write_atomic, write_json
from registry.errors import BenchError
from registry.regular_files import read_regular

MARK = "published.json"
"""Names the files that were published, with their checksums; it is written before them, so that a killed publishing
can be done again."""


def mark_of(checksums: Mapping[str, str]) -> dict[str, object]:
    """Return the content of the mark for files of these checksums."""
    return seal({"format": 1, "files": dict(checksums)})


def published_names(content: bytes) -> dict[str, str]:
    """Return the checksums by name that the mark of an earlier publishing holds.

    Raises:
        BenchError: it is none.
    """
    try:
        files = unseal(json.loads(content))["files"]
        if not isinstance(files, dict) or not all(map(_is_inside, files)):
            raise ChecksumError("it names files elsewhere")
    except (ValueError, KeyError) as error:
        raise BenchError(f"{MARK} is damaged ({error}); give another place") from error
    return files


def write_published(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder that is new, empty, or was published into before; what that left over is removed.

    Raises:
        BenchError: the folder holds other files, or one that would be written anew was changed since.
        StorageError: it cannot be written.
    """
    known = _known(folder)
    refuse_links(folder, *(folder / name for name in (*files, *known, "figures")))
    if foreign := [name for name in files if (folder / name).exists() and name not in known]:
        raise BenchError(f"{folder / foreign[0]} was not written by bench publish; move it, or give another folder")
    there = {name: checksum for name, checksum in known.items() if (folder / name).exists()}
    new = {name: of_file(content) for name, content in files.items()}
    if lost := [name for name in changed(folder, there) if name in changed(folder, new)]:
        raise BenchError(f"{folder / lost[0]} was changed since it was published; move it, or give another folder")
    make_folder(folder / "figures")
    # First with the names of before and of now: whichever files a kill leaves, they are known.
    write_json(folder / MARK, mark_of({**known, **new}))
    for name, content in files.items():
        write_atomic(folder / name, content)
    for name in known.keys() - files.keys():
        with reported_os_errors(folder / name):
            (folder / name).unlink(missing_ok=True)
    write_json(folder / MARK, mark_of(new))


def _known(folder: Path) -> dict[str, str]:
    """Return what an earlier publishing wrote there.

    Raises:
        BenchError: the folder is none, or has files and no whole mark.
    """
    with reported_os_errors(folder):
        if not folder.exists():
            return {}
        if not folder.is_dir():
            raise BenchError(f"{folder} is no folder; give another one")
        if not any(folder.iterdir()):
            return {}
    try:
        return published_names(read_regular(folder / MARK))
    except (OSError, BenchError):
        raise BenchError(
            f"{folder} holds files that bench publish did not write; give a new or an empty folder"
        ) from None


def _is_inside(name: object) -> bool:
    path = PurePosixPath(str(name))
    return isinstance(name, str) and not path.is_absolute() and ".." not in path.parts and path.parts != ()
