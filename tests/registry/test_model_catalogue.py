"""Tables of entries in the docs: between two markers, a line for each model."""

import pytest

from registry import MODELS
from registry.catalogue import markdown, markers, model_table, rewritten
from registry.errors import BenchError

BEGIN, END = markers("cows")


def test_a_table_has_a_line_for_each_row():
    """The head, the rule under it, the rows."""
    assert markdown(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_the_table_is_made_anew_and_the_rest_stays():
    """Whatever stands between the markers is replaced; a second time changes nothing."""
    page = f"# Title\n\n{BEGIN}\nold `gone` rows\n{END}\n\nMore.\n"
    written = rewritten(page, "cows", "| new |")
    assert written == f"# Title\n\n{BEGIN}\n\n| new |\n\n{END}\n\nMore.\n"
    assert rewritten(written, "cows", "| new |") == written


@pytest.mark.parametrize("page", ["no markers", f"{BEGIN}\n", f"{END}\n", f"{END}\n{BEGIN}\n"])
def test_a_page_without_a_place_for_the_table_is_refused(page):
    """The message has the two lines that the page needs."""
    with pytest.raises(BenchError, match="no place for the table of cows") as caught:
        rewritten(page, "cows", "| new |")
    assert BEGIN in str(caught.value)
    assert END in str(caught.value)


def test_every_model_has_a_line_with_its_prompts():
    """Two of them written out by hand."""
    lines = {line.split("`")[1]: line for line in model_table().splitlines()[2:]}
    assert list(lines) == MODELS.names()
    assert lines["background"] == (
        "| `background` | labels every pixel as background: the baseline that costs nothing | – | segbench | Apache-2.0 |"
    )
    assert "| `gt_box`, `full_box` |" in lines["prompt_box"]
