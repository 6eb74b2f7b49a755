"""The templates of the page filled in, and the words in which they print values."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bench.host.screen import duration
from reports.tables.table import NOTHING

_TEMPLATES = Path(__file__).parent / "templates"


def fill(template: str, **values: Any) -> Markup:
    """Return the text of a template filled in; every value is escaped unless it is Markup."""
    return Markup(_environment().from_string(template).render(**values))


def fill_page(**values: Any) -> str:
    """Return the whole page with its style and script: an HTML document that needs no other file.

    All files of style are one there, and all scripts; the page allows this one script by its hash, and no other.
    """
    style, script = (_joined(names) for names in (("style.css", "pictures.css"), ("sort.js", "pictures.js")))
    hashed = b64encode(sha256(script.encode()).digest()).decode()
    page = _environment().get_template("page.html")
    return page.render(style=style, script=script, script_hash=Markup(hashed), **values)


def _joined(names: tuple[str, ...]) -> Markup:
    return Markup("\n".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in names))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"moment": moment, "duration": length, "pairs": pairs, "counted": counted}
    return environment


def moment(iso: str | None) -> str:
    """Return an ISO time to the minute, a dash in place of an unknown one.

    >>> moment("2026-11-21T20:44:31+00:00"), moment("2026-11-21T20:44:31")
    ('2026-11-21 20:44 UTC', '2026-11-21 20:44')
    """
    return iso[:16].replace("T", " ") + (" UTC" if iso.endswith(("+00:00", "Z")) else "") if iso else NOTHING


def length(seconds: float | None) -> str:
    """Return a length of time in words, a dash in place of an unknown one."""
    return NOTHING if seconds is None else duration(seconds)


def pairs(values: dict[str, Any]) -> str:
    """Return "key=value, …" of a mapping."""
    return ", ".join(f"{key}={value}" for key, value in values.items())


def counted(number: int | None, noun: str) -> str:
    """Return a number with its noun, a dash in place of an unknown number.

    >>> counted(1, "model"), counted(0, "image")
    ('1 model', '0 images')
    """
    return f"{NOTHING if number is None else number} {noun}{'' if number == 1 else 's'}"
