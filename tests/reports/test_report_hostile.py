"""Names that are HTML or JavaScript: shown as they are, never run; the page's policy has nothing to refuse."""

import pytest
from made_up_hostile import NAMES

from reports.record.run import open_run

OPEN = """for (const one of document.querySelectorAll("details")) one.open = true;
for (const one of document.querySelectorAll("section")) one.style.contentVisibility = "visible";"""


@pytest.fixture
def visit(browser, hostile_page):
    """Return a visitor of the page: the opened page, and what its console and its policy complained of."""
    pages = []

    def opened(fragment="", **options):
        page, faults = browser.new_page(viewport={"width": 1440, "height": 900}, **options), []
        pages.append(page)
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append("a dialog"), dialog.dismiss()))
        page.on("request", lambda request: request.url.startswith(("file:", "data:")) or faults.append(request.url))
        page.goto(hostile_page.as_uri() + fragment)
        return page, faults

    yield opened
    for page in pages:
        page.close()


def test_every_name_is_shown_and_none_is_run(visit, hostile_page):
    """Each stands on the page in full, whatever it holds; nothing of it became an element."""
    page, faults = visit()
    page.evaluate(OPEN)
    text = page.locator("body").text_content()
    assert [name for name in NAMES.values() if name not in text] == []
    assert page.title() == "suite<script>ran=10</script> · segbench report"
    assert page.evaluate("typeof ran") == "undefined"
    for element in ("iframe", "img[onerror]", "svg[onload]", "a[href^='javascript']", "main style", "main script"):
        assert page.locator(element).count() == 0, element
    assert faults == []


def test_the_run_itself_reads_the_names_as_they_are(hostile_page):
    """Checks the check: these names are what the run folder holds."""
    run = open_run(hostile_page.parent)
    held = {run.record.datasets[0].label, *run.record.datasets[0].classes, run.headline.name}
    held |= {model.label for model in run.record.models} | {entry.label for entry in run.record.perturbations}
    held |= {example.sample for example in run.index.examples}
    assert set(NAMES.values()) <= held


def test_nothing_is_run_by_using_the_page(visit):
    """Sorting, hiding, filtering, choosing and pointing put names into the page anew, and again as text."""
    page, faults = visit()
    page.evaluate(OPEN)
    for kind in ("thead button", "[data-toggle]", "[data-x]", "[data-y]", ".tools button"):
        for button in page.locator(kind).all()[:12]:
            button.evaluate("one => one.click()")
    for choice in page.locator(".choose select").all():
        for i in range(choice.locator("option").count()):
            choice.select_option(index=i)
    for point in page.locator("svg .point").all()[:5]:
        point.evaluate("one => { one.focus(); one.dispatchEvent(new MouseEvent('mouseover')); }")
    assert page.evaluate("typeof ran") == "undefined"
    assert faults == []


@pytest.mark.parametrize(
    "fragment",
    [
        "#view=%7B%22x%22%3A%22__proto__%22%2C%22hidden%22%3A%5B%22%3Cscript%3Eran%3D1%3C%2Fscript%3E%22%5D%7D",
        "#view=%7B%22tables%22%3A%7B%220%22%3A%7B%22sort%22%3A%5B99%2Ctrue%5D%2C%22filter%22%3A%22%3Cb%3E%22%7D%7D%7D",
        "#view=%7B%22tables%22%3A7%2C%22hidden%22%3A7%2C%22y%22%3A%22constructor%22%7D",
        "#view=%7Bnonsense",
        "#view=%E0%A4%A",
        '#"]<script>ran=1</script>',
    ],
)
def test_an_address_that_somebody_made_up_breaks_nothing(visit, fragment):
    """Restores nothing, runs nothing, and leaves the page usable."""
    page, faults = visit(fragment)
    page.locator("#verdict thead button").first.click()
    assert page.evaluate("typeof ran") == "undefined"
    assert faults == []


def test_the_facts_are_there_with_scripts_off(visit, hostile_page):
    """The answer, every score of the leaderboard, every panel and every table stand in the page itself."""
    run = open_run(hostile_page.parent)
    page, faults = visit(java_script_enabled=False)
    text = page.locator("body").text_content()
    for model in run.record.models:
        assert f"{run.value(run.record.datasets[0].label, model.label):.4f}" in text
    assert page.locator(".figure .line").count() >= 3 * len(run.record.models)
    assert page.locator(".how summary").count() >= 5
    assert faults == []
