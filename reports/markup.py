"""The templates of the page filled in, and the words in which they print values."""

import re
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


_PLACE = re.compile(r'\sid="([^"]*)"')
_LINK = re.compile(r'<a href="#([^"]*)">(.*?)</a>', re.DOTALL)
STYLES = ("pictures.css", "figures.css", "style.css")
SCRIPTS = ("state.js", "tables.js", "curves.js", "figures.js", "pictures.js")
"""The parts of the page's one style sheet and one script, in their order."""


def fill_page(**values: Any) -> str:
    """Return the whole page with its style and script: an HTML document that needs no other file.

    The page allows this one style and this one script by their hashes, and nothing else.
    """
    style, script = _joined(STYLES), _joined(SCRIPTS)
    page = _environment().get_template("page.html")
    return page.render(style=style, script=script, style_hash=_hash(style), script_hash=_hash(script), **values)


def without_dead_links(bodies: "list[tuple[str, str, str]]") -> "list[tuple[str, str, Markup]]":
    """Return the sections of a page (name, title, HTML) with links to places that none of them has as plain text.

    A table knows the place of a model's pictures; whether the page has room for pictures there, it does not know.
    """
    places = {name for name, _, _ in bodies} | {found for *_, body in bodies for found in _PLACE.findall(body)}

    def kept(link: "re.Match[str]") -> str:
        return link[0] if link[1] in places else link[2]

    return [(name, title, Markup(_LINK.sub(kept, body))) for name, title, body in bodies]


def _joined(names: tuple[str, ...]) -> Markup:
    paths = [_TEMPLATES / name for name in names]
    return Markup("\n".join(path.read_text(encoding="utf-8").strip() for path in paths))


def _hash(text: str) -> Markup:
    return Markup(b64encode(sha256(text.encode()).digest()).decode())


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
