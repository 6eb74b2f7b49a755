"""Which measurements of speed a suite asks for, and what their keys depend on."""

import pytest

from bench.plan.cells import plan_cells
from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.plan.timings import TimingHost, clean_cell, plan_timings, timed_sweep, variants
from bench.suite import suite_from
from bench.suite.throughput_rules import ThroughputRules
from registry.segmenter import Size

HOST = TimingHost("cpu", "a processor", 2, 2, "2.9.0")
NET = {"name": "unet", "width": 2, "size": 32, "label": "net", "train": {"epochs": 0}}
NOISE = {"name": "additive_noise", "strengths": [10, 50, 90]}


def job_of(model=NET, data=None, **more):
    source = {
        "name": "s",
        "datasets": [data or {"name": "shapes", "trainval": 4, "test": 4}],
        "models": [model],
        **more,
    }
    suite = suite_from(source, "s")
    return suite, plan_jobs(suite, open_datasets(suite, None, None))[0]


def planned(precision="bf16", host=HOST, rules=None, **more):
    suite, job = job_of(throughput=rules or {}, **more)
    return plan_timings(suite, job, precision, host)


def keys(**more):
    return [one.key for group in planned(**more) for one in group.timings]


def test_nothing_is_planned_without_throughput():
    """A suite without the key plans what it always did."""
    suite, job = job_of()
    assert plan_timings(suite, job, "fp32", HOST) == ()


def test_the_groups_are_scenarios_sizes_and_batches():
    """Offline for each batch size, the others once, stages always; variants are within a group."""
    groups = planned(rules={"batch_sizes": [1, 8], "sizes": ["model", [64, 96]]})
    each = [("single_stream", 1), ("offline", 1), ("offline", 8), ("server", 8), ("stages", 1)]
    assert [(g.size, g.scenario, g.batch_size) for g in groups] == [
        *((None, *one) for one in each),
        *((Size(64, 96), *one) for one in each),
    ]
    for group in groups:
        assert [one.variant for one in group.timings] == ["bf16", "fp32"]
        assert {one[:1] + one[2:4] for one in group.timings} == {group[:3]}


def test_auto_is_one_measurement():
    """Which batch size is the best is found while measuring; a server takes up to 64."""
    groups = planned(rules={"scenarios": ["offline", "server"], "batch_sizes": "auto"})
    assert [(g.scenario, g.batch_size) for g in groups] == [("offline", "auto"), ("server", 64), ("stages", 1)]


def test_the_model_s_own_size_is_no_other_size():
    """[32, 32] of a network of 32 x 32 is `model`: measured once."""
    rules = {"scenarios": ["single_stream"], "sizes": [[32, 32], "model"]}
    assert [g.size for g in planned(rules=rules)] == [None, None]  # single_stream and stages
    assert keys(rules=rules) == keys(rules={"scenarios": ["single_stream"]})


def test_variants():
    """The precision of the scores and fp32; what the suite names instead; one of a model without a network."""
    assert variants(ThroughputRules(), "fp32") == ("fp32",)
    assert variants(ThroughputRules(), "bf16_channels_last") == ("bf16_channels_last", "fp32")
    assert variants(ThroughputRules(variants=("tf32", "compile")), "bf16") == ("tf32", "compile")
    assert variants(ThroughputRules(variants=("tf32", "compile")), "exact") == ("exact",)


def test_keys_are_all_different_and_the_same_again():
    """They are the names of files."""
    found = keys(rules={"variants": ["fp32", "bf16", "compile"]})
    assert len({*found}) == len(found) == 3 * 10
    assert found == keys(rules={"variants": ["fp32", "bf16", "compile"]})
    assert all(len(key) == 32 for key in found)


def changed(**more):
    """Return the scenarios whose keys differ from those of the defaults at fp32."""
    rules = {"batch_sizes": [2]}
    before = planned("fp32", rules=rules, perturbations=[NOISE])
    after = planned(**{"precision": "fp32", "rules": rules, "perturbations": [NOISE], **more})
    pairs = [(a.scenario, a.timings[0].key != b.timings[0].key) for a, b in zip(before, after, strict=True)]
    return {scenario for scenario, differs in pairs if differs}


ALL = {"single_stream", "offline", "server", "stages"}


@pytest.mark.parametrize(
    ("more", "scenarios"),
    [
        ({"host": HOST._replace(device="cuda")}, ALL),
        ({"host": HOST._replace(processor="another")}, ALL),
        ({"host": HOST._replace(cores=4)}, ALL),
        ({"host": HOST._replace(threads=1)}, ALL),
        ({"host": HOST._replace(torch="2.10.0")}, ALL),
        ({"seed": 7}, ALL),
        ({"model": {**NET, "width": 3}}, ALL),
        ({"data": {"name": "shapes", "trainval": 4, "test": 5}}, ALL),
        ({"rules": {"batch_sizes": [2], "seconds": 11}}, ALL),
        ({"rules": {"batch_sizes": [2], "latency_bound_ms": 51}}, {"server"}),
        ({"rules": {"batch_sizes": [3]}}, {"offline", "server"}),
        ({"perturbations": []}, {"stages"}),
        ({"perturbations": [{**NOISE, "strengths": [10, 51, 90]}]}, {"stages"}),
        ({"perturbations": [{**NOISE, "strengths": [11, 50, 90]}]}, set()),
        ({"model": {**NET, "label": "another"}}, set()),
        ({"precision": "fp32", "metric_sets": ["edinburgh_000"]}, set()),
    ],
)
def test_what_a_key_depends_on(more, scenarios):
    """On all that decides a time, and on nothing else: labels and metrics do not."""
    assert changed(**more) == scenarios


def test_fp32_is_one_measurement_whatever_the_scores_have():
    """But a compiled network runs at the precision of the scores."""
    both = {"scenarios": ["single_stream"], "variants": ["fp32", "compile"]}
    (fp32, compiled), (again, other) = (planned(p, rules=both)[0].timings for p in ("bf16", "fp16"))
    assert fp32.key == again.key
    assert compiled.key != other.key


def test_the_clean_cell_of_what_is_timed():
    """The cell of that precision: none of another size, and none of what no cell is evaluated with."""
    suite, job = job_of(throughput={"sizes": ["model", [64, 64]], "variants": ["bf16", "tf32", "compile"]})
    groups = plan_timings(suite, job, "bf16", HOST)
    clean = plan_cells(suite, job, "bf16")[0].key
    assert [clean_cell(suite, job, one) for one in groups[0].timings] == [clean, "", ""]
    assert {clean_cell(suite, job, one) for one in groups[-1].timings} == {""}


def test_the_timed_perturbation():
    """The suite's first one; none on data of clean scores only."""
    suite, job = job_of(perturbations=[NOISE, {"name": "fog"}])
    assert timed_sweep(suite, job).label == "additive_noise"
    assert timed_sweep(*job_of()) is None
    unperturbed = {"name": "shapes", "trainval": 4, "test": 4, "perturbed": False}
    assert timed_sweep(*job_of(data=unperturbed, perturbations=[NOISE])) is None


def test_this_machine_is_named():
    """By what torch says here."""
    import torch

    host = TimingHost.here("cpu")
    assert (host.device, host.threads, host.torch) == ("cpu", torch.get_num_threads(), str(torch.__version__))
    assert host.processor
    assert host.cores >= 1
