"""What a user writes today against `bench.evaluate`: the same networks, files, perturbations and strengths.

usage: python tests/speed/user_script.py [--images n] [--every n] [--data-root DIR] [--models unet64,smp] [--precision bf16]

Today's script: one process, a picture at a time, decoded for each condition, NumPy and OpenCV perturbations, eager
fp32, a NumPy confusion matrix. Eight perturbations at ten strengths. It prints the ratio of the wall times, and fails if
a Dice differs by more than 0.002 where no random number is drawn. Both noises and the occlusion draw NumPy's own numbers
here, so there it prints the largest difference.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("SEGBENCH_CACHE", tempfile.mkdtemp())

import cv2
import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

import bench
from bench.data import DATASETS, open_dataset
from registry import MODELS

MODELS_HERE = {
    "unet64": ("unet", {"width": 64}),
    "smp": ("smp", {"arch": "unet", "encoder": "tu-tf_efficientnet_lite0", "encoder_weights": "none"}),
    "unet16": ("unet", {"width": 16}),
}
SIZE, CLOSE = 224, 0.002
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])


def noise(image, sd):
    """Add N(0, sd)."""
    return np.clip(np.rint(image + np.random.normal(0, sd, image.shape)), 0, 255).astype(np.uint8)


def blur(image, passes):
    """Convolve with the 3x3 binomial mask, again and again."""
    kernel = np.outer([1, 2, 1], [1, 2, 1]) / 16
    values = image.astype(np.float64)
    for _ in range(passes):
        values = cv2.filter2D(values, -1, kernel)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def scaled(image, factor):
    """Multiply."""
    return np.clip(np.rint(image * np.float64(factor)), 0, 255).astype(np.uint8)


def shifted(image, step):
    """Add."""
    return np.clip(image.astype(int) + step, 0, 255).astype(np.uint8)


def occluded(image, edge):
    """Blacken a square."""
    top, left = (np.random.randint(0, side - edge + 1) for side in image.shape[:2])
    out = image.copy()
    out[top : top + edge, left : left + edge] = 0
    return out


def salted(image, share):
    """Make a share of the values black or white."""
    hit, white = np.random.random(image.shape) < share, np.random.random(image.shape) < 0.5
    return np.where(hit, np.where(white, 255, 0), image).astype(np.uint8)


LEVELS = range(0, 50, 5)
GRID = {
    "additive_noise": (noise, range(0, 20, 2)),
    "binomial_blur": (blur, range(10)),
    "contrast_increase": (scaled, (1.0, 1.01, 1.02, 1.03, 1.04, 1.05, 1.1, 1.15, 1.2, 1.25)),
    "contrast_decrease": (scaled, (1.0, 0.95, 0.9, 0.85, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1)),
    "brightness_increase": (shifted, LEVELS),
    "brightness_decrease": (lambda image, step: shifted(image, -step), LEVELS),
    "occlusion": (occluded, LEVELS),
    "salt_and_pepper": (salted, [share / 100 for share in range(0, 20, 2)]),
}


DRAWN = {"additive_noise", "occlusion", "salt_and_pepper"}


def todays(network, folder, classes, every):
    """Return the mean Dice of each condition."""
    scores = {}
    for name, (function, strengths) in GRID.items():
        for strength in list(strengths)[1::every]:
            matrix = np.zeros((classes, classes), np.int64)
            for path in sorted((folder / "images").iterdir()):
                image = np.array(Image.open(path).convert("RGB"))
                mask = np.array(Image.open(folder / "masks" / f"{path.stem}.png"))
                matrix += confusion(mask, predicted(network, function(image, strength), mask.shape), classes)
            hits = np.diag(matrix)
            with np.errstate(invalid="ignore"):
                scores[name, float(strength)] = np.nanmean(2 * hits / (matrix.sum(0) + matrix.sum(1)))
    return scores


def as_input(image):
    """Return an image as the network wants it."""
    inputs = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
    inputs = F.interpolate(inputs, (SIZE, SIZE), mode="bilinear", antialias=True)
    return (inputs - MEAN[:, None, None]) / STD[:, None, None]


class Levelled(torch.nn.Module):
    """An untrained network whose classes have one mean score over an image: else one class would win everywhere."""

    def __init__(self, network, image):
        super().__init__()
        self.network = network
        with torch.no_grad():
            self.register_buffer("level", network(as_input(image)).mean((2, 3), keepdim=True))

    def forward(self, inputs):
        """Return logits [N, C, h, w]."""
        return self.network(inputs) - self.level


def predicted(network, image, shape):
    """Return the labels of an image at its own size."""
    with torch.no_grad():
        logits = network(as_input(image))
    return F.interpolate(logits, shape, mode="bilinear").argmax(1)[0].numpy()


def confusion(mask, labels, classes):
    """Return pixels by ground truth and prediction, without the border."""
    valid = mask != 255
    pairs = mask[valid].astype(int) * classes + labels[valid]
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def ours(network, folder, classes, every, precision):
    """Return the same of `bench.evaluate`."""
    sweeps = [{"name": name, "strengths": [float(one) for one in list(s)[1::every]]} for name, (_, s) in GRID.items()]
    found = bench.evaluate(
        network,
        folder,
        classes=classes,
        perturbations=sweeps,
        size=SIZE,
        mean=MEAN.tolist(),
        std=STD.tolist(),
        precision=precision,
        progress=False,
    )
    frame = found.frame()
    rows = frame[(frame["metric"] == "dice") & (frame["class"] == "mean") & (frame["perturbation"] != "clean")]
    return {(row.perturbation, float(row.strength)): row.value for row in rows.itertuples()}


def written(folder, subset):
    """Write the pictures of a data set as JPEG files and their masks as PNG files."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for i in range(len(subset)):
        sample = subset.load(i)
        Image.fromarray(sample.image).save(folder / "images" / f"{i:04}.jpg", quality=95)
        Image.fromarray(sample.mask).save(folder / "masks" / f"{i:04}.png")


def main():
    """Print both times of each model, and compare the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--every", type=int, default=1, help="a sample of the strengths, where time is short")
    parser.add_argument("--models", default="unet64,smp")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--precision", default="fp32", help="of bench.evaluate; the script has fp32")
    given = parser.parse_args()
    name = "oxford_pet" if given.data_root else "shapes"
    data = open_dataset(name, DATASETS[name].parameters(), given.data_root, download=False)
    subset = data.subset("test", given.images)
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder) / "data", subset)
        for label in given.models.split(","):
            entry, parameters = MODELS_HERE[label]
            torch.manual_seed(0)
            network = MODELS[entry].build(MODELS[entry].parameters(**parameters), subset.classes, True).network.eval()
            network = Levelled(network, subset.load(0).image).eval()
            begin = time.perf_counter()
            mine = todays(network, Path(folder) / "data", len(subset.classes), given.every)
            middle = time.perf_counter()
            theirs = ours(network, Path(folder) / "data", subset.classes, given.every, given.precision)
            end = time.perf_counter()
            assert theirs.keys() == mine.keys()
            apart = {key: abs(mine[key] - value) for key, value in theirs.items()}
            far, drawn = (
                max(v for (n, _), v in apart.items() if (n in DRAWN) is is_drawn) for is_drawn in (False, True)
            )
            print(
                f"{label}, {len(subset)} images, {len(theirs)} conditions: today {middle - begin:.1f} s, bench.evaluate "
                f"{end - middle:.1f} s, {(middle - begin) / (end - middle):.2f} times faster; Dice within {far:.5f}, "
                f"{drawn:.5f} where random numbers are drawn",
                flush=True,
            )
            assert far <= CLOSE, far


if __name__ == "__main__":
    main()
