"""A figure in a textured scene with things beside it that are no figure; pixels and mask from one generator.

Fur and surroundings share their colours and patterns, so that only shape distinguishes a figure from a distractor and
a cat from a dog. Every operation is exact in integers or elementwise in float32, so that the same seed gives
the same pixels on every machine with the same NumPy and OpenCV.
"""

import math
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from bench.data.scene_figures import Polygon, figure
from registry.labels import IGNORE

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Field = NDArray[np.float32]

SIZES = (96, 200)
COLOURS = np.array(
    [
        (232, 225, 212), (206, 178, 134), (196, 128, 62), (142, 92, 52), (88, 62, 44), (48, 44, 46),
        (128, 126, 124), (176, 178, 182), (98, 112, 130), (112, 124, 76), (150, 160, 120), (170, 140, 120),
    ],
    np.float32,
)  # fmt: skip
"""Fur, stone, sand, leaves and sky, RGB 0..255."""
SUBPIXEL = 4  # bits after the point in OpenCV's polygon coordinates


def scene(name: str, label: int, rng: "Generator") -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
    """Return an image uint8 [H, W, 3] of one `name` ("cat" or "dog") and its mask uint8 [H, W].

    The mask is 0, `label`, and 255 in a band along the outline whose half width is 1/64 of the shorter side.
    """
    height, width = (int(n) for n in rng.integers(SIZES[0], SIZES[1] + 1, 2))
    canvas = _background(height, width, rng)
    for _ in range(int(rng.integers(4, 9))):
        _paint(canvas, [_distractor(rng, height, width)], rng)
    cover = _paint(canvas, _placed(figure(name, rng), height, width, rng), rng)
    light = np.float32(0.8 + 0.4 * rng.random())
    grain = _noise(height, width, 1, rng)[..., None]
    image = np.clip(np.rint(canvas * light + (grain - 0.5) * 14), 0, 255).astype(np.uint8)
    return image, _mask(cover > 0.5, label, max(1, round(min(height, width) / 64)))


def _mask(inside: "NDArray[np.bool_]", label: int, half: int) -> "NDArray[np.uint8]":
    """Return the labels with a border band of `half` pixels on each side of the outline."""
    shape = inside.astype(np.uint8)
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * half + 1, 2 * half + 1))
    mask = shape * np.uint8(label)
    mask[cv2.dilate(shape, brush) != cv2.erode(shape, brush)] = IGNORE
    return mask


def _placed(parts: list[Polygon], height: int, width: int, rng: "Generator") -> list[Polygon]:
    """Return the parts in pixels: mirrored, turned, scaled and moved at random, all or nearly all in view."""
    turn = 0.35 * (2 * rng.random() - 1)
    mirror = -1 if rng.random() < 0.5 else 1
    cos, sin = math.cos(turn), math.sin(turn)
    turned = [[(mirror * (x * cos - y * sin), x * sin + y * cos) for x, y in part.points] for part in parts]
    xs, ys = [x for part in turned for x, _ in part], [y for part in turned for _, y in part]
    scale = (0.62 + 0.36 * rng.random()) * min(width / (max(xs) - min(xs)), height / (max(ys) - min(ys)))
    left = (width - scale * (max(xs) - min(xs))) * (1.1 * rng.random() - 0.05) - scale * min(xs)
    top = (height - scale * (max(ys) - min(ys))) * (1.1 * rng.random() - 0.05) - scale * min(ys)
    moved = [tuple((left + scale * x, top + scale * y) for x, y in points) for points in turned]
    return [Polygon(points, part.tone) for points, part in zip(moved, parts, strict=True)]


def _distractor(rng: "Generator", height: int, width: int) -> Polygon:
    """Return a stone, a post or a splinter anywhere: an irregular polygon of 3 to 12 corners."""
    corners, size = int(rng.integers(3, 13)), min(height, width) * (0.06 + 0.2 * rng.random())
    x, y, squeeze = width * rng.random(), height * rng.random(), 0.25 + 0.75 * rng.random()
    turn = math.pi * rng.random()
    cos, sin = math.cos(turn), math.sin(turn)
    points = []
    for k in range(corners):
        angle, reach = 2 * math.pi * k / corners, size * (0.75 + 0.5 * rng.random())
        u, v = reach * math.cos(angle), squeeze * reach * math.sin(angle)
        points.append((x + u * cos - v * sin, y + u * sin + v * cos))
    return Polygon(tuple(points))


def _paint(canvas: "Field", parts: list[Polygon], rng: "Generator") -> "Field":
    """Paint `parts` over the canvas in one fur; return how much of each pixel they cover, 0..1 [H, W]."""
    box = _box(parts, *canvas.shape[:2])
    below = canvas[box]
    height, width = below.shape[:2]
    tone = np.ones((height, width), np.float32)
    cover = np.zeros((height, width), np.float32)
    for part in parts:
        here = _coverage(part, box, height, width)
        tone += here * (np.float32(part.tone) - tone)
        cover = np.maximum(cover, here)
    shade = (np.float32(0.8) + np.float32(0.4) * _noise(height, width, 12, rng)) * tone
    fur = _pattern(height, width, rng) * shade[..., None]
    below += cover[..., None] * (fur - below)
    whole = np.zeros(canvas.shape[:2], np.float32)
    whole[box] = cover
    return whole


def _box(parts: list[Polygon], height: int, width: int) -> tuple[slice, slice]:
    """Return the rows and columns of the canvas that `parts` may touch: one pixel at least."""
    xs, ys = [x for part in parts for x, _ in part.points], [y for part in parts for _, y in part.points]
    left, top = min(max(int(min(xs)) - 1, 0), width - 1), min(max(int(min(ys)) - 1, 0), height - 1)
    return slice(top, max(int(max(ys)) + 3, top + 1)), slice(left, max(int(max(xs)) + 3, left + 1))


def _coverage(part: Polygon, box: tuple[slice, slice], height: int, width: int) -> "Field":
    """Return a polygon's share of each pixel of `box`, 0..1."""
    plane = np.zeros((height, width), np.uint8)
    corners = np.rint((np.array(part.points) - (box[1].start, box[0].start)) * (1 << SUBPIXEL)).astype(np.int32)
    cv2.fillPoly(plane, [corners], 255, lineType=cv2.LINE_AA, shift=SUBPIXEL)
    return plane.astype(np.float32) / np.float32(255)


def _background(height: int, width: int, rng: "Generator") -> "Field":
    """Return a wall or sky above and a ground below, each with a pattern of its own."""
    above, below = _pattern(height, width, rng), _pattern(height, width, rng)
    horizon = height * (0.3 + 0.6 * rng.random()) + 10 * (_noise(height, width, 24, rng) - 0.5)
    rows = np.arange(height, dtype=np.float32)[:, None]
    return np.where((rows < horizon)[..., None], above, below).astype(np.float32)


def _pattern(height: int, width: int, rng: "Generator") -> "Field":
    """Return two colours mixed by clouds, patches or stripes: float32 [H, W, 3] in 0..255."""
    first, second = COLOURS[rng.choice(len(COLOURS), 2, replace=False)]
    kind, strength = int(rng.integers(3)), np.float32(0.25 + 0.6 * rng.random())
    coarse = _noise(height, width, int(rng.integers(6, 28)), rng)
    if kind == 0:
        mix = coarse
    elif kind == 1:
        mix = np.clip((coarse - np.float32(0.5)) * 8 + np.float32(0.5), 0, 1)
    else:
        turn, period = math.pi * rng.random(), 5 + 13 * rng.random()
        rows, columns = np.mgrid[:height, :width].astype(np.float32)
        wave = (columns * np.float32(math.cos(turn)) + rows * np.float32(math.sin(turn))) / np.float32(period) + coarse
        mix = np.abs(2 * (wave - np.floor(wave)) - 1)
    fine = np.float32(0.88) + np.float32(0.24) * _noise(height, width, 2, rng)
    colours: Field = (first + (mix * strength)[..., None] * (second - first)) * fine[..., None]
    return colours


def _noise(height: int, width: int, cell: int, rng: "Generator") -> "Field":
    """Return smooth noise in 0..1 [H, W]: random values on a grid of `cell` pixels, linear in between."""
    grid: NDArray[Any] = rng.integers(0, 256, (height // cell + 2, width // cell + 2), dtype=np.uint8)
    if cell > 1:
        grid = cv2.resize(grid, None, fx=cell, fy=cell, interpolation=cv2.INTER_LINEAR_EXACT)
    return grid[:height, :width].astype(np.float32) / np.float32(255)
