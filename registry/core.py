"""A registry is a folder: an entry's name is its file's name, the file's ``ENTRY`` is the entry.

Listing names reads the folder and imports nothing; looking a name up imports that one file.
There is no decorator and no central list, so the two can never drift apart.
"""

from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Generic, TypeVar

from registry.errors import BenchError, suggestion

T = TypeVar("T")


class Registry(Generic[T]):
    """The entries of one kind: every module without a leading underscore in `package`."""

    def __init__(self, kind: str, package: str, entry_type: type[T]) -> None:
        self.kind = kind
        self._package = package
        self._entry_type = entry_type
        self._load = cache(self._load_once)

    def names(self) -> list[str]:
        """Return the names in alphabetical order without importing an entry."""
        found = (p.name for p in files(self._package).iterdir())
        return sorted(n[:-3] for n in found if n.endswith(".py") and not n.startswith("_"))

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __getitem__(self, name: str) -> T:
        """Return the entry called `name`.

        Raises:
            BenchError: no file has that name; the message suggests one that has.
            TypeError: the file's ``ENTRY`` is missing or of another kind (a programming fault).
        """
        return self._load(name)

    def _load_once(self, name: str) -> T:
        known = self.names()
        if name not in known:
            raise BenchError(f"no {self.kind} named '{name}'; {suggestion(name, known)}")
        entry = getattr(import_module(f"{self._package}.{name}"), "ENTRY", None)
        if not isinstance(entry, self._entry_type):
            raise TypeError(f"{self._package}.{name}.ENTRY must be a {self._entry_type.__name__}")
        return entry
