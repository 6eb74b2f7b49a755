"""Figures as files and as elements of the page."""

import re
from xml.etree import ElementTree

from made_up_run import NASTY

from reports.plots.figures import Figures, inline

SVG = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
  width="100pt" height="50pt" viewBox="0 0 100 50">
<metadata>http://example.org</metadata><style>*{fill: red}</style>
<defs><path id="m1" d="M0 0"/></defs>
<g id="axes_1" clip-path="url(#m1)"><use xlink:href="#m1" style="stroke: #d4d9e0"/>
<text style="fill: #1c2128">id="axes_1" url(#m1) #1c2128 &lt;b&gt;</text></g></svg>"""


def test_ids_are_prefixed_and_references_follow():
    """Lets several drawings stand on one page."""
    text = inline(SVG, "a", "alt")
    assert re.findall(r'id="([^"]+)"', text.split("<text")[0]) == ["a-m1", "a-axes_1"]
    assert 'clip-path="url(#a-m1)"' in text
    assert 'href="#a-m1"' in text


def test_the_text_of_a_drawing_is_left_alone():
    """Changes attributes only, whatever a label looks like."""
    assert ElementTree.fromstring(inline(SVG, "a", "alt")).findtext(".//text") == 'id="axes_1" url(#m1) #1c2128 <b>'


def test_style_metadata_and_namespaces_go():
    """Keeps rules that would reach the whole page, and addresses, out of it."""
    text = inline(SVG, "a", "alt")
    assert "<style" not in text
    assert "http" not in text


def test_colours_and_size_follow_the_page():
    """Takes text and grid colours from the page, and scales with it up to a limit."""
    root = ElementTree.fromstring(inline(SVG, "a", 'says "this" & <that>'))
    assert root.find(".//text").get("fill") == "currentColor"
    assert root.find(".//use").get("stroke") == "var(--rule)"
    assert not [element for element in root.iter() if "style" in element.attrib]  # the page's policy forbids it
    assert (root.get("role"), root.get("aria-label")) == ("img", 'says "this" & <that>')


def test_every_figure_is_there_as_svg_and_png(rendered):
    """Saves bars, panels, overlays and training curves in both formats."""
    folder = rendered.folder / "figures"
    drawings, pixels = ({path.stem for path in folder.glob(kind)} for kind in ("*.svg", "*.png"))
    assert drawings == pixels
    # two bar charts, the grid, a panel a perturbation, an overlay a model, two curves for each trained model
    assert len(drawings) == 2 + 1 + 8 + 3 + 2 * 2
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in folder.glob("*.png"))


def test_saved_drawings_are_complete_and_dateless(rendered):
    """Writes well-formed SVG that holds the labels as text and no date."""
    text = (rendered.folder / "figures" / "dice-by-strength-pets.svg").read_text(encoding="utf-8")
    labels = [element.text for element in ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}text")]
    assert NASTY in labels
    assert "contrast_decrease" in labels
    assert "<dc:date>" not in text


def test_damage_grows_to_the_right(rendered):
    """Draws a falling factor from 1 on the left to 0.1 on the right."""
    path = rendered.folder / "figures" / "dice-by-strength-pets-contrast-decrease.svg"
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    ticks = [float(text) for text in texts[: texts.index("factor")]]
    assert ticks[0] == 0.2
    places = [
        float(re.search(r"([\d.]+)[ ,]", element.get("transform") or element.get("x") + " ")[1])
        for element in root.iter("{http://www.w3.org/2000/svg}text")
    ][: len(ticks)]
    assert places == sorted(places, reverse=True)


def test_a_name_becomes_a_safe_file_name(tmp_path):
    """Makes file names of lower-case letters, digits and hyphens, whatever the label."""
    from bench.record.model_record import TrainingCurves
    from reports.plots.training_curves import loss_curves

    Figures(tmp_path).draw("../ <Übel> & $x$/", "alt", lambda: loss_curves(TrainingCurves(), None))
    assert {path.name for path in tmp_path.iterdir()} == {"bel-x.svg", "bel-x.png"}
