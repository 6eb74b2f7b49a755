"""The page on perturbations knows every entry and every preset."""

from pathlib import Path

import pytest

from bench.perturb import PERTURBATIONS, PRESETS
from bench.perturb.catalogue import perturbations, table
from registry.catalogue import markers

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "perturbations.md").read_text(encoding="utf-8")


def rows(text: str) -> dict[str, str]:
    """The lines of a table by the name in their first cell."""
    return {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}


BEGIN, END = markers("perturbations")
DOCUMENTED = rows(PAGE[PAGE.index(BEGIN) : PAGE.index(END)])


@pytest.mark.parametrize("name", PERTURBATIONS.names())
def test_the_page_describes_the_entry_as_it_is(name: str) -> None:
    """Its line of the table is made from the file as it stands."""
    if name not in DOCUMENTED:
        pytest.skip(f"{name} is not in the table of docs/perturbations.md; run `make docs`")
    assert rows(table())[name] == DOCUMENTED[name]


def test_the_page_describes_nothing_that_is_not_there() -> None:
    """A removed entry leaves the table."""
    assert set(DOCUMENTED) <= set(PERTURBATIONS.names())


def test_a_line_has_what_a_user_chooses_by() -> None:
    """Two lines written out by hand, of an entry with parameters and of one without."""
    found = rows(table())
    assert found["occlusion"] == (
        "| `occlusion` | occlusion | edge length of the square, pixels | 0 5 10 15 20 25 30 35 40 45 | covers "
        "| `placement`, `room`, `fill` | Edinburgh Computer Vision Mini-Project 2025, item g |"
    )
    assert (
        found["horizontal_flip"]
        == "| `horizontal_flip` | geometric | 0: as it is, 1: flipped | 0 1 | moves | – | exact |"
    )
    assert list(found) == [facts["name"] for facts in perturbations()]
    assert sorted(found) == PERTURBATIONS.names()


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_is_described(name: str) -> None:
    """Its name stands in the page on perturbations, as code."""
    assert f"`{name}`" in PAGE
