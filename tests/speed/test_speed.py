"""The harness against the bare network. It prints figures and asserts none: a busy machine is no fault of the code.

Run with `pytest tests/speed -m speed -s`, with nothing else on the machine.
"""

import resource
import time
from pathlib import Path

import pytest

from bench.data import DATASETS, open_dataset
from bench.data.sample_cache import SampleCache
from bench.evaluation.evaluator import evaluate
from bench.evaluation.pictures import Pictures
from bench.evaluation.precision import calibrate, candidates, seconds_per_batch
from bench.evaluation.preparation import EvaluationSettings
from bench.evaluation.readiness import clean_images
from bench.perturb import PERTURBATIONS
from bench.plan.cells import Condition
from bench.suite import Sweep
from registry import MODELS

pytestmark = pytest.mark.speed
ROOT = Path(__file__).parents[2]
PETS = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """40 test images of the Oxford-IIIT Pet sample where it is, else generated ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        name = "oxford_pet" if PETS.is_dir() else "shapes"
        root = PETS if PETS.is_dir() else None
        opened = open_dataset(name, DATASETS[name].parameters(), root, download=False)
        yield opened.subset("test", 40)


@pytest.mark.parametrize("width", [16, 32, 64])
@pytest.mark.parametrize("perturbation", ["clean", "additive_noise", "binomial_blur"])
def test_harness_efficiency(images, width, perturbation, capsys):
    """Bare network time / wall time, and peak memory, of one cell of U-Net at 224 x 224."""
    entry = MODELS["unet"]
    parameters = entry.parameters(width=width)
    segmenter = entry.build(parameters, images.classes, True)
    settings = EvaluationSettings(0, "native", 8, "cpu", entry.geometry(parameters))
    decoded = SampleCache(images)
    batch = clean_images(decoded, settings, settings.batch_size)
    best = calibrate(segmenter, candidates("auto", "cpu", segmenter.network), "cpu", batch, batch)
    condition = _condition(perturbation)
    evaluate(best.segmenter, Pictures(decoded), condition, settings)
    begin = time.perf_counter()
    evaluate(best.segmenter, Pictures(decoded), condition, settings)
    wall = time.perf_counter() - begin
    bare = seconds_per_batch(best.segmenter, batch) / len(batch.images) * len(images.rows)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    with capsys.disabled():
        print(
            f"\nU-Net {width} {perturbation}: {best.precision}, {1000 * bare / len(images.rows):.1f} ms an image, "
            f"wall {1000 * wall / len(images.rows):.1f} ms, efficiency {bare / wall:.2f}, peak {memory:.1f} GiB"
        )


def _condition(name):
    if name == "clean":
        return Condition(None, 0.0)
    entry = PERTURBATIONS[name]
    return Condition(Sweep(name, name, entry, entry.parameters(), entry.strengths[1:]), entry.strengths[-1])
