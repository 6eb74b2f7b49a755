"""Text that others read: no spreadsheet runs it, and no terminal obeys it."""

import re

import pytest

from registry.safe_text import CLASS_NAME, LABEL, as_label, csv_path, printable

# OWASP, "CSV Injection": cells that begin with one of these; of the last four: their full-width forms.
OWASP = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]


@pytest.mark.parametrize("begin", OWASP)
def test_no_label_or_class_begins_like_a_formula(begin):
    """At the beginning alone: elsewhere these signs are harmless."""
    for pattern in (LABEL, CLASS_NAME):
        assert not re.fullmatch(pattern, f"{begin}1")
        assert re.fullmatch(pattern, "a-b = c + d@e")


@pytest.mark.parametrize("sign", ["\x1b", "\n", "\x7f", "\x9b", "\u2028", "\u202e"])
def test_no_label_holds_what_cannot_be_seen(sign):
    """Escapes, ends of lines, and marks that turn the text behind them."""
    for pattern in (LABEL, CLASS_NAME):
        assert not re.fullmatch(pattern, f"a{sign}b")
        assert not re.fullmatch(pattern, f"a{sign}")


@pytest.mark.parametrize("text", ["Bäume", "猫", "no aug", "unet #12ab", "a…", "🐈", "x²", "1"])
def test_names_in_any_script_are_labels(text):
    """And digits, and signs of all kinds."""
    assert re.fullmatch(LABEL, text)
    assert re.fullmatch(CLASS_NAME, text)


def test_what_is_printed_is_one_line_without_commands():
    """As Python writes it, so that a user sees what is there; other scripts stay as they are."""
    assert printable("a\x1b]0;title\x07\nb\x9b") == r"a\x1b]0;title\x07\nb\x9b"
    assert printable("Bäume 猫 [red]") == "Bäume 猫 [red]"
    assert printable("a\udcff") == r"a\udcff"


@pytest.mark.parametrize("text", [*OWASP, "a/b", "a\\b", "a\x1b", "=1", "\udcff"])
def test_any_name_becomes_a_label(text):
    """A folder may be called anything."""
    assert re.fullmatch(LABEL, as_label(text))


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_path_in_a_csv_file_is_no_formula(begin):
    """And leads to the same file."""
    assert csv_path(f"{begin}1.png") == f"./{begin}1.png"
    assert csv_path(f"a/{begin}1.png") == f"a/{begin}1.png"
