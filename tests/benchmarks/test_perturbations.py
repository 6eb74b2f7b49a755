"""Every perturbation at its strongest, on one image of 375 x 500."""

import pytest

from bench.perturb import PERTURBATIONS, perturb
from bench.testing import record
from bench.testing.latency import warm_up

pytestmark = pytest.mark.speed


@pytest.mark.parametrize("name", PERTURBATIONS.names())
def test_perturbation(benchmark, name, image, mask):
    """On the CPU; the image's hash is known, as it is in a run."""
    entry = PERTURBATIONS[name]
    masks = {"masks": mask} if entry.needs_mask else {}

    def call():
        perturb(image, name, entry.strengths[-1], image_hash="0" * 32, **masks)

    warm_up(call)
    benchmark(call)
    record(benchmark, device="cpu")
