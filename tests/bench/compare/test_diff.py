"""`bench diff`: differences of two runs, their intervals, and what is not compared."""

import csv
import html.parser
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from bench.compare.asked import Asked
from bench.compare.diff_page import page
from bench.compare.diff_words import markdown, sections
from bench.compare.differences import MEAN, compare, verdict_of
from bench.compare.draws import Estimated
from bench.compare.stored_run import open_stored
from bench.record.run_folder import RunFolder
from registry.errors import BenchError
from tests.bench.compare.conftest import change_record, key_of, score


@pytest.fixture
def two(copy):
    """Two runs whose model "net" has known scores: worse under weak noise, better under strong noise, else equal."""
    one, other = copy("one"), copy("other")
    for folder, means in ((one, (0.9, 0.8, 0.4, 0.7)), (other, (0.9, 0.5, 0.7, 0.7))):
        for condition, mean in enumerate(means):
            spread = np.linspace(-0.08, 0.08, 24)
            score(folder, "net", condition, np.roll(mean + spread, condition))
    return one, other


def compared(one, other, metric="dice", **more):
    renamed = more.pop("renamed", ())
    return compare(open_stored(one), open_stored(other), Asked(metric, **more), renamed)


def shares(folder, condition):
    """Return each image's own mean Dice, computed from the stored matrices alone."""
    cell = RunFolder(folder).read_cell(key_of(folder, "net", condition))
    matrix = cell.counts.values[:, :-1].astype(float)  # without the border
    right = np.diagonal(matrix, axis1=1, axis2=2)
    size = matrix.sum(1) + matrix.sum(2)
    dice = np.divide(2 * right, size, out=np.full(size.shape, np.nan), where=size > 0)
    return np.nanmean(dice, axis=1)


def test_a_difference_and_its_interval_are_those_of_scipy(two):
    """The paired bootstrap of SciPy over the images, with other random numbers."""
    found = compared(*two, "dice_per_image", resamples=10_000)
    row = next(one for one in found.cells if (one.model, one.condition) == ("net", "additive_noise 20"))
    one, other = (shares(folder, 1) for folder in two)
    assert row.one == pytest.approx(one.mean())
    assert row.change.value == pytest.approx((other - one).mean())

    def statistic(a, b, axis):
        return (b - a).mean(axis)

    oracle = stats.bootstrap((one, other), statistic, paired=True, method="percentile", n_resamples=10_000, rng=1)
    low, high = oracle.confidence_interval
    width = high - low
    assert row.change.low == pytest.approx(low, abs=0.05 * width)
    assert row.change.high == pytest.approx(high, abs=0.05 * width)


def test_what_got_better_and_what_got_worse_is_told(two):
    """And the same conditions of a model that did not change are equal."""
    found = compared(*two)
    verdicts = {(row.model, row.condition): row.verdict for row in found.cells}
    assert verdicts["net", "additive_noise 20"] == "worse"
    assert verdicts["net", "additive_noise 50"] == "better"
    assert verdicts["net", "clean"] == verdicts["net", "occlusion 20"] == "equal"
    assert {verdict for (model, _), verdict in verdicts.items() if model == "flat"} == {"equal"}
    assert [row.condition for row in found.of("worse")] == ["additive_noise 20"]


def test_the_mean_is_over_perturbations_of_the_mean_over_strengths(two):
    """Two strengths of noise count as one perturbation: by hand from the rows of the conditions."""
    found = compared(*two)
    by = {row.condition: row for row in found.cells if row.model == "net"}
    row = next(one for one in found.overall if (one.model, one.perturbation) == ("net", MEAN))
    noise = (by["additive_noise 20"].other + by["additive_noise 50"].other) / 2
    assert row.other == pytest.approx((noise + by["occlusion 20"].other) / 2)
    assert row.strength is None


@pytest.mark.parametrize("metric", ["boundary_iou", "hd95", "pixel_accuracy", "iou_worst_5"])
def test_every_metric_of_the_table_can_be_compared(made, metric):
    """Its value is that of summary.csv, whether it is made of counts or was measured for itself."""
    with (made / "summary.csv").open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["metric"] == metric and row["class"] in ("mean", "all")]
    found = {(row.model, row.perturbation, row.strength): row.one for row in compared(made, made, metric).cells}
    assert len(rows) == len(found) == 8
    for row in rows:
        value = found[row["model"], row["perturbation"], float(row["strength"])]
        assert value == (pytest.approx(float(row["value"]), rel=1e-12) if row["value"] else None)


def test_a_metric_with_other_parameters_is_refused(two, bench):
    """It has one name, and measures something else."""
    change_record(two[1], lambda content: content["further"][0].update(parameters={"width": "1%"}))
    code, _, err = bench("diff", *two, "--metric", "boundary_iou")
    assert (code, err.count("\n")) == (2, 1)
    assert "metric boundary_iou's parameters" in err


def test_a_distance_that_grows_is_worse(made):
    """Less is better for hd95: its sign comes from its entry."""
    assert Asked("hd95").settled([open_stored(made).record]).sign == -1
    assert Asked("boundary_iou").settled([open_stored(made).record]).sign == 1


@pytest.mark.parametrize(
    ("change", "sign", "verdict"),
    [
        (Estimated(0.1, 0.02, 0.2), -1, "worse"),
        (Estimated(-0.1, -0.2, -0.02), -1, "better"),
        (Estimated(-0.1, -0.2, 0.0), 1, "unclear"),
        (Estimated(0.0, 0.0, 0.0), 1, "equal"),
        (Estimated(None, None, None), 1, "not defined"),
    ],
)
def test_a_verdict_goes_by_the_interval(change, sign, verdict):
    """And by whether more is better."""
    assert verdict_of(change, sign) == verdict


def perturbation(content, **change):
    content["perturbations"][0].update(change)


@pytest.mark.parametrize(
    ("change", "words", "left"),
    [
        (lambda c: perturbation(c, version=9), "additive_noise's version: 1 / 9", 2),
        (lambda c: perturbation(c, parameters={"a": 1}), "additive_noise's parameters", 2),
        (lambda c: c.update(seed=5), "seed: 0 / 5", 1),
        (lambda c: c.update(apply_at="model_input"), "apply_at: native / model_input", 1),
    ],
)
def test_a_perturbation_of_another_protocol_is_not_compared(two, change, words, left):
    """The field is named with both values; clean images, and other perturbations where it is only one, are."""
    change_record(two[1], change)
    found = compared(*two)
    assert any(words in line for line in found.refused)
    assert len(dict.fromkeys(row.condition for row in found.cells)) == left


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda c: [m.update(prompt="gt_box", supervision="box") for m in c["models"]],
            "model's prompt: none / gt_box",
        ),
        (
            lambda c: c["metric_sets"][0].update(border="background"),
            "metric set standard's border: ignore / background",
        ),
        (lambda c: c["datasets"][0].update(manifest="", classes=["a", "b", "c", "d"]), "data set's classes"),
    ],
)
def test_runs_of_another_protocol_are_refused(two, bench, change, words):
    """Nothing is left to compare: one line with the field, exit code 2."""
    change_record(two[1], change)
    code, out, err = bench("diff", *two)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


def limited(folder, places):
    """Make a run's cells those of some of its images, as `--limit` would."""
    from bench.compare.draws import CountedCell
    from bench.host.files import digest
    from bench.record.cell_file import StoredCell

    store, record = RunFolder(folder), RunFolder(folder).record()
    for model in record.models:
        for key in model.cell_keys:
            cell = store.read_cell(key)
            samples = tuple(cell.samples[i] for i in places)
            plain = {**cell.record, "examples": []}
            counted = CountedCell.of(cell, np.array(places))
            store.write_cell(key, StoredCell(samples, counted.counts, plain, None, counted.terms))

    def change(content):
        content["datasets"][0].update(n=len(places), samples=digest(list(samples)), manifest="other", limit=len(places))

    change_record(folder, change)


def test_another_sample_of_the_images_is_compared_on_common_ones_and_said(two):
    """Ten of the images, in another order: the scores of the first run are those of the ten images too."""
    places = [3, 1, 4, 15, 9, 2, 6, 5, 8, 7]
    limited(two[1], places)
    found = compared(*two, "dice_per_image")
    row = next(one for one in found.cells if (one.model, one.condition) == ("net", "additive_noise 20"))
    assert row.images == 10
    assert row.one == pytest.approx(shares(two[0], 1)[places].mean())
    assert any("limit: None / 10" in mark for mark in found.marks)


def test_images_of_one_name_and_another_ground_truth_are_left_out(two):
    """Two images were labelled anew: their counts cannot be of the same masks."""
    limited(two[1], list(range(24)))
    store = RunFolder(two[1])
    for condition in range(4):
        cell = store.read_cell(key := key_of(two[1], "net", condition))
        values = cell.counts.values.copy()
        values[:2, 0, 0] += 1
        store.write_cell(key, replace(cell, counts=replace(cell.counts, values=values)))
    found = compared(*two)
    assert {row.images for row in found.cells if row.model == "net"} == {22}
    assert any("another ground truth, left out: 2" in line for line in found.marks)


def test_a_damaged_cell_is_named_and_the_rest_is_compared(two, bench):
    """Exit code 0: what is shown is right."""
    path = RunFolder(two[1]).cell_path(key_of(two[1], "net", 3))
    path.write_bytes(path.read_bytes()[:-9] + b"x" + path.read_bytes()[-8:])
    code, out, err = bench("diff", *two)
    assert code == 0
    assert path.name in err
    assert "damaged" in err
    assert "additive_noise 20" in out


def test_a_cell_that_one_run_lacks_is_said(two):
    """It is not compared."""
    RunFolder(two[1]).cell_path(key_of(two[1], "net", 3)).unlink()
    found = compared(*two)
    assert "net on shapes: not in the second run: occlusion 20 (1 conditions)" in found.refused
    assert ("net", "occlusion 20") not in {(row.model, row.condition) for row in found.cells}


def test_equal_keys_with_different_counts_are_said(two):
    """The same weights on the same images cannot give other counts."""
    assert any("equal keys" in line and "additive_noise 20" in line for line in compared(*two).marks)


def test_models_of_other_labels_are_paired_by_name(copy, bench):
    """Also labels that hold a = of their own."""
    one, other = copy("one"), copy("other")
    change_record(other, lambda content: content["models"][1].update(label="net (width=2)"))
    found = compared(one, other, renamed=["net=net (width=2)"])
    assert {row.model for row in found.cells} == {"flat", "net → net (width=2)"}
    code, _, err = bench("diff", one, other, "--pair", "net=nets (width=2)")
    assert (code, err.count("\n")) == (2, 1)
    code, _, err = bench("diff", one, other, "--pair", "ne=flat")
    assert code == 2
    assert "did you mean 'net'?" in err


def test_runs_without_a_common_model_are_refused(copy, bench):
    """The line shows how to name a pair."""
    one, other = copy("one"), copy("other")
    change_record(other, lambda content: [m.update(label=f"{m['label']} 2") for m in content["models"]])
    code, _, err = bench("diff", one, other)
    assert (code, err.count("\n")) == (2, 1)
    assert "--pair 'flat=flat 2'" in err


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--metric", "dise"], "did you mean 'dice'?"),
        (["--metric", "precision_worst_5"], "no metric 'precision_worst_5'"),
        (["--metric-set", "standart"], "did you mean 'standard'?"),
        (["--resamples", "50"], "--resamples"),
    ],
)
def test_wrong_words_are_one_line(two, bench, words, fault):
    """Exit code 2."""
    code, out, err = bench("diff", *two, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert fault in err


def test_a_folder_that_is_no_run_is_refused(two, bench, tmp_path):
    """One line, exit code 2."""
    (tmp_path / "empty").mkdir()
    code, out, err = bench("diff", two[0], tmp_path / "empty")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "holds no run.json" in err


def test_a_terminal_of_80_columns_has_it_all(two, bench):
    """No table is wider."""
    code, out, _ = bench("diff", *two)
    assert code == 0
    tables = [line for line in out.splitlines() if not line.startswith(("Score:", "Perturbed"))]
    assert max(map(len, tables)) <= 80
    assert "1 worse, 1 better" in out


HOSTILE = "<img src=x onerror=alert(1)>|@team *b*"


class Tags(html.parser.HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_pages_and_markdown_show_hostile_names_as_text(two, bench, tmp_path):
    """Names of models come from a suite of somebody; a pull request shows them to many."""
    for folder in two:
        change_record(folder, lambda content: content["models"][1].update(label=HOSTILE))
    code, _, _ = bench("diff", *two, "--markdown", tmp_path / "d.md", "--html", tmp_path / "d.html")
    assert code == 0
    seen = Tags()
    seen.feed((tmp_path / "d.html").read_text(encoding="utf-8"))
    names = {tag for tag, _ in seen.tags}
    assert names.isdisjoint({"img", "script", "link", "iframe"})
    assert HOSTILE in seen.text
    policy = next(attrs["content"] for _, attrs in seen.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert not any(
        value and "http" in value for tag, attrs in seen.tags for key, value in attrs.items() if key != "http-equiv"
    )
    text = (tmp_path / "d.md").read_text(encoding="utf-8")
    assert "<img" not in text
    assert "@team" not in text
    rows = [line for line in text.splitlines() if "img src" in line and line.startswith("|")]
    assert rows
    assert all(line.replace("\\|", "").count("|") == 7 for line in rows)


def test_the_page_has_every_condition_and_a_drawing_of_its_interval(two):
    """A whisker for each row with an interval."""
    found = compared(*two)
    text = page(found)
    rows = len(found.cells) + sum(len(rows) for _, rows, _ in sections(found))
    assert text.count("<tr class=") == rows
    drawn = sum(1 for _, part, _ in sections(found) for _ in part) + len(found.cells)
    assert text.count("<svg") == drawn
    found.marks.clear()
    assert markdown(found).count("additive\\_noise 50") == 3  # better, and of both models among all conditions


def test_an_older_run_without_keys_is_refused(copy):
    """Nobody knows which cells are whose."""
    folder = copy()
    change_record(folder, lambda content: [m.update(cell_keys=[]) for m in content["models"]])
    with pytest.raises(BenchError, match="does not name its cells"):
        open_stored(folder)
