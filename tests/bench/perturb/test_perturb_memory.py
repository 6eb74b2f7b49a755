"""No perturbation takes more memory than six times its batch in float32."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from memory import measurable, peak_growth

from bench.perturb import PERTURBATIONS

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not measurable, reason="needs Linux's /proc/self/clear_refs")]
ROOT = Path(__file__).parents[3]
NAMES = [name for name in PERTURBATIONS.names() if name != "imagecorruptions"]  # not ours


def test_the_measure_sees_what_is_freed_again():
    """100 MiB that live only while the call runs are counted, to a few per cent."""
    growth = peak_growth(lambda: np.ones(100 << 20, np.uint8).sum())
    assert growth == pytest.approx(100 << 20, rel=0.05)


@pytest.fixture(scope="module")
def shares():
    """Of eight images of 375x500 at the strongest default, in a process that has done nothing else.

    There glibc gives every large block back at once. Else holes in its heap would be counted, and which there are
    depends on what ran before.
    """
    command = [sys.executable, str(Path(__file__).with_name("memory.py")), *NAMES]
    settings = os.environ | {"MALLOC_MMAP_THRESHOLD_": "1000000"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=settings)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_peak_memory(name, shares):
    """By `perturb` and by the definition at once."""
    public, defined = shares[name]
    assert public <= 6
    assert defined <= 6
