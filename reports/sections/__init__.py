"""The sections of the page, one file each: the file's name is the section's anchor."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.core import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.page import Page


@dataclass(frozen=True)
class Section:
    """One section: its place, its heading, and what draws its HTML ("" where there is nothing to show)."""

    order: int
    title: str
    draw: "Callable[[Page], str]"


SECTIONS: Registry[Section] = Registry("report section", __name__, Section)
