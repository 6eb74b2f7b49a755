"""What is wrong with a suite file: where (line and key path), what was given, what to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from registry.allowed import fault_words, place_of
from registry.errors import SeveralFaultsError, suggestion

KeyPath = tuple[str | int, ...]


def dotted(path: KeyPath) -> str:
    """Return a key path as people write it.

    >>> dotted(("models", 1, "train", "epochs"))
    'models[1].train.epochs'
    """
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return text.removeprefix(".")


class SuiteError(SeveralFaultsError):
    """All the faults of one suite file, a line each."""


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

    def add_validation(self, error: ValidationError, base: KeyPath, models: Sequence[type[BaseModel]]) -> None:
        """Note each of pydantic's errors of the first of `models` in our words; all of them have the allowed keys."""
        known = {name for model in models for name in model.model_fields}
        found: dict[KeyPath, dict[str, None]] = {}
        for e in error.errors():
            place = place_of(e, models[0])
            if e["type"] == "extra_forbidden":
                place = (*place, str(e["loc"][-1]))
            found.setdefault(place, {})[_message(e, models[0], known)] = None
        for place, texts in found.items():
            # Of a key of several possible types, pydantic reports one error for each: the deepest one tells most.
            if not any(len(other) > len(place) and other[: len(place)] == place for other in found):
                # The same words may stand a second time, without their suggestion.
                told = [text for text in texts if not any(other != text and other.startswith(text) for other in texts)]
                self.add((*base, *place), ", or ".join(told))

    def raise_if_any(self) -> None:
        """Raise SuiteError when a fault was noted."""
        if self.found:
            # A suite that did not come from a file has no lines.
            found = [(f"{self.file}:{n}" if self.places else self.file, *rest) for n, *rest in sorted(self.found)]
            raise SuiteError([f"{where}: {f'{path}: ' if path else ''}{text}" for where, path, text in found])


def _message(error: Any, model: type[BaseModel], known: set[str]) -> str:
    if error["type"] != "extra_forbidden":
        return fault_words(error, model)
    key = str(error["loc"][-1])
    # Below a nested key the allowed names are others, and a guess from the outer ones would mislead.
    return f"unknown key '{key}'" + (f"; {suggestion(key, known, 20)}" if len(error["loc"]) == 1 else "")
