"""The page in a real browser: from disk, offline, scripts off."""

import pytest
from made_up_pictures import with_pictures
from made_up_run import MODELS
from made_up_severities import many

from reports.record.anchors import worst_anchor


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1100, "light"),
        (400, "dark"),
        *(pytest.param(*one, marks=pytest.mark.slow) for one in ((1100, "dark"), (400, "light"))),
    ],
)
def test_the_page_opens_from_disk_without_network_and_scripts(browser, rendered, scheme, width):
    """Everything is there, nothing is asked for elsewhere, nothing sticks out to the right."""
    context = browser.new_context(
        java_script_enabled=False, offline=True, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((rendered.folder / "report.html").as_uri())
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    titles = page.locator("h2").all_text_contents()
    assert titles[0] == "Answer"
    assert titles[-1] == "Protocol"
    assert {"Worst images", "The same image"} <= set(titles)
    assert page.locator("section img").count() > 0
    box = page.locator("body").bounding_box()
    assert box is not None
    assert box["width"] <= width
    context.close()


WIDER = """[...document.querySelectorAll(".table > div")]
.filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute("aria-label"))"""


def cut(browser, folder, width):
    """Return the tables that a screen of this width cuts off, and how far the page itself sticks out."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((folder / "report.html").as_uri())
    found = page.evaluate(WIDER), page.evaluate("document.documentElement.scrollWidth") - width
    page.close()
    return found


def test_no_table_is_cut_on_a_laptop(browser, rendered):
    """Shows every column of every table, `n` among them, at 1100 pixels."""
    assert cut(browser, rendered.folder, 1100) == ([], 0)


@pytest.mark.slow
def test_many_perturbations_fit(browser, tmp_path):
    """Keeps 25 perturbations on the page: nothing is cut on a laptop, nothing sticks out on a phone."""
    from reports import render

    folder = many(tmp_path / "run", models=2).with_strengths().write()
    render(folder)
    assert cut(browser, folder, 1600) == ([], 0)
    assert cut(browser, folder, 1100) == ([], 0)
    assert cut(browser, folder, 390)[1] == 0


def test_a_click_sorts_a_table(browser, rendered):
    """By number or by word, either way, with the mouse or the keyboard; what has no number stands last."""
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    faults = []
    page.on("console", lambda message: faults.append(message.text))
    page.goto((rendered.folder / "report.html").as_uri())
    board = page.locator("#verdict table").first
    scores = lambda: board.locator("tbody tr td:nth-of-type(1)").all_inner_texts()  # noqa: E731
    title = board.get_by_role("button", name="clean Dice")
    before = [text.split()[0] for text in scores()]
    title.click()
    assert [text.split()[0] for text in scores()] == sorted(before, key=float)
    title.press("Enter")
    assert [text.split()[0] for text in scores()] == sorted(before, key=float, reverse=True)
    assert board.locator("th[aria-sort=descending]").count() == 1
    board.locator("tbody tr").first.locator("td").first.evaluate("cell => { cell.textContent = 'n too small'; }")
    for _ in range(2):
        title.press("Space")
        assert scores()[-1] == "n too small"
    names = board.get_by_role("button", name="model")
    names.click()
    found = board.locator("tbody th").all_inner_texts()
    assert found == sorted(found, key=str.lower)
    assert faults == []
    page.close()


VISIBLE = """[...document.querySelectorAll("#worst_images .picture")].filter(e => e.checkVisibility())
.map(e => [e.dataset.model, e.dataset.condition, e.dataset.sample])"""


@pytest.fixture
def pictures(browser, make_run):
    """A page with the pictures of two models, and the faults that it reported."""
    from reports import render

    folder = with_pictures(make_run(models=3, perturbations=2)).write()
    page, faults = browser.new_page(viewport={"width": 1100, "height": 900}), []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(render(folder).as_uri())
    yield page, faults
    page.close()


def test_pictures_are_chosen_by_model_condition_and_sample(pictures):
    """One picture of all models stands below each other; a choice opens its folds, and "all" shows all again."""
    page, faults = pictures
    net, smp = list(MODELS)[1:]
    choose = lambda name, value: page.select_option(f"#worst_images select[name={name}]", value)  # noqa: E731
    assert {model for model, _, _ in page.evaluate(VISIBLE)} == {net}  # the first model's clean images are unfolded
    choose("sample", "hard")
    assert len(page.evaluate(VISIBLE)) == 2 * 3
    choose("condition", "additive_noise")
    assert page.evaluate(VISIBLE) == [[net, "additive_noise", "hard"], [smp, "additive_noise", "hard"]]
    choose("sample", "")
    choose("model", smp)
    assert {tuple(one[:2]) for one in page.evaluate(VISIBLE)} == {(smp, "additive_noise")}
    assert len(page.evaluate(VISIBLE)) == 5
    choose("condition", "")
    choose("model", "")
    assert {model for model, _, _ in page.evaluate(VISIBLE)} == {net}
    assert faults == []


def test_a_link_restores_the_chosen_pictures(pictures):
    """The address holds the choice; one of another page chooses nothing."""
    page, faults = pictures
    smp = list(MODELS)[2]
    page.select_option("#worst_images select[name=model]", smp)
    page.select_option("#worst_images select[name=condition]", "additive_noise")
    page.reload()
    assert {tuple(one[:2]) for one in page.evaluate(VISIBLE)} == {(smp, "additive_noise")}
    page.evaluate("""location.hash = "#view=" + encodeURIComponent('{"pictures": {"model": "gone", "x": "y"}}')""")
    page.reload()
    assert len(page.evaluate(VISIBLE)) > 0
    assert faults == []


def test_a_link_to_pictures_opens_them(pictures):
    """Also when a choice hides them."""
    page, faults = pictures
    smp = list(MODELS)[2]
    page.select_option("#worst_images select[name=condition]", "clean")
    page.evaluate(f"location.hash = '#{worst_anchor('pets', smp, 'binomial_blur')}'")
    page.wait_for_function("document.querySelector('#worst_images select[name=condition]').value === ''")
    assert (smp, "binomial_blur") in {tuple(one[:2]) for one in page.evaluate(VISIBLE)}
    assert faults == []


@pytest.mark.parametrize("width", [390, 1440])
def test_pictures_fit_the_screen(pictures, width):
    """With all folds open nothing sticks out to the right: what is wider scrolls in its own frame."""
    page, _ = pictures
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
