"""Links and paths in the docs lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
IDS = [page.relative_to(ROOT).as_posix() for page in PAGES]
TOP = ("bench", "registry", "reports", "suites", "tests", "docs")


def prose(page):
    """The text of a page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page):
    """What GitHub makes of the headings: lower case, hyphens for spaces, no punctuation."""
    headings = re.findall(r"^#+ (.*)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page):
    """Files beside the page, and headings in them."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_paths_of_the_repository_exist(page):
    """Whatever stands as code and begins like one of its folders."""
    code = [word.partition("::")[0] for word in re.findall(r"`([^`\n]+)`", prose(page))]
    paths = [word for word in code if word.split("/")[0] in TOP and re.fullmatch(r"[\w./-]+/[\w./-]*", word)]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_page_is_reached_from_the_readme():
    """Nobody finds a page that no other one names."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            waiting += [
                (page.parent / target.partition("#")[0]).resolve()
                for target in re.findall(r"\]\((?!https?:)([^)\s]+\.md[^)]*)\)", prose(page))
            ]
    assert reached >= set(PAGES)


def test_every_room_stands_on_the_map():
    """Every package of `bench`, in the file for contributors."""
    rooms = re.findall(
        r"^\| `(bench/\w+)` \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert sorted(rooms) == sorted(f"bench/{file.parent.name}" for file in (ROOT / "bench").glob("*/__init__.py"))
