"""Oxford-IIIT Pet: 37 breeds of cats and dogs, about 200 images each, with trimaps."""

from typing import TYPE_CHECKING

from bench.data.interface import DatasetEntry, MissingData
from registry.parameters import Parameters

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.interface import Source

FOLDER = "oxford-iiit-pet"
PAGE = "https://www.robots.ox.ac.uk/~vgg/data/pets/"


class OxfordPetParameters(Parameters):
    """No choice is left: the mask encoding belongs to the layout that is found."""


def open_pets(parameters: OxfordPetParameters, root: "Path | None", max_pixels: int) -> "Source":
    """Return the official layout if it is there, else the coursework copy.

    `root` may hold the folder "oxford-iiit-pet" or be it; the coursework copy may lie in "Dataset_filtered".

    Raises:
        MissingData: neither is there; says how to get the data and where to put them.
    """
    assert root is not None
    for base in (root / FOLDER, root):
        if (base / "annotations" / "trimaps").is_dir() and (base / "images").is_dir():
            from bench.data.pets.official_layout import OfficialPets

            return OfficialPets(base, max_pixels)
    for base in (root / FOLDER, root, root / FOLDER / "Dataset_filtered", root / "Dataset_filtered"):
        if any((base / split / "color").is_dir() for split in ("TrainVal", "Test")):
            from bench.data.pets.coursework_layout import open_coursework

            return open_coursework(base, max_pixels)
    raise MissingData(f"oxford_pet: no data in {root}; {by_hand(root)}")


def by_hand(root: "Path") -> str:
    """Return how to get the data without this program, and where to put them."""
    return (
        f"get images.tar.gz and annotations.tar.gz from {PAGE} and unpack both into {root / FOLDER}, "
        "or name the folder that holds the data with --data-root or $SEGBENCH_DATA"
    )


def download(root: "Path") -> None:
    """Download into `root`/oxford-iiit-pet, verified (811 MB).

    Raises:
        BenchError: no network, a damaged download, or no room; says how to get the data by hand.
    """
    from bench.data.pets.download import download_pets

    download_pets(root, FOLDER, by_hand(root))


def example(folder: "Path") -> tuple[OxfordPetParameters, "Path"]:
    """Write a few drawn animals in the official layout."""
    from bench.data.pets.example import write_example

    write_example(folder / FOLDER)
    return OxfordPetParameters(), folder


ENTRY = DatasetEntry(
    version=1,
    title="Oxford-IIIT Pet",
    licence="CC BY-SA 4.0",
    source=f"Parkhi, Vedaldi, Zisserman, Jawahar: Cats and Dogs, CVPR 2012; {PAGE}",
    parameters=OxfordPetParameters,
    open=open_pets,
    download=download,
    example=example,
    megabytes=811.1,  # both archives: 773.52 MiB by the catalogue of TensorFlow Datasets
)
