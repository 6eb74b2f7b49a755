"""The page as a tool, scripts on: tables that sort, filter and save, curves that change axes, links that restore."""

import csv
import io
import json
from urllib.parse import unquote

import pytest
from made_up_severities import many
from made_up_statistics import with_statistics

from reports import render


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The page of a run of 25 perturbations, with statistics."""
    from matplotlib.figure import Figure

    from reports.plots.figures import Figures

    draw = Figures.draw
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figures, "draw", lambda self, name, alt, _: draw(self, name, alt, lambda: Figure((1, 1))))
        made = with_statistics(many(tmp_path_factory.mktemp("tools") / "run").with_strengths(), reference="background")
        return render(made.write())


@pytest.fixture
def page(browser, report):
    opened = browser.new_page(viewport={"width": 1440, "height": 900})
    faults = []
    opened.on("console", lambda message: faults.append(message.text))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(report.as_uri())
    yield opened
    assert faults == []
    opened.close()


def shown(table):
    """Return the first cells of the rows that can be seen."""
    return table.locator("tbody tr:not([hidden]) th").all_text_contents()


def saved(page, table):
    """Return the rows of the CSV file that a table's button saves."""
    with page.expect_download() as download:
        table.locator("xpath=ancestor::figure").get_by_role("button", name="Save as CSV").click()
    return list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))


def test_a_long_table_is_filtered_and_saved_as_shown(page):
    """Keeps the rows that hold every word; the file has those rows, and the head."""
    table = page.locator("#heatmap table").first
    assert len(shown(table)) == 25
    field = page.locator("#heatmap input[type=search]").first
    field.fill("BLUR gaus")
    assert shown(table) == ["gaussian_blur"]
    rows = saved(page, table)
    assert [row[0] for row in rows] == ["perturbation", "gaussian_blur"]
    field.fill("")
    assert len(shown(table)) == 25


def test_a_saved_number_is_the_one_that_is_shown(page):
    """With its interval, and a minus sign that programs read."""
    table = page.locator("#verdict table").first
    rows = saved(page, table)
    cells = table.locator("tbody tr").first.locator("td").all_text_contents()
    assert [" ".join(cell.split()).replace("−", "-") for cell in cells] == rows[1][1:]


def test_a_link_restores_what_was_chosen(browser, page, report):
    """The order and filter of a table, the axes of the curves and the hidden models stand behind the address's #."""
    table = page.locator("#heatmap table").first
    table.locator("thead button").nth(2).click()
    page.locator("#heatmap input[type=search]").first.fill("noise")
    page.locator("#robustness [data-x=rmse]").click()
    page.locator("#robustness [data-y=relative]").click()
    page.locator("#robustness [data-toggle]").last.click()
    wanted = shown(table)
    address = page.evaluate("location.href")
    state = json.loads(unquote(address.split("#view=")[1]))
    assert (state["x"], state["y"], len(state["hidden"])) == ("rmse", "relative", 1)
    other = browser.new_page()
    other.goto(address)
    assert shown(other.locator("#heatmap table").first) == wanted
    assert other.locator("#heatmap input[type=search]").first.input_value() == "noise"
    for pressed in ("[data-x=rmse]", "[data-y=relative]"):
        assert other.locator(f"#robustness {pressed}").get_attribute("aria-pressed") == "true"
    assert other.locator("#robustness [data-toggle][aria-pressed=false]").count() == 1
    assert other.locator("#robustness .series.gone").count() == 25
    other.close()


def test_the_curves_change_their_axes_in_the_page(page):
    """Over the measured PSNR a clean image has no point; relative to clean all lines start at the same height."""
    panel = page.locator("#robustness [data-curves]").first
    points = lambda: [line.get_attribute("d").count(" ") for line in panel.locator(".line").all()]  # noqa: E731
    assert points() == [6, 6, 6]
    page.locator("#robustness [data-x=psnr]").click()
    assert "measured PSNR, dB" in panel.locator(".x").text_content()
    assert points() == [5, 5, 5]
    page.locator("#robustness [data-x=rmse]").click()
    assert points() == [6, 6, 6]
    page.locator("#robustness [data-y=relative]").click()
    starts = {line.get_attribute("d").split("L")[0] for line in panel.locator(".line").all()}
    assert len(starts) == 1


def test_a_long_table_keeps_its_head_in_view(page):
    """A table of more than 25 rows scrolls in its own frame, and the names of its columns stay."""
    frame = page.locator(".long").first
    frame.evaluate("one => { one.closest('details') && (one.closest('details').open = true); }")
    frame.scroll_into_view_if_needed()
    frame.evaluate("one => { one.scrollTop = 400; }")
    top = frame.evaluate(
        "one => one.querySelector('thead th').getBoundingClientRect().top - one.getBoundingClientRect().top"
    )
    assert frame.evaluate("one => one.scrollTop") > 0
    assert abs(top) < 2


def test_the_first_screen_answers(page):
    """At 1440 x 900 the answer, the whole leaderboard and the figure stand above the fold."""
    for part in ("#verdict .verdict", "#verdict table", "#verdict .figure.curves"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] + box["height"] <= 900, part
    frame = page.locator("#verdict .table > div").first
    assert frame.evaluate("one => one.scrollWidth <= one.clientWidth + 1")


def test_the_contents_stay_in_view(page):
    """A link of the bar leads to its section, whose title is not hidden behind the bar."""
    page.locator("nav a", has_text="Protocol").click()
    page.wait_for_function("scrollY > 0")
    bar, title = (page.locator(one).bounding_box() for one in ("nav", "#protocol-title"))
    assert bar["y"] == 0
    assert title["y"] >= bar["height"]


def test_it_prints_in_full(browser, report):
    """On paper all is unfolded, what only a screen needs is gone, and nothing scrolls."""
    page = browser.new_page(viewport={"width": 1000, "height": 1400})
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator(".tools").first.is_visible() is False
    hidden = "[...document.querySelectorAll('details > :not(summary)')].filter(e => !e.checkVisibility()).length"
    assert page.evaluate(hidden) == 0
    assert page.evaluate("getComputedStyle(document.querySelector('.long')).maxHeight") == "none"
    pdf = page.pdf(format="A4", print_background=True)
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") >= 5
    page.close()
