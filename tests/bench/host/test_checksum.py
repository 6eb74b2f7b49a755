"""The checksum inside stored JSON."""

import json

import pytest

from bench.host.checksum import ChecksumError, seal, unseal

CONTENT = {"format": 3, "rows": {"b": [1, 2.5, None], "a": "Ä"}, "n": 1e-17, 7: (1, 2)}


def test_content_comes_back_as_json_gives_it() -> None:
    text = json.dumps(seal(CONTENT))

    assert unseal(json.loads(text)) == {"format": 3, "rows": {"b": [1, 2.5, None], "a": "Ä"}, "n": 1e-17, "7": [1, 2]}


def test_every_flipped_bit_of_a_file_is_seen_or_changes_nothing() -> None:
    text = json.dumps(seal(CONTENT), indent=1).encode()
    whole, seen = unseal(json.loads(text)), 0
    for place in range(len(text)):
        for bit in range(8):
            flipped = bytearray(text)
            flipped[place] ^= 1 << bit
            try:
                assert unseal(json.loads(bytes(flipped))) == whole
            except ValueError:  # ChecksumError, or no JSON, or no text
                seen += 1
    assert seen > 6 * len(text)


@pytest.mark.parametrize("content", [None, [], "text", {}, {"format": 3}, {"format": 3, "checksum": 5}])
def test_what_has_no_checksum_is_damaged(content: object) -> None:
    with pytest.raises(ChecksumError, match="no checksum"):
        unseal(content)
