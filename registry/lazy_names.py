"""Public names of a package that load their module when they are first used."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def lazy(package: str, **places: tuple[str, ...]) -> Callable[[str], Any]:
    """Return a `__getattr__` for `package`: `places` are its modules, each with the public names that stand in it.

    >>> lazy("urllib", parse=("quote",))("quote")("a b")
    'a%20b'
    """

    def public(name: str) -> Any:
        for module, names in places.items():
            if name in names:
                return getattr(import_module(f"{package}.{module}"), name)
        raise AttributeError(f"module '{package}' has no attribute '{name}'")

    return public
