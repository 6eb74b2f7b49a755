"""`slices.csv` and `attributes.json` of a run: what is in them, and how they are made anew."""

import csv
import json

import pytest

from bench.record.late_cells import take_up

pytestmark = pytest.mark.usefixtures("undrawn")


def rows(folder):
    with (folder / "slices.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def ran(go, tmp_path):
    """Return the folder of a run."""
    go()
    return tmp_path / "run"


def test_clean_images_have_classes_and_strongest_strengths_means(ran):
    """Occlusion at 40, not at 20; two models; Dice and IoU of the first metric set."""
    found = rows(ran)
    assert {(row["perturbation"], row["strength"]) for row in found} == {
        ("clean", "0"),
        ("additive_noise", "50"),
        ("occlusion", "40"),
    }
    assert {row["class"] for row in found if row["perturbation"] != "clean"} == {"mean"}
    assert len({row["class"] for row in found if row["perturbation"] == "clean"}) > 2
    assert {row["metric"] for row in found} == {"dice", "iou"}
    assert {row["model"] for row in found} == {"background", "net"}
    assert {row["metric_set"] for row in found} == {"standard"}
    assert {row["small"] for row in found} == {"true"}


def test_slices_of_an_attribute_have_all_its_images(ran):
    """Four images, each in one slice of an attribute."""
    (known,) = json.loads((ran / "attributes.json").read_text()).values()
    assert all(len(values) == 4 for values in known.values())
    sizes = {}
    for row in rows(ran):
        sizes.setdefault(row["attribute"], {})[row["slice"]] = int(row["images"])
    assert sizes
    for attribute, of_slice in sizes.items():
        assert sum(of_slice.values()) == sum(map(bool, known[attribute]))


def test_a_slice_of_all_but_one_image_is_between(ran):
    """A slice's accuracy cannot be outside of what its images have: the baseline's Dice of the background is below 1."""
    values = [float(row["value"]) for row in rows(ran) if row["class"] == "background" and row["metric"] == "dice"]
    assert values
    assert all(0 < value <= 1 for value in values)


def test_the_table_is_made_anew_from_the_cells_alone(ran):
    """The data are not opened: byte for byte the same."""
    text = (ran / "slices.csv").read_bytes()
    (ran / "slices.csv").unlink()
    assert take_up(ran) == []
    assert (ran / "slices.csv").read_bytes() == text
    (ran / "slices.csv").write_bytes(text + b"one line more\n")
    (line,) = take_up(ran)
    assert "slices.csv is not as it was written" in line
    assert (ran / "slices.csv").read_bytes() == text


def test_changed_attributes_are_not_believed(ran, go):
    """There is nothing to make them from but the data: scores of slices go, and the next run makes both anew."""
    text = (ran / "attributes.json").read_text()
    (ran / "attributes.json").write_text(text.replace("yes", "no").replace("0.", "1."))
    (line,) = take_up(ran)
    assert line.endswith("is not as it was written, so there are no scores of slices; run the suite again")
    assert not (ran / "slices.csv").exists()
    assert take_up(ran) == []
    go()
    assert (ran / "attributes.json").read_text() == text
    assert rows(ran)


def test_a_run_of_before_has_no_slices(ran):
    """Its record knows no attributes; a report adds no empty table."""
    from bench.record.run_folder import RunFolder

    folder = RunFolder(ran)
    record = folder.record()
    tables = {name: one for name, one in record.tables.items() if name not in ("attributes.json", "slices.csv")}
    folder.write_record(record.model_copy(update={"tables": tables, "statistics": None}))
    for name in ("attributes.json", "slices.csv"):
        (ran / name).unlink()
    assert take_up(ran) == []
    assert not (ran / "slices.csv").exists()


def test_another_attribute_is_another_run(go, tmp_path, write, monkeypatch):
    """Cells stay; the table follows what is known of the images now."""
    go()
    before = rows(tmp_path / "run")
    from bench.data import attributes

    monkeypatch.setattr(attributes, "_of_mask", lambda row, _: {"parity": str(int(row.image_hash, 16) % 2)})
    go()
    after = rows(tmp_path / "run")
    assert {row["attribute"] for row in after} <= {"parity"}
    assert before != after


def test_verify_names_a_changed_score(ran):
    """Whole, there is nothing to say; one digit more of one slice, and its line is named."""
    from bench.compare.verification import verify

    assert verify(ran).faults == []
    assert verify(ran).rows["slices.csv"] == len(rows(ran))
    text = (ran / "slices.csv").read_text().splitlines()
    place = next(i for i, line in enumerate(text) if ",mean," in line and ",0." in line)
    text[place] = text[place].replace(",0.", ",0.1", 1)
    (ran / "slices.csv").write_text("\n".join(text) + "\n")
    faults = verify(ran).faults
    assert len(faults) == 2
    assert all(line.startswith("slices.csv") for line in faults)
