"""No perturbation takes more memory than six times its batch in float32."""

import numpy as np
import pytest
from memory import measurable, peak_growth, peak_shares

from bench.perturb import PERTURBATIONS

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not measurable, reason="needs Linux's /proc/self/clear_refs")]
NAMES = [name for name in PERTURBATIONS.names() if name != "imagecorruptions"]  # not ours


def test_the_measure_sees_what_is_freed_again():
    """100 MiB that live only while the call runs are counted, to a few per cent."""
    growth = peak_growth(lambda: np.ones(100 << 20, np.uint8).sum())
    assert growth == pytest.approx(100 << 20, rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_peak_memory(name):
    """Eight images of 375x500 at the strongest default, by `perturb` and by the definition at once."""
    public, defined = peak_shares(name, (375, 500), 8)
    assert public <= 6
    assert defined <= 6
