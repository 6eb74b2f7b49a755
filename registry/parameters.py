"""The base of every entry's parameters: data from a suite file, checked, frozen, no unknown key."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Parameters(BaseModel):
    """Parameters of one entry; sub-class it in the entry's file, one annotated default per key."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    def changed(self) -> dict[str, Any]:
        """Return the values that differ from their defaults: what a label has to say."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def suffix(self) -> str:
        """Return "" or " (key=value, …)" for the values that differ from their defaults."""
        changed = ", ".join(f"{key}={value}" for key, value in self.changed().items())
        return f" ({changed})" if changed else ""
