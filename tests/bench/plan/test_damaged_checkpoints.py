"""A checkpoint of ours is what was written, or says that it is not; a safetensors file of nobody's costs one line."""

import hashlib
import json
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from bench.plan.checkpoints import (
    DamagedCheckpointError,
    checkpoint_path,
    contents,
    load_checkpoint,
    read_record,
    save_checkpoint,
    state_hash,
    stored_state,
)
from bench.plan.given_checkpoints import users_checkpoint
from registry.errors import BenchError

BEFORE = Path(__file__).parents[2] / "runs" / "before_rooms" / "checkpoints"
RECORD = {"training_key": "k", "model": "net"}


def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))


@pytest.fixture
def path(tmp_path):
    """A checkpoint."""
    save_checkpoint(network(), tmp_path / "a.safetensors", RECORD)
    return tmp_path / "a.safetensors"


def split(path):
    """Return a file's header and its tensors' bytes."""
    raw = path.read_bytes()
    end = 8 + int.from_bytes(raw[:8], "little")
    return json.loads(raw[8:end]), raw[end:]


def join(path, header, data):
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def test_the_checksums_are_those_of_another_reader(path):
    """The tensors by the safetensors library, the record by hand: BLAKE2b over JSON with sorted keys and no spaces."""
    with safe_open(path, "pt") as file:
        record = json.loads(file.metadata()["segbench"])
    dtypes, hashed = {torch.float32: "F32", torch.int64: "I64"}, hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(load_file(path).items()):
        hashed.update(json.dumps([name, dtypes[tensor.dtype], list(tensor.shape)]).encode())
        hashed.update(tensor.numpy().tobytes())
    assert record["state_hash"] == hashed.hexdigest() == state_hash(path)
    text = json.dumps([{k: v for k, v in record.items() if k != "checksum"}], sort_keys=True, separators=(",", ":"))
    assert record["checksum"] == hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    assert contents(path).record == read_record(path) == RECORD


def test_the_library_reads_what_we_write(path):
    """Bit for bit, and aligned to eight bytes, as the format wants it."""
    own = network().state_dict()
    assert all(torch.equal(tensor, own[name]) for name, tensor in load_file(path).items())
    assert int.from_bytes(path.read_bytes()[:8], "little") % 8 == 0


@pytest.mark.parametrize("file", sorted(BEFORE.iterdir()), ids=lambda file: file.name[:12])
def test_a_file_of_before_is_read_without_a_checksum(file):
    """Its record has no format number; the key in it is still compared."""
    key = file.stem.rpartition("-")[2]
    assert stored_state(file, key) == state_hash(file)
    assert read_record(file)["training_key"] == key


RENAMED = {
    "its name": lambda data: {"segbench_format": data["segbench_format"], "segbenci": data["segbench"]},
    "its format number": lambda data: {"segbench": data["segbench"].replace('"format"', '"formau"')},
    "its checksum": lambda data: {"segbench": data["segbench"].replace('"checksum"', '"checksun"')},
    "all but the record": lambda data: {"segbench_format": "2", "segbench": json.dumps(RECORD)},
    "a word in it": lambda data: data | {"segbench": data["segbench"].replace('"net"', '"nes"')},
    "the record": lambda data: data | {"segbench": "no JSON"},
}


@pytest.mark.parametrize("change", RENAMED.values(), ids=RENAMED)
def test_a_file_with_a_checksum_becomes_no_file_without(path, change):
    """Whatever is renamed, the record is not taken for one of before, nor the file for another program's."""
    header, data = split(path)
    join(path, header | {"__metadata__": change(header["__metadata__"])}, data)
    for read in (contents, read_record, lambda path: load_checkpoint(network(), path)):
        with pytest.raises(
            DamagedCheckpointError, match=f"the checkpoint {path} is damaged: its record is not that of"
        ):
            read(path)


def swapped(header):
    """The numbers of two tensors of one size and type."""
    a, b = header["1.weight"], header["1.bias"]
    return header | {"1.weight": b, "1.bias": a}


TENSORS = {
    "another name": lambda h: {name.replace("1.bias", "1.bibs"): one for name, one in h.items()},
    "another type of the same size": lambda h: h | {"1.bias": h["1.bias"] | {"dtype": "I32"}},
    "another shape of the same size": lambda h: h | {"0.weight": h["0.weight"] | {"shape": [1, 2, 1, 1]}},
    "two places swapped": swapped,
}


@pytest.mark.parametrize("change", TENSORS.values(), ids=TENSORS)
def test_tensors_are_those_of_the_checksum(path, change):
    """Whether the file is loaded, hashed or given by a suite; never "another model's"."""
    header, data = split(path)
    join(path, change(header), data)
    for read in (
        state_hash,
        lambda path: load_checkpoint(network(), path),
        lambda path: users_checkpoint(str(path), None, ["net"], network),
    ):
        with pytest.raises(DamagedCheckpointError) as caught:
            read(path)
        words = "its tensors are not those of its checksum; give a whole copy of it, or train it again"
        assert str(caught.value) == f"the checkpoint {path} is damaged: {words}"


def entry(begin, end, shape, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


MALFORMED = {
    "overlapping": {"a": entry(0, 8, [2]), "b": entry(4, 8, [1])},
    "the same bytes a thousand times": {f"t{i}": entry(0, 8, [2]) for i in range(1000)},
    "a hole": {"a": entry(0, 4, [1]), "b": entry(6, 8, [1], "F16")},
    "beyond the end": {"a": entry(0, 2**60, [2**58])},
    "before the end": {"a": entry(0, 4, [1])},
    "negative": {"a": entry(-8, 8, [4])},
    "backwards": {"a": entry(8, 0, [2])},
    "halves": {"a": entry(0.0, 8.0, [2])},
    "true": {"a": entry(False, True, [1]), "b": entry(1, 8, [7], "U8")},
    "no offsets": {"a": {"dtype": "F32", "shape": [2]}},
    "three offsets": {"a": entry(0, 8, [2]) | {"data_offsets": [0, 4, 8]}},
    "text for offsets": {"a": entry("0", "8", [2])},
    "text for a shape": {"a": entry(0, 8, "22")},
    "a number for a type": {"a": entry(0, 8, [2], 32)},
    "metadata in a list": {"__metadata__": ["segbench"], "a": entry(0, 8, [2])},
    "metadata of numbers": {"__metadata__": {"segbench": 5}, "a": entry(0, 8, [2])},
    "tensors in a list": {"a": [0, 8]},
    "deep": {"a": json.loads("[" * 500 + "]" * 500)},
}


@pytest.mark.parametrize("header", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_header_costs_one_line(tmp_path, header):
    """Eight bytes of numbers, and a header that says something else of them."""
    path = tmp_path / "a.safetensors"
    join(path, header, bytes(8))
    for read in (state_hash, read_record, lambda path: load_checkpoint(network(), path)):
        with pytest.raises(BenchError, match="is not a readable safetensors file: ") as caught:
            read(path)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 300


RAW = {
    "nothing": b"",
    "seven bytes": b"1234567",
    "a length alone": (2**63).to_bytes(8, "little"),
    "a long header in a short file": (10**7).to_bytes(8, "little") + b"{}",
    "no text": (4).to_bytes(8, "little") + b'{"\xff"',
    "brackets": (200_000).to_bytes(8, "little") + b"[" * 200_000,
    "a long number": (10_002).to_bytes(8, "little") + b"[" + b"9" * 10_000 + b"]",
}


@pytest.mark.parametrize("content", RAW.values(), ids=RAW)
def test_bytes_without_a_header_cost_one_line(tmp_path, content):
    """No crash, and nothing of the length that they promise is allocated."""
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(BenchError, match="is not a readable safetensors file: "):
        state_hash(path)


def test_a_checkpoint_of_another_training_is_not_taken(tmp_path):
    """Copied under another key it is whole, and the wrong one; a file of another program has no key."""
    save_checkpoint(network(), path := checkpoint_path("net", "k"), RECORD)
    assert stored_state(path, "k") == state_hash(path)
    shutil.copy(path, other := checkpoint_path("net", "j"))
    with pytest.raises(DamagedCheckpointError, match="damaged: its key is k;"):
        stored_state(other, "j")
    save_file(network().state_dict(), other)
    with pytest.raises(DamagedCheckpointError, match="damaged: it has no record;"):
        stored_state(other, "j")
    other.unlink()
    assert stored_state(other, "j") is None
    other.mkdir()
    with pytest.raises(DamagedCheckpointError, match="not a readable safetensors file: is a folder"):
        stored_state(other, "j")


def test_a_newer_file_is_not_called_damaged(path, monkeypatch):
    """It says what to do."""
    monkeypatch.setattr("bench.plan.checkpoints.FORMAT", 3)
    save_checkpoint(network(), path, RECORD)
    monkeypatch.undo()
    with pytest.raises(
        BenchError, match=r"written by a newer segbench \(format 3; this one reads 2\); update"
    ) as caught:
        state_hash(path)
    assert not isinstance(caught.value, DamagedCheckpointError)


def test_the_fault_can_be_sent_to_another_process():
    """With its words and its path."""
    error = pickle.loads(pickle.dumps(DamagedCheckpointError(Path("a"), "why")))
    assert (error.path, str(error)) == (Path("a"), "the checkpoint a is damaged: why; " + str(error).split("; ")[1])
