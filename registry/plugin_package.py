"""Folders of a user's own entries as a Python package of their own, apart from every shipped one."""

import hashlib
import re
import sys
import traceback
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType

from registry.errors import BenchError

ROOT = "segbench_plugins"


class PluginPackage:
    """The package `segbench_plugins.<kind>`: at first without a folder, then every folder that was added.

    Files are imported as its modules, so they import their neighbours relatively: `from ._parts import Net`.
    All that is known of the folders is here and in `sys.modules`, and `clear` undoes it.
    """

    def __init__(self, kind: str) -> None:
        self.name = f"{ROOT}.{kind}"
        self.folders: list[Path] = []
        self._hashes: dict[Path, str] = {}

    def add(self, folder: Path) -> None:
        """Add a folder whose names are not taken; see `check_names`."""
        self.folders.append(folder)
        for name, places in ((ROOT, []), (self.name, self.folders)):
            module = sys.modules.setdefault(name, ModuleType(name))
            module.__path__ = [str(place) for place in places]
        invalidate_caches()

    def clear(self) -> None:
        """Forget every folder and all that was imported from one."""
        self.folders.clear()
        self._hashes.clear()
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{self.name}.")]:
            del sys.modules[name]

    def check_names(self, folder: Path) -> None:
        """Raise BenchError for a file or sub-folder that Python cannot import, or that another folder's would hide."""
        taken = {path.stem: path for added in self.folders for path in _importable(added)}
        for path in _importable(folder):
            if not path.stem.isidentifier():
                raise BenchError(f"{path}: '{path.stem}' is no name that Python can import; use letters, digits and _")
            if path.stem in taken:
                raise BenchError(f"{path}: the name '{path.stem}' is taken by {taken[path.stem]}; rename yours")

    def file(self, name: str) -> Path | None:
        """Return the file of the entry called `name`, also one that is gone since its look-up; None: there is none."""
        looked_up = [file for file in self._hashes if file.stem == name]
        there = [folder / f"{name}.py" for folder in self.folders if name in entry_names(folder)]
        return next(iter(looked_up + there), None)

    def load(self, file: Path) -> ModuleType:
        """Return an entry's file as a module.

        Raises:
            BenchError: it fails; the message has the place in the user's own code.
        """
        self.source_hash(file)  # before the import; a function of the entry may import more later: `check_unchanged`
        try:
            return import_module(f"{self.name}.{file.stem}")
        except Exception as error:
            words = " ".join(str(error).split())
            named = words if isinstance(error, BenchError) else f"{type(error).__name__}: {words}"
            place, hint = _place(error, file), _hint(error, file.parent)
            raise BenchError(f"{place}: {named}; {hint}") from error

    def check_unchanged(self, file: Path) -> None:
        """Raise BenchError if an entry's files are not those that its hash was taken of."""
        if not file.is_file() or hash_of(file) != self.source_hash(file):
            raise BenchError(f"{file}, or a file that it imports, changed since it was first read; run again")

    def source_hash(self, file: Path) -> str:
        """Return 32 hexadecimal digits over an entry's file and every file of its folder that it may import.

        Those are the files whose own or whose folder's name begins with an underscore, and those whose name stands
        in one of these; as when the entry was first looked up.
        """
        if file not in self._hashes:
            self._hashes[file] = hash_of(file)
        return self._hashes[file]


def entry_names(folder: Path) -> list[str]:
    """Return the names of a folder's entries: every Python file whose name begins with a letter."""
    return sorted(path.stem for path in folder.glob("[!_.]*.py"))


def hash_of(file: Path) -> str:
    """Return the hash of an entry's file and of the files that it may import from its folder."""
    hashed = hashlib.blake2b(digest_size=16)
    for path in _sources(file):
        content = path.read_bytes()
        hashed.update(f"{path.relative_to(file.parent).as_posix()}\0{len(content)}\0".encode() + content)
    return hashed.hexdigest()


def _sources(file: Path) -> list[Path]:
    """Return an entry's file, all files of its folder that begin with an underscore, and those that they name."""
    folder, found = file.parent, {file}
    found |= {path for path in folder.rglob("*.py") if path.relative_to(folder).parts[0].startswith("_")}
    others = set(folder.glob("*.py")) - found
    while True:
        text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in found)
        named = {path for path in others - found if re.search(rf"\b{re.escape(path.stem)}\b", text)}
        if not named:
            return sorted(found)
        found |= named


def _importable(folder: Path) -> list[Path]:
    """Return what can be imported from a folder by its name: Python files and sub-folders."""
    return sorted(p for p in folder.iterdir() if (p.suffix == ".py" or p.is_dir()) and not p.name.startswith("__"))


def _place(error: Exception, file: Path) -> str:
    """Return the file and line of the user's own code at which it failed: the innermost of its folder."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(file.parent)]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else str(file)


def _hint(error: Exception, folder: Path) -> str:
    """Return what to do about it; a file of the folder that was imported by another name is the usual fault."""
    missing = (error.name or "").rpartition(".")[2] if isinstance(error, ModuleNotFoundError) else ""
    if missing in {path.stem for path in _importable(folder)}:
        return f"import what lies beside it relatively: from .{missing} import ..."
    return "fix the plug-in"
