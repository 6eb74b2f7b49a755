"""The random stream: a published generator, addressed by position."""

import math
from statistics import NormalDist

import numpy as np
import pytest
import torch

from bench.perturb import streams
from bench.perturb.operations.normal import normal_from_words
from bench.perturb.operations.philox import philox4x32, philox_blocks
from bench.perturb.streams import Stream

KEY = bytes(range(16))
ONE = Stream([KEY])

# Random123 (D. E. Shaw Research), tests/kat_vectors, the lines "philox4x32 10": counter, key, result.
KNOWN_VECTORS = [
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


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_VECTORS)
def test_published_known_vectors(counter: str, key: str, expected: str) -> None:
    """Philox4x32-10 gives Random123's published words, by the tensor arithmetic and by integers without bounds."""
    lanes = philox4x32(*(torch.tensor([word]) for word in (*words_of(counter), *words_of(key))))
    assert words_of(expected) == [int(lane[0]) & 0xFFFFFFFF for lane in lanes]
    assert words_of(expected) == philox_in_integers(words_of(counter), words_of(key))


def test_the_stream_of_zeros_starts_with_the_published_words() -> None:
    """Key, counter and lane 0: the first known vector, through all that a perturbation uses."""
    assert words_of(KNOWN_VECTORS[0][2]) == [w % 2**32 for w in Stream([bytes(16)]).words((4,))[0].tolist()]


@pytest.mark.parametrize("lane", [0, 1, 7, 2**31 - 1])
def test_words_are_philox_of_key_and_position(lane: int) -> None:
    """Element i is word i % 4 of block i // 4 of its lane, with the key's second half as the counter's."""
    key = [int.from_bytes(KEY[i : i + 4], "little") for i in range(0, 16, 4)]
    expected = []
    for block in range(6):
        expected += philox_in_integers([block, lane, key[2], key[3]], key[:2])
    assert expected[:23] == [w % 2**32 for w in ONE.words((23,), lane)[0].tolist()]


def test_words_beyond_the_first_chunk_continue_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of the pieces worked on does not show in the numbers."""
    monkeypatch.setattr(streams, "_CHUNK", 16)
    expected, pieces = torch.empty((2, 2, 500, 4), dtype=torch.int32)
    two = Stream([KEY, bytes(16)])
    two.fill_by_kernel(expected, 3)
    two.fill_by_definition(pieces, 3)
    assert torch.equal(expected, pieces)


def test_the_kernel_fills_as_the_definition_does() -> None:
    """numba on a CPU gives the words that the tensor arithmetic of other devices gives, at every length and lane."""
    keys = [KEY, bytes(16), bytes([255] * 16)]
    words = torch.tensor([[int.from_bytes(key[i : i + 4], "little") for i in range(0, 16, 4)] for key in keys])
    for blocks in (1, 2, 63, 64, 65, 1000):
        for lane in (0, 1, 2**31 - 1):
            filled = torch.empty((3, blocks, 4), dtype=torch.int32)
            Stream(keys).fill_by_kernel(filled, lane)
            assert torch.equal(filled, philox_blocks(words, 0, blocks, lane))


def test_the_kernels_normals_are_the_definitions() -> None:
    """Bit for bit, over two million words and the ends of the range, positive and negative."""
    ends = torch.tensor([0, 1, 2, 3, 2**31 - 2, 2**31 - 1, -1, -2, -(2**31), -(2**31) + 1], dtype=torch.int32)
    assert torch.equal(normal_from_words(ONE.words((2_000_003,))[0]), ONE.normal((2_000_003,))[0])
    from bench.perturb.kernels.random import normals_in_place
    from bench.perturb.operations.normal import normal_table

    starts, slopes, rest_bits, first = normal_table("cpu")
    by_kernel = ends.clone()
    normals_in_place(by_kernel.numpy(), starts.numpy(), slopes.numpy(), rest_bits, first)
    assert torch.equal(normal_from_words(ends), by_kernel.view(torch.float32))


def test_shape_only_arranges_the_same_numbers() -> None:
    """A number depends on its row-major index; asking again gives the same ones."""
    assert torch.equal(ONE.uniform((60,)), ONE.uniform((3, 4, 5)).reshape(1, -1))
    assert torch.equal(ONE.normal((60,))[:, :7], ONE.normal((7,)))


@pytest.mark.parametrize("shape", [(1,), (3,), (4,), (3, 5, 7), (3, 8, 9)])
@pytest.mark.parametrize("field", ["words", "uniform", "normal"])
def test_each_image_has_its_own_numbers(field: str, shape: tuple[int, ...]) -> None:
    """The row of a key in a batch is what its stream gives alone, also where a block of four is left over."""
    keys = [bytes([i]) * 16 for i in range(5)]
    together = getattr(Stream(keys), field)(shape, lane=2)
    assert together.shape == (5, *shape)
    for key, row in zip(keys, together, strict=True):
        assert torch.equal(getattr(Stream([key]), field)(shape, lane=2)[0], row)
    assert len({tuple(row.flatten().tolist()) for row in together}) == 5


def test_lanes_are_independent() -> None:
    """The same place in other lanes holds other numbers, uncorrelated within five standard deviations."""
    n = 100_000
    lanes = [ONE.normal((n,), lane)[0].double() for lane in range(4)]
    for i, one in enumerate(lanes):
        for other in lanes[:i]:
            assert abs(float((one * other).mean())) < 5 / math.sqrt(n)


@pytest.mark.parametrize("byte", range(16))
def test_every_byte_of_the_key_counts(byte: int) -> None:
    """Changing any of the 16 bytes changes the numbers."""
    changed = bytes(b ^ (1 if i == byte else 0) for i, b in enumerate(KEY))
    assert not torch.equal(ONE.words((8,)), Stream([changed]).words((8,)))


def test_keys_of_another_length_are_refused() -> None:
    """A key is 16 bytes."""
    with pytest.raises(ValueError, match="16 bytes, not 15"):
        Stream([KEY, bytes(15)])


def test_uniform_is_the_upper_24_bits() -> None:
    """Each number is the word's upper 24 bits over 2^24, exactly."""
    expected = [(w % 2**32 >> 8) / 2**24 for w in ONE.words((1000,))[0].tolist()]
    assert expected == ONE.uniform((1000,))[0].tolist()


def test_uniform_fills_the_unit_interval_evenly() -> None:
    """Each tenth of [0, 1) gets its share of a million numbers within five standard deviations."""
    n = 1_000_000
    share = np.histogram(ONE.uniform((n,)).numpy(), bins=10, range=(0, 1))[0]
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
    z = ONE.normal((n,))[0].double().numpy()
    assert abs(z.mean()) < 5 / math.sqrt(n)
    assert abs(z.std() - 1) < 5 / math.sqrt(2 * n)
    assert abs((z**4).mean() - 3) < 5 * math.sqrt(96 / n)  # variance of z^4 is 105 - 9
    for limit in (1, 2, 3, 4):
        p = 2 * NormalDist().cdf(-limit)
        assert abs((np.abs(z) > limit).mean() - p) < 5 * math.sqrt(p * (1 - p) / n)


def test_neighbours_are_uncorrelated() -> None:
    """Numbers 1, 2, 3, 4 and 500 places apart have no correlation within five standard deviations."""
    z = ONE.normal((500_000,))[0].double().numpy()
    for lag in (1, 2, 3, 4, 500):
        assert abs((z[:-lag] * z[lag:]).mean()) < 5 / math.sqrt(len(z))
