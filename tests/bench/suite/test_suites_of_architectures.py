"""The main job names every architecture; its small twin names the same models."""

from bench.suite import find_suite, load_suite
from registry import MODELS

NOT_AN_ARCHITECTURE = {"onnx", "predictions", "transformers"}
"""Answers of others: a file, masks, a saved folder. A shipped suite cannot name what a user has."""


def models(suite):
    return load_suite(find_suite(suite)).models


def test_the_main_job_has_every_architecture():
    """Every entry of the registry that needs no file of the user's."""
    assert {model.name for model in models("robustness")} == set(MODELS.names()) - NOT_AN_ARCHITECTURE


def test_its_small_twin_has_the_same_models():
    """Name and label, one by one."""
    assert [(m.name, m.label) for m in models("robustness_small")] == [(m.name, m.label) for m in models("robustness")]
