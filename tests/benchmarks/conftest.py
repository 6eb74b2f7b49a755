"""What every latency check shares. `pytest tests/benchmarks` runs them; a run of all tests leaves them out."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import bench

HERE = Path(__file__).parent


def pytest_configure(config):
    """Run what is marked `speed` where this folder, or a file of it, is named."""
    named = [Path(config.invocation_params.dir, word.partition("::")[0]).resolve() for word in config.args]
    if any(path == HERE or HERE in path.parents for path in named):
        config.option.markexpr = config.option.markexpr.removesuffix(" and not speed")


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(output_json):
    """Write down which code was timed: `compare.py` asks."""
    output_json["code"] = str(Path(bench.__file__).parents[1])


@pytest.fixture(scope="session")
def image():
    """Return uint8 RGB [375, 500, 3]: smooth colours and a little noise, as photos have."""
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((500, 375), Image.Resampling.BICUBIC), dtype=np.int16)
    return (smooth + random.integers(-6, 7, smooth.shape)).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def mask():
    """Return uint8 [375, 500]: one rectangle of class 1 on background."""
    labels = np.zeros((375, 500), np.uint8)
    labels[100:300, 150:400] = 1
    return labels
