"""A registry is a folder: an entry's name is its file's name, the file's ``ENTRY`` is the entry.

Listing names reads the folder and imports nothing; looking a name up imports that one file.
There is no decorator and no central list, so the two can never drift apart. A user's own folder is one more
folder of entries, known to the registry alone: no package and no process setting is changed for it.
"""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Generic, TypeVar

from registry.errors import BenchError, suggestion
from registry.plugin_package import PluginPackage, entry_names

T = TypeVar("T")


class Registry(Generic[T]):
    """The entries of one kind: the files of `package`, and those of the folders that were added."""

    def __init__(self, kind: str, package: str, entry_type: type[T]) -> None:
        self.kind = kind
        self._package = package
        self._entry_type = entry_type
        self._shipped = Path(import_module(package).__path__[0])
        self._plugins = PluginPackage(f"{kind.replace(' ', '_')}s")
        self._entries: dict[str, T] = {}

    def names(self) -> list[str]:
        """Return the names in alphabetical order without importing an entry."""
        return sorted(name for folder in (self._shipped, *self.added_folders) for name in entry_names(folder))

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __getitem__(self, name: str) -> T:
        """Return the entry called `name`.

        Raises:
            BenchError: no file has that name; the message suggests one that has. Or the file is in a folder of
                the user's, and cannot be imported or has no such ``ENTRY``.
            TypeError: the ``ENTRY`` of a shipped file is missing or of another kind (a programming fault).
        """
        if name not in self._entries:
            file = self._plugins.file(name)
            self._entries[name] = self._load_shipped(name) if file is None else self._load_plugin(file)
        return self._entries[name]

    @property
    def added_folders(self) -> list[Path]:
        """The user's folders, in the order in which they were added."""
        return list(self._plugins.folders)

    def add_folder(self, folder: Path) -> list[str]:
        """Add the entries of a user's folder; return their names.

        A folder that was added before is read anew. Processes that are started from here, but not forked, do not
        know of it: hand them `added_folders`.

        Raises:
            BenchError: the folder has no entry, or a file of it has a name that is taken or that none can import.
        """
        folder = folder.resolve()
        names = entry_names(folder)
        if folder in self.added_folders:
            self._forget(folder)
        if not names:
            raise BenchError(f"{folder} holds no entry: no .py file whose name begins with a letter")
        if taken := sorted(set(names) & set(entry_names(self._shipped))):
            file = folder / f"{taken[0]}.py"
            raise BenchError(f"{file}: the name '{taken[0]}' is taken by a shipped file; rename yours")
        self._plugins.check_names(folder)
        self._plugins.add(folder)
        return names

    def _forget(self, folder: Path) -> None:
        """Drop one folder, and what was imported from any: the next look-up reads the files as they are then."""
        kept = [one for one in self.added_folders if one != folder]
        self.remove_folders()
        for one in kept:
            self._plugins.add(one)

    def remove_folders(self) -> None:
        """Forget every folder that was added: the registry is as it was made."""
        for name in [name for name in self._entries if self._plugins.file(name)]:
            del self._entries[name]
        self._plugins.clear()

    def version(self, name: str, declared: int | None = None) -> int | str:
        """Return what is raised when an entry's numbers change: its own version, of a plug-in the hash of its code.

        declared: the version of a part of the entry, or of an object of a program, which no file declares.
        """
        version: int = self[name].version if declared is None else declared  # type: ignore[attr-defined]
        return self.source_hash(name) or version

    def source_hash(self, name: str) -> str | None:
        """Return what stands for the version of a user's entry; None for a shipped one, which declares its own.

        See `PluginPackage.source_hash`.
        """
        file = self._plugins.file(name)
        return None if file is None else self._plugins.source_hash(file)

    def check_unchanged(self, name: str) -> None:
        """Raise BenchError if a user's entry was edited since its look-up: a later import would not fit its hash."""
        if file := self._plugins.file(name):
            self._plugins.check_unchanged(file)

    def suggestion(self, name: str, names: Iterable[str] | None = None) -> str:
        """Return what an unknown name may mean: one of `names` (None: the entries'), or an entry of the user's own."""
        own = "" if self.added_folders else " (one of your own needs --plugins DIR)"
        return suggestion(name, self.names() if names is None else names) + own

    def _load_shipped(self, name: str) -> T:
        if name not in entry_names(self._shipped):
            raise BenchError(f"no {self.kind} named '{name}'; {self.suggestion(name)}")
        module = f"{self._package}.{name}"
        entry = getattr(import_module(module), "ENTRY", None)
        if not isinstance(entry, self._entry_type):
            raise TypeError(f"{module}.ENTRY must be a {self._entry_type.__name__}")
        return entry

    def _load_plugin(self, file: Path) -> T:
        wanted, loaded = self._entry_type.__name__, self._plugins.load(file)
        if not hasattr(loaded, "ENTRY"):
            raise BenchError(f"{file} has no ENTRY; end it with ENTRY = {wanted}(...)")
        entry = loaded.ENTRY
        if not isinstance(entry, self._entry_type):
            raise BenchError(
                f"{file}: ENTRY is a {type(entry).__name__}, not a {wanted}; put it into the folder of its kind"
            )
        return entry
