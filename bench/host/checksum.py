"""A checksum inside what we store as JSON, so that a file that was changed on its way is no file of ours any more."""

import json
from typing import Any

from bench.host.files import digest

KEY = "checksum"


class ChecksumError(ValueError):
    """The content is not what was written."""


def seal(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with `checksum`: `bench.host.files.digest` of all the rest, as JSON gives it back."""
    return {**content, KEY: _of(content)}


def unseal(content: Any) -> dict[str, Any]:
    """Return what `seal` was given, for the parsed content of a file.

    Raises:
        ChecksumError: there is no checksum, or it is not that of the rest.
    """
    if not isinstance(content, dict) or not isinstance(content.get(KEY), str):
        raise ChecksumError("it has no checksum")
    rest = {name: value for name, value in content.items() if name != KEY}
    if content[KEY] != _of(rest):
        raise ChecksumError("its checksum is not that of its content")
    return rest


def _of(content: dict[str, Any]) -> str:
    # Through JSON once: numbers as keys become text there, and tuples lists.
    return digest(json.loads(json.dumps(content)))
