"""Glass blur: the exchanges one after another against the pointers followed at once, and against the reference."""

import numpy as np
import pytest
import torch
from parity import KEY, agreement, defined, fast, needs_reference, photo

from bench.perturb import perturb, stream_of
from bench.perturb.entries.glass_blur import resolved, swapped
from bench.perturb.operations.reference_package import corrupt

REACH_ITERATIONS = [(1, 2), (2, 1), (2, 3), (3, 2), (4, 2)]  # of imagecorruptions 1.1.2
SIZES = [(33, 40), (9, 8), (9, 9), (1, 1), (3, 30), (20, 7)]


def offsets(shape: tuple[int, int], lane: int, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """(right, down) of each pixel, from the stream's words by division instead of shifts."""
    words = stream_of([KEY]).words(shape, lane)[0].numpy().astype(np.int64) % 2**32
    return words // 65536 * 2 * reach // 65536 - reach, words % 65536 * 2 * reach // 65536 - reach


class Deltas:
    """Random numbers for the reference: our offsets in the order in which it asks."""

    def __init__(self, shape: tuple[int, int], reach: int, iterations: int) -> None:
        self.pairs, self.reach = [], reach
        for lane in range(iterations):
            right, down = offsets(shape, lane, reach)
            rows, columns = range(shape[0] - reach, reach, -1), range(shape[1] - reach, reach, -1)
            self.pairs += [(right[h, w], down[h, w]) for h in rows for w in columns]
        self.pairs.reverse()

    def randint(self, low: int, high: int, size: tuple[int]) -> tuple[int, int]:
        assert (low, high, size) == (-self.reach, self.reach, (2,))
        return self.pairs.pop()


def in_turn(shape: tuple[int, int], reach: int, *, swap: bool) -> np.ndarray:
    """The exchanges of lane 0 as the published loop runs, on the pixels' indices."""
    right, down = offsets(shape, 0, reach)
    at = np.arange(shape[0] * shape[1]).reshape(shape)
    for h in range(shape[0] - reach, reach, -1):
        for w in range(shape[1] - reach, reach, -1):
            other = h + down[h, w], w + right[h, w]
            here = at[h, w]
            at[h, w] = at[other]
            if swap:
                at[other] = here
    return at


@needs_reference
@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_published_form_is_the_references(severity: int) -> None:
    """With the same offsets both routes give imagecorruptions' pixels within one grey level."""
    for shape in [(33, 40), (47, 32)]:
        image = photo(*shape)
        numbers = Deltas(shape, *REACH_ITERATIONS[severity - 1])
        expected = corrupt(image, "glass_blur", severity, numbers)
        assert not numbers.pairs
        assert agreement(defined("glass_blur", image, severity), expected)[1] <= 1
        assert agreement(fast("glass_blur", image, severity), expected)[1] <= 1


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("reach", [1, 2, 4])
def test_pointers_give_what_the_loop_gives(shape: tuple[int, int], reach: int) -> None:
    """Copying and swapping, in images larger and smaller than the reach."""
    words = stream_of([KEY]).words(shape)
    assert np.array_equal(resolved(words, reach)[0].numpy(), in_turn(shape, reach, swap=False))
    assert np.array_equal(swapped(words, reach)[0].numpy(), in_turn(shape, reach, swap=True))


def every_pixel_draws(right: int, down: int, shape: tuple[int, int]) -> torch.Tensor:
    """Words whose halves, in quarters of 2^16, are the offsets at reach 2."""
    word = (right + 2) << 30 | (down + 2) << 14
    return torch.full((1, *shape), word - 2**32 if word >= 2**31 else word, dtype=torch.int32)


def test_long_chains_are_followed_to_their_end() -> None:
    """Where every pixel takes its right neighbour, all show the last; without an offset, their own place."""
    sources = resolved(every_pixel_draws(1, 0, (7, 100)), 2)[0]
    assert sources[3, 3:].tolist() == [399] * 97
    assert sources[2].tolist() == list(range(200, 300))  # out of reach at the edge
    assert torch.equal(resolved(every_pixel_draws(0, 0, (7, 100)), 2).flatten(), torch.arange(700))


def test_swaps_lose_no_pixel_and_copies_do() -> None:
    """After swaps each index is there once; the published form loses about a third of them."""
    words = stream_of([KEY]).words((60, 60))
    assert torch.equal(swapped(words, 2).flatten().sort().values, torch.arange(3600))
    assert 0.5 < len(resolved(words, 2).unique()) / 3600 < 0.9


@pytest.mark.parametrize("exchange", ["published", "swap"])
@pytest.mark.parametrize("strength", [1, 2.5, 3, 5])
def test_kernel_is_the_definition(exchange: str, strength: float) -> None:
    """Bit for bit, also in images smaller than the reach."""
    for shape in SIZES:
        image = photo(*shape)
        one = defined("glass_blur", image, strength, exchange=exchange)
        assert np.array_equal(one, fast("glass_blur", image, strength, exchange=exchange))


def test_swapping_is_not_copying() -> None:
    """The two forms differ in most pixels."""
    image = photo(40, 50)
    published, swapped = (perturb(image, "glass_blur", 3, parameters={"exchange": e}) for e in ("published", "swap"))
    assert (published != swapped).mean() > 0.3


def test_offsets_point_the_same_way_at_every_severity() -> None:
    """One field for all reaches: scaled, a pixel's offset at reach 2 is its offset at reach 4."""
    right, down = offsets((30, 30), 0, 2)
    wide_right, wide_down = offsets((30, 30), 0, 4)
    assert np.array_equal(right, wide_right // 2)
    assert np.array_equal(down, wide_down // 2)
