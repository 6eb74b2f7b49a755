"""The shipped suite of speed."""

from bench.suite import find_suite, load_suite


def test_it_needs_no_data_no_weights_and_no_training():
    """Generated images, random weights, and eight models or more."""
    suite = load_suite(find_suite("throughput"))
    assert [data.name for data in [spec.keys for spec in suite.datasets]] == ["shapes"]
    assert len({model.name for model in suite.models}) >= 8
    assert not any(model.learns for model in suite.models)
    assert not any(one for model in suite.models for one in model.entry.needs(model.parameters))
    assert suite.throughput is not None
    assert suite.sweeps == ()
