"""A few drawn animals in the official layout of Oxford-IIIT Pet."""

from typing import TYPE_CHECKING

import numpy as np

from bench.data.drawn_files import drawn_samples, write_pixels
from bench.host.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path


def write_example(base: "Path") -> None:
    """Write ten samples for training and four for tests below `base`, with trimaps and lists."""
    for split, count in (("trainval", 10), ("test", 4)):
        lines = ["#name class species breed"]
        for name, label, image, mask in drawn_samples(split, count):
            write_pixels(base / "images" / f"{name}.jpg", image)
            trimap = np.select([mask == 0, mask == label], [2, 1], 3).astype(np.uint8)
            write_pixels(base / "annotations" / "trimaps" / f"{name}.png", trimap)
            lines.append(f"{name} 1 {label} 1")
        write_atomic(base / "annotations" / f"{split}.txt", "\n".join(lines) + "\n")
