"""What axe-core, the usual checker of accessibility, finds on the page: nothing serious, nothing critical."""

from pathlib import Path

import pytest

axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed (pip install segbench[dev])")
SCRIPT = Path(axe.__file__).with_name("axe.min.js")
OPEN = """for (const one of document.querySelectorAll("details")) one.open = true;
for (const one of document.querySelectorAll("section")) one.style.contentVisibility = "visible";"""


def found(page):
    """Return the serious and critical violations: rule, first element, why."""
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        (one["id"], one["nodes"][0]["target"], one["nodes"][0]["failureSummary"][:300])
        for one in result["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_serious(browser, hostile_page, scheme, width):
    """In both themes, on a phone and on a laptop, with everything unfolded."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(hostile_page.as_uri())
    page.evaluate(OPEN)
    assert found(page) == []
    page.close()


def test_the_check_finds_what_is_wrong(browser, hostile_page):
    """Checks the check: a picture without a text and a pale text are found."""
    page = browser.new_page()
    page.goto(hostile_page.as_uri())
    page.evaluate(
        "document.querySelector('.verdict').style.color = '#eee';"
        "document.querySelector('main').append(document.createElement('img'));"
    )
    assert {"color-contrast", "image-alt"} <= {rule for rule, *_ in found(page)}
    page.close()
