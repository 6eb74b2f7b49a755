"""Every entry of the registries has its latency check, a new one too; who cannot be built says what to add."""

import runpy
from pathlib import Path

import pytest
from timed_models import checked_parameters

from bench.data import DATASETS
from bench.metrics.sets import METRIC_SETS
from bench.perturb import PERTURBATIONS
from registry import MODELS
from registry.errors import BenchError

HERE = Path(__file__).parent


def names_in(file, function):
    """Return what a check is parametrised with when its file is read now."""
    marks = runpy.run_path(str(HERE / file))[function].pytestmark
    return next(mark.args[1] for mark in marks if mark.name == "parametrize")


@pytest.fixture
def plugin(tmp_path):
    """A new entry that needs a file."""
    file = tmp_path / "models" / "mine.py"
    file.parent.mkdir()
    file.write_text(
        "from registry import ModelEntry, Parameters\n"
        "class MineParameters(Parameters):\n    weights: str\n"
        "ENTRY = ModelEntry('mine', lambda *_: None, parameters=MineParameters)\n"
    )
    MODELS.add_folder(file.parent)
    yield "mine"
    MODELS.remove_folders()


@pytest.mark.parametrize("name", MODELS.names())
def test_every_model_can_be_built_without_files_from_elsewhere(name, tmp_path):
    """Its defaults, or tiny files that are made here."""
    checked_parameters(name, tmp_path)


def test_every_entry_is_checked():
    """The names come from the registries."""
    assert names_in("test_models.py", "test_model") == MODELS.names()
    assert names_in("test_perturbations.py", "test_perturbation") == PERTURBATIONS.names()
    assert names_in("test_data.py", "test_data_set") == DATASETS.names()
    assert list(names_in("test_scores.py", "test_metric_set")) == list(METRIC_SETS)


def test_a_new_entry_gets_its_check_and_says_what_it_lacks(plugin, tmp_path):
    """In one line: what is missing, and where tiny parameters go."""
    assert plugin in names_in("test_models.py", "test_model")
    with pytest.raises(BenchError, match="'mine': mine needs weights=.*; let FILES of tests/registry/small_models.py"):
        checked_parameters(plugin, tmp_path)
