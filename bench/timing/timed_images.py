"""The clean images of a data set that a model is timed on: decoded, one after the other, again and again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from torch import Tensor

from bench.data.sample_cache import SampleCache
from bench.evaluation.preparation import EvaluationSettings, prepare
from bench.host.hashing import pixel_hash
from bench.plan.cells import Condition
from registry.image_files import MAX_PIXELS, UnreadableImage
from registry.image_files.reading import read_image
from registry.prompts import Prompt
from registry.segmenter import Case, Segmenter, Size, size_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_IMAGES = 64
MOST_BYTES = 256 * 2**20


class TimedImage(NamedTuple):
    """An image uint8 [3, H, W] in host memory.

    place: in the data set. file: whether its file alone gives its pixels.
    """

    image: Tensor
    prompt: Prompt | None
    id: str
    place: int
    file: bool


class TimedImages:
    """Images spread evenly over those that are evaluated, with the prompts that they have there."""

    def __init__(self, samples: SampleCache, settings: EvaluationSettings) -> None:
        self.samples = samples
        plain = replace(settings, apply_at="native", device="cpu", measure=False)
        self.all: list[TimedImage] = []
        size = 0
        for place in _spread(len(samples.subset), MOST_IMAGES):
            sample = samples[place]
            size += sample.image.nbytes
            if self.all and size > MOST_BYTES:
                break
            one = prepare(sample, Condition(None, 0.0), plain)
            self.all.append(TimedImage(one.image, one.prompt, sample.id, place, self._from_file(place)))

    def _from_file(self, place: int) -> bool:
        """Return whether the image's file alone gives the pixels that the data set has."""
        path = self.samples.subset.references[place].image
        try:
            return path is not None and pixel_hash(read_image(path, MAX_PIXELS)) == self.samples[place].image_hash
        except UnreadableImage:
            return False

    def some(self, first: int, count: int) -> list[TimedImage]:
        """Return so many images, one after the other, and from the beginning again."""
        return [self.all[(first + i) % len(self.all)] for i in range(count)]

    def decode(self, picture: TimedImage) -> "NDArray[np.uint8]":
        """Return the image [H, W, 3] as its file has it; of drawn images, as the data set makes it."""
        reference = self.samples.subset.references[picture.place]
        if picture.file and reference.image is not None:
            return read_image(reference.image, MAX_PIXELS)
        return self.samples.subset.source.read(reference)[0]


def predicted(segmenter: Segmenter, pictures: Sequence[TimedImage], device: str) -> list[Tensor]:
    """Return the labels uint8 [H, W], in host memory, of images in host memory, as an evaluation gets them."""
    images = [one.image.to(device) for one in pictures]
    sizes = [Size(*size_of(image)) for image in images]
    found = segmenter.predict(images, [one.prompt for one in pictures], sizes=sizes)
    return [one.labels.cpu() for one in found]


def announce(segmenter: Segmenter, pictures: Sequence[TimedImage]) -> None:
    """Say which images come next."""
    segmenter.announce(Case("clean", 0.0, tuple(one.id for one in pictures)))


def _spread(n: int, count: int) -> list[int]:
    """Return at most `count` places, evenly over n.

    >>> _spread(10, 4), _spread(2, 4)
    ([0, 2, 5, 7], [0, 1])
    """
    return sorted({i * n // count for i in range(count)})
