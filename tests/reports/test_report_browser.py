"""The page in a real browser: from disk, offline, scripts off."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium")


@pytest.fixture
def browser():
    """Debian's chromium, headless; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield started
        started.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 400])
def test_the_page_opens_from_disk_without_network_and_scripts(browser, rendered, scheme, width):
    """Everything is there, nothing is asked for elsewhere, nothing sticks out to the right."""
    context = browser.new_context(
        java_script_enabled=False, offline=True, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((rendered.folder / "report.html").as_uri())
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    titles = page.locator("h2").all_inner_texts()
    assert {"Protocol", "Leaderboard", "Predictions"} <= set(titles)
    assert page.locator("section img").count() > 0
    box = page.locator("body").bounding_box()
    assert box is not None
    assert box["width"] <= width
    context.close()
