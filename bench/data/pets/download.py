"""Oxford-IIIT Pet from its home, verified, and put in place only when complete."""

from http.client import HTTPException
from typing import TYPE_CHECKING

from bench.host.files import refuse_links, remove_folder, reported_os_errors
from registry.errors import BenchError

if TYPE_CHECKING:
    from pathlib import Path

# Addresses and MD5 sums as in torchvision's OxfordIIITPet.
ARCHIVES = (
    ("https://www.robots.ox.ac.uk/~vgg/data/pets/data/images.tar.gz", "5c4f3ee8e5d25df40f4fd59a7f44e54c"),
    (
        "https://www.robots.ox.ac.uk/~vgg/data/pets/data/annotations.tar.gz",
        "95a8c909bbe2e81eed6a22bccdf3f68f",
    ),
)


def download_pets(root: "Path", folder: str, by_hand: str) -> None:
    """Put the data set into `root`/`folder`; an archive that arrived whole is kept for the next try.

    Raises:
        BenchError: no network, a damaged archive, no room or no permission; ends with `by_hand`.
    """
    target, staging = root / folder, root / f".{folder}.download"
    if target.exists() and any(target.iterdir()):
        raise BenchError(f"oxford_pet: {target} exists but is incomplete; move it away, or {by_hand}")
    from torchvision.datasets.utils import download_and_extract_archive

    try:
        with reported_os_errors(root):
            root.mkdir(parents=True, exist_ok=True)  # the user's: it may lie behind a link
            refuse_links(staging, *(staging / address.rpartition("/")[2] for address, _ in ARCHIVES))
            remove_folder(staging / folder)  # what an earlier try has unpacked
            for address, md5 in ARCHIVES:
                download_and_extract_archive(address, str(staging), str(staging / folder), md5=md5)
            if target.exists():
                target.rmdir()
            (staging / folder).replace(target)
            remove_folder(staging)
    except (HTTPException, RuntimeError, EOFError, OSError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BenchError(f"oxford_pet: the download failed ({reason}); {by_hand}") from error
