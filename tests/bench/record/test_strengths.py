"""Measured strength and moved masks in a run."""

import csv

import numpy as np
import pytest
import torch

from bench.data import DATASETS, open_dataset
from bench.data.sample_cache import SampleCache
from bench.evaluation.evaluator import evaluate
from bench.evaluation.pictures import Pictures
from bench.evaluation.preparation import EvaluationSettings, prepare
from bench.perturb import PERTURBATIONS, perturb, step_keys
from bench.perturb.similarity import similarity
from bench.plan.cells import Condition
from bench.record.run_folder import RunFolder
from bench.record.strengths import warnings
from bench.runner.job import JobRun
from bench.suite import Sweep
from registry.segmenter import Prediction, Segmenter


@pytest.fixture(scope="module")
def subset(tmp_path_factory):
    """Four generated images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        parameters = DATASETS["shapes"].parameters(trainval=4, test=4)
        return open_dataset("shapes", parameters, None, download=False).subset("test")


def settings(**changes):
    return EvaluationSettings(
        **{"seed": 0, "apply_at": "native", "batch_size": 2, "device": "cpu", "geometry": None, **changes}
    )


def condition(name, strength, **more):
    entry = PERTURBATIONS[name]
    return Condition(Sweep(name, name, entry, entry.parameters(), (strength,), **more), strength)


def test_a_flip_moves_the_mask(subset):
    """The mask that a prediction is scored against is the flipped one."""
    sample = subset.load(0)
    prepared = prepare(sample, condition("horizontal_flip", 1.0), settings())
    assert np.array_equal(prepared.sample.mask, sample.mask[:, ::-1])
    assert np.array_equal(prepared.image.permute(1, 2, 0).numpy(), sample.image[:, ::-1])
    assert prepared.sample.id == sample.id


class Perfect(Segmenter):
    """Says what the moved masks say, and one answer where they are silent."""

    def __init__(self, samples, where):
        self.truth, self.where = samples, where

    def announce(self, case):
        self.case = case

    def predict_images(self, images, prompts, sizes):
        found = [self.truth[name] for name in self.case.samples]
        return [
            Prediction(torch.from_numpy(np.where(mask == 255, self.where, mask).astype(np.uint8))) for mask in found
        ]


@pytest.mark.parametrize(
    ("name", "strength", "more"), [("rotate", 30.0, {}), ("occlusion", 45.0, {"occluded": "ignore"})]
)
@pytest.mark.parametrize("answer", [0, 1])
def test_what_is_not_in_the_image_counts_for_nobody(subset, name, strength, more, answer):
    """Under no border policy does it matter what is said where nothing is, or where it is to be ignored."""
    at = condition(name, strength, **more)
    prepared = [prepare(subset.load(i), at, settings()) for i in range(4)]
    model = Perfect({p.sample.id: p.sample.mask for p in prepared}, answer)
    counts = evaluate(model, Pictures(SampleCache(subset)), at, settings()).counts
    for i, one in enumerate(prepared):
        sample = subset.load(i)
        assert counts.values[i].sum() == one.counted.sum() < sample.mask.size
        # Only the trimap's own border is left in the border's row.
        assert counts.values[i, -1].sum() == (one.sample.mask[one.counted] == 255).sum()
    assert counts.under("ignore").fn.sum() == 0


def test_hidden_pixels_count_or_are_ignored(subset):
    """Counted, the mask stays; ignored, 255 stands where the square is."""
    sample = subset.load(1)
    counted = prepare(sample, condition("occlusion", 30.0), settings())
    ignored = prepare(sample, condition("occlusion", 30.0, occluded="ignore"), settings())
    assert np.array_equal(counted.sample.mask, sample.mask)
    black = (ignored.image == 0).all(0).numpy()
    assert (ignored.sample.mask[black] == 255).all()
    assert np.array_equal(ignored.sample.mask[~black], sample.mask[~black])


def test_a_step_that_comes_twice_draws_anew(subset):
    """The second noise of a chain is not the first one doubled."""
    entry = PERTURBATIONS["additive_noise"]
    step = condition("additive_noise", 10.0).sweep.steps(10.0)[0]
    first, second = step_keys([step, step], 0, "ab")
    assert first != second
    sample = subset.load(0)
    chained = Condition(Sweep("a", "additive_noise", entry, entry.parameters(), (10.0,), (step,)), 10.0)
    result = prepare(sample, chained, settings()).image.permute(1, 2, 0).numpy()
    once = perturb(sample.image, "additive_noise", 10.0, image_hash=sample.image_hash)
    noises = [(a.astype(float) - b).ravel() for a, b in ((once, sample.image), (result, once))]
    assert abs(np.corrcoef(*noises)[0, 1]) < 0.05


def test_fresh_randomness_differs_between_strengths_only_on_request(subset):
    """Common random numbers by default: the same square's centre; fresh ones otherwise."""
    steps = [condition("occlusion", s).sweep.steps(s) for s in (20.0, 30.0)]
    common = {tuple(step_keys(one, 0, "ab")) for one in steps}
    fresh = {tuple(step_keys(one, 0, "ab", fresh=True)) for one in steps}
    assert (len(common), len(fresh)) == (1, 2)
    sample = subset.load(0)
    images = [prepare(sample, condition("occlusion", 20.0), settings(fresh=f)).image for f in (False, True)]
    assert not (images[0] == images[1]).all()


def test_each_image_is_compared_with_its_clean_original(subset):
    """In the order of the samples, by the pixels that `perturb` gives."""
    from registry import MODELS

    entry = MODELS["background"]
    segmenter = entry.build(entry.parameters(), subset.classes, False)
    found = evaluate(
        segmenter, Pictures(SampleCache(subset)), condition("salt_and_pepper", 0.1), settings(measure=True)
    )
    expected = []
    for i in range(4):
        sample = subset.load(i)
        other = perturb(sample.image, "salt_and_pepper", 0.1, image_hash=sample.image_hash)
        expected.append(similarity(sample.image, other))
    assert list(found.similarities) == expected


def rows(path):
    with (path / "run" / "strengths.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_run_leaves_strengths_measured_once(go, tmp_path, monkeypatch):
    """One row for each condition and measure; the second model's cells take what the first one's measured."""
    calls = []
    original = JobRun._evaluate

    def counting(self, prepared):
        calls.append(dict(self.ledger.strengths.known))
        return original(self, prepared)

    monkeypatch.setattr(JobRun, "_evaluate", counting)
    go()
    found = rows(tmp_path)
    places = [(r["perturbation"], r["strength"], r["measure"], r["n"]) for r in found]
    conditions = [("additive_noise", "50"), ("occlusion", "20"), ("occlusion", "40")]
    assert places == [(*c, m, "4") for c in conditions for m in ("rmse", "psnr", "ssim")]
    assert [len(known) for known in calls] == [0, 3]
    record = RunFolder(tmp_path / "run")
    measured = [
        record.read_cell(p.stem).record["measured_strength"] for p in (tmp_path / "run/cells").glob("*.parquet")
    ]
    assert sum(m is not None for m in measured) == 6  # three conditions, two models; the clean cells have none


@pytest.mark.slow
def test_fresh_measures_anew(go, tmp_path, monkeypatch):
    """What old cells measured is not believed once the code behind them has changed."""
    go()
    before = {(r["perturbation"], r["strength"]): r["mean"] for r in rows(tmp_path) if r["measure"] == "rmse"}
    entry = PERTURBATIONS["additive_noise"]
    monkeypatch.setitem(entry.__dict__, "apply", lambda images, *_: images // 2)
    go(fresh=True)
    after = {(r["perturbation"], r["strength"]): r["mean"] for r in rows(tmp_path) if r["measure"] == "rmse"}
    assert {place for place in before if before[place] != after[place]} == {("additive_noise", "50")}


def test_a_perturbation_that_fails_costs_only_its_own_cells(go, tmp_path, monkeypatch):
    """Neither the strip drawn before the first cell nor the cell itself ends the run."""

    def broken(images, *_):
        raise RuntimeError("no")

    monkeypatch.setitem(PERTURBATIONS["additive_noise"].__dict__, "apply", broken)
    outcome = go()
    assert (outcome.done, len(outcome.failed)) == (6, 2)


@pytest.mark.slow
def test_a_later_run_learns_from_the_cells(go, tmp_path):
    """Deleting the table loses nothing: it is made from the cells again."""
    go()
    first = rows(tmp_path)
    (tmp_path / "run" / "strengths.csv").unlink()
    (tmp_path / "run" / "run.json").unlink()
    go()
    assert rows(tmp_path) == first


def test_a_sweep_that_falls_is_named(go, capsys):
    """Noise clipped at black and white: a strength of 0.5 hits fewer values than 0.2 would, said only then."""
    go(("strengths: [50]", "strengths: [50, 60]"))
    assert "not monotone" not in capsys.readouterr().err
    row = {"dataset": "d", "perturbation": "fog", "measure": "rmse"}
    points = [{**row, "strength": s, "mean": m} for s, m in (("1", 9.0), ("2", 8.0), ("3", 12.0), ("4", 11.0))]
    ssim = [{**p, "measure": "ssim"} for p in points]
    assert warnings([*points, *ssim]) == [
        "fog on d is not monotone: its measured RMSE falls from strength 1 (9.0) to 2 (8.0), "
        "from strength 3 (12.0) to 4 (11.0)"
    ]
