"""The page on models: every entry and key is on it, and every piece of a suite is one that `bench check` accepts."""

import re
from pathlib import Path

import pytest

from bench.suite import load_suite
from bench.suite.prompt_policies import POLICIES
from registry import MODELS
from registry.recipe import Augmentation, Recipe

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "models.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
HEAD = "name: page\ndatasets: [{name: oxford_pet}]\nmetric_sets: [standard, sam2_binary]\nmodels:\n"


@pytest.mark.parametrize("block", BLOCKS, ids=[block.splitlines()[0] for block in BLOCKS])
def test_each_piece_of_a_suite_is_accepted(block, tmp_path):
    """As the models of a small suite; files that it names need not be there."""
    file = tmp_path / "suite.yaml"
    file.write_text(HEAD + "".join(f"  {line}" for line in block.splitlines(keepends=True)), encoding="utf-8")
    assert len(load_suite(file).models) == block.count("name: ")


def test_the_catalogue_has_every_entry_once_with_its_prompts():
    """A row each, and the policies in the entry's order, its default first; a dash where there are none."""
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| `") and line.count(" | ") == 4]
    assert sorted(row[0].strip("| `") for row in rows) == MODELS.names()
    for name, prompts in ((row[0].strip("| `"), row[3]) for row in rows):
        said = [word.strip("`") for word in prompts.split(", ") if word != "–"]
        assert said == list(MODELS[name].prompts) or prompts == "as `sam2`"
    assert {MODELS[name].prompts for name in MODELS.names() if name.startswith("sam2")} == {MODELS["sam2"].prompts}


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("| policy |", POLICIES),
        ("| key |", Recipe.model_fields),
        ("| key of `augmentation` |", Augmentation.model_fields),
    ],
)
def test_its_tables_have_every_key(heading, names):
    """No more and no less."""
    rows = PAGE[PAGE.index(heading) :].split("\n\n")[0].splitlines()[2:]
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row.split(" | ")[0])) == sorted(names)


def test_the_supervision_groups_are_those_of_the_policies():
    """What a policy gives away of the truth, word for word."""
    for name, policy in POLICIES.items():
        assert re.search(rf"^\| `{name}` \| .* \| {policy.supervision} \|$", PAGE, flags=re.MULTILINE)
