"""Strict YAML: plain data only, each key path with its line; no tags, no anchors, no duplicate keys.

Scalars resolve by the core schema of YAML 1.2 (so `no` is a word and `1e-4` a number).
"""

import math
import re
from pathlib import Path
from typing import Any

import yaml

from bench.suite.faults import Faults, KeyPath, dotted
from registry.errors import BenchError

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_DIGITS = 40

_SCALARS: tuple[tuple[str, str, str], ...] = (
    ("null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
)


class _Loader(yaml.SafeLoader):
    """A composer of nodes: nothing is ever constructed from a tag."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's interface


for _name, _pattern, _first in _SCALARS:
    for _character in _first:
        _key = "" if _character == "\0" else _character
        _Loader.yaml_implicit_resolvers.setdefault(_key, []).append(
            (f"tag:yaml.org,2002:{_name}", re.compile(_pattern))
        )


def read_yaml(file: Path) -> tuple[Any, Faults]:
    """Return the file's content as plain data, and the collector of its faults with each key's line.

    Raises:
        BenchError: the file cannot be read, or is no YAML of this plain kind; one line with its place.
    """
    text = _read_text(file)
    _refuse_cleverness(text, file)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise BenchError(_where(file, error)) from error
    faults = Faults(str(file), {})
    return (None if node is None else _plain(node, (), faults)), faults


def _read_text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise BenchError(f"{file}: larger than {MAX_BYTES:,} bytes; a suite is a page of YAML")
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BenchError(f"{file}: not UTF-8 text (byte {error.start}); a suite is a YAML file") from error
    except OSError as error:
        raise BenchError(f"{file}: cannot be read ({error.strerror})") from error


def _where(file: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "nested too deeply"
    if "'\\t'" in problem:
        problem = "a tab cannot stand here; use spaces"
    return f"{file}{f':{mark.line + 1}' if mark else ''}: not valid YAML: {problem}; correct it there or just before"


def _refuse_cleverness(text: str, file: Path) -> None:
    """Refuse anchors (and with them alias bombs), tags, deep nesting and further documents while scanning."""
    depth = documents = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            mark = event.start_mark
            line = f"{file}:{mark.line + 1 if mark else 1}"
            if getattr(event, "anchor", None):
                raise BenchError(f"{line}: anchors and aliases are not allowed in a suite; write the value out")
            if tag := getattr(event, "tag", None):
                raise BenchError(f"{line}: the tag {tag} is not allowed; a suite is plain data")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            documents += isinstance(event, yaml.DocumentStartEvent)
            if depth > MAX_DEPTH or documents > 1:
                raise BenchError(f"{line}: a suite is one document, at most {MAX_DEPTH} levels deep")
    except yaml.YAMLError as error:
        raise BenchError(_where(file, error)) from error


def _plain(node: yaml.Node, path: KeyPath, faults: Faults) -> Any:
    faults.places.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, faults)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, i), faults) for i, child in enumerate(node.value)]
    kind, text = node.tag.rpartition(":")[2], node.value
    if kind in ("int", "float"):
        return _number(kind, text, path, faults)
    return {"null": None, "bool": text.lower() == "true"}.get(kind, text)


def _number(kind: str, text: str, path: KeyPath, faults: Faults) -> int | float:
    if len(text) > MAX_DIGITS or not math.isfinite(float(text)):
        faults.add(path, f"{text[:20]}… is too large a number; give a smaller one")
        return 0
    return int(text) if kind == "int" else float(text)


def _mapping(node: yaml.MappingNode, path: KeyPath, faults: Faults) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        place = (*path, key)
        line = key_node.start_mark.line + 1
        if key in content:
            faults.found.add((line, dotted(place), "this key stands twice; keep one"))
            continue
        faults.places[place] = line
        content[key] = _plain(value_node, place, faults)
    return content
