"""The official layout of Oxford-IIIT Pet: images/, annotations/trimaps/, annotations/{trainval,test}.txt."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.data.interface import Reference
from bench.data.text_file import MAX_BYTES
from registry.errors import BenchError
from registry.labels import IGNORE
from registry.regular_files import read_regular

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

CLASSES = ("background", "cat", "dog")
SPECIES = {"1": "cat", "2": "dog"}  # the third column of the lists


def pet_attributes(reference: Reference) -> dict[str, str]:
    """Return the species and the breed of an image: its name is the breed and a number.

    >>> pet_attributes(Reference("great_pyrenees_12", None, None, "dog"))
    {'species': 'dog', 'breed': 'great pyrenees'}
    """
    breed = re.sub(r"_\d+$", "", reference.id).replace("_", " ")
    return {"species": reference.stratum or "", "breed": breed}


@dataclass(frozen=True)
class OfficialPets:
    """Images with trimaps: 1 the pet (its species is in the list), 2 background, 3 border."""

    base: "Path"
    max_pixels: int
    classes: tuple[str, ...] = CLASSES
    layout: str = "official trimaps"
    splits: tuple[str, ...] = ("trainval", "test")

    def pool(self, split: str) -> list[Reference]:
        """Return the images of annotations/<split>.txt, in its order."""
        path = self.base / "annotations" / f"{split}.txt"
        try:
            lines = read_regular(path, MAX_BYTES).decode().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise BenchError(f"cannot read {path}; unpack annotations.tar.gz again") from error
        images, trimaps = self.base / "images", self.base / "annotations" / "trimaps"
        found = []
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            name, *columns = line.split()
            if len(columns) < 2 or columns[1] not in SPECIES:
                raise BenchError(f"{path}, line {number}: expected 'name class species breed', species 1 or 2")
            found.append(Reference(name, images / f"{name}.jpg", trimaps / f"{name}.png", SPECIES[columns[1]]))
        return found

    def attributes(self, reference: Reference) -> dict[str, str]:
        """Return species and breed."""
        return pet_attributes(reference)

    def read(self, reference: Reference) -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
        """Return the image and its labels; a trimap without a pet is all background and border."""
        from bench.data.decoding import read_pair
        from bench.data.mask_coding import relabel

        assert reference.image and reference.mask and reference.stratum
        image, trimap = read_pair(reference.image, reference.mask, self.max_pixels)
        labels = {1: CLASSES.index(reference.stratum), 2: 0, 3: IGNORE}
        return image, relabel(trimap, labels, str(reference.mask))
