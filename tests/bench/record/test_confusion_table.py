"""confusion.csv: the classes that a model takes for others, against scikit-learn on the masks as files."""

import csv
import json

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix

from bench.host.checksum import of_file
from bench.host.screen import Screen
from bench.record.late_cells import take_up
from bench.record.run_folder import RunFolder
from bench.runner.loop import Options, run
from bench.suite import load_suite

pytestmark = pytest.mark.usefixtures("undrawn")

SUITE = """\
name: masks
datasets: [{{name: folder, label: d, root: {root}, images: images, masks: masks, classes: {classes}}}]
models: [{{name: predictions, folder: {root}/predicted, label: m}}, {{name: background}}]
perturbations: [{{name: horizontal_flip, strengths: [1]}}]
metric_sets: {sets}
"""


def draw(root, classes, images=5):
    """Random images, masks with a border, and predictions of both conditions; return masks and clean predictions."""
    generator = np.random.default_rng(1)
    truths, predictions = [], []
    for i in range(images):
        truth, prediction, image = (
            generator.integers(0, n, size).astype(np.uint8)
            for n, size in ((classes, (24, 32)), (classes, (24, 32)), (256, (24, 32, 3)))
        )
        truth[10:12] = 255
        for place, array in (
            ("images", image),
            ("masks", truth),
            ("predicted/clean", prediction),
            ("predicted/horizontal_flip_1", prediction),
        ):
            (root / place).mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(root / place / f"{i}.png")
        truths.append(truth)
        predictions.append(prediction)
    return np.stack(truths).astype(int), np.stack(predictions)


def start(tmp_path, classes, sets="[standard, edinburgh_000]"):
    names = [f"c{i}" for i in range(classes)]
    (tmp_path / "s.yaml").write_text(SUITE.format(root=tmp_path, classes=names, sets=sets))
    run(load_suite(tmp_path / "s.yaml"), Options(tmp_path / "run"), Screen())
    return names


def table(folder, model, border, names):
    """The matrix of a model in confusion.csv; what has no line is 0."""
    with (folder / "confusion.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({tuple(row.values())[:-1] for row in rows}) == len(rows)
    matrix = np.zeros((len(names), len(names)), int)
    for row in rows:
        if (row["dataset"], row["model"], row["border"]) == ("d", model, border):
            matrix[names.index(row["ground_truth"]), names.index(row["prediction"])] = row["pixels"]
    return matrix


@pytest.mark.parametrize("classes", [3, 40])
def test_the_table_is_that_of_scikit_learn(classes, tmp_path):
    """Under the border policies of both sets; of 40 classes too, whose cells keep no matrix an image."""
    truths, predictions = draw(tmp_path, classes)
    names = start(tmp_path, classes)
    counts = truths != 255
    ignored = confusion_matrix(truths[counts], predictions[counts], labels=range(classes))
    background = np.where(counts, truths, 0)
    expected = confusion_matrix(background.ravel(), predictions.ravel(), labels=range(classes))
    assert np.array_equal(table(tmp_path / "run", "m", "ignore", names), ignored)
    assert np.array_equal(table(tmp_path / "run", "m", "background", names), expected)
    assert table(tmp_path / "run", "background", "ignore", names)[:, 1:].sum() == 0
    assert (table(tmp_path / "run", "m", "foreground", names) == 0).all()  # no set of this suite has that policy


def test_the_diagonal_is_the_recall_of_the_summary(tmp_path):
    """Where counts are summed over the data set."""
    draw(tmp_path, 3)
    names = start(tmp_path, 3)
    matrix = table(tmp_path / "run", "m", "ignore", names)
    with (tmp_path / "run" / "summary.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["model"] == "m" and row["perturbation"] == "clean"]
    found = {
        row["class"]: float(row["value"])
        for row in rows
        if (row["metric_set"], row["metric"]) == ("standard", "recall")
    }
    for i, name in enumerate(names):
        assert found[name] == pytest.approx(matrix[i, i] / matrix[i].sum(), abs=1e-12)


def test_a_model_of_objects_has_two_columns(go, tmp_path):
    """Ground truth by class, prediction as object or not, under the sets that can score it."""
    go(
        ("  - {name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}\n", ""),
        ("{name: background}", "{name: prompt_box, prompt: full_box}"),
        (
            "perturbations: [{name: additive_noise, strengths: [50]}, {name: occlusion, strengths: [20, 40]}]",
            "perturbations: []\nmetric_sets: [standard, sam2_binary]",
        ),
    )
    with (tmp_path / "run" / "confusion.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["model"].startswith("prompt_box")]
    assert {(row["border"], row["prediction"]) for row in rows} == {("foreground", "foreground")}
    assert {row["ground_truth"] for row in rows} == {"background", "cat", "dog"}


@pytest.fixture
def finished(tmp_path):
    """A run's folder, and what its table has to be again."""
    draw(tmp_path, 40, images=2)
    start(tmp_path, 40)
    return tmp_path / "run", (tmp_path / "run" / "confusion.csv").read_text()


def test_a_report_of_an_older_run_makes_the_table(finished):
    """It had none; the cells hold what it is made from."""
    folder, whole = finished
    (folder / "confusion.csv").unlink()
    assert take_up(folder) == []
    assert (folder / "confusion.csv").read_text() == whole


def test_late_cells_join_the_table(finished):
    """As kill -9 leaves a run: the tables of before its last model, and the cells of all."""
    folder, whole = finished
    inside, tables = RunFolder(folder), {}
    for name in ("confusion.csv", "summary.csv"):
        lines = (folder / name).read_text().splitlines(keepends=True)
        (folder / name).write_text("".join(line for line in lines if not line.startswith("d,background")))
        tables[name] = of_file((folder / name).read_bytes())
    record = inside.record()
    inside.write_record(record.model_copy(update={"tables": {**record.tables, **tables}}))
    assert take_up(folder) == []
    assert (folder / "confusion.csv").read_text() == whole


def test_a_run_of_a_folder_without_the_table_writes_it(finished, tmp_path):
    """Nothing is evaluated for it."""
    folder, whole = finished
    (folder / "confusion.csv").unlink()
    outcome = run(load_suite(tmp_path / "s.yaml"), Options(folder), Screen())
    assert outcome.evaluated == 0
    assert (folder / "confusion.csv").read_text() == whole


def test_many_classes_of_an_older_cell_have_no_lines(finished):
    """A cell of before has no matrix: nothing is made up."""
    folder, _ = finished
    record = json.loads((folder / "run.json").read_text())
    cells = RunFolder(folder)
    for model in record["models"]:
        for key in model["cell_keys"]:
            cell = cells.read_cell(key)
            cell.record.pop("confusion", None)
            cells.write_cell(key, cell)
    (folder / "confusion.csv").unlink()
    take_up(folder)
    assert len((folder / "confusion.csv").read_text().splitlines()) == 1
