"""Parameters from outside: a fault is one line with the key as it was given, and what it takes."""

from typing import Annotated

import pytest
from pydantic import Field

from registry.errors import BenchError
from registry.parameters import Parameters, typed

Positive = Annotated[int, Field(gt=0)]


class Made(Parameters):
    """side and shades: some numbers. names: words, by a key or in order."""

    side: Positive | tuple[Positive, Positive] | None = None
    shades: tuple[int, int, int] = (0, 0, 0)
    names: dict[str, str] | tuple[str, ...] | None = None


FAULTS = {
    "one of two types": ({"side": "x"}, "made: side: give a whole number, above 0; or a list of 2, each a whole number, above 0; or null (given: 'x')"),
    "inside one of two types": ({"side": [3, 0]}, "made: side: give a whole number, above 0; or a list of 2, each a whole number, above 0; or null (given: [3, 0])"),
    "too short": ({"shades": [1, 2]}, "made: shades: give a list of 3, each a whole number (given: [1, 2])"),
    "too long": ({"shades": [1, 2, 3, 4]}, "made: shades: give a list of 3, each a whole number (given: [1, 2, 3, 4])"),
    "neither a mapping nor a list": ({"names": 3}, "made: names: give a mapping, each value text; or a list, each text; or null (given: 3)"),
    "inside a mapping": ({"names": {"a": 3}}, "made: names.a: give text (given: 3)"),
    "unknown": ({"shade": 1}, "made has no key 'shade'; did you mean 'shades'?"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "line"), FAULTS.values(), ids=FAULTS)
def test_a_fault_has_the_key_as_it_was_given(given, line):
    """None of pydantic's names for the types of a value, and a list that is too short lacks no key."""
    with pytest.raises(BenchError) as caught:
        typed(Made, given, "made")
    assert str(caught.value) == line
