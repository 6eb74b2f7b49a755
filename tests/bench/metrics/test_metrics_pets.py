"""The all-background prediction on the real trimaps of the Oxford-IIIT Pet sample."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from bench.metrics import METRIC_SETS, evaluate
from bench.metrics.counts import Counts, confusion

ROOT = Path(__file__).parents[3].parent / "shared" / "data" / "oxford-iiit-pet"
NAMES = ("background", "cat", "dog")


@pytest.fixture(scope="module")
def counts() -> Counts:
    """Counts of the test split, read here by its documented format: 1 animal, 2 background, 3 border."""
    if not ROOT.is_dir():
        pytest.skip("the Oxford-IIIT Pet sample is not there")
    matrices, foreground = [], []
    for line in (ROOT / "annotations" / "test.txt").read_text().splitlines():
        name, _, species, _ = line.split()
        trimap = cv2.imread(str(ROOT / "annotations" / "trimaps" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        ground_truth = np.array([0, int(species), 0, 255], dtype=np.uint8)[trimap]
        matrices.append(
            confusion(torch.from_numpy(ground_truth), torch.zeros(ground_truth.shape, dtype=torch.uint8), 3)
        )
        foreground.append(int(species))
    return Counts.gather(3, matrices, foreground)


def means_of(counts: Counts, name: str) -> dict[str, float]:
    scores = evaluate(counts, METRIC_SETS[name], NAMES)
    return {s.metric: s.value for s in scores if s.class_name in ("mean", "all")}


@pytest.mark.pets
def test_all_background_reaches_the_published_numbers(counts: Counts) -> None:
    """Per image, absent = 1: near mIoU .568, Dice .605 and accuracy .700 of the published table."""
    means = means_of(counts, "edinburgh_000")
    share = np.mean(counts.under("background").tp[:, 0] / counts.under("background").valid)
    assert means["iou"] == pytest.approx((share + 1) / 3, rel=1e-12)
    # Another 168 images than the 3,694 of the table: a few points of tolerance.
    assert [means[m] for m in ("iou", "dice", "pixel_accuracy")] == pytest.approx([0.568, 0.605, 0.700], abs=0.03)


@pytest.mark.pets
def test_all_background_is_a_third_of_its_accuracy_when_summed(counts: Counts) -> None:
    """Summed over the set, the mean IoU is a third of the background's share of all pixels: about .23."""
    means = means_of(counts, "edinburgh_000_as_written")
    assert means["iou"] == pytest.approx(means["pixel_accuracy"] / 3, abs=1e-9)
    assert means["iou"] == pytest.approx(0.23, abs=0.02)
