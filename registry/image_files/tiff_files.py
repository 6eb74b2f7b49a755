"""TIFF, read by tifffile: it returns the stored samples, of every depth, byte order, compression and arrangement."""

import logging
from io import BytesIO
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import numpy as np

from registry.image_files import UnreadableImage
from registry.image_files.pillow_files import read_with_pillow
from registry.image_files.segment_sizes import segment_size
from registry.image_files.stored import Stored, check_single, check_size, narrowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from tifffile import TiffFile, TiffPage

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, TRANSPARENCY_MASK, CMYK, YCBCR, CIELAB = (0, 1, 2, 3, 4, 5, 6, 8)
JPEG = (6, 7, 34892)  # numbers of compressions; tifffile returns RGB where such a file holds YCbCr
INEXACT = {
    **dict.fromkeys(JPEG, "JPEG changes values"),
    **dict.fromkeys((33003, 33004, 33005, 34712), "JPEG 2000 may change values"),
    **dict.fromkeys((34927, 50001), "WebP may change values"),
    **dict.fromkeys((22610, 34934), "JPEG XR may change values"),
    **dict.fromkeys((34887,), "LERC may change values"),
    50002: "JPEG XL may change values",
    52546: "JPEG XL may change values",
}
REDUCED, MASK_PAGE = 1, 4  # bits of NewSubfileType: a thumbnail or a pyramid's level, and a transparency mask
ORIENTATION, INK_SET, COLOUR_MAP = 274, 332, 320  # numbers of tags
BYTES_A_PIXEL, SMALL = 8, 1 << 20  # four bands of 16 bits; pixels that any machine has room for
MAX_PAGES = 1000
ASSOCIATED, UNASSOCIATED = 1, 2  # of ExtraSamples: alpha with colours that are multiplied by it, and alpha

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # its notes on odd tags are not for the screen
logging.getLogger("tifffile").propagate = False


def read_tiff(name: str, content: bytes, max_pixels: int) -> Stored:
    """Return what `content` holds; `name` is for messages.

    Raises:
        UnreadableImage: above `max_pixels`, of several pages, or of a kind that is not read.
    """
    from tifffile import TiffFile

    with TiffFile(BytesIO(content)) as file:
        page = _page(name, file)
        check_size(name, page.imagewidth, page.imagelength, max_pixels)
        if page.photometric == CIELAB or (page.photometric == YCBCR and page.compression not in JPEG):
            return read_with_pillow(name, content, max_pixels)
        _check_parts(name, page, content, max_pixels)
        return _stored(name, page, _samples(name, page))


def _page(name: str, file: "TiffFile") -> "TiffPage":
    """Return the only page at full size."""
    pages = list(_pages(name, file))
    full = [page for page in pages if not page.subfiletype & (REDUCED | MASK_PAGE)] or pages
    count = max(len(full), (file.imagej_metadata or {}).get("images", 1))  # ImageJ may describe the first page alone
    check_single(name, count, "pages")
    page: TiffPage = full[0]
    check_single(name, page.imagedepth, "layers")
    return page


def _pages(name: str, file: "TiffFile") -> "Iterator[TiffPage]":
    """Yield the pages; each leads to the next, and in a damaged file back to itself."""
    seen: set[int] = set()
    for page in map(methodcaller("aspage"), file.pages):
        if page.offset in seen:
            raise UnreadableImage(f"{name}: damaged, its pages lead back to one another")
        if len(seen) == MAX_PAGES:
            raise UnreadableImage(f"{name}: it has more than {MAX_PAGES} pages where one image is expected")
        seen.add(page.offset)
        yield page


def _check_parts(name: str, page: "TiffPage", content: bytes, max_pixels: int) -> None:
    """Refuse parts that lie outside the file or would need far more memory than the image: tifffile fills gaps."""
    parts = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    if not parts or any(offset <= 0 or count <= 0 or offset + count > len(content) for offset, count in parts):
        raise UnreadableImage(f"{name}: damaged, parts of the image are not in the file")
    sizes = {segment_size(name, int(page.compression), content[offset : offset + count]) for offset, count in parts}
    if page.is_tiled:
        sizes.add((page.tilewidth, page.tilelength))
    for width, height in filter(None, sizes):
        if width * height > SMALL:
            check_size(name, width, height, max_pixels)
    if page.nbytes > BYTES_A_PIXEL * max(max_pixels, SMALL):
        raise UnreadableImage(f"{name}: its {page.samplesperpixel} bands are above max_pixels = {max_pixels}")


def _samples(name: str, page: "TiffPage") -> "NDArray[Any]":
    """Return the samples [H, W, S], whether they lie in planes or side by side."""
    if not isinstance(page.bitspersample, int):
        raise UnreadableImage(f"{name}: its bands have different depths; save it with 8 bits each")
    planes = page.asarray(squeeze=False, maxworkers=1)[:, 0]  # [planes, H, W, S]
    samples = planes[0] if len(planes) == 1 else np.moveaxis(planes[..., 0], 0, 2)
    return samples.astype(np.uint8) if samples.dtype == bool else samples


def _stored(name: str, page: "TiffPage", samples: "NDArray[Any]") -> Stored:
    unsigned = samples.dtype.kind == "u" and page.bitspersample <= 16
    top = (1 << page.bitspersample) - 1 if unsigned else None
    kind, expected = _kind(name, page)
    extra = samples.shape[2] - expected
    if extra < 0 or (extra > 1 and kind in (WHITE_IS_ZERO, BLACK_IS_ZERO)):
        raise UnreadableImage(
            f"{name}: {samples.shape[2]} bands, and the file does not say which are red, green and blue; save it as RGB"
        )
    values: Any = samples[..., 0] if expected == 1 else samples[..., :expected]
    alpha, premultiplied = _alpha(page, samples, expected, top)
    if kind == CMYK:
        values, top = _from_cmyk(name, values, top), 255
    return Stored(
        values,
        top,
        palette=_palette(page) if kind == PALETTE else None,
        alpha=alpha,
        premultiplied=premultiplied,
        white_is_zero=kind == WHITE_IS_ZERO,
        orientation=_orientation(page),
        inexact=INEXACT.get(int(page.compression), ""),
        software=page.software,
    )


def _kind(name: str, page: "TiffPage") -> tuple[int, int]:
    """Return the photometric interpretation, and how many samples it needs."""
    kind = RGB if page.photometric == YCBCR else int(page.photometric)
    counts = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, TRANSPARENCY_MASK: 1, CMYK: 4}
    if kind not in counts or (kind == CMYK and page.tags.valueof(INK_SET, 1) != 1):
        raise UnreadableImage(f"{name}: TIFF of the kind {page.photometric!r} is not read; save it as RGB")
    return kind, counts[kind]


def _alpha(
    page: "TiffPage", samples: "NDArray[Any]", expected: int, top: int | None
) -> "tuple[NDArray[np.uint8] | None, bool]":
    """Return the band that is said to be alpha, as 0..255, and whether it is associated; an unspecified one is not."""
    for number, meaning in enumerate(page.extrasamples[: samples.shape[2] - expected]):
        if meaning in (ASSOCIATED, UNASSOCIATED) and top:
            return narrowed(samples[..., expected + number], top), meaning == ASSOCIATED
    return None, False


def _from_cmyk(name: str, values: "NDArray[Any]", top: int | None) -> "NDArray[np.uint8]":
    from PIL import Image

    if top is None:
        raise UnreadableImage(f"{name}: CMYK of {values.dtype} is not read; save it as RGB")
    return np.asarray(Image.fromarray(np.ascontiguousarray(narrowed(values, top)), mode="CMYK").convert("RGB"))


def _palette(page: "TiffPage") -> "NDArray[np.uint8]":
    """Return the colours [n, 3]: the high byte of 16 bits, as libtiff; a map that stays below 256 holds 8 bits."""
    colours = np.asarray(page.tags.valueof(COLOUR_MAP)).reshape(3, -1).T
    return (colours >> 8 if colours.max() > 255 else colours).astype(np.uint8)


def _orientation(page: "TiffPage") -> int:
    value = page.tags.valueof(ORIENTATION, 1)
    return value if isinstance(value, int) else 1
