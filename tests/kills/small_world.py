"""What is run and killed: 80 images to train on, a network that drops channels, one with a first stage, six cells."""

from pathlib import Path

import numpy as np
from PIL import Image

SUITE = """\
name: kills
datasets:
  - name: folder
    root: data
    images: images
    masks: masks
    classes: [background, cat, dog]
    splits: {trainval: train, test: test}
models:
  - {name: dropping, train: {epochs: 4}}
  - {name: autoencoder_simple, width: 2, size: 32, label: two stages, train: {epochs: 3}, pretrain: {epochs: 3}}
perturbations: [{name: occlusion, strengths: [20, 40]}]
precision: fp32
examples: 6
"""

NETWORK = '''\
"""A network that drops whole channels at random, and normalises by its batches."""

from registry import Geometry, ModelEntry, Recipe

SIZE = Geometry(32, 32, "stretch")


def _build(parameters, classes, initialise):
    from torch import nn

    from registry.adapter import TorchSegmenter

    first = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout2d(0.3)
    return TorchSegmenter(nn.Sequential(*first, nn.Conv2d(8, len(classes), 3, padding=1)), SIZE)


ENTRY = ModelEntry(
    "drops channels",
    _build,
    recipe=lambda _: Recipe(epochs=4, schedule="one_cycle", learning_rate=0.01),
    geometry=lambda _: SIZE,
)
'''


def make(folder: Path) -> None:
    """Write the images, the suite and the network below `folder`."""
    draw = np.random.default_rng(0)
    for split, n in (("train", 80), ("test", 6)):
        for i in range(n):
            image, mask = draw.integers(0, 80, (32, 32, 3)).astype(np.uint8), np.zeros((32, 32), np.uint8)
            for label in (1, 2):
                (top, left), (height, width) = draw.integers(0, 20, 2), draw.integers(6, 12, 2)
                mask[top : top + height, left : left + width] = label
                image[top : top + height, left : left + width, label] += 120
            for kind, pixels in (("images", image), ("masks", mask)):
                file = folder / "data" / kind / split / f"{i:03}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(file)
    (folder / "kills.yaml").write_text(SUITE)
    (folder / "plugins" / "models").mkdir(parents=True)
    (folder / "plugins" / "models" / "dropping.py").write_text(NETWORK)
