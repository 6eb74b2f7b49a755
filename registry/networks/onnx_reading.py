"""How the output of an ONNX file is read: where its channels stand, and what its numbers mean.

The rules are in docs/models.md. Where an output can mean two things it is refused, with the key that decides.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from registry.errors import BenchError
from registry.networks.onnx_parameters import OnnxParameters
from registry.networks.onnx_trial import Array
from registry.segmenter import Geometry

Kind = Literal["logits", "probabilities", "mask"]
TOLERANCE = 1e-3  # how far outside 0..1 a probability may lie: half precision


class Reading(NamedTuple):
    """kind: what the numbers are. axis: where an image's channels stand, -3 or -1; None: it has one plane [h, w]."""

    kind: Kind
    axis: Literal[-3, -1] | None


class Reader:
    """Decides the reading of one output.

    Args:
        who: the file and its output, for messages.
        fits: whether a number of channels can be that of the labels, and in words which can.
    """

    def __init__(
        self, who: str, p: OnnxParameters, geometry: Geometry, fits: Callable[[int], bool], expected: str
    ) -> None:
        self.who, self.p, self.geometry, self.fits, self.expected = who, p, geometry, fits, expected

    def reading(self, output: Array) -> Reading:
        """Return how the output for the trial images is read: [2, h, w] or [2, a, b, c].

        Raises:
            BenchError: it is not certain, or cannot be what the suite says.
        """
        axis = self._axis(output.shape)
        kind = self._kind(output, axis is None or output.shape[axis] == 1)
        if kind != "mask" and not self.fits(channels := 1 if axis is None else output.shape[axis]):
            raise self._channels(channels)
        return Reading(kind, axis)

    def _axis(self, shape: tuple[int, ...]) -> Literal[-3, -1] | None:
        """Return where the channels stand; two dimensions must look like the input, or the pixels have no place."""
        if len(shape) == 3:
            self._placed(shape[1], shape[2], shape)
            return None
        _, first, middle, last = shape
        front, back = self._like_input(middle, last), self._like_input(first, middle)
        if self.p.output == "mask" or 1 in (first, last):
            could = (front and first == 1, back and last == 1)
        else:
            could = (front and self.fits(first), back and self.fits(last))
        if could == (False, False):
            could = front, back
        if could == (True, True):
            if self.p.layout == "auto":
                raise self._unclear(shape)
            return -3 if self.p.layout == "nchw" else -1
        self._placed(*((middle, last) if could[0] or not could[1] else (first, middle)), shape)
        return -3 if could[0] else -1

    def _placed(self, rows: int, columns: int, shape: tuple[int, ...]) -> None:
        if not self._like_input(rows, columns):
            height, width, _ = self.geometry
            raise BenchError(
                f"{self.who} is {list(shape[1:])} for an image; its pixels do not have the shape of the input, "
                f"{height} x {width}, so their place in it is unknown; export scores or labels of the whole input"
            )

    def _like_input(self, rows: int, columns: int) -> bool:
        """Return whether dimensions have the input's ratio, each rounded by less than one pixel."""
        height, width, _ = self.geometry
        return abs(rows * width - columns * height) < max(height, width)

    def _unclear(self, shape: tuple[int, ...]) -> BenchError:
        more = "label_map: as a list with a class for each channel, or " if isinstance(self.p.label_map, dict) else ""
        return BenchError(
            f"where the channels of {self.who} {list(shape[1:])} stand is unclear; give {more}layout: nchw or nhwc, "
            "which is then that of the output too"
        )

    def _channels(self, channels: int) -> BenchError:
        hint = "give label_map:, or another output"
        if channels == 1:
            hint = 'give task: binary if it is an object\'s, or label_map: {"0": CLASS}'
        return BenchError(f"{self.who} has {channels} channels, not {self.expected}; {hint}")

    def _kind(self, output: Array, plane: bool) -> Kind:
        """Return what the numbers are, as the suite says or as they show."""
        whole_type = not np.issubdtype(output.dtype, np.floating)
        numbers = output.astype(np.float64)
        whole = whole_type or bool((numbers == numbers.round()).all())
        shares = bool((numbers >= -TOLERANCE).all() and (numbers <= 1 + TOLERANCE).all())
        seen = f"its values run from {numbers.min():.3g} to {numbers.max():.3g}"
        if self.p.output == "mask":
            return self._mask(plane, whole, output.dtype)
        if plane and whole and (whole_type or self.p.output == "auto"):
            return self._labels(whole_type, np.unique(output))
        if self.p.output == "probabilities":
            if not shares:
                raise self._not(seen, "logits")
            return "probabilities"
        if plane and shares:
            raise self._not("all values lie in 0..1: as logits they would make everything an object", "probabilities")
        if plane and self.p.output == "auto" and numbers.min() >= 0:
            hint = "logits if they are, or export probabilities in 0..1"
            raise self._not(f"{seen}: as logits they would make everything an object", hint)
        if self.p.output == "auto" and whole_type:
            raise self._not(f"its type is {output.dtype}", "logits or probabilities")
        return "probabilities" if self.p.output == "auto" and shares else "logits"

    def _mask(self, plane: bool, whole: bool, dtype: "np.dtype[np.generic]") -> Kind:
        if not plane:
            raise BenchError(f"output: {self.who} has several channels, a mask has one; give logits or probabilities")
        if not whole:
            raise self._not(f"its values ({dtype}) are no whole numbers", "logits or probabilities")
        return "mask"

    def _labels(self, whole_type: bool, values: Array) -> Kind:
        """Return that whole numbers of one plane are labels; floats may also be probabilities that are 0 or 1."""
        if self.p.output != "auto":
            raise self._not("its numbers are whole, so they are labels", "mask")
        if not whole_type:
            raise self._not("its floats are whole numbers, which looks like labels", "mask")
        if self.p.task == "binary" and len(values) > 2:
            seen = f"it has {len(values)} whole numbers, {values[0]} to {values[-1]}"
            hint = "mask if all but 0 is the object, or export probabilities in 0..1"
            raise self._not(f"{seen}: labels, or probabilities as a picture", hint)
        return "mask"

    def _not(self, seen: str, remedy: str) -> BenchError:
        return BenchError(f"output: {self.who}: {seen}; give output: {remedy}")
