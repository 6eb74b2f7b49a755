"""The base of every entry's parameters: data from a suite file, checked, frozen, no unknown key."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from registry.allowed import fault_words, place_of
from registry.errors import BenchError, suggestion


class Parameters(BaseModel):
    """Parameters of one entry; sub-class it in the entry's file, one annotated default per key."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    def changed(self) -> dict[str, Any]:
        """Return the values that differ from their defaults: what a label shows."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def suffix(self) -> str:
        """Return "" or " (key=value, …)" for the values that differ from their defaults."""
        changed = ", ".join(f"{key}={value}" for key, value in self.changed().items())
        return f" ({changed})" if changed else ""


Kind = TypeVar("Kind", bound=Parameters)


def typed(kind: type[Kind], values: Mapping[str, Any], name: str) -> Kind:
    """Return `values` as the parameters of the entry called `name`.

    Raises:
        BenchError: a key is unknown or missing, or a value is not one it takes.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
    if first["type"] == "extra_forbidden":
        key = ".".join(map(str, first["loc"]))
        raise BenchError(f"{name} has no key '{key}'; {suggestion(key, kind.model_fields)}")
    key = ".".join(map(str, place_of(first, kind)))
    if first["type"] == "missing" and first["loc"] == (key,):
        raise BenchError(f"{name} needs {key}=…; its keys: {', '.join(kind.model_fields)}")
    words = fault_words(first, kind)
    raise BenchError(f"{name}: {key}: {words}" if key else f"{name}: {words}")
