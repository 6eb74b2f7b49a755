"""What guessing is worth: closed forms, and draws that can be repeated."""

import math

import numpy as np
import pytest
import torch

from registry import MODELS
from registry.errors import BenchError
from registry.parameters import typed
from registry.segmenter import Case, Size

CLASSES = ("background", "cat", "dog")
SIDE = 400


def build(**parameters):
    entry = MODELS["chance"]
    return entry.build(typed(entry.parameters, parameters, "chance"), CLASSES, True)


def labels(segmenter, names=("a",), sizes=((SIDE, SIDE),), grey=0):
    """The predictions for images of one grey level."""
    segmenter.announce(Case("clean", 0.0, tuple(names)))
    images = [torch.full((3, *size), grey, dtype=torch.uint8) for size in sizes]
    return [one.labels for one in segmenter.predict(images)]


def striped(shares):
    """A ground truth of these shares of its rows, uint8 [SIDE, SIDE]."""
    rows = np.repeat(np.arange(len(shares)), [round(share * SIDE) for share in shares])
    return np.repeat(rows[:, None], SIDE, axis=1).astype(np.uint8)


def near(found, expected, drawn):
    """Whether a share of `drawn` pixels lies within five standard deviations of the binomial law."""
    return abs(found - expected) < 5 * math.sqrt(expected * (1 - expected) / drawn)


@pytest.mark.parametrize("truth", [(0.7, 0.1, 0.2), (1 / 4, 1 / 4, 1 / 2)])
def test_the_scores_of_a_uniform_guess_have_a_closed_form(truth):
    """IoU of a class of share f among K: (f / K) / (f + 1 / K - f / K); accuracy 1 / K, whatever the classes' shares."""
    mask, prediction = striped(truth), labels(build())[0].numpy()
    assert near((mask == prediction).mean(), 1 / 3, SIDE**2)
    for label, share in enumerate(truth):
        both, either = (mask == label) & (prediction == label), (mask == label) | (prediction == label)
        expected = (share / 3) / (share + 1 / 3 - share / 3)
        assert near(both.sum() / either.sum(), expected, either.sum())


def test_stated_frequencies_are_those_of_the_labels():
    """Half, three tenths and a fifth; the order of the keys does not matter, the names do."""
    found = labels(build(frequencies={"dog": 0.2, "background": 0.5, "cat": 0.3}))[0]
    shares = np.bincount(found.numpy().ravel(), minlength=3) / SIDE**2
    assert all(near(share, wanted, SIDE**2) for share, wanted in zip(shares, (0.5, 0.3, 0.2), strict=True))


def test_what_is_never_guessed_is_not_predicted():
    assert labels(build(frequencies={"background": 0, "cat": 1, "dog": 0}))[0].unique().tolist() == [1]


def test_neighbours_are_drawn_independently():
    """Two pixels beside each other, or below, agree as often as chance has it: a third of the time."""
    found = labels(build())[0]
    for a, b in ((found[:, 1:], found[:, :-1]), (found[1:], found[:-1])):
        assert near(float((a == b).double().mean()), 1 / 3, a.numel())


def test_an_image_gets_the_same_guess_under_every_perturbation_and_in_every_batch():
    """It hangs on the image's name, not on its pixels; two images have two draws."""
    segmenter, size = build(), (20, 30)
    alone = labels(segmenter, ["b"], [size])[0]
    dark, bright = (labels(segmenter, ["a", "b"], [size, size], grey) for grey in (0, 255))
    assert torch.equal(dark[1], alone)
    assert torch.equal(bright[1], alone)
    assert torch.equal(labels(build(), ["b"], [size])[0], alone)
    assert not torch.equal(dark[0], dark[1])


def test_the_draw_is_that_of_the_first_version():
    """The first row of the image "cat_1", as it was when version 1 was written: results stay comparable."""
    assert labels(build(), ["cat_1"], [(1, 12)])[0][0].tolist() == FIRST


FIRST = [0, 2, 0, 1, 1, 1, 2, 1, 2, 1, 0, 1]
"""floor(3 u / 2**32) of the 32-bit halves u, the lower first, of NumPy's Philox with the key blake2b("cat_1")."""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"background": 0.5, "cat": 0.4}, "^chance: frequencies: give each class a share from 0 to 1, of sum 1"),
        ({"background": 1.5, "cat": -0.5, "dog": 0}, "^chance: frequencies: give each class a share from 0 to 1"),
        ({"background": float("nan"), "cat": 0.5, "dog": 0.5}, "^chance: frequencies: give each class a share"),
        ({}, "^chance: frequencies: give each class a share"),
        ({"background": 0.5, "dogs": 0.5}, "^chance: frequencies: no class is called 'dogs'; did you mean 'dog'"),
        ({"background": 0.5, "dog": 0.5}, "^chance: frequencies: 'cat' has no share; give one to each class"),
        ({"background": "half"}, "^chance: frequencies.*give a number"),
    ],
)
def test_frequencies_that_are_none_are_refused_in_one_line(given, words):
    with pytest.raises(BenchError, match=words) as caught:
        build(frequencies=given)
    assert "\n" not in str(caught.value)


def test_labels_come_at_the_wanted_size():
    """Without an announcement too: an image without a name."""
    image = torch.zeros(3, 4, 5, dtype=torch.uint8)
    assert build().predict([image], sizes=[Size(7, 3)])[0].labels.shape == (7, 3)
