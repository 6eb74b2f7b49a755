"""Strengths at equal damage of a suite: found on its images, remembered, the same for plan, run and resume."""

import json
import shutil
import statistics

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from bench.cli.plan import planned
from bench.host.files import cache_root
from bench.host.screen import Screen
from bench.perturb import perturb
from bench.plan import equal_damage
from bench.plan.datasets import open_datasets
from bench.plan.equal_damage import IMAGES, DamageSample, with_strengths
from bench.record.equal_damage import known_strengths
from bench.record.run_folder import RunFolder
from bench.runner.loop import Options, run
from bench.suite import suite_from
from registry.errors import BenchError

LEVELS = {"ssim": [0.9, 0.7], "rmse": [5, 15]}


def suite_of(*items, **keys):
    data = {
        "name": "equal",
        "datasets": [
            {"name": "shapes", "label": "clean", "test": 3, "perturbed": False},
            {"name": "shapes", "test": 6},
        ],
        "models": [{"name": "background"}],
        "perturbations": list(items),
        "examples": "none",
        **keys,
    }
    return suite_from(data, "the suite")


def item(name, measure, **keys):
    return {"name": name, "strengths": {"equal": measure, "levels": LEVELS[measure]}, **keys}


def resolved(suite, **options):
    return with_strengths(suite, open_datasets(suite, **options), Screen())


@pytest.fixture
def searches(monkeypatch):
    """The perturbations that were searched."""
    found = []
    search = equal_damage.search
    monkeypatch.setattr(equal_damage, "search", lambda *args: found.append(args[0].title) or search(*args))
    return found


def oracle(suite, sweep, strength):
    """Return mean SSIM (by scikit-image, of the BT.601 luma) and RMSE of the data set's images at a strength."""
    subset = open_datasets(suite)["shapes (test=6)"].subset
    values = []
    for i in range(len(subset.rows)):
        clean = subset.load(i).image
        other = perturb(clean, sweep.name, strength, seed=suite.seed)
        luma = [image.astype(float) @ [0.299, 0.587, 0.114] for image in (clean, other)]
        ssim = structural_similarity(
            *luma, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, win_size=11
        )
        values.append((ssim, np.sqrt(np.mean((clean.astype(float) - other) ** 2))))
    return [statistics.fmean(column) for column in zip(*values, strict=True)]


@pytest.mark.parametrize(
    ("name", "measure"), [("additive_noise", "ssim"), ("additive_noise", "rmse"), ("jpeg", "rmse")]
)
def test_the_damage_at_the_found_strengths_is_the_level(name, measure):
    """As scikit-image and NumPy measure it on the same images."""
    suite = suite_of(item(name, measure))
    (sweep,) = resolved(suite).sweeps
    reached = [one for one in sweep.equal.found.levels if one.strength is not None]
    assert reached
    for one in reached:
        measured = oracle(suite, sweep, one.strength)[0 if measure == "ssim" else 1]
        assert measured == pytest.approx(one.level, abs=0.02 if measure == "ssim" else 0.05 * one.level)
        assert measured == pytest.approx(one.damage, abs=0.01 if measure == "ssim" else 0.01 * one.level)


def test_the_rmse_of_noise_is_its_standard_deviation():
    """Gaussian noise of deviation s changes a value by s in the root mean square, but for values that clip."""
    (sweep,) = resolved(suite_of(item("additive_noise", "rmse"))).sweeps
    assert sweep.strengths == pytest.approx((5, 15), rel=0.1)
    assert sweep.label == "additive_noise (equal RMSE)"


def test_a_second_look_finds_the_same_without_a_search(searches):
    """In the cache; and where that is lost, another search gives the same strengths."""
    suite = suite_of(item("additive_noise", "rmse"), item("jpeg", "ssim"))
    first = resolved(suite).sweeps
    assert len(searches) == 2
    assert resolved(suite).sweeps == first
    assert len(searches) == 2
    shutil.rmtree(cache_root() / "equal_damage")
    assert resolved(suite).sweeps == first
    assert len(searches) == 4


def test_the_sample_is_that_of_the_first_perturbed_data_set_whatever_the_limit():
    """A run with --limit has the keys of the whole run."""
    suite = suite_of(item("additive_noise", "rmse"))
    (sweep,) = resolved(suite, limit=2).sweeps
    assert sweep.equal.found.dataset == "shapes (test=6)"
    assert len(sweep.equal.found.images) == 6 <= IMAGES
    assert resolved(suite).sweeps == (sweep,)


def test_what_decides_pixels_decides_the_key(searches):
    """Another seed, parameter, chain, level or image is another search."""
    base = item("additive_noise", "rmse")
    levels = {"equal": "rmse", "levels": [5]}
    for suite in (
        suite_of(base),
        suite_of(base, seed=1),
        suite_of(base | {"then": [{"name": "jpeg", "strength": 50}]}),
        suite_of(base | {"strengths": levels}),
        suite_of(base, fresh_per_strength=True),
        suite_of(base, datasets=[{"name": "shapes", "test": 5}]),
    ):
        resolved(suite)
    assert len(searches) == 6


def test_plan_run_and_resume_have_the_same_cells(tmp_path, searches, capsys):
    """Also without the cache: run.json holds the strengths."""
    suite = suite_of(item("additive_noise", "rmse"), item("fog", "ssim"))
    folder = RunFolder(tmp_path / "run")
    before = planned(suite, folder, None, None)
    outcome = run(suite, Options(folder.path), Screen())
    assert outcome.total == outcome.done == sum(row["cells"] for row in before)
    shutil.rmtree(cache_root() / "equal_damage")
    del searches[:]
    assert all(row["missing"] == 0 for row in planned(suite, folder, None, None))
    assert run(suite, Options(folder.path), Screen()).evaluated == 0
    assert searches == []
    record = json.loads((folder.path / "run.json").read_text())
    noise = record["perturbations"][0]
    assert noise["equal"]["measure"] == "rmse"
    assert [one["level"] for one in noise["equal"]["levels"]] == LEVELS["rmse"]
    assert [one["strength"] for one in noise["equal"]["levels"]] == noise["strengths"]
    assert noise["equal"]["images"] == list(next(iter(known_strengths(folder).values())).images)
    said = capsys.readouterr().err
    assert "fog (equal SSIM): left out at SSIM 0.9: its mildest strength, 1, has SSIM" in said


def test_measured_damage_of_the_run_is_that_of_the_search(tmp_path):
    """The sample is the whole data set here, so strengths.csv has the same means."""
    suite = suite_of(item("additive_noise", "rmse"))
    run(suite, Options(tmp_path / "run"), Screen())
    (found,) = known_strengths(RunFolder(tmp_path / "run")).values()
    rows = [line.split(",") for line in (tmp_path / "run" / "strengths.csv").read_text().splitlines()]
    measured = {float(row[2]): float(row[5]) for row in rows if row[3] == "rmse"}
    assert measured == {one.strength: pytest.approx(one.damage, abs=1e-3) for one in found.levels}


def test_a_perturbation_that_fails_costs_no_other(monkeypatch, capsys, searches):
    """It is named, has no strengths, and is tried again."""
    suite = suite_of(item("fog", "rmse"), item("jpeg", "rmse"))
    measure = DamageSample.damage

    def damage(self, sweep, strength):
        if sweep.name == "fog":
            raise BenchError("too small")
        return measure(self, sweep, strength)

    monkeypatch.setattr(DamageSample, "damage", damage)
    failed, fine = resolved(suite).sweeps
    assert (failed.strengths, bool(fine.strengths), failed.equal.found.key) == ((), True, "")
    assert "it fails on these images: too small" in capsys.readouterr().err
    del searches[:]
    resolved(suite)
    assert len(searches) == 1


def test_nothing_is_searched_where_nothing_is_perturbed(searches):
    """Clean-only data sets have no sample."""
    suite = suite_of(item("jpeg", "rmse"), datasets=[{"name": "shapes", "test": 3, "perturbed": False}])
    assert with_strengths(suite, open_datasets(suite), Screen()) is suite
    assert searches == []
