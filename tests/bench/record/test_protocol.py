"""Figures of the record: speed, efficiency, and what is remembered of a model."""

from types import SimpleNamespace

import pytest

from bench.host.screen import Screen
from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.record.ledger import Ledger
from bench.record.model_record import Measurement
from bench.record.protocol import harness_efficiency, throughput_records
from bench.record.run_folder import RunFolder
from bench.record.summary import Finished
from bench.suite import load_suite
from bench.training.stages import TrainingContext, trained


def finished(name, *cells):
    """A job's cells: images, seconds and the network's milliseconds per image of each."""
    scores = [SimpleNamespace(images=n, record={"seconds": s, "forward_ms_per_image": ms}) for n, s, ms in cells]
    return Finished(("data", name), tuple(scores))


def test_efficiency_is_network_time_over_wall_time():
    """Two cells of 10 images at 50 ms in 2 s each: 1 s of network in 4 s, 5 images/s, and one model without a network."""
    records = throughput_records([finished("net", (10, 2.0, 50.0), (10, 2.0, 50.0)), finished("none", (10, 1.0, None))])
    net, none = records
    assert (net.images, net.seconds, net.images_per_second) == (20, 4.0, 5.0)
    assert (net.network_seconds, net.forward_ms_per_image, net.efficiency) == pytest.approx((1.0, 50.0, 0.25))
    assert (none.network_seconds, none.efficiency) == (None, None)
    assert harness_efficiency(records) == pytest.approx(0.25)
    assert harness_efficiency([none]) is None


def test_a_models_measurement_belongs_to_its_weights(write, tmp_path):
    """A precision that was chosen for other weights is not believed."""
    suite = load_suite(write())
    datasets = open_datasets(suite)
    untrained = plan_jobs(suite, datasets)[1]
    ledger = Ledger(RunFolder(tmp_path / "run"), suite, datasets)
    ledger.remember(untrained, Measurement(precision="fp32"))
    assert ledger.measurement(untrained).precision == "fp32"
    assert len(ledger.plans[untrained.name].cells) == 4
    job = trained(untrained, TrainingContext(suite, datasets, "cpu", Screen()))
    assert ledger.measurement(job).precision is None
    ledger.place(job)
    assert ledger.plans[job.name].cells == ()
