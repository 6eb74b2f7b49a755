"""A suite's `throughput`: its defaults, and what is wrong with it in one line."""

import pytest

from bench.suite import load_suite, suite_from
from registry.errors import BenchError
from registry.segmenter import Size

BATCHES = "a list of at least 1, each a whole number, at least 1"
SIZE = "model; or a list of 2, each a whole number, at least 1"
KEYS = "scenarios, batch_sizes, sizes, variants, seconds, latency_bound_ms"


def suite(**more):
    return {"name": "s", "datasets": [{"name": "shapes"}], "models": [{"name": "background"}], **more}


def rules(given):
    return suite_from(suite(throughput=given), "s").throughput


def test_a_suite_without_it_times_nothing():
    """Absent is not the same as empty."""
    assert suite_from(suite(), "s").throughput is None


def test_the_defaults_are_those_of_the_documentation():
    """`throughput: {}` asks for everything at its default."""
    found = rules({})
    assert found.scenarios == ("single_stream", "offline", "server")
    assert found.batch_sizes == (1, 2, 4, 8, 16, 32, 64)
    assert (found.sizes, found.input_sizes, found.variants) == (("model",), (None,), None)
    assert (found.seconds, found.latency_bound_ms) == (10, 50)


def test_every_key_is_taken():
    """As the documentation shows them."""
    found = rules({
        "scenarios": ["offline"],
        "batch_sizes": "auto",
        "sizes": [[512, 256], "model"],
        "variants": ["fp32", "bf16_channels_last", "tf32", "compile"],
        "seconds": 0.5,
        "latency_bound_ms": 20,
    })  # fmt: skip
    assert found.input_sizes == (Size(512, 256), None)
    assert found.variants == ("fp32", "bf16_channels_last", "tf32", "compile")
    assert (found.batch_sizes, found.largest_batch) == ("auto", 64)
    assert rules({"batch_sizes": [4, 2]}).largest_batch == 4


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (None, "throughput: it is empty; write `throughput: {}` for the defaults, or leave it out"),
        ([], f"throughput: give a mapping with the keys {KEYS} (given: [])"),
        ({"scenario": []}, "throughput.scenario: unknown key 'scenario'; did you mean 'scenarios'?"),
        (
            {"scenarios": ["offlin"]},
            "throughput.scenarios[0]: give one of single_stream, offline, server (given: 'offlin'); did you mean "
            "'offline'?",
        ),
        (
            {"scenarios": []},
            "throughput.scenarios: give a list of at least 1, each one of single_stream, offline, server (given: [])",
        ),
        ({"scenarios": ["server", "server"]}, "throughput.scenarios: server stands twice; keep one"),
        ({"batch_sizes": "atuo"}, f"throughput.batch_sizes: give auto; or {BATCHES} (given: 'atuo'); did you mean 'auto'?"),
        ({"batch_sizes": 8}, f"throughput.batch_sizes: give auto; or {BATCHES} (given: 8)"),
        ({"batch_sizes": [8, 0]}, "throughput.batch_sizes[1]: give a whole number, at least 1 (given: 0)"),
        ({"batch_sizes": [2, 4, 2]}, "throughput.batch_sizes: 2 stands twice; keep one"),
        ({"sizes": [512]}, f"throughput.sizes[0]: give {SIZE} (given: 512)"),
        ({"sizes": [[1, 2, 3]]}, f"throughput.sizes[0]: give {SIZE} (given: [1, 2, 3])"),
        ({"sizes": ["modle"]}, f"throughput.sizes[0]: give {SIZE} (given: 'modle'); did you mean 'model'?"),
        ({"sizes": [[32, 64], [32, 64]]}, "throughput.sizes: [32, 64] stands twice; keep one"),
        (
            {"variants": ["bf17"]},
            "throughput.variants[0]: give one of fp32, fp32_channels_last, bf16, bf16_channels_last, fp16, "
            "fp16_channels_last, tf32, compile (given: 'bf17'); did you mean 'bf16'?",
        ),
        ({"seconds": 0}, "throughput.seconds: give a number, above 0 (given: 0)"),
        ({"seconds": "10"}, "throughput.seconds: give a number, above 0 (given: '10')"),
        ({"latency_bound_ms": -1}, "throughput.latency_bound_ms: give a number, above 0 (given: -1)"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(given, line):
    """The place, what is allowed, what was given, and what was likely meant; nothing twice."""
    with pytest.raises(BenchError) as caught:
        rules(given)
    assert str(caught.value) == f"s: {line}"


def test_the_line_of_the_file_is_named(tmp_path):
    """As for every other key of a suite."""
    file = tmp_path / "s.yaml"
    file.write_text(
        "name: s\ndatasets: [{name: shapes}]\nmodels: [{name: background}]\nthroughput:\n  seconds: 3\n  sizes: [8]\n"
    )
    with pytest.raises(BenchError, match=r"s\.yaml:6: throughput\.sizes\[0\]: give model"):
        load_suite(file)


def test_an_empty_key_is_refused(tmp_path):
    """`throughput:` alone could mean the defaults, or nothing."""
    file = tmp_path / "s.yaml"
    file.write_text("name: s\ndatasets: [{name: shapes}]\nmodels: [{name: background}]\nthroughput:\n")
    with pytest.raises(
        BenchError, match=r"s\.yaml:4: throughput: it is empty; write `throughput: \{\}` for the defaults"
    ):
        load_suite(file)
