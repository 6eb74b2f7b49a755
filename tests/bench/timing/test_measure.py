"""Groups of timings measured on a tiny network: what comes out, what fails, and what it costs in labels."""

import numpy as np
import pytest
import torch
from torch.utils.benchmark import Timer

from bench.plan.timings import Timing, TimingGroup
from bench.suite.throughput_rules import ThroughputRules
from bench.timing import timed_variant as variants
from bench.timing.measure import measure
from bench.timing.peaks import Peaks
from registry.segmenter import Size

PEAKS = Peaks({"fp32": 100.0, "bf16": 50.0, "fp16": 25.0}, 10.0)
RULES = ThroughputRules(seconds=0.02, latency_bound_ms=1000)


def group(scenario, *variants, size=None, batch_size=1):
    return TimingGroup(
        scenario, size, batch_size, tuple(Timing(scenario, v, size, batch_size, f"key {v}") for v in variants)
    )


def measured(prepared, *groups, rules=RULES, sweep=None, said=None):
    say = [].append if said is None else said.append
    return [(one, record, samples) for one, samples, record in measure(prepared, groups, rules, sweep, PEAKS, say)]


def test_single_stream_has_predict_and_network_and_all_facts(prepared):
    """A network of a known size: its parameters, operations and peaks stand beside the samples."""
    _, ready = prepared(1)
    ((timing, record, samples),) = measured(ready, group("single_stream", "fp32"))
    assert timing.key == "key fp32"
    assert set(samples.path) == {"predict", "network"}
    predict, network = (samples.ns[samples.path == path] for path in ("predict", "network"))
    assert len(predict) == len(network) >= 3
    assert samples.rate is None
    assert (record.dataset, record.model, record.scenario) == (*ready.job.name, "single_stream")
    assert (record.height, record.width, record.batch_size, record.precision) == (32, 32, 1, "fp32")
    assert record.parameters == ready.measurement.parameters_total
    assert record.macs == ready.measurement.macs
    assert (record.peak_gflop_per_second, record.peak_gb_per_second) == (100, 10)
    assert record.agreement == 1
    assert record.device == "cpu"
    assert record.threads == torch.get_num_threads()
    assert record.warm_up_calls >= 2
    assert record.process_mib is None or record.process_mib > 50
    assert record.allocator_mib is None
    assert record.throttled is None
    assert record.joules_per_image is None
    assert record.failed == ""


@pytest.mark.slow
def test_the_networks_latency_is_that_of_torchs_timer(prepared):
    """`adaptive_autorange` times the same calls in its own way: medians within a half, on a machine that is busy."""
    _, ready = prepared(1)
    ((_, _, samples),) = measured(ready, group("single_stream", "fp32"), rules=ThroughputRules(seconds=1))
    inputs = ready.segmenter.prepare([torch.zeros(3, 40, 50, dtype=torch.uint8)], [None])
    stated = {"call": ready.segmenter.forward, "inputs": inputs}
    timer = Timer("call(inputs)", globals=stated, num_threads=torch.get_num_threads())
    theirs = timer.adaptive_autorange(min_run_time=0.5, max_run_time=3).median
    assert np.median(samples.ns[samples.path == "network"]) / 1e9 == pytest.approx(theirs, rel=0.5)


def test_variants_take_turns_and_lack_what_is_not_there(prepared):
    """A CPU has no TF32; the others of the group go on, in the same rounds."""
    _, ready = prepared(1)
    said = []
    asked = group("offline", "fp32", "bf16_channels_last", "tf32", batch_size=2)
    found = measured(ready, asked, rules=ThroughputRules(seconds=0.5), said=said)
    fp32, bf16, tf32 = (record for _, record, _ in found)
    assert tf32.failed == "tf32 is an arithmetic of NVIDIA GPUs from Ampere on; cpu has none"
    assert said == [f"net: offline of tf32: failed: {tf32.failed}"]
    assert len(found[2][2].ns) == 0
    assert fp32.failed == bf16.failed == ""
    assert (fp32.batch_size, bf16.precision, bf16.peak_gflop_per_second) == (2, "bf16_channels_last", 50)
    assert 0.9 < bf16.agreement <= 1
    assert {0, 1} <= set(found[0][2].round) & set(found[1][2].round)
    assert bf16.bytes_per_image < 0.75 * fp32.bytes_per_image


def test_another_size_is_the_networks_input(prepared):
    """Four times the pixels are four times the operations of a network of convolutions."""
    _, ready = prepared(1)
    ((_, record, samples),) = measured(ready, group("single_stream", "fp32", size=Size(64, 64)))
    assert (record.height, record.width) == (64, 64)
    assert record.macs == 4 * ready.measurement.macs
    assert len(samples.ns) > 0


def test_a_network_that_refuses_a_size_is_a_record_with_the_reason(prepared):
    """U-Net halves its input four times, which leaves nothing of 8 pixels."""
    _, ready = prepared(1)
    refused, whole = measured(ready, group("single_stream", "fp32", size=Size(8, 8)), group("single_stream", "fp32"))
    assert refused[1].failed
    assert whole[1].failed == ""


def test_a_model_without_a_network_is_predicted_whole(prepared):
    """It has one variant, no path of its network, and no input of its own size."""
    suite, ready = prepared(0)
    plain, other, stages = measured(
        ready,
        group("single_stream", "exact", "fp32"),
        group("stages", "exact"),
        sweep=suite.sweeps[0],
    )
    assert set(plain[2].path) == {"predict"}
    assert (plain[1].height, plain[1].agreement, plain[1].macs) == (None, None, None)
    assert other[1].failed == "the model has no torch network, so it cannot run in fp32"
    assert list(dict.fromkeys(stages[2].path)) == ["decode", "to_device", "perturb", "predict", "to_host", "end_to_end"]


def test_stages_follow_each_other(prepared):
    """A row for each, in their order; together about what the whole takes."""
    suite, ready = prepared(1)
    ((_, _, samples),) = measured(
        ready, group("stages", "fp32"), rules=ThroughputRules(seconds=0.2), sweep=suite.sweeps[0]
    )
    names = list(dict.fromkeys(samples.path))
    stages = ["decode", "to_device", "perturb", "preprocess", "network", "resize_argmax", "to_host"]
    assert names == [*stages, "end_to_end"]
    medians = {name: np.median(samples.ns[samples.path == name]) for name in names}
    assert 0.3 < sum(medians[name] for name in stages) / medians["end_to_end"] < 3
    (plain,) = measured(ready, group("stages", "fp32"))
    assert "perturb" not in set(plain[2].path)


def test_the_server_keeps_a_rate_with_662_queries(prepared, monkeypatch, clock):
    """Each rate that was tried is a round; the kept one has enough queries under the bound.

    A model that takes a millisecond an image, alone or not, keeps about 1000 a second.
    """
    monkeypatch.setattr("bench.timing.measure.RealTime", lambda: clock)
    monkeypatch.setattr(variants.TimedVariant, "serve", lambda self, first, count: clock.take(1e6 * count))
    monkeypatch.setattr(variants.TimedVariant, "seconds", lambda self, size, calls=0: size / 1000)
    _, ready = prepared(1)
    rules = ThroughputRules(seconds=10, latency_bound_ms=200)
    monkeypatch.setattr("bench.timing.serving.warm_up", lambda lane, clock, seconds: lane.warm_up.append(10**6))
    ((_, record, samples),) = measured(ready, group("server", "fp32", batch_size=4), rules=rules)
    assert record.latency_bound_ms == 200
    assert 850 < record.rate_per_second < 1050
    assert len(set(samples.rate)) == len(set(samples.round)) > 3
    kept = samples.ns[samples.rate == record.rate_per_second]
    assert len(kept) == int(10 * record.rate_per_second)
    assert np.sort(kept)[int(0.99 * len(kept))] <= 200e6


def test_a_model_too_slow_for_the_bound_has_no_rate(prepared):
    """And says why."""
    _, ready = prepared(1)
    rules = ThroughputRules(seconds=0.02, latency_bound_ms=1e-3)
    ((_, record, samples),) = measured(ready, group("server", "fp32", batch_size=4), rules=rules)
    assert record.rate_per_second is None
    assert record.failed.startswith("no rate: an image that comes alone takes")
    assert len(samples.ns) == 0


def test_memory_that_runs_out_ends_one_batch_size(prepared, monkeypatch):
    """A search stops before it; a batch size that was asked for is a record with the reason."""
    real = variants.predicted

    def greedy(segmenter, pictures, device):
        if len(pictures) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(segmenter, pictures, device)

    monkeypatch.setattr(variants, "predicted", greedy)
    monkeypatch.setattr(variants.TimedVariant, "seconds", lambda self, size, calls=0: self._predict(0, size) and 1.0)
    _, ready = prepared(1)
    auto, fixed, served = measured(
        ready,
        group("offline", "fp32", batch_size="auto"),
        group("offline", "fp32", batch_size=8),
        group("server", "fp32", batch_size=8),
    )
    assert (auto[1].batch_size, auto[1].failed) == (2, "")
    assert "memory ran out at batch size 4" in auto[1].caution
    assert fixed[1].failed == "OutOfMemoryError: CUDA out of memory"
    assert served[1].failed == ""
    assert "memory ran out with 4 images at once, so at most 2 were" in served[1].caution


def test_latency_that_never_settles_is_told(prepared, monkeypatch):
    """The samples are there all the same."""
    monkeypatch.setattr("bench.timing.rounds.settled", lambda times: False)
    _, ready = prepared(1)
    ((_, record, samples),) = measured(ready, group("single_stream", "fp32"))
    assert f"latency had not settled after {record.warm_up_calls} calls of warm-up" in record.caution
    assert len(samples.ns) > 0
