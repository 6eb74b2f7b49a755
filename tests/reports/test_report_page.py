"""The page as a reader, a browser and a screen reader get it."""

import base64
import hashlib
import re
import subprocess
import sys
from html.parser import HTMLParser
from statistics import fmean

import pytest
from made_up_run import CLASSES, MESSAGE, NASTY, SAMPLE

import reports
from reports.section import SECTIONS, Section

pytestmark = pytest.mark.usefixtures("undrawn")

ABSENT = (
    *("confusion", "reconstructions", "further_metrics", "seeds", "equal_damage"),
    *("slices", "calibration", "distribution", "comparisons", "robustness_summary"),
)
"""Sections that this run, which is an older one, has nothing for."""
VOID = {"meta", "img", "br", "link", "input", "hr", "wbr"}


class Outline(HTMLParser):
    """Collects tags with their attributes and the text outside of styles and drawings; checks the nesting."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Notes the tag and opens it."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Notes a tag that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Closes the innermost tag, which must be this one."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Notes text that a reader sees."""
        if not {"style", "script", "svg"} & set(self.open):
            self.words.append(data)

    def attributes(self, tag):
        """Return the attributes of every `tag`."""
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="session")
def outline(page):
    return Outline(page)


def test_tags_are_closed_in_order(outline):
    """Closes every element where it was opened."""
    assert outline.open == []


def test_the_page_needs_no_network(outline):
    """Refers to nothing but anchors of its own and data URIs."""
    targets = [v for _, attributes in outline.tags for k, v in attributes.items() if k in ("href", "src", "srcset")]
    assert targets
    assert all(target.startswith(("#", "data:image/")) for target in targets)
    assert not {"link", "iframe", "object", "embed", "base"} & {tag for tag, _ in outline.tags}


def test_styles_need_no_network(page):
    """Loads nothing from style rules either, and forbids all but data URIs."""
    assert "@import" not in page
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", page))
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in page
    assert "unsafe" not in page.split("<style>")[0]


def test_one_script_may_run(page, outline):
    """Holds one script and one style, allowed by their hashes, and no attribute that would be either."""
    names = {name for _, attributes in outline.tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name == "style"]
    assert outline.attributes("script") == [{}]
    for kind in ("script", "style"):
        (text,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, flags=re.S)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in page


def test_names_are_escaped(page, outline):
    """Shows names with markup in them as they are, and never as markup."""
    text = "".join(outline.words)
    for name in (NASTY, SAMPLE, MESSAGE, "pets & <friends>", "truncated <JPEG>"):
        assert name in text
        assert name not in page
    assert "<b>" not in page


def test_every_image_and_drawing_has_a_text(outline):
    """States in words what every image shows."""
    assert outline.attributes("img")
    assert all(attributes["alt"] for attributes in outline.attributes("img"))
    drawings = [a for a in outline.attributes("svg") if "aria-hidden" not in a]
    assert len(drawings) > 10
    assert all(a["role"] in ("img", "group") and a["aria-label"] for a in drawings)


def test_ids_are_unique_and_links_lead_somewhere(outline):
    """Gives every id once; every anchor and every reference inside a drawing has its target."""
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"] for _, attributes in outline.tags if "href" in attributes}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)


def test_every_number_stands_in_the_summary(rendered, outline):
    """Prints no score of four decimals that is not a value of the files or a mean or drop made of them."""
    rows = [row for row in rendered.rows if row[4] in ("standard", "edinburgh_000")]
    allowed = {f"{row[8]:.4f}" for row in rows} | {f"{value:.4f}" for value in (0.5, 1 / 3)}
    dice = {tuple(row[1:4]): row[8] for row in rows if row[4:7] == ["standard", "dice", "mean"]}
    clean = [row for row in rows if row[2] == "clean" and row[4:6] == ["standard", "dice"]]
    for model in rendered.models:
        allowed.add(f"{fmean(row[8] for row in clean if row[1] == model and row[6] in CLASSES[1:]):.4f}")
    for model in rendered.models:
        means = [fmean(dice[model, name, s] for s in levels) for name, (_, _, levels) in rendered.perturbations.items()]
        perturbed = fmean(means)
        drop = f"{dice[model, 'clean', 0.0] - perturbed:.4f}".replace("-", "−")
        allowed |= {*(f"{mean:.4f}" for mean in means), f"{perturbed:.4f}", drop}
    printed = set(re.findall(r"−?\d\.\d{4}\b", " ".join(outline.words)))
    assert len(printed) > 150
    assert printed <= allowed


def test_every_table_of_scores_prints_its_rules(page):
    """Prints border policy, reduction, absent-class rule and number of images with every table of scores."""
    tables = re.findall(r'<figure class="table">(.*?)</figure>', page, flags=re.S)
    scores = [table for table in tables if re.search(r"<th scope=\"col\"[^>]*>[^<]*Dice", table)]
    assert len(scores) >= 6
    rule = re.compile(r"Metric set \w+, \d+ images?\. Pixels on the border .*? scored.*?A class that is neither", re.S)
    assert all(rule.search(table) for table in scores)


def test_dark_readers_get_readable_figures(page):
    """Draws text in the page's own colour and has a dark set of colours."""
    assert "prefers-color-scheme: dark" in page
    figures = re.findall(r'<figure class="plot">(.*?)</figure>', page, flags=re.S)
    assert figures
    for figure in figures:
        assert "currentColor" in figure or 'class="figure' in figure  # ours have the style sheet's colours
        assert "#1c2128" not in figure


def test_sections_come_in_their_order(outline):
    """Puts the sections in the order that their entries name; this run has no matrices, speeds or further metrics."""
    ids = [attributes["id"] for attributes in outline.attributes("section")]
    expected = sorted(SECTIONS.names(), key=lambda name: SECTIONS[name].order)
    assert ids == [name for name in expected if name not in ABSENT and not name.startswith("speed")]


def test_what_failed_is_named(outline):
    """Lists failed conditions and left-out images."""
    text = "".join(outline.words)
    assert "Conditions that failed" in text
    assert "Images left out" in text


def test_several_data_sets_have_a_leaderboard_each(make_run):
    """Keeps the data sets apart: a leaderboard and panels for each."""
    path = reports.render(make_run(datasets=2, models=1, perturbations=1).write())
    text = path.read_text(encoding="utf-8")
    assert "Leaderboard on pets" in text
    assert "Leaderboard on shapes &lt;2&gt;" in text
    assert len(list((path.parent / "figures").glob("dice-by-strength-*-additive-noise.svg"))) == 2


def test_a_page_is_remade_the_same(make_run):
    """Writes the same bytes for the same run: page, tables and every figure."""
    folder = make_run(models=2, perturbations=1).write()

    def snapshot():
        reports.render(folder)
        return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert snapshot() == snapshot()


@pytest.mark.slow
def test_rendering_imports_no_torch(make_run):
    """Draws a report without torch or lightning, and `import reports` without anything heavy."""
    code = (
        "import sys; from pathlib import Path; import reports\n"
        "light = {'numpy', 'pandas', 'matplotlib', 'seaborn', 'jinja2', 'pydantic'} & set(sys.modules)\n"
        "assert not light, light\n"
        "reports.leaderboard(Path(sys.argv[1]))\n"
        "early = {'numpy', 'pandas', 'matplotlib', 'seaborn'} & set(sys.modules)\n"
        "assert not early, early\n"
        "reports.render(Path(sys.argv[1]))\n"
        "heavy = {'torch', 'lightning', 'torchvision', 'albumentations', 'cv2'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    folder = make_run(models=2, perturbations=1).with_examples().write()
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", SECTIONS.names())
def test_an_entry_is_a_section(name):
    """Every file of the folder holds a section with a heading of its own."""
    entry = SECTIONS[name]
    assert isinstance(entry, Section)
    assert [SECTIONS[other].title for other in SECTIONS.names()].count(entry.title) == 1
    assert [SECTIONS[other].order for other in SECTIONS.names()].count(entry.order) == 1
