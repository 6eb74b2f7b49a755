"""The pixels of each version, pinned: whoever changes one has to raise the entry's version."""

import hashlib

import pytest
import torch

from bench.perturb import PERTURBATIONS, perturb

# Recorded when the version was made; an entry that changes its pixels gets a new version and a new line.
GOLDEN = {
    "additive_noise": (1, "64b1088872b0c20e"),
    "binomial_blur": (1, "ec595d0ccd8922d6"),
    "brightness_decrease": (1, "652fa95ca876937c"),
    "brightness_increase": (1, "2306a39012b133d0"),
    "contrast_decrease": (1, "071bcb63cdcf7bd9"),
    "contrast_increase": (1, "0865c6d937982b52"),
    "occlusion": (1, "1352c30fabbb9a37"),
    "salt_and_pepper": (1, "fffb6e4c07f469d8"),
}


@pytest.mark.parametrize("name", PERTURBATIONS.names())
def test_pixels_of_this_version_are_as_recorded(name: str) -> None:
    """All default levels of one fixed picture hash to what was recorded for this version."""
    entry = PERTURBATIONS[name]
    picture = (torch.arange(3 * 61 * 83) * 7919 % 65537 // 257).to(torch.uint8).view(3, 61, 83)
    state = hashlib.blake2b(digest_size=8)
    for strength in entry.strengths:
        state.update(perturb(picture, name, strength, seed=2025).numpy().tobytes())
    assert GOLDEN[name] == (entry.version, state.hexdigest())
