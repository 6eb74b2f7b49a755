"""The random stream: a published generator, addressed by position."""

import math
from statistics import NormalDist

import numpy as np
import pytest
import torch

from bench.perturb import _stream
from bench.perturb._normal import normal_from_words
from bench.perturb._philox import philox4x32
from bench.perturb._stream import Stream

KEY = bytes(range(16))

# Random123 (D. E. Shaw Research), tests/kat_vectors, the lines "philox4x32 10": counter, key, result.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words_of(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


def philox_in_integers(counter: list[int], key: list[int]) -> list[int]:
    """The generator as the paper's figure 2 draws it, in Python's unbounded integers."""
    (a, b, c, d), (k0, k1) = counter, key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * a, 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c, 2**32)
        a, b, c, d = high1 ^ b ^ k0, low1, high0 ^ d ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return [a, b, c, d]


@pytest.mark.parametrize("array", [lambda v: np.array(v), lambda v: torch.tensor(v)], ids=["numpy", "torch"])
@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_published_known_answers(array, counter: str, key: str, expected: str) -> None:
    """Philox4x32-10 gives Random123's published words, in NumPy and in torch."""
    lanes = philox4x32(tuple(array([w]) for w in words_of(counter)), tuple(words_of(key)))
    assert words_of(expected) == [int(lane[0]) & 0xFFFFFFFF for lane in lanes]


def test_words_are_philox_of_key_and_position() -> None:
    """Element i is word i % 4 of block i // 4, with the key's second half as the counter's."""
    key = [int.from_bytes(KEY[i : i + 4], "little") for i in range(0, 16, 4)]
    expected = []
    for block in range(6):
        expected += philox_in_integers([block, 0, key[2], key[3]], key[:2])
    assert expected[:23] == [w % 2**32 for w in Stream(KEY).words((23,)).tolist()]


def test_words_beyond_the_first_chunk_continue_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of the pieces worked on does not show in the numbers."""
    whole = Stream(KEY).words((1000,)), Stream(KEY).normal((1000,))
    monkeypatch.setattr(_stream, "_CHUNK_CPU", 16)
    pieces = Stream(KEY).words((1000,)), Stream(KEY).normal((1000,))
    assert all(torch.equal(a, b) for a, b in zip(whole, pieces, strict=True))


def test_torch_and_numpy_fill_alike() -> None:
    """What a GPU runs gives the same words as what the CPU runs."""
    stream = Stream(KEY)
    by_numpy, by_torch = torch.empty((2, 5000, 4), dtype=torch.int32)
    stream._fill_numpy(by_numpy, 12345)
    stream._fill_torch(by_torch, 12345)
    assert torch.equal(by_numpy, by_torch)


def test_shape_only_arranges_the_same_numbers() -> None:
    """A number depends on its row-major index; asking again gives the same ones."""
    stream = Stream(KEY)
    assert torch.equal(stream.uniform((60,)), stream.uniform((3, 4, 5)).reshape(-1))
    assert torch.equal(stream.normal((60,))[:7], stream.normal((7,)))


@pytest.mark.parametrize("byte", range(16))
def test_every_byte_of_the_key_counts(byte: int) -> None:
    """Changing any of the 16 bytes changes the numbers."""
    changed = bytes(b ^ (1 if i == byte else 0) for i, b in enumerate(KEY))
    assert not torch.equal(Stream(KEY).words((8,)), Stream(changed).words((8,)))


def test_keys_of_another_length_are_refused() -> None:
    """A key is 16 bytes."""
    with pytest.raises(ValueError, match="16 bytes, not 15"):
        Stream(bytes(15))


def test_uniform_is_the_upper_24_bits() -> None:
    """Each number is the word's upper 24 bits over 2^24, exactly."""
    stream = Stream(KEY)
    expected = [(w % 2**32 >> 8) / 2**24 for w in stream.words((1000,)).tolist()]
    assert expected == stream.uniform((1000,)).tolist()


def test_uniform_fills_the_unit_interval_evenly() -> None:
    """Each tenth of [0, 1) gets its share of a million numbers within five standard deviations."""
    n = 1_000_000
    share = np.histogram(Stream(KEY).uniform((n,)).numpy(), bins=10, range=(0, 1))[0]
    assert share.sum() == n
    assert np.abs(share - n / 10).max() < 5 * math.sqrt(n * 0.1 * 0.9)


def test_normal_is_the_quantile_of_the_word() -> None:
    """Each number is the normal quantile of its word within 2e-6, from the centre to the far tail."""
    tails = [0, 1, 2, 3, 10, 1000, 2**20, 2**30, 2**31 - 2, 2**31 - 1]
    rest = np.random.default_rng(3).integers(0, 2**31, 5000).tolist()
    words = torch.tensor(tails + rest, dtype=torch.int64).to(torch.int32)
    expected = [NormalDist().inv_cdf((m + 0.5) / 2**32) for m in tails + rest]
    assert normal_from_words(words).tolist() == pytest.approx(expected, abs=2e-6)


def test_normal_is_symmetric() -> None:
    """The highest bit of a word is the sign and nothing else."""
    words = torch.arange(1, 2**31, 1_000_003, dtype=torch.int64).to(torch.int32)
    assert torch.equal(normal_from_words(words), -normal_from_words(words | -(2**31)))


def test_normal_has_the_shape_of_a_normal_distribution() -> None:
    """Mean, deviation, kurtosis and tail shares of two million numbers are those of N(0, 1)."""
    n = 2_000_000
    z = Stream(KEY).normal((n,)).double().numpy()
    assert abs(z.mean()) < 5 / math.sqrt(n)
    assert abs(z.std() - 1) < 5 / math.sqrt(2 * n)
    assert abs((z**4).mean() - 3) < 5 * math.sqrt(96 / n)  # variance of z^4 is 105 - 9
    for limit in (1, 2, 3, 4):
        p = 2 * NormalDist().cdf(-limit)
        assert abs((np.abs(z) > limit).mean() - p) < 5 * math.sqrt(p * (1 - p) / n)


def test_neighbours_are_uncorrelated() -> None:
    """Numbers 1, 2, 3, 4 and 500 places apart have no correlation within five standard deviations."""
    z = Stream(KEY).normal((500_000,)).double().numpy()
    for lag in (1, 2, 3, 4, 500):
        assert abs((z[:-lag] * z[lag:]).mean()) < 5 / math.sqrt(len(z))
