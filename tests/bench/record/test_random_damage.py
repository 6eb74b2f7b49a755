"""Flipped bits and cut files in a run folder: none changes a number or a name without a word, none is a traceback."""

import pytest
from random_damage import CELL, FAILURE, INDEX, RECORD, STRENGTHS, SUMMARY, answers, made, main, mended

FILES = (CELL, RECORD, SUMMARY, STRENGTHS, INDEX, FAILURE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of two cells."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SEGBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        return made(tmp_path_factory.mktemp("damage"))


@pytest.mark.parametrize("file", FILES)
def test_damage_is_named_or_changes_nothing(folder, file):
    """Some bytes of each file."""
    found = answers(folder, file, bits=1, step=97)
    assert {*found} <= {"unchanged", "named"}
    assert found["named"] > 10 * found["unchanged"]


@pytest.mark.parametrize("file", [SUMMARY, STRENGTHS, INDEX])
def test_a_report_makes_damaged_tables_anew(folder, file):
    """They are equal to those of before, and a line says so."""
    assert {*mended(folder, file, step=2000)} == {"made anew"}


@pytest.mark.slow
def test_the_same_of_every_byte():
    """All eight bits of each."""
    assert main() == 0
