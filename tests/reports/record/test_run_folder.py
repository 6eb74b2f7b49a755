"""What happens with folders that hold no run, a damaged one or one of the future: one line that names the fault."""

import json

import pytest

import reports
from bench.record.run_folder import RunFolder
from registry.errors import BenchError

pytestmark = pytest.mark.usefixtures("undrawn")


def damage(folder, file, old, new):
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return folder


def fault(folder):
    with pytest.raises(BenchError) as caught:
        reports.render(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_without_a_run(tmp_path):
    """States that there is no run.json and which folder is meant."""
    assert "holds no run.json; give the folder" in fault(tmp_path)


def test_a_file_instead_of_a_folder(tmp_path):
    """States the same of a file."""
    (tmp_path / "file").write_text("")
    assert fault(tmp_path / "file") == f"{tmp_path}/file is a file; give the folder of a run (runs/<suite name>)"


def test_a_newer_format(make_run):
    """Asks for an update where the run was written by a newer version."""
    run = make_run()
    run.record["format"] = 4
    assert "was written by a newer segbench (format 4; this one reads 3); update segbench" in fault(run.write())


@pytest.mark.parametrize("content", ["[]", "{}", '{"format": "1"}', '{"format": true}', "3"])
def test_a_foreign_json_file(tmp_path, content):
    """States that a run.json without a format number is not ours."""
    (tmp_path / "run.json").write_text(content)
    assert "is not a file of segbench" in fault(tmp_path)


def test_truncated_json(make_run):
    """Names file and line of broken JSON."""
    folder = make_run().write()
    (folder / "run.json").write_text('{"format": 1,\n "name": ')
    assert "run.json is damaged (line 2" in fault(folder)


def test_a_file_that_is_no_text(tmp_path):
    """Refuses bytes that are no UTF-8."""
    (tmp_path / "run.json").write_bytes(b"\xff\xfe\x00")
    assert "run.json is damaged ('utf-8' codec" in fault(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}', '{"format": 1}', None])
def test_a_run_says_the_same_of_it(tmp_path, text):
    """`bench run` and `bench report` have one message: it cannot be read, is damaged, foreign or of the future."""
    if text is None:
        (tmp_path / "run.json").mkdir()
    else:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(BenchError) as caught:
        RunFolder(tmp_path).record()
    assert str(caught.value) == fault(tmp_path)


def test_a_missing_part(make_run):
    """Names the key that is missing."""
    run = make_run()
    del run.record["models"][1]["label"]
    assert (
        "damaged (models.1.label: this key is required; give text); run the suite again, which evaluates nothing twice"
        in fault(run.write())
    )


def test_no_metric_set(make_run):
    """Needs at least one metric set: the headline."""
    run = make_run()
    run.record["metric_sets"] = []
    assert "run.json is damaged (metric_sets: " in fault(run.write())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("dataset,model", "dataset,modell", "its header lacks model"),
        (",168,", ",many,", "damaged at line 2"),
        ("pets,background,clean,0.0,standard,iou,background,168", "pets", "damaged at line 2"),
        ("pets,background,clean,0.0,standard,iou", '"pets,background,clean', "is damaged"),
    ],
)
def test_a_damaged_summary(make_run, old, new, message):
    """Names the line of a summary.csv that cannot be read."""
    assert message in fault(damage(make_run(models=1).write(), "summary.csv", old, new))


def test_a_damaged_index_of_examples(make_run):
    """Names the file where the examples' index is broken."""
    run = make_run(models=1, perturbations=1).with_examples()
    folder = damage(run.write(), "examples/index.json", '"rank"', '"tank"')
    assert "index.json is damaged (examples.0.rank" in fault(folder)


@pytest.mark.parametrize("file", ["../secret.png", "/etc/hostname", "examples/../../secret.png", "run.json"])
def test_images_stay_inside_the_run(make_run, file):
    """Never embeds a file from outside the folder, nor one that is no image."""
    run = make_run(models=1, perturbations=1).with_examples()
    worst = next(one for one in run.index["examples"] if one["rank"] == "worst")
    worst["images"] = [{"file": file, "panels": ["image"]}]
    (run.folder.parent / "secret.png").write_bytes(b"secret")
    assert "which is no image of this run" in fault(run.write())


def test_unknown_keys_and_nulls_do_no_harm(make_run):
    """Ignores keys it does not know and takes null for unknown."""
    run = make_run(models=1, perturbations=1)
    run.record |= {"new": 1, "machine": None, "git": None, "harness_efficiency": None}
    run.record["models"][0] |= {"source": None, "precision": None, "geometry": None}
    assert reports.render(run.write()).is_file()


def test_a_run_without_a_summary_has_no_rows(make_run):
    """Draws a run that was stopped before its first condition."""
    folder = make_run(models=1, perturbations=1).write()
    (folder / "summary.csv").unlink()
    assert reports.leaderboard(folder)[0].dice is None


def test_a_table_may_have_more_columns(make_run):
    """Runs of versions before and after this one are drawn: columns go by their names."""
    folder = make_run(models=1).write()
    lines = (folder / "summary.csv").read_text(encoding="utf-8").splitlines()
    before = reports.leaderboard(folder)
    more = [f"{extra},{line}" for extra, line in zip(["new", *"x" * (len(lines) - 1)], lines, strict=True)]
    (folder / "summary.csv").write_text("\n".join(more), encoding="utf-8")
    assert reports.leaderboard(folder) == before
    assert before[0].dice is not None


def test_the_folder_is_given_as_it_is_written_by_the_contract(make_run):
    """Guards the made-up run: its header is the documented one and its run.json has format 1."""
    folder = make_run().write()
    header = "dataset,model,perturbation,strength,metric_set,metric,class,n,value"
    assert (folder / "summary.csv").read_text(encoding="utf-8").splitlines()[0] == header
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["format"] == 1
