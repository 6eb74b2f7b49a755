"""Figures as files and as part of the page: SVG and PNG of every drawing, the same bytes for the same run."""

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

from bench.host.files import refuse_links, write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

INK, RULE, PAPER = "#1c2128", "#d4d9e0", "#fefefe"
"""Text, grid and background of a drawing; the page replaces them by its own, light or dark."""

_INLINE = {INK: "currentColor", RULE: "var(--rule)", PAPER: "none"}
_SAVED: dict[str, Any] = {
    "svg": {"metadata": {"Date": None, "Creator": None, "Format": None, "Type": None}},
    "png": {"metadata": {"Software": None}, "dpi": 160},
    "pdf": {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
}
FORMATS = tuple(_SAVED)
_GROWTH = 1.25
_STYLE: Any = {
    "axes.axisbelow": True, "axes.edgecolor": RULE, "axes.facecolor": "none", "axes.grid": True,
    "axes.labelcolor": INK, "axes.labelsize": 9, "axes.spines.right": False, "axes.spines.top": False,
    "axes.titlelocation": "left", "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlecolor": INK,
    "figure.facecolor": PAPER, "font.family": "sans-serif", "font.size": 9, "grid.color": RULE,
    "grid.linewidth": 0.8, "legend.frameon": False, "legend.handlelength": 3.0,
    "savefig.facecolor": PAPER, "text.color": INK, "text.parse_math": False, "xtick.color": RULE,
    "xtick.labelcolor": INK, "ytick.color": RULE, "ytick.labelcolor": INK, "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5, "svg.fonttype": "none", "svg.hashsalt": "segbench", "pdf.fonttype": 42,
}  # fmt: skip


class Figures:
    """The folder of figures, made anew: what an earlier report left there goes when `sweep` is called.

    formats: of the files, of `FORMATS`; a page needs svg among them.

    Raises:
        StorageError: the folder is a link.
    """

    def __init__(self, folder: "Path", formats: "Sequence[str]" = ("svg", "png")) -> None:
        refuse_links(folder)
        self._folder, self._formats = folder, formats
        self._names: set[str] = set()

    def draw(self, name: str, alt: str, plot: "Callable[[], Figure]") -> Markup:
        """Save what `plot` draws as ``<name>.<format>``; return the SVG for the page, nothing where none is asked for.

        `name` may hold anything: it becomes lower-case letters, digits and hyphens, and unique.
        """
        import warnings

        import matplotlib

        slug = self._unique(name)
        with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
            # A label in a script that the drawing font lacks: the SVG shows it all the same, the PNG a box.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            svg = _save(plot(), self._folder / slug, self._formats)
        return inline(svg, slug, alt) if svg else Markup()

    def sweep(self) -> int:
        """Remove figures of this folder that were not drawn this time, so that none shows an older state.

        Return how many were drawn.
        """
        suffixes = [f".{name}" for name in self._formats]
        for path in self._folder.glob("*"):
            if path.suffix in suffixes and path.stem not in self._names:
                path.unlink()
        return len(self._names)

    def _unique(self, name: str) -> str:
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80] or "figure"
        number = 2
        while slug in self._names:
            slug, number = f"{slug.rstrip('0123456789').rstrip('-')}-{number}", number + 1
        self._names.add(slug)
        return slug


def _save(figure: "Figure", stem: "Path", formats: "Sequence[str]") -> str:
    """Write the figure in each format without a date; return the SVG's text."""
    contents: dict[str, bytes] = {}
    for name in formats:
        content = BytesIO()
        figure.savefig(content, format=name, **_SAVED[name])
        figure.set_layout_engine("none")  # the layout is found; finding it again would take as long as drawing
        contents[name] = content.getvalue()
        write_atomic(stem.with_name(f"{stem.name}.{name}"), contents[name])
    return contents.get("svg", b"").decode()


def inline(svg: str, prefix: str, alt: str) -> Markup:
    """Return an SVG document as an element for a page that may hold several.

    Ids get `prefix`; style rules, metadata and namespaces go; text and grid take the page's colours; `alt` is what a
    screen reader reads out. Styles become attributes: the page's policy allows no style in an element.
    """
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = _local(element.tag)
        styles = [one.split(":", 1) for one in element.attrib.pop("style", "").split(";") if ":" in one]
        for key, value in [*element.attrib.items(), *((key.strip(), value.strip()) for key, value in styles)]:
            element.attrib.pop(key, None)
            element.set(_local(key), _attribute(_local(key), value, prefix))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in ("metadata", "style"):
                parent.remove(child)
    for side in ("width", "height"):
        root.set(side, f"{_GROWTH * float(root.attrib.pop(side).removesuffix('pt')):.0f}pt")
    root.attrib |= {"role": "img", "aria-label": alt}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _attribute(key: str, value: str, prefix: str) -> str:
    if key == "id":
        return f"{prefix}-{value}"
    if key == "href" and value.startswith("#"):
        return f"#{prefix}-{value[1:]}"
    value = value.replace("url(#", f"url(#{prefix}-")
    for colour, replacement in _INLINE.items():
        value = value.replace(colour, replacement)
    return value
