"""What is wrong with a suite file: where (line and key path), what was given, what to do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from registry.errors import BenchError, suggestion

KeyPath = tuple[str | int, ...]
LABEL, NAME = r"^[^\x00-\x1f/\\]+$", r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
PATTERNS = {LABEL: "a label without slashes, backslashes and control characters", NAME: "letters, digits and . _ -"}
PLAIN = ("int", "float", "str", "bool")


def dotted(path: KeyPath) -> str:
    """Return a key path as people write it.

    >>> dotted(("models", 1, "train", "epochs"))
    'models[1].train.epochs'
    """
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return text.removeprefix(".")


class SuiteError(BenchError):
    """All the faults of one suite file, a line each."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass
class Faults:
    """Collects faults; `places` gives the line of each key path."""

    file: str
    places: dict[KeyPath, int]
    found: set[tuple[int, str, str]] = field(default_factory=set)

    def add(self, path: KeyPath, message: str) -> None:
        """Note a fault at `path`; its line is that of the nearest key that exists."""
        near = path
        while near and near not in self.places:
            near = near[:-1]
        self.found.add((self.places.get(near, 1), dotted(path), message))

    def add_validation(self, error: ValidationError, base: KeyPath, models: Iterable[type[BaseModel]]) -> None:
        """Note each of pydantic's errors below `base` in our words; `models` have the allowed keys."""
        known = {name for model in models for name in model.model_fields}
        messages: dict[KeyPath, list[str]] = {}
        for e in error.errors():
            # Of a key of several possible types, pydantic reports one error for each, at a place that no file has.
            place = tuple(
                part for part in e["loc"] if isinstance(part, int) or (part.isidentifier() and part not in PLAIN)
            )
            messages.setdefault(place, []).append(_message(e, known))
        for place, texts in messages.items():
            self.add((*base, *place), ", or ".join(texts))

    def raise_if_any(self) -> None:
        """Raise SuiteError when a fault was noted."""
        if self.found:
            # A suite that did not come from a file has no lines.
            found = [(f"{self.file}:{n}" if self.places else self.file, *rest) for n, *rest in sorted(self.found)]
            raise SuiteError([f"{where}: {f'{path}: ' if path else ''}{text}" for where, path, text in found])


def _message(error: Any, known: set[str]) -> str:
    kind, given = error["type"], error["input"]
    if kind == "extra_forbidden":
        key = str(error["loc"][-1])
        # Below a nested key the allowed names are others, and a guess from the outer ones would mislead.
        return f"unknown key '{key}'" + (f"; {suggestion(key, known, 20)}" if len(error["loc"]) == 1 else "")
    if kind == "string_pattern_mismatch":
        pattern = error["ctx"]["pattern"]
        return f"give {PATTERNS.get(pattern, pattern)} (given: {_short(given)})"
    if kind == "missing":
        return "this key is required"
    message = error["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    return message if kind == "value_error" else f"{message} (given: {_short(given)})"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
