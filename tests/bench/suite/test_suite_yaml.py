"""YAML is data: no tags, no anchors, no bombs, nothing constructed."""

import pytest

from bench.suite.yaml_reader import MAX_BYTES, read_yaml
from registry.errors import BenchError


def read(tmp_path, text):
    file = tmp_path / "a.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(file)


def test_scalars_resolve_by_the_core_schema(tmp_path):
    """`no` is a word, `1e-4` a number, dates are text."""
    data, _ = read(tmp_path, "a: no\nb: 1e-4\nc: 0o7\nd: 2026-11-21\ne: ~\nf: true\ng: -3\nh: .5\ni: ''\nj:\n")
    assert data == {
        "a": "no",
        "b": 1e-4,
        "c": "0o7",
        "d": "2026-11-21",
        "e": None,
        "f": True,
        "g": -3,
        "h": 0.5,
        "i": "",
        "j": None,
    }


def test_each_key_knows_its_line(tmp_path):
    """Places are counted from 1."""
    _, faults = read(tmp_path, "a: 1\nb:\n  - {c: 2}\n  - d: 3\n    e: 4\n")
    assert faults.places["b", 0, "c"] == 3
    assert faults.places["b", 1, "e"] == 5


BOMB = "a: &a [x, x]\n" + "\n".join(f"{c}: &{c} [*{p}, *{p}]" for p, c in zip("abcdefgh", "bcdefghi", strict=True))

REFUSED = {
    "python tag": ("a: !!python/object/apply:os.system ['true']\n", "a.yaml:1: the tag .* is not allowed; a suite is plain data"),
    "own tag": ("b: 1\na: !include other.yaml\n", "a.yaml:2: the tag !include is not allowed"),
    "alias bomb": (BOMB, "a.yaml:1: anchors and aliases are not allowed"),
    "merge key alias": ("a: &x {b: 1}\nc: {<<: *x}\n", "anchors and aliases are not allowed"),
    "two documents": ("a: 1\n---\nb: 2\n", "a suite is one document"),
    "deep nesting": ("[" * 500 + "]" * 500, "at most 20 levels deep"),
    "broken syntax": ("a: [1, 2\nb: 3\n", r"a.yaml:2: not valid YAML: "),
    "tab indentation": ("a:\n\t- 1\n", r"a.yaml:2: not valid YAML"),
    "binary": (b"\xff\xfe\x00\x01", "not UTF-8 text"),
    "control characters": (b"a: \x00\n", "not valid YAML"),
    "too large": ("a: " + "x" * MAX_BYTES, "larger than 1,000,000 bytes"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_anything_clever_is_refused_in_one_line(tmp_path, text, message):
    """The line names place and fault."""
    with pytest.raises(BenchError, match=message) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path):
    """No traceback."""
    with pytest.raises(BenchError, match="cannot be read"):
        read_yaml(tmp_path / "none.yaml")


def test_an_empty_file_is_nothing(tmp_path):
    """Left to the suite to complain of."""
    assert read(tmp_path, "# only a comment\n")[0] is None


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 5000, "1" * 41])
def test_a_number_beyond_all_use_is_a_fault(tmp_path, number):
    """Noted with its line, not a traceback."""
    _, faults = read(tmp_path, f"a: 1\nb: {number}\n")
    ((line, path, message),) = faults.found
    assert (line, path) == (2, "b")
    assert "too large a number" in message
