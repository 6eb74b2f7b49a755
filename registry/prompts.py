"""What a user gives beside an image: one type for every promptable model. Imports no torch."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from registry.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Prompt:
    """Points, a box, a mask, a heat map, the name of a class, or nothing of all that.

    Coordinates are (x, y) in pixels of the image as it is given to `predict`; pixel (row r, column c) covers
    [c, c + 1) x [r, r + 1), so its centre is (c + 0.5, r + 0.5).

    points, labels: as many labels as points; 1: on the object, 0: not on it.
    box: (left, top, right, bottom).
    mask: bool [H, W] of the image's size; heatmap: float [H, W] in 0..1 of the image's size.
    text: the name of a class, or a word for it.
    """

    points: tuple[Point, ...] = ()
    labels: tuple[int, ...] = ()
    box: Box | None = None
    mask: "Tensor | None" = None
    heatmap: "Tensor | None" = None
    text: str | None = None

    def resized(self, old: tuple[int, int], new: tuple[int, int]) -> "Prompt":
        """Return the prompt of an image that was resized from `old` to `new`, both (height, width).

        Masks and heat maps are left alone.
        """
        if tuple(old) == tuple(new):
            return self

        # Multiplied first: a quotient rounded up would put the right edge outside the image.
        def moved(x: float, y: float) -> Point:
            return x * new[1] / old[1], y * new[0] / old[0]

        box = self.box and (*moved(*self.box[:2]), *moved(*self.box[2:]))
        return replace(self, points=tuple(moved(*point) for point in self.points), box=box)


def check_prompts(
    prompts: "Sequence[Prompt | None] | None", sizes: "Sequence[tuple[int, int]]"
) -> "list[Prompt | None]":
    """Return one prompt (or None) for each image; sizes: (height, width) of each.

    Raises:
        BenchError: their number or kind is wrong, labels do not fit the points, one lies outside its image, or a
            mask or heat map is of another size or kind.
    """
    if prompts is None:
        return [None] * len(sizes)
    if isinstance(prompts, Prompt | str):
        raise BenchError("prompts: give a list with one Prompt (or None) for each image")
    if len(prompts) != len(sizes):
        raise BenchError(f"{len(prompts)} prompts for {len(sizes)} images; give one (or None) for each image")
    for prompt, size in zip(prompts, sizes, strict=True):
        if prompt is not None:
            _check(prompt, *size)
    return list(prompts)


def _check(prompt: Prompt, height: int, width: int) -> None:
    if not isinstance(prompt, Prompt):
        raise BenchError(f"a prompt is a registry.Prompt or None, not a {type(prompt).__name__}")
    if len(prompt.points) != len(prompt.labels):
        raise BenchError(f"{len(prompt.points)} points with {len(prompt.labels)} labels; give 1 or 0 for each point")
    if bad := set(prompt.labels) - {0, 1}:
        raise BenchError(f"a point's label is 1 (on the object) or 0 (not on it), not {min(bad)}")
    for x, y in prompt.points:
        if not (0 <= x <= width and 0 <= y <= height):
            raise BenchError(f"the point ({x:g}, {y:g}) lies outside the image of {width} x {height} pixels")
    if prompt.box is not None:
        left, top, right, bottom = prompt.box
        if not (0 <= left < right <= width and 0 <= top < bottom <= height):
            raise BenchError(
                f"the box ({left:g}, {top:g}, {right:g}, {bottom:g}) is not (left, top, right, bottom) inside the "
                f"image of {width} x {height} pixels"
            )
    for name, plane in (("mask", prompt.mask), ("heat map", prompt.heatmap)):
        if plane is not None and tuple(plane.shape) != (height, width):
            raise BenchError(f"the {name} is {tuple(plane.shape)}, the image {(height, width)}; they have one size")
    if prompt.mask is not None and (kind := str(prompt.mask.dtype)) != "torch.bool":
        raise BenchError(f"the mask is {kind}; give torch.bool, True on the object")
    if prompt.heatmap is not None and not (float(prompt.heatmap.min()) >= 0 and float(prompt.heatmap.max()) <= 1):
        raise BenchError("the heat map has values outside 0..1; divide it by its maximum")
