"""A population of images whose true scores are known, to draw test sets from: how often do intervals cover them?"""

import numpy as np

from bench.metrics import METRIC_SETS
from bench.metrics.counts import Counts
from bench.metrics.quantities import quantities
from bench.statistics.resampling import Resampling

CLASSES = ("background", "cat", "dog")
STANDARD = METRIC_SETS["standard"]
SCORES = (
    ("dice", "mean"),
    ("dice", "cat"),
    ("iou", "mean"),
    ("pixel_accuracy", "all"),
    ("dice_per_image", "mean"),
    ("dice_worst_5", "mean"),
)


def drawn(images, random, cats=1 / 3, uneven=False):
    """Counts of random images: objects of 10 to 60 % of 10,000 pixels, found by a share that differs by image and class.

    cats: the share of images with a cat; the others have a dog. 1 in 5 objects is taken for the other class. uneven:
    objects of 1 to 90 %, as many of 1 to 2 % as of 45 to 90 %, and 1 in 25 is taken for the other class: a few images
    decide.
    """
    label = np.where(random.random(images) < cats, 1, 2)
    share = np.exp(random.uniform(np.log(0.01), np.log(0.9), images)) if uneven else random.uniform(0.1, 0.6, images)
    size = (10_000 * share).astype(int)
    found = (size * random.beta(8, np.where(label == 1, 2, 1.5), images)).astype(int)
    named = np.where(random.random(images) < (0.04 if uneven else 0.2), 3 - label, label)
    matrices, at = np.zeros((images, 4, 3), int), np.arange(images)
    matrices[at, label, named], matrices[at, label, 0] = found, size - found
    wrong = (size * random.beta(1, 12, images)).astype(int)
    wrong = np.minimum(wrong, 10_000 - size)
    matrices[at, 0, named], matrices[at, 0, 0] = wrong, 10_000 - size - wrong
    return Counts(3, label, matrices)


def scores_of(counts):
    """The scores of `SCORES` as quantities."""
    found = {(q.metric, q.class_name): q for q in quantities(counts, STANDARD, CLASSES)}
    return [found[place] for place in SCORES]


def coverage(images, repeats, *, method="percentile", resamples=1000, seed=0, **population):
    """Return by score in which share of `repeats` test sets the interval covers the value of the population.

    The population is 1,000,000 images. A test set without a value of a score counts as one whose interval fails.
    """
    random = np.random.default_rng(seed)
    truth = np.array([q.value for q in scores_of(drawn(1_000_000, random, **population))])
    resampling = Resampling(images, resamples, method)
    hits = np.zeros(len(SCORES))
    for _ in range(repeats):
        low, high, _ = resampling.bounds(resampling.draws(scores_of(drawn(images, random, **population))))
        hits += (low <= truth) & (truth <= high)
    return dict(zip(SCORES, hits / repeats, strict=True))


if __name__ == "__main__":
    for population in ({}, {"uneven": True}, {"cats": 0.02}):
        for images in (168, 40, 12) if not population else (168,):
            for method in ("percentile", "bca"):
                found = coverage(images, 2000, method=method, **population)
                words = " | ".join(f"{100 * share:.1f}" for share in found.values())
                print(f"| {population} | {images} | {method} | {words} |", flush=True)
