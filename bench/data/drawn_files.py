"""Drawn samples as files: what the entries of data sets on disk write as their small examples."""

from typing import TYPE_CHECKING

from bench.data.scenes import scene
from bench.host.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

CLASSES = ("background", "cat", "dog")


def drawn_samples(split: str, count: int) -> "Iterator[tuple[str, int, Pixels, Pixels]]":
    """Yield `count` samples, cats and dogs in turn: name, label, image [H, W, 3] and mask [H, W] with 0, label and 255.

    Names begin with a capital for cats, as in Oxford-IIIT Pet; the pixels follow from the split and the number.
    """
    from numpy.random import default_rng

    for number in range(count):
        label = 1 + number % 2
        image, mask = scene(CLASSES[label], label, default_rng([len(split), number]))
        yield f"{('Cat', 'dog')[label - 1]}_{split}_{number}", label, image, mask


def write_pixels(path: "Path", pixels: "Pixels") -> None:
    """Write an image or a mask in the format of its suffix; its folder is made where it is missing."""
    from PIL import Image

    with atomic_path(path, flush=False) as temporary:
        Image.fromarray(pixels).save(temporary, Image.registered_extensions()[path.suffix])
