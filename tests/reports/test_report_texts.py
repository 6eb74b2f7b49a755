"""Small things that turn values into what a page prints: times, lengths of time, pairs."""

import pytest

from reports.markup import length, moment, pairs


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (0, "0 s"),
        (7.25, "7 s"),
        (59.94, "1 min 0 s"),
        (60, "1 min 0 s"),
        (599.7, "10 min 0 s"),
        (7322, "2 h 2 min"),
    ],
)
def test_a_length_of_time_is_printed_in_words(seconds, text):
    """Uses seconds, minutes or hours as fits, and a dash for an unknown length."""
    assert length(seconds) == text


@pytest.mark.parametrize(
    ("iso", "text"),
    [
        (None, "—"),
        ("2026-11-21T20:44:31+00:00", "2026-11-21 20:44 UTC"),
        ("2026-11-21T20:44:31Z", "2026-11-21 20:44 UTC"),
        ("2026-11-21T20:44:31", "2026-11-21 20:44"),
    ],
)
def test_times_are_given_to_the_minute(iso, text):
    """States UTC only where the time does."""
    assert moment(iso) == text


def test_a_mapping_is_listed():
    """Lists keys and values in their order."""
    assert pairs({"b": 1, "a": None}) == "b=1, a=None"
