"""The models that `--only` names."""

import pytest

from bench.suite import load_suite
from bench.suite.model_filter import selected
from registry.errors import BenchError


def test_a_name_a_label_and_a_pattern_pick_models(write):
    """Each pick adds; no pick is all of them."""
    suite = load_suite(write())
    assert selected(suite, ()) == {"background", "net"}
    assert selected(suite, ("unet",)) == selected(suite, ("net",)) == selected(suite, ("un*",)) == {"net"}
    assert selected(suite, ("net", "back*")) == {"background", "net"}


def test_only_with_an_unknown_model_suggests_one(write):
    """A misspelling is not an empty run."""
    with pytest.raises(BenchError, match=r"--only backgroud: .* did you mean 'background'\?"):
        selected(load_suite(write()), ("backgroud",))
