"""Perturbations after each other: what one hides or leaves empty goes where the next one moves it."""

import numpy as np
import torch
from parity import photo

from bench.perturb import PERTURBATIONS, Step, run_steps, step_keys

HEIGHT, WIDTH = 60, 80
IMAGE = np.maximum(photo(HEIGHT, WIDTH), 1)  # nothing of it is black
MASK = (np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % 5).astype(np.uint8)


def chained(*steps):
    """Run (name, strength, parameters) after each other on one image; each step's key depends on its name alone."""
    made = [Step(name, PERTURBATIONS[name], s, PERTURBATIONS[name].parameters(**keys)) for name, s, keys in steps]
    image, mask = torch.from_numpy(IMAGE).permute(2, 0, 1)[None], torch.from_numpy(MASK)[None]
    result = run_steps(image, made, lambda _: step_keys(made, 0, "00"), mask)
    image, mask = result.images[0].permute(1, 2, 0).numpy(), result.masks[0].numpy()
    return image, mask, *(None if plane is None else plane[0].numpy() for plane in (result.reached, result.hidden))


OCCLUSION = ("occlusion", 20.0, {})
ERASING = ("random_erasing", 10.0, {"fill": "black"})
FLIP = ("horizontal_flip", 1.0, {})
RIGHT = ("translate", 25.0, {"direction": "right"})
LEFT = ("translate", 25.0, {"direction": "left"})
MOVE = WIDTH // 4


def shifted(plane, empty):
    """`plane` a quarter of its width further right, `empty` where nothing comes from."""
    result = np.full_like(plane, empty)
    result[:, MOVE:] = plane[:, :-MOVE]
    return result


def test_hidden_pixels_follow_a_later_movement() -> None:
    """What an occluder hides is hidden where the flip puts it, and there the image shows the occluder."""
    hidden = chained(OCCLUSION)[3]
    assert 0 < hidden.sum() == hidden[:, hidden.any(0)].any(1).sum() * hidden.any(0).sum()
    assert not np.array_equal(hidden, hidden[:, ::-1])
    image, mask, reached, moved = chained(OCCLUSION, FLIP)
    assert np.array_equal(moved, hidden[:, ::-1])
    assert np.array_equal(moved, (image == 0).all(-1))
    assert np.array_equal(mask, MASK[:, ::-1])
    assert reached.all()


def test_what_comes_from_nowhere_is_empty_but_not_hidden() -> None:
    """A shift takes the hidden pixels with it; the strip it leaves is not reached, and nothing hides it."""
    hidden = chained(OCCLUSION)[3]
    image, mask, reached, moved = chained(OCCLUSION, RIGHT)
    assert np.array_equal(moved, shifted(hidden, False))
    assert np.array_equal(reached, shifted(np.ones_like(hidden), False))
    assert np.array_equal(mask, shifted(MASK, 255))
    assert np.array_equal((image == 0).all(-1), moved | ~reached)
    everything = ("random_erasing", 100.0, {"fill": "black"})
    assert np.array_equal(chained(everything, RIGHT)[3], reached)


def test_an_occluder_after_a_movement_stays_where_it_is() -> None:
    """The first step's movement is no business of what is hidden later."""
    assert np.array_equal(chained(FLIP, OCCLUSION)[3], chained(OCCLUSION)[3])


def test_two_occluders_hide_what_either_hides() -> None:
    """Also where a movement comes between them."""
    first, second = chained(OCCLUSION)[3], chained(ERASING)[3]
    assert np.array_equal(chained(OCCLUSION, ERASING)[3], first | second)
    assert np.array_equal(chained(OCCLUSION, RIGHT, ERASING)[3], shifted(first, False) | second)


def test_what_one_movement_leaves_empty_follows_the_next() -> None:
    """Shifted right and then flipped, the empty strip is at the right; shifted to the left, it is twice as wide."""
    reached = chained(RIGHT)[2]
    _, mask, flipped, hidden = chained(RIGHT, FLIP)
    assert hidden is None
    assert np.array_equal(flipped, reached[:, ::-1])
    assert np.array_equal(mask, shifted(MASK, 255)[:, ::-1])
    twice = chained(RIGHT, FLIP, LEFT)[2]
    assert twice[:, : WIDTH - 2 * MOVE].all() and not twice[:, WIDTH - 2 * MOVE :].any()
