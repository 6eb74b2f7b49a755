"""The pixels of each perturbation's present version as kept in golden/: hashes, or small images.

golden/golden.json holds for each entry its version, the strengths, and hashes where the arithmetic is exact;
golden/NAME.png holds what the others gave: the strengths side by side, below them the masks and the valid
pixels where an entry moves or hides pixels. `write_golden.py` writes them, `test_perturb_golden.py` compares.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from bench.perturb import PERTURBATIONS, perturb

GOLDEN = Path(__file__).parent / "golden"
COMMAND = "python tests/bench/perturb/write_golden.py"

# Integers, gathers and single IEEE operations only: the same bits with every build of every library.
# All others go through libraries or functions whose last bit may differ, and are compared as images.
EXACT = {
    "additive_noise",
    "binomial_blur",
    "bit_depth",
    "brightness_decrease",
    "brightness_increase",
    "contrast_decrease",
    "contrast_increase",
    "horizontal_flip",
    "impulse_noise",
    "object_cutout",
    "occlusion",
    "salt_and_pepper",
    "vertical_flip",
}
# Where the defaults depend on what is installed: the variant that is always there.
PARAMETERS = {"frost": {"textures": "procedural"}}
SKIPPED = {"imagecorruptions": "its pixels are that package's own"}

SHARE, LEVELS = 0.999, 1
"""Of a tile's values, and how far each of them may be off."""
_HEIGHT, _WIDTH = 48, 64


def recorded(folder=GOLDEN):
    """Return the records of golden.json: {name: {"version", "strengths", and for exact ones "image", "mask"}}.

    A record whose image is missing is none.
    """
    index = folder / "golden.json"
    records = json.loads(index.read_text(encoding="utf-8")) if index.exists() else {}
    return {n: record for n, record in records.items() if "image" in record or (folder / f"{n}.png").exists()}


def strengths_of(name):
    """Return the strengths to record: all default ones of the exact entries, else three from mild to strong."""
    entry = PERTURBATIONS[name]
    if name in EXACT:
        return list(entry.strengths)
    rising = [s for s in entry.strengths if s != entry.identity]
    return sorted({rising[0], rising[len(rising) // 2], rising[-1]}, key=rising.index)


def hashes(name, strengths):
    """Return {"image": …} and, where pixels move or are hidden, {"mask": …}: over all `strengths` together."""
    pixels = (torch.arange(3 * 61 * 83) * 7919 % 65537 // 257).to(torch.uint8).view(3, 61, 83)
    image, mask = hashlib.blake2b(digest_size=8), hashlib.blake2b(digest_size=8)
    for result in _results(name, strengths, pixels):
        image.update(result.image.contiguous().numpy().tobytes())
        mask.update(torch.stack([result.mask, result.valid.to(torch.uint8)]).numpy().tobytes())
    return {"image": image.hexdigest()} | ({"mask": mask.hexdigest()} if _shows_masks(name) else {})


def strip(name, strengths):
    """Return the images of all `strengths` side by side, uint8 [rows x 48, strengths x 64, 3]."""
    columns = []
    for result in _results(name, strengths, _scene()):
        tiles = [result.image.permute(1, 2, 0)]
        if _shows_masks(name):  # grey levels far apart, so that another label is another colour
            shown = torch.where(result.mask == 1, 128, result.mask)
            tiles += [flat[..., None].expand(-1, -1, 3).to(torch.uint8) for flat in (shown, result.valid * 255)]
        columns.append(torch.cat(tiles).numpy())
    return np.concatenate(columns, axis=1)


def stored_strip(name, folder=GOLDEN):
    with Image.open(folder / f"{name}.png") as image:
        return np.asarray(image)


def changed(name, record, folder=GOLDEN):
    """Return whether the entry's pixels at the recorded strengths are other than recorded."""
    if "image" in record:
        return hashes(name, record["strengths"]) != {k: record[k] for k in ("image", "mask") if k in record}
    now, then = strip(name, record["strengths"]), stored_strip(name, folder)
    return now.shape != then.shape or not all(map(_alike, _tiles(now), _tiles(then)))


def _alike(one, other):
    near = np.abs(one.astype(np.int16) - other.astype(np.int16)) <= LEVELS
    return near.mean() >= SHARE


def _tiles(image):
    rows, columns = image.shape[0] // _HEIGHT, image.shape[1] // _WIDTH
    return [tile for row in np.split(image, rows) for tile in np.split(row, columns, axis=1)]


def _shows_masks(name):
    entry = PERTURBATIONS[name]
    return entry.moves or entry.covers or entry.needs_mask


def _results(name, strengths, image):
    masks = _mask(*image.shape[-2:])
    parameters = PARAMETERS.get(name)
    return [perturb(image, name, s, seed=2025, parameters=parameters, masks=masks) for s in strengths]


def _mask(height, width):
    """A disk of label 1 with a border of 255 on a background of 0."""
    distance = _squares(height, width, height // 2, width * 3 // 5)
    radius = min(height, width) // 3
    labels = torch.zeros((height, width), dtype=torch.uint8)
    labels[distance < (radius + 2) ** 2] = 255
    labels[distance < radius**2] = 1
    return labels


def _scene():
    """A small image in integers: slopes, a disk, stripes, grain, black and white. uint8 [3, 48, 64]."""
    row, column = torch.arange(_HEIGHT)[:, None], torch.arange(_WIDTH)[None]
    planes = [60 + (2 - c) * row + (1 + c) * column + 0 * row for c in range(3)]
    image = torch.stack(planes)
    disk = _mask(_HEIGHT, _WIDTH) == 1
    image[0, disk] += 70
    image[2, disk] -= 50
    image += 24 * ((column // 3 + row // 12) % 2) * (row >= 36)
    image += (row * 37 + column * 101 + row * column * 13) % 11 - 5
    image[:, :8, :10] = 0
    image[:, -9:, -7:] = 255
    return image.clamp(0, 255).to(torch.uint8)


def _squares(height, width, row, column):
    return (torch.arange(height)[:, None] - row) ** 2 + (torch.arange(width)[None] - column) ** 2
