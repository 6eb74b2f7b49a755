"""Figures of the page in a real browser: saved as files, walked by keyboard, no interval of another number."""

import xml.etree.ElementTree as ElementTree

import pytest
from made_up_run import RunFolder
from made_up_statistics import with_statistics


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Return the page of a run with statistics, drawn once."""
    from reports import render

    return render(with_statistics(RunFolder(tmp_path_factory.mktemp("figures") / "run", perturbations=2)).write())


@pytest.fixture
def page(browser, report):
    """Return the open page; a fault of its script fails the test."""
    shown, faults = browser.new_page(viewport={"width": 1200, "height": 900}), []
    shown.on("pageerror", lambda error: faults.append(str(error)))
    shown.on("console", lambda message: faults.append(message.text))
    shown.goto(report.as_uri())
    yield shown
    assert faults == []
    shown.close()


def test_a_figure_is_saved_as_a_file_that_needs_no_page(page):
    """It is well-formed, has colours of its own and no class that a style sheet would have to know."""
    with page.expect_download() as started:
        page.locator("#distribution .plot > .save").first.evaluate("button => button.click()")
    assert started.value.suggested_filename.endswith(".svg")
    root = ElementTree.parse(started.value.path()).getroot()
    areas = [one for one in root.iter() if one.get("fill", "").startswith("rgb(")]
    assert len({one.get("fill") for one in areas}) > 2
    assert not any(one.get("class") or one.get("style") for one in root.iter())
    assert any(one.tag.endswith("title") for one in root.iter())


def test_the_arrows_walk_through_a_figure_that_is_one_stop(page):
    """Right to the next level of a model, down to the same level of the next model."""
    svg = page.locator("#robustness svg.curves").first
    assert svg.locator("[tabindex='0']").count() == 1
    svg.locator("[tabindex='0']").focus()
    here = lambda: page.evaluate("document.activeElement.getAttribute('aria-label')")  # noqa: E731
    first = here()
    page.keyboard.press("ArrowRight")
    model = first.split(",")[0]
    assert here().startswith(f"{model}, 2:")
    page.keyboard.press("ArrowLeft")
    assert here() == first
    page.keyboard.press("ArrowDown")
    assert not here().startswith(model)
    assert ", clean:" in here()


def test_relative_to_clean_there_are_no_bands(page):
    """The interval of a ratio is another one than the interval of the score: it is not shown as if it were."""
    band = page.locator("#robustness svg.curves .band").nth(1)
    assert band.get_attribute("d")
    page.locator("[data-y=relative]").first.click()
    assert not band.get_attribute("d")
    page.locator("[data-y=absolute]").first.click()
    assert band.get_attribute("d")
