"""`bench verify`: what is as it was published, and what is not."""

import csv
import json

import pytest

from bench.api.door import run
from bench.compare.table_rows import RowTable, differences, equal
from bench.compare.verification import verify
from bench.host.checksum import of_file
from bench.record.run_folder import RunFolder
from tests.bench.compare.conftest import SUITE, change_record, key_of


def test_a_run_as_it_was_written_is_verified(copy, bench):
    """Exit code 0, and a line with the number of cells and of rows; nothing is written."""
    folder = copy()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    code, out, err = bench("verify", folder)
    assert (code, err) == (0, "")
    with (folder / "summary.csv").open(newline="") as lines:
        rows = len(list(csv.reader(lines))) - 1
    assert "8 cells, 8 of their keys" in out
    assert f"summary.csv ({rows} rows)" in out
    assert "ranking.csv" in out
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_flipped_byte_in_a_cell_is_named(copy, bench, place):
    """The file is named, and the tables that need it are not said to be right."""
    folder = copy()
    path = RunFolder(folder).cell_path(key_of(folder, "net", 1))
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 1
    path.write_bytes(data)
    code, out, err = bench("verify", folder)
    assert code == 1
    assert path.name in out
    assert "damaged" in out
    assert "ranking.csv was not compared" in err


def test_a_changed_number_is_named_with_both_values(copy, bench):
    """Somebody edits a score and its checksum: the cells still say what it is."""
    folder = copy()
    text = (folder / "summary.csv").read_text()
    line = next(line for line in text.splitlines() if line.startswith("shapes,net,") and ",dice,mean," in line)
    cells = line.split(",")
    changed = text.replace(line, ",".join([*cells[:9], "0.9999", *cells[10:]]))
    (folder / "summary.csv").write_text(changed)
    change_record(folder, lambda content: content["tables"].update({"summary.csv": of_file(changed.encode())}))
    code, out, _ = bench("verify", folder)
    assert code == 1
    assert f"value is 0.9999 there, {cells[9]} from the cells" in " ".join(out.split())
    assert "1 difference" in out


def test_a_changed_table_has_another_checksum(copy):
    """A line that is gone, and one that nobody computed."""
    folder = copy()
    lines = (folder / "summary.csv").read_text().splitlines(keepends=True)
    extra = lines[2].replace("flat", "nobody")
    (folder / "summary.csv").write_text("".join([lines[0], *lines[2:], extra]))
    faults = verify(folder).faults
    assert faults[0] == "summary.csv: its checksum is not that in run.json"
    assert sum("this row is missing" in line for line in faults) == 1
    assert sum("nobody" in line and "no such row" in line for line in faults) == 1
    assert len(faults) == 3


def test_a_ranking_that_somebody_turned_is_found(copy):
    """Tables of statistics are computed again, too."""
    folder = copy()
    text = (folder / "ranking.csv").read_text()
    turned = text.replace(",flat,", ",??,").replace(",net,", ",flat,").replace(",??,", ",net,")
    (folder / "ranking.csv").write_text(turned)
    change_record(folder, lambda content: content["tables"].update({"ranking.csv": of_file(turned.encode())}))
    faults = verify(folder).faults
    assert faults
    assert all(line.startswith("ranking.csv: ") for line in faults)


def test_a_cell_that_is_gone_is_named(copy):
    """Its numbers are in the tables, and nothing can tell whether they are right."""
    folder = copy()
    key = key_of(folder, "net", 2)
    RunFolder(folder).cell_path(key).unlink()
    faults = verify(folder).faults
    assert faults == [f"the cell of net on shapes, additive_noise 50 ({key}) is gone, and the tables have its numbers"]


def test_cells_under_each_others_names_are_found(copy):
    """Both files are whole, and neither is the cell that it is called."""
    folder = copy()
    one, other = (RunFolder(folder).cell_path(key_of(folder, "net", i)) for i in (1, 2))
    one_bytes, other_bytes = one.read_bytes(), other.read_bytes()
    one.write_bytes(other_bytes)
    other.write_bytes(one_bytes)
    assert sum("damaged (it is the cell" in line for line in verify(folder).faults) == 2


@pytest.mark.parametrize("part", ["state", "manifest"])
def test_keys_hold_what_the_record_says(copy, part):
    """Other weights or other images are claimed for the same cells."""
    folder = copy()

    def change(content):
        place = content["models"][1] if part == "state" else content["datasets"][0]
        place[part] = "0" * 32

    change_record(folder, change)
    faults = verify(folder).faults
    assert len(faults) == 1
    assert faults[0].startswith(f"{4 if part == 'state' else 8} keys are not those")


def test_keys_of_another_version_are_a_remark(copy):
    """Its code may have counted otherwise; the numbers still follow from the cells."""
    folder = copy()
    change_record(folder, lambda content: (content["models"][1].update(state="0" * 32), content.update(code="older")))
    found = verify(folder)
    assert found.faults == []
    assert "another version of segbench" in found.remarks[0]


def test_a_changed_record_is_refused(copy, bench):
    """run.json has its own checksum."""
    folder = copy()
    content = json.loads((folder / "run.json").read_text())
    content["seed"] = 5
    (folder / "run.json").write_text(json.dumps(content))
    code, _, err = bench("verify", folder)
    assert code == 2
    assert "run.json is damaged" in err


@pytest.mark.parametrize("name", ["nowhere", "file"])
def test_a_folder_without_a_run_is_refused(bench, tmp_path, name):
    """One line, exit code 2."""
    (tmp_path / "file").write_text("")
    code, out, err = bench("verify", tmp_path / name)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_a_run_of_a_newer_format_is_refused(copy, bench):
    """It says to update."""
    folder = copy()
    change_record(folder, lambda content: content.update(format=99))
    code, _, err = bench("verify", folder)
    assert (code, err.count("\n")) == (2, 1)
    assert "newer segbench" in err


def test_intervals_of_other_rules_are_not_compared(copy):
    """A version of the rules that this segbench does not have: values are compared, intervals are not."""
    folder = copy()
    text = (folder / "summary.csv").read_text().splitlines()
    other = "\n".join([text[0], *(",".join([*line.split(",")[:10], "0.1", "0.2", "7"]) for line in text[1:])]) + "\n"
    (folder / "summary.csv").write_text(other)

    def change(content):
        content["statistics"]["version"] = 0
        content["tables"]["summary.csv"] = of_file(other.encode())

    change_record(folder, change)
    found = verify(folder)
    assert found.faults == []
    assert any(line.startswith("ranking.csv was not compared") for line in found.remarks)
    assert found.rows["summary.csv"] == len(text) - 1


@pytest.fixture
def theirs(made, tmp_path):
    """Write a table like summary.csv with changed rows, and only some columns."""

    def make(change=lambda row: row, columns=None):
        with (made / "summary.csv").open(newline="") as lines:
            rows = [changed for row in csv.DictReader(lines) if (changed := change(dict(row)))]
        with (tmp_path / "theirs.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, columns or rows[0].keys(), extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return tmp_path / "theirs.csv"

    return make


def rounded(row):
    return row | {"value": f"{float(row['value']):.3f}"} if row["value"] else row


def test_rounded_numbers_of_others_are_equal(copy, theirs, bench):
    """Three digits are compared to three digits."""
    names = ["dataset", "model", "perturbation", "strength", "metric_set", "metric", "class", "value"]
    code, out, err = bench("verify", copy(), "--against", theirs(rounded, names))
    assert (code, err) == (0, "")
    assert "theirs.csv (" in out


def test_a_number_of_others_that_differs_is_named(copy, theirs, bench):
    """In the third digit of one row."""

    def change(row):
        if (row["model"], row["perturbation"], row["metric"], row["class"]) == ("net", "clean", "dice", "mean"):
            return row | {"value": f"{float(row['value']) + 0.001:.3f}"}
        return rounded(row)

    code, out, _ = bench("verify", copy(), "--against", theirs(change))
    assert code == 1
    assert "theirs.csv: shapes, net" in out
    assert "1 difference" in out


def test_rows_that_others_lack_are_said_and_rows_that_nobody_has_are_differences(copy, theirs):
    """A paper has fewer rows than a run; it must not have others."""

    def change(row):
        if row["metric"] != "dice":
            return None
        return row | {"model": "flat 2"} if (row["model"], row["class"]) == ("flat", "mean") else row

    found = verify(copy(), theirs(change))
    assert sum(line.startswith("theirs.csv: ") for line in found.faults) == len(found.faults) == 4
    assert all("flat 2" in line and "no such row" in line for line in found.faults)
    assert any(line.startswith("theirs.csv lacks") for line in found.remarks)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "no column model, metric, value"),
        ("model,metric,value\nnet,dice,0.5\n", "add dataset"),
        ("model,metric,value\nnet,dice\n", "it is no table"),
        ("", "it has no header"),
    ],
)
def test_a_table_that_cannot_be_compared_is_refused(copy, bench, tmp_path, text, words):
    """One line, exit code 2."""
    (tmp_path / "t.csv").write_text(text)
    code, _, err = bench("verify", copy(), "--against", tmp_path / "t.csv")
    assert (code, err.count("\n")) == (2, 1)
    assert words in err


def test_numbers_are_equal_to_the_digits_that_are_given():
    """Half a unit of the last digit."""
    assert equal("0.87", "0.8749", rounded=True)
    assert not equal("0.87", "0.8751", rounded=True)
    assert equal("0.50", "0.5", rounded=True)
    assert not equal("0.500", "0.501", rounded=True)
    assert not equal("", "0.5", rounded=True)
    assert equal("", "", rounded=True)
    assert not equal("0.5000001", "0.5")


def test_rows_of_one_name_are_told_apart():
    """Two rows of one key, of which the second differs."""
    one = RowTable.of_text("dataset,model,value\nd,m,1\nd,m,2\n")
    other = RowTable.of_text("dataset,model,value\nd,m,1\nd,m,3\n")
    assert differences(other, one).other == ((("d", "m", "#2"), "value", "3", "2"),)


EVERY = SUITE | {
    "models": [{"name": "unet", "width": 2, "size": 32, "label": "deep", "seeds": [0, 1], "train": {"epochs": 0}}],
    "metrics": ["boundary_iou", "calibration", "error_split"],
    "reference": "deep seed 0",
}


def test_every_kind_of_table_is_computed_again(tmp_path, bench):
    """Seeds, slices, reliability, ratios to a reference: nothing is taken from the tables themselves."""
    run(EVERY, out=tmp_path / "run", progress=False)
    code, out, err = bench("verify", tmp_path / "run")
    assert (code, err) == (0, "")
    there = {path.name for path in (tmp_path / "run").glob("*.csv")}
    assert {"seeds.csv", "slices.csv", "calibration.csv", "robustness.csv"} <= there
    assert {name for name in there if name in out} == there
