"""A registry is a folder: an entry's name is its file's name, the file's ``ENTRY`` is the entry.

Listing names reads the folder and imports nothing; looking a name up imports that one file.
There is no decorator and no central list, so the two can never drift apart. A user's own folder is one more
folder of the same package: its files import as if they lay beside the shipped ones.
"""

import hashlib
import json
import os
import re
import traceback
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Generic, TypeVar

from registry.errors import BenchError, suggestion

T = TypeVar("T")

ENVIRONMENT = "SEGBENCH_PLUGIN_FOLDERS"
"""Tells the processes that this one starts which folders were added: JSON, the folders of each package."""


class Registry(Generic[T]):
    """The entries of one kind: every module without a leading underscore in `package`."""

    def __init__(self, kind: str, package: str, entry_type: type[T]) -> None:
        self.kind = kind
        self._package = package
        self._entry_type = entry_type
        self._load = cache(self._load_once)
        self._hashes: dict[str, str] = {}
        module = import_module(package)
        self._shipped = Path(module.__path__[0])
        module.__path__ += [folder for folder in _inherited().get(package, []) if folder not in module.__path__]

    @property
    def folders(self) -> list[Path]:
        """The folders of the entries: the shipped one, then those that were added."""
        return [Path(folder) for folder in import_module(self._package).__path__]

    def names(self) -> list[str]:
        """Return the names in alphabetical order without importing an entry."""
        return sorted(name for folder in self.folders for name in _modules(folder) if not name.startswith("_"))

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __getitem__(self, name: str) -> T:
        """Return the entry called `name`.

        Raises:
            BenchError: no file has that name; the message suggests one that has. Or the file is in a folder of
                the user's, and cannot be imported or has no such ``ENTRY``.
            TypeError: the ``ENTRY`` of a shipped file is missing or of another kind (a programming fault).
        """
        return self._load(name)

    def add_folder(self, folder: Path) -> list[str]:
        """Take up the entries of a user's folder, here and in processes started from here; return their names.

        Raises:
            BenchError: the folder has no entry, or a file of it has a name that is taken or that none can import.
        """
        folder = folder.resolve()
        names = sorted(name for name in _modules(folder) if not name.startswith("_"))
        if folder in self.folders:
            return names
        if not names:
            raise BenchError(f"{folder} holds no entry: no .py file whose name begins with a letter")
        for path in _importable(folder):
            self._check_name(path)
        import_module(self._package).__path__.append(str(folder))
        added = _inherited()
        os.environ[ENVIRONMENT] = json.dumps({**added, self._package: [*added.get(self._package, []), str(folder)]})
        return names

    def version(self, name: str) -> int | str:
        """Return what is raised when an entry's numbers change: its own version, of a plug-in the hash of its code."""
        version: int = self[name].version  # type: ignore[attr-defined]
        return self.source_hash(name) or version

    def source_hash(self, name: str) -> str | None:
        """Return what stands for the version of a user's entry; None for a shipped one, which declares its own.

        32 hexadecimal digits over the entry's file and every file of its folder that it may import: those whose
        own or whose folder's name begins with an underscore, and those whose name stands in one of these; as when
        it was first looked up.
        """
        folder = next((folder for folder in self.folders[1:] if name in _modules(folder)), None)
        if folder is None:
            return None
        if name not in self._hashes:
            self._hashes[name] = _hash(folder, name)
        return self._hashes[name]

    def _check_name(self, path: Path) -> None:
        """Refuse a name that Python cannot import, or that another folder's file would hide (or be hidden by)."""
        if not path.stem.isidentifier():
            raise BenchError(f"{path}: '{path.stem}' is no name that Python can import; use letters, digits and _")
        for folder in self.folders:
            if other := next((other for other in _importable(folder) if other.stem == path.stem), None):
                whose = "a shipped file" if folder == self._shipped else str(other)
                raise BenchError(f"{path}: the name '{path.stem}' is taken by {whose}; rename yours")

    def _folder_of(self, name: str) -> Path:
        found = next((folder for folder in self.folders if (folder / f"{name}.py").is_file()), None)
        if found is None or name.startswith("_"):
            raise BenchError(f"no {self.kind} named '{name}'; {suggestion(name, self.names())}")
        return found

    def _load_once(self, name: str) -> T:
        folder, module = self._folder_of(name), f"{self._package}.{name}"
        if folder == self._shipped:
            entry = getattr(import_module(module), "ENTRY", None)
            if not isinstance(entry, self._entry_type):
                raise TypeError(f"{module}.ENTRY must be a {self._entry_type.__name__}")
            return entry
        self.source_hash(name)  # of what is imported, not of what an edit makes of it later
        return self._plugin(folder / f"{name}.py", module)

    def _plugin(self, file: Path, module: str) -> T:
        wanted = self._entry_type.__name__
        try:
            loaded = import_module(module)
        except Exception as error:
            place = _place(error, file)
            words = " ".join(str(error).split())
            raise BenchError(f"{place}: {type(error).__name__}: {words}; mend the plug-in") from error
        if not hasattr(loaded, "ENTRY"):
            raise BenchError(f"{file} has no ENTRY; end it with ENTRY = {wanted}(...)")
        entry = loaded.ENTRY
        if not isinstance(entry, self._entry_type):
            raise BenchError(
                f"{file}: ENTRY is a {type(entry).__name__}, not a {wanted}; put it into the folder of its kind"
            )
        return entry


def _modules(folder: Path) -> list[str]:
    """Return the names of the Python files of a folder."""
    return [path.stem for path in folder.glob("*.py") if path.name != "__init__.py"]


def _importable(folder: Path) -> list[Path]:
    """Return what can be imported from a folder by its name: Python files and sub-folders."""
    return sorted(p for p in folder.iterdir() if (p.suffix == ".py" or p.is_dir()) and not p.name.startswith("__"))


def _inherited() -> dict[str, list[str]]:
    """Return the folders added so far, by package."""
    added: dict[str, list[str]] = json.loads(os.environ.get(ENVIRONMENT, "{}"))
    return added


def _hash(folder: Path, name: str) -> str:
    """Return the hash of a plug-in's file and of the files that it may import from its folder."""
    hashed = hashlib.blake2b(digest_size=16)
    for path in _sources(folder, name):
        content = path.read_bytes()
        hashed.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return hashed.hexdigest()


def _sources(folder: Path, name: str) -> list[Path]:
    """Return a plug-in's file, all files of its folder that begin with an underscore, and those that they name."""
    found = {folder / f"{name}.py"}
    found |= {path for path in folder.rglob("*.py") if path.relative_to(folder).parts[0].startswith("_")}
    others = set(folder.glob("*.py")) - found
    while True:
        text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in found)
        named = {path for path in others - found if re.search(rf"\b{re.escape(path.stem)}\b", text)}
        if not named:
            return sorted(found)
        found |= named


def _place(error: Exception, file: Path) -> str:
    """Return the file and line of a plug-in's own code at which it failed: the innermost of its folder."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(file.parent)]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else str(file)
