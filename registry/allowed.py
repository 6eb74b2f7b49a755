"""What a parameter takes, in words: for messages and lists. Read from pydantic's JSON schema, so a plug-in's too."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

from registry.errors import suggestion

Schema = dict[str, Any]
TYPES = {"integer": "a whole number", "number": "a number", "string": "text", "boolean": "true or false"}


def parameter_rows(kind: type[BaseModel]) -> list[dict[str, Any]]:
    """Return name, type, default, whether it is required, allowed values and description of each parameter.

    The default is that of JSON (a tuple is a list), None where there is none. The type is JSON schema's.
    """
    schema, told = _schema(kind), _descriptions(kind)
    return [
        {
            "name": name,
            "type": " or ".join(dict.fromkeys(_types(one, schema))),
            "default": one.get("default"),
            "required": name in schema.get("required", ()),
            "allowed": allowed(one, schema),
            "description": told.get(name, ""),
        }
        for name, one in schema.get("properties", {}).items()
    ]


def fault_words(error: Any, kind: type[BaseModel]) -> str:
    """Return one of pydantic's errors in our words: what is allowed, what was given; never in pydantic's.

    error: an item of `ValidationError.errors()` of a validation as `kind`; an unknown key is not for here.
    """
    if (own := error.get("ctx", {}).get("error")) is not None:  # a validator of an entry has its own words
        return str(own)
    whole, loc = _schema(kind), _loc(error)
    words = allowed(_found(whole, loc, whole)[0], whole)
    if error["type"] == "missing" and loc == error["loc"]:
        return f"this key is required; give {words}"
    return f"give {words} (given: {short(error['input'])}){_likely(error)}"


def place_of(error: Any, kind: type[BaseModel]) -> tuple[str | int, ...]:
    """Return the keys that lead to one of pydantic's errors, without what pydantic adds for the types of a union."""
    whole = _schema(kind)
    return _found(whole, _loc(error), whole)[1]


def _loc(error: Any) -> tuple[str | int, ...]:
    """Return pydantic's place of an error; a list that is too short is at fault itself, not the item that it lacks."""
    loc: tuple[str | int, ...] = error["loc"]
    return loc[:-1] if error["type"] == "missing" and isinstance(loc[-1], int) else loc


def short(value: Any) -> str:
    """Return a given value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


@cache
def _schema(kind: type[BaseModel]) -> Schema:
    return kind.model_json_schema()


def allowed(schema: Schema, whole: Schema) -> str:
    """Return what a value of `schema` is, in words; `whole` has the definitions that it refers to.

    >>> allowed({"type": "integer", "minimum": 1}, {}), allowed({"enum": ["a", "b"]}, {})
    ('a whole number, at least 1', 'one of a, b')
    """
    schema = _resolved(schema, whole)
    if branches := schema.get("anyOf"):
        words = list(dict.fromkeys(allowed(branch, whole) for branch in branches))
        return ("; or " if any("," in word for word in words) else " or ").join(words)
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if values:
        return str(values[0]) if len(values) == 1 else f"one of {', '.join(map(str, values))}"
    kind = schema.get("type")
    if kind == "array":
        return _list(schema, whole)
    if kind == "object":
        return _mapping(schema, whole)
    if kind == "string" and "pattern" in schema:
        return str(schema.get("description") or f"text that fits {schema['pattern']}")
    return ", ".join([TYPES.get(str(kind), str(kind or "any value")), *_limits(schema)])


def _limits(schema: Schema) -> Iterator[str]:
    """Yield the limits of a number or of the length of a text."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        yield f"{low:g} to {high:g}"
    else:
        words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
        yield from (f"{word} {schema[key]}" for key, word in words.items() if key in schema)
    if "multipleOf" in schema:
        yield f"a multiple of {schema['multipleOf']}"
    if schema.get("minLength") == 1 and "maxLength" not in schema:
        yield "not empty"
    elif schema.get("minLength") or "maxLength" in schema:
        yield f"of {_between(schema.get('minLength'), schema.get('maxLength'))} characters"


def _between(least: int | None, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return str(most) if least == most else f"{least or 0} to {most}"


def _list(schema: Schema, whole: Schema) -> str:
    least, most = schema.get("minItems"), schema.get("maxItems")
    length = f" of {_between(least, most)}" if least or most is not None else ""
    items = schema.get("prefixItems") or ([schema["items"]] if schema.get("items") else [])
    each = list(dict.fromkeys(allowed(item, whole) for item in items))
    if not each:
        return f"a list{length}"
    return f"a list{length}, each {each[0]}" if len(each) == 1 else f"a list{length}: {'; '.join(each)}"


def _mapping(schema: Schema, whole: Schema) -> str:
    if keys := schema.get("properties"):
        return f"a mapping with the keys {', '.join(keys)}"
    values = schema.get("additionalProperties")
    return f"a mapping, each value {allowed(values, whole)}" if isinstance(values, dict) and values else "a mapping"


def _types(schema: Schema, whole: Schema) -> Iterator[str]:
    schema = _resolved(schema, whole)
    if "anyOf" in schema:
        for branch in schema["anyOf"]:
            yield from _types(branch, whole)
    else:
        yield schema.get("type", "any")


def _resolved(schema: Schema, whole: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    return {**found, **{key: value for key, value in schema.items() if key != "$ref"}}


def _found(schema: Schema, loc: Sequence[str | int], whole: Schema) -> tuple[Schema, tuple[str | int, ...]]:
    """Return the schema at pydantic's place, and the keys that lead there.

    Below a value of several types a part of the place names one of them: it is passed over. So is what is unknown.
    """
    keys: list[str | int] = []
    named = False
    for part in loc:
        if not named and len(list(_branches(schema, whole))) > 1:
            named = True
        elif (deeper := next(_below(schema, part, whole), None)) is not None:
            schema, named = deeper, False
            keys.append(part)
    return schema, tuple(keys)


def _branches(schema: Schema, whole: Schema) -> Iterator[Schema]:
    """Yield the types that a value may have, null aside."""
    schema = _resolved(schema, whole)
    if "anyOf" in schema:
        for branch in schema["anyOf"]:
            yield from _branches(branch, whole)
    elif schema.get("type") != "null":
        yield schema


def _below(schema: Schema, part: str | int, whole: Schema) -> Iterator[Schema]:
    """Yield the schemas that a value has at a key or a number."""
    schema = _resolved(schema, whole)
    for branch in schema.get("anyOf", ()):
        yield from _below(branch, part, whole)
    if isinstance(part, int):
        fixed = schema.get("prefixItems", ())
        if part < len(fixed):
            yield fixed[part]
        elif "items" in schema or schema.get("type") == "array":
            yield schema.get("items", {})
    elif part in schema.get("properties", {}):
        yield schema["properties"][part]
    elif isinstance(schema.get("additionalProperties"), dict) and schema["additionalProperties"]:
        yield schema["additionalProperties"]


def _likely(error: Any) -> str:
    """Return the value that was likely meant, where it must be one of several words."""
    if error["type"] != "literal_error" or not isinstance(error["input"], str):
        return ""
    words = suggestion(error["input"], re.findall(r"'([^']+)'", error["ctx"]["expected"]))
    return f"; {words}" if words.startswith("did you mean") else ""


def _descriptions(kind: type[BaseModel]) -> dict[str, str]:
    """Return what the docstrings say of each parameter: behind its name, or the names that share it, and a colon."""
    names = "|".join(sorted(map(re.escape, kind.model_fields), key=len, reverse=True))
    told: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        text = " ".join((vars(one).get("__doc__") or "").split())
        if names and issubclass(one, BaseModel) and one is not BaseModel:
            marks = list(re.finditer(rf"(?:^|(?<=[;.:] ))((?:{names})(?:, (?:{names}))*): ", text))
            for i, mark in enumerate(marks):
                end = marks[i + 1].start() if i + 1 < len(marks) else len(text)
                told |= dict.fromkeys(mark[1].split(", "), text[mark.end() : end].strip(" ;").rstrip("."))
    return told
