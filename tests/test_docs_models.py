"""The page on models: every entry and key is on it, and every piece of a suite is one that `bench check` accepts."""

import re
from pathlib import Path

import pytest

from bench.suite import load_suite
from bench.suite.prompt_policies import POLICIES
from registry import MODELS
from registry.catalogue import markers, model_table
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


def test_the_catalogue_describes_entries_as_they_are():
    """A line each, made from the entry; one that is not there yet waits for `make docs` and breaks nothing."""
    begin, end = markers("models")
    documented = re.findall(r"^\| `(\w+)` .*$", PAGE[PAGE.index(begin) : PAGE.index(end)], flags=re.MULTILINE)
    assert set(documented) <= set(MODELS.names())
    assert set(model_table().splitlines()) >= set(PAGE[PAGE.index(begin) : PAGE.index(end)].strip().splitlines()[2:])
    assert len(documented) > 20


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
