"""Every key of a run folder's JSON files is read under its own name."""

import copy
import json
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bench.record.example_index import ExampleIndex
from bench.record.run_record import RunRecord
from reports.record.run import open_run


@pytest.fixture(scope="module")
def written():
    """Return the content of run.json and of examples/index.json, written by hand."""
    names = ("full_run.yaml", "full_index.yaml")
    return [yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8")) for name in names]


@pytest.fixture(scope="module")
def run(written, tmp_path_factory):
    """Return the run of those files."""
    folder = tmp_path_factory.mktemp("keys")
    (folder / "examples").mkdir()
    (folder / "notes.csv").write_bytes(b"a\n")
    for file, content in zip(("run.json", "examples/index.json"), written, strict=True):
        (folder / file).write_text(json.dumps(content), encoding="utf-8")
    return open_run(folder)


def test_run_json_is_read_whole(run, written):
    """Loses no key and no value of run.json, and adds none."""
    assert run.record.model_dump(mode="json") == written[0]


def test_the_index_of_examples_is_read_whole(run, written):
    """Loses no key and no value of examples/index.json, and adds none."""
    assert run.index.model_dump(mode="json") == written[1]


def test_keys_of_earlier_versions_are_passed_over(run, written):
    """Two that nobody ever filled: the GPU's driver, and a score beside an example's own."""
    record, index = copy.deepcopy(written)
    record["machine"]["driver"] = None
    index["examples"][0]["score"] = None
    assert (RunRecord.model_validate(record), ExampleIndex.model_validate(index)) == (run.record, run.index)


def defaults(part, place=""):
    """Yield the places at which a part of the record has the default of its type, parts of parts included."""
    for name, field in type(part).model_fields.items():
        value, here = getattr(part, name), f"{place}.{name}"
        if field.default is not PydanticUndefined and value == field.default:
            yield here
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
        for one in inner:
            if isinstance(one, BaseModel):
                yield from defaults(one, here)


def test_no_value_is_a_default(run):
    """Checks the check: a value that equals its default would not be missed."""
    assert [*defaults(run.record), *defaults(run.index)] == []
