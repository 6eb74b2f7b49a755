"""`bench gate`: pass, fail, undecided, and what is missing."""

import numpy as np
import pytest

from bench.compare.asked import Asked
from bench.compare.gating import Gate, Limits, decide
from bench.compare.stored_run import open_stored
from bench.record.failure_note import Failure
from bench.record.run_folder import RunFolder
from registry.errors import BenchError
from tests.bench.compare.conftest import change_record, key_of, score


def named_net(content):
    """Let "net" be a model that looks at the image."""
    content["models"][1].update(baseline="")


@pytest.fixture
def scored(copy):
    """Write a run whose model "net" labels these shares of pixels correctly, by condition, within 0.02."""

    def make(name, *means):
        folder = copy(name)
        change_record(folder, named_net)
        for condition, mean in enumerate(means):
            score(folder, "net", condition, mean + np.linspace(-0.02, 0.02, 24))
        return folder

    return make


def gate(run, limits, baseline=None, **more):
    asked = Asked(**more.pop("asked", {}))
    opened = open_stored(baseline) if baseline else None
    return Gate(open_stored(run), asked, limits, opened, **more).results()


def test_a_score_over_its_bound_passes_and_one_under_it_fails(scored, bench):
    """Exit codes 0 and 1; a baseline that looks at no image is not gated."""
    folder = scored("run", 0.9)
    code, out, err = bench("gate", folder, "--min", "0.5")
    assert (code, err) == (0, "")
    assert "1 of 1 pass" in out
    assert "flat" not in out
    code, out, _ = bench("gate", folder, "--min", "0.95")
    assert code == 1
    assert "1 fail" in out


def test_an_interval_that_holds_the_bound_is_undecided(scored, bench):
    """Exit code 3, or what `--undecided` says."""
    folder = scored("run", 0.9)
    [found] = gate(folder, Limits(minimum=0.0))
    middle = str((found.value.low + found.value.high) / 2)
    assert bench("gate", folder, "--min", middle)[0] == 3
    assert bench("gate", folder, "--min", middle, "--undecided", "pass")[0] == 0
    assert bench("gate", folder, "--min", middle, "--undecided", "fail")[0] == 1


@pytest.mark.parametrize(("drop", "code"), [(0.2, 0), (0.05, 1)])
def test_a_drop_is_measured_from_the_baseline(scored, bench, drop, code):
    """From about .9 to about .8; both bounds are far from the interval."""
    baseline, folder = scored("baseline", 0.9), scored("run", 0.8)
    assert bench("gate", folder, "--against", baseline, "--max-drop", drop)[0] == code


def test_images_that_are_paired_decide_what_two_intervals_could_not(scored):
    """Each image loses .01: the scores' own intervals overlap, the difference is certain."""
    baseline, folder = scored("baseline", 0.90), scored("run", 0.89)
    floors = [gate(one, Limits(minimum=0.0))[0].value for one in (baseline, folder)]
    assert floors[0].low < floors[1].high
    [drop] = gate(folder, Limits(max_drop=0.002), baseline, asked={"metric": "pixel_accuracy"})
    assert drop.verdict == "fail"
    assert drop.value.value == pytest.approx(-0.01, abs=1e-4)


def test_a_perturbation_is_gated_by_the_mean_over_its_strengths(scored):
    """.8 and .4 of the pixels: the score of the gate is the mean of the two conditions' scores."""
    folder = scored("run", 0.9, 0.8, 0.4, 0.7)
    limits = Limits(minimum=0.1)
    found = {row.score: row for row in gate(folder, limits, perturbations=["additive_noise", "occlusion"])}
    assert found.keys() == {"additive_noise", "occlusion"}
    from bench.api.door import open_run
    from bench.record.late_cells import take_up

    (folder / "summary.csv").write_text("")
    take_up(folder)
    frame = open_run(folder).frame()
    rows = frame[(frame.model == "net") & (frame.perturbation == "additive_noise") & (frame.metric == "dice")]
    wanted = rows[rows["class"] == "mean"].value.mean()
    assert found["additive_noise"].value.value == pytest.approx(wanted)


def test_all_names_the_clean_images_and_every_perturbation(scored):
    """One check each."""
    found = gate(scored("run", 0.9), Limits(minimum=0.1), perturbations=["all"])
    assert [row.score for row in found] == ["clean", "additive_noise", "occlusion"]


@pytest.mark.parametrize("where", ["run", "baseline"])
def test_a_missing_measurement_fails(scored, bench, where):
    """Nobody knows what it would have been; the line says where it is missing, and why."""
    folders = {"baseline": scored("baseline", 0.9), "run": scored("run", 0.9)}
    store, key = RunFolder(folders[where]), key_of(folders[where], "net", 3)
    store.cell_path(key).unlink()
    place = {"dataset": "shapes", "model": "net", "perturbation": "occlusion", "strength": 20.0}
    store.write_failure(key, Failure(**place, message="out of memory"))
    words = ["--against", folders["baseline"], "--max-drop", "0.5", "--perturbation", "all", "--undecided", "pass"]
    code, out, _ = bench("gate", folders["run"], *words)
    assert code == 1
    assert f"occlusion 20 is not evaluated in the {where} (out of memory)" in " ".join(out.split())
    assert "2 of 3 pass, 1 fail" in out


def test_a_damaged_cell_fails(scored):
    """It is named."""
    folder = scored("run", 0.9)
    path = RunFolder(folder).cell_path(key_of(folder, "net", 0))
    path.write_bytes(path.read_bytes()[:-1])
    [found] = gate(folder, Limits(minimum=0.1))
    assert found.verdict == "fail"
    assert path.name in found.reason


def test_a_perturbation_of_another_version_fails(scored):
    """Its field is named: a new baseline is needed."""
    baseline, folder = scored("baseline", 0.9), scored("run", 0.9)
    change_record(folder, lambda content: content["perturbations"][1].update(version=7))
    found = {row.score: row for row in gate(folder, Limits(max_drop=0.5), baseline, perturbations=["all"])}
    assert found["clean"].verdict == found["additive_noise"].verdict == "pass"
    assert found["occlusion"].verdict == "fail"
    assert "occlusion's version: 1 / 7" in found["occlusion"].reason or "/ 7" in found["occlusion"].reason


@pytest.mark.parametrize("side", ["run", "baseline"])
def test_a_model_that_one_run_lacks_fails(scored, side):
    """A model that vanished is no success; one without a baseline cannot be told to have kept its score."""
    folders = {"baseline": scored("baseline", 0.9), "run": scored("run", 0.9)}
    change_record(
        folders["run" if side == "baseline" else "baseline"], lambda c: c["models"][0].update(baseline="", label="new")
    )
    found = gate(folders["run"], Limits(max_drop=0.5), folders["baseline"])
    lost = [row for row in found if row.verdict == "fail"]
    assert [(row.model, row.reason) for row in lost] == [("new", f"the {side} has no such model on such data")]


def test_an_undefined_score_fails(scored):
    """Of images without any pixel of a class no Dice is defined."""
    folder = scored("run", 0.9)
    store, key = RunFolder(folder), key_of(folder, "net", 0)
    cell = store.read_cell(key)
    from dataclasses import replace

    store.write_cell(key, replace(cell, counts=replace(cell.counts, values=np.zeros_like(cell.counts.values))))
    [found] = gate(folder, Limits(minimum=0.1))
    assert (found.verdict, found.reason) == ("fail", "it is not defined")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ([], "the gate asks nothing"),
        (["--max-drop", "0.1"], "--max-drop is measured from the run of --against"),
        (["--against", "RUN", "--min", "0.1"], "--max-drop is measured from the run of --against"),
        (["--against", "RUN", "--max-drop", "-0.1"], "one that is not negative"),
        (["--min", "nan"], "--min is a number"),
        (["--min", "0.5", "--metric", "dicee"], "did you mean 'dice'?"),
        (["--min", "0.5", "--metric-set", "binary"], "no metric set is called 'binary'"),
        (["--min", "0.5", "--perturbation", "oclusion"], "did you mean 'occlusion'?"),
        (["--min", "0.5", "--model", "nett"], "did you mean 'net'?"),
        (["--min", "0.5", "--undecided", "maybe"], "--undecided"),
        (["--against", "nowhere", "--max-drop", "0.1"], "holds no run.json"),
    ],
)
def test_misuse_is_one_line(scored, bench, words, fault):
    """Exit code 2, which no score can give."""
    folder = scored("run", 0.9)
    code, out, err = bench("gate", folder, *(folder if word == "RUN" else word for word in words))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert fault in err


def test_runs_without_a_common_cell_are_refused(scored, bench):
    """Other data: exit code 2, not a failed gate."""
    baseline, folder = scored("baseline", 0.9), scored("run", 0.9)
    change_record(baseline, lambda content: content["datasets"][0].update(manifest="x", name="pets"))
    code, _, err = bench("gate", folder, "--against", baseline, "--max-drop", "0.1")
    assert (code, err.count("\n")) == (2, 1)
    assert "data set's name: pets / shapes" in err


def test_a_run_of_baselines_alone_has_to_be_named(copy, bench):
    """A gate that checks nothing does not pass."""
    folder = copy()
    code, _, err = bench("gate", folder, "--min", "0.1")
    assert code == 2
    assert "--model" in err
    assert bench("gate", folder, "--min", "0.01", "--model", "flat")[0] == 0


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.5, 0.7, "pass"), (0.3, 0.49, "fail"), (0.4, 0.6, "undecided"), (0.5, 0.5, "pass")]
)
def test_a_bound_is_kept_where_the_whole_interval_keeps_it(low, high, verdict):
    """The bound itself is kept."""
    assert decide(low, high, 0.5) == verdict


def test_how_often_a_gate_is_wrong():
    """A score exactly at its bound passes in at most about 2.5 % of the samples, and fails in as few: 95 % intervals.

    400 samples of 100 images whose own scores are normal around the bound, gated by the mean.
    """
    rng = np.random.default_rng(3)
    from bench.metrics.quantities import Quantity, mean_over_images
    from bench.metrics.scores import Score
    from bench.statistics.resampling import resampling_of

    rng = np.random.default_rng(3)
    resampling, verdicts = resampling_of(100, 1000, "percentile"), []
    for _ in range(400):
        values = rng.normal(0.5, 0.1, 100)
        sums, means = mean_over_images(values[:, None])
        quantity = Quantity.of_sums(
            Score("", "mean", 100, values.mean()), sums, lambda both, means=means: means(both)[:, 0]
        )
        bounds = resampling.bounds(resampling.draws([quantity]))
        verdicts.append(decide(bounds.low[0], bounds.high[0], 0.5))
    assert verdicts.count("pass") / 400 < 0.06
    assert verdicts.count("fail") / 400 < 0.06
    assert verdicts.count("pass") > 0


def test_a_metric_of_which_less_is_better_has_no_least_value(scored, monkeypatch):
    """And a drop is a rise of it."""
    monkeypatch.setattr(Asked, "sign", property(lambda self: -1))
    baseline, folder = scored("baseline", 0.8), scored("run", 0.9)
    with pytest.raises(BenchError, match="less is better"):
        gate(folder, Limits(minimum=0.5))
    [found] = gate(folder, Limits(max_drop=0.05), baseline)
    assert found.verdict == "fail"
