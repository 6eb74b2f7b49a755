"""The tables of speed against values written by hand, and against NumPy on the samples."""

import csv
import io

import numpy as np
import pytest

from bench.record.csv_columns import STAGES, THROUGHPUT
from bench.record.run_record import PlannedTiming
from bench.record.timing_record import Samples, TimingRecord
from bench.record.timing_tables import CleanScore, timing_rows, timing_tables


def samples(rate=None, **paths):
    found = [(path, i, ns) for path, times in paths.items() for i, ns in enumerate(times)]
    path, call, ns = zip(*found, strict=True) if found else ((), (), ())
    rates = None if rate is None else np.array(rate, np.float64)
    calls = np.array(call, np.int32)
    return Samples(np.array(path, np.str_), np.zeros_like(calls), calls, np.array(ns, np.int64), rates)


def record(**facts):
    return TimingRecord(**{"dataset": "d", "model": "m", "scenario": "offline", "variant": "bf16", **facts})


UNSCORED = CleanScore()


def tables(measured, facts, score=UNSCORED, **plan):
    names = {"dataset": "d", "model": "m", "scenario": facts.scenario, "variant": facts.variant, "key": "key", **plan}
    texts = timing_tables([(PlannedTiming(**names), timing_rows("key", measured, facts), score)])
    return [list(csv.DictReader(io.StringIO(texts[name]))) for name in ("throughput.csv", "stages.csv")]


def test_the_header_is_there_without_a_row():
    """So that a table of nothing can be read."""
    texts = timing_tables([])
    assert texts == {"throughput.csv": ",".join(THROUGHPUT) + "\n", "stages.csv": ",".join(STAGES) + "\n"}


def test_percentiles_are_those_of_numpy():
    """MLPerf's index floor(n p) is NumPy's `higher` method of n p; latencies are per call, in milliseconds."""
    times = np.random.default_rng(0).permutation(np.arange(1, 1001)) * 1_000_000
    (row,), _ = tables(samples(predict=times), record(batch_size=4))
    ordered = np.sort(times) / 1e6
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        assert float(row[f"{name}_ms"]) == ordered[int(1000 * share)]
        assert float(row[f"{name}_bound_ms"]) >= float(row[f"{name}_ms"])
    assert (row["calls"], row["images"]) == ("1000", "4000")


@pytest.mark.parametrize(
    ("n", "known"), [(10, ""), (11, "50"), (63, "50"), (64, "50 90"), (661, "50 90"), (662, "50 90 99")]
)
def test_a_percentile_needs_calls(n, known):
    """conventions.md 3.11: 11, 64 and 662 calls; two columns say so otherwise."""
    (row,), _ = tables(samples(predict=range(1, n + 1)), record())
    small = {p for p in ("50", "90", "99") if row[f"p{p}_ms"] == row[f"p{p}_bound_ms"] == "n too small"}
    assert {"50", "90", "99"} - small == {*known.split()}


def test_throughput_and_the_roofline():
    """2 calls of 8 images in 4 ms: 4,000 images/s; of 10 M multiply-accumulates each 80 GFLOP/s."""
    facts = {"batch_size": 8, "macs": 10_000_000, "peak_gflop_per_second": 100.0}
    measured = samples(predict=[5_000_000, 3_000_000], network=[1_000_000, 3_000_000])
    (network, predict), _ = tables(measured, record(**facts))
    assert (network["path"], predict["path"]) == ("network", "predict")
    assert (float(network["images_per_second"]), float(predict["images_per_second"])) == (4000, 2000)
    assert float(network["gflop_per_second"]) == pytest.approx(80)
    assert float(network["share_of_peak"]) == pytest.approx(0.8)
    assert (predict["gflop_per_second"], predict["share_of_peak"]) == ("", "")
    # 20 MFLOP over 1 MB are 20 FLOP a byte: at 4.5 GB/s memory lets 90 GFLOP/s through, at 50 GB/s it is no limit.
    for speed, share in ((4.5, 80 / 90), (50.0, 0.8)):
        (network, _), _ = tables(measured, record(**facts, bytes_per_image=1e6, peak_gb_per_second=speed))
        assert float(network["share_of_peak"]) == pytest.approx(share)


def test_a_server_counts_the_queries_of_the_rate_that_it_keeps():
    """One image each; they overlap, so that their sum is no time."""
    measured = samples(rate=[10.0, 10.0, 20.0, 20.0, 15.0], predict=[1, 2, 3, 4, 5])
    (row,), _ = tables(measured, record(scenario="server", batch_size=64, rate_per_second=20.0, latency_bound_ms=50))
    assert (row["calls"], row["images"], row["rate_per_second"]) == ("2", "2", "20.0")
    assert (row["batch_size"], row["images_per_second"], row["latency_bound_ms"]) == ("64", "", "50.0")


def test_a_server_that_keeps_no_rate():
    """Its samples are of rates that it did not keep."""
    (row,), _ = tables(samples(rate=[10.0, 20.0], predict=[1, 2]), record(scenario="server"))
    assert (row["calls"], row["rate_per_second"], row["p50_ms"]) == ("0", "", "n too small")


def test_a_failure_is_a_row_with_its_reason():
    """Whatever the scenario."""
    for scenario in ("offline", "server", "stages"):
        (row,), stages = tables(samples(), record(scenario=scenario, failed="memory ran out", batch_size=64))
        assert (row["path"], row["failed"], row["batch_size"], row["calls"]) == ("predict", "memory ran out", "64", "")
        assert stages == []


def test_the_score_of_what_was_timed():
    """A score may be known and its Dice not be defined."""
    for score, words in (
        (CleanScore(True, 0.5), ("true", "0.5")),
        (CleanScore(True), ("true", "")),
        (CleanScore(), ("false", "")),
    ):
        (row,), _ = tables(samples(predict=[1]), record(), score)
        assert (row["scored"], row["dice"], row["key"]) == (*words, "key")


def test_stages_and_their_remainder_add_up():
    """Means: 4 + 6 ms of stages, 12 ms end to end, so 2 ms remain; in the order of the image's way."""
    ms = 1_000_000
    measured = samples(decode=[2 * ms, 3 * ms, 7 * ms], network=[6 * ms] * 3, end_to_end=[10 * ms, 14 * ms])
    none, rows = tables(measured, record(scenario="stages", height=32, width=64, device="cpu"))
    assert none == []
    assert [row["stage"] for row in rows] == ["decode", "network", "remainder", "end_to_end"]
    assert [float(row["mean_ms"]) for row in rows] == [4, 6, 2, 12]
    assert [float(row["share"]) for row in rows] == pytest.approx([1 / 3, 1 / 2, 1 / 6, 1])
    assert [row["median_ms"] for row in rows] == ["3.0", "6.0", "", "12.0"]
    assert [row["calls"] for row in rows] == ["3", "3", "2", "2"]
    assert {(row["height"], row["width"], row["device"], row["variant"]) for row in rows} == {
        ("32", "64", "cpu", "bf16")
    }


def test_names_are_written_as_csv():
    """A model's label may hold commas and quotes."""
    (row,), _ = tables(samples(predict=[1]), record(), model='a "fast", small one')
    assert row["model"] == 'a "fast", small one'


def test_labels_are_those_of_the_plan():
    """A suite may call a model otherwise by now, or name it twice: its file is the same."""
    plan = {"dataset": "new", "model": "newer"}
    (row,), _ = tables(samples(predict=[1]), record(dataset="old", model="older"), **plan)
    _, stages = tables(samples(network=[1], end_to_end=[2]), record(scenario="stages", model="older"), **plan)
    assert {(one["dataset"], one["model"]) for one in (row, *stages)} == {("new", "newer")}
