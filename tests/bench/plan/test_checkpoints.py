"""Checkpoints are what they say, and strangers are refused by name."""

import json

import pytest
import torch
from safetensors.torch import save_file

from bench.plan.checkpoints import load_checkpoint, read_record, save_checkpoint, state_hash
from bench.plan.given_checkpoints import users_checkpoint
from registry.errors import BenchError


def network(seed=0, width=3):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Conv2d(3, width, 1), torch.nn.BatchNorm2d(width))


def test_the_hash_is_of_the_weights_alone(tmp_path):
    """Other metadata, another order of the tensors: the same hash. Another weight: another hash."""
    net = network()
    save_checkpoint(net, tmp_path / "a.safetensors", {"note": 1})
    state = dict(reversed(net.state_dict().items()))
    save_file(state, tmp_path / "b.safetensors")
    save_checkpoint(network(1), tmp_path / "c.safetensors", {"note": 1})
    hashes = [state_hash(tmp_path / f"{name}.safetensors") for name in "abc"]
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_hash_is_of_the_shapes_too(tmp_path):
    """Six numbers as 2 x 3 and as 3 x 2: the same name, type and bytes, and other weights."""
    numbers = torch.arange(6.0)
    for name, shape in (("a", (2, 3)), ("b", (3, 2)), ("c", (2, 3))):
        save_file({"weight": numbers.reshape(shape)}, tmp_path / f"{name}.safetensors")
    wide, tall, same = (state_hash(tmp_path / f"{name}.safetensors") for name in "abc")
    assert wide == same != tall


def test_the_record_comes_back(tmp_path):
    """What is stored with the weights is read without torch."""
    save_checkpoint(network(), tmp_path / "a.safetensors", {"recipe": {"epochs": 3}})
    assert read_record(tmp_path / "a.safetensors") == {"recipe": {"epochs": 3}}
    save_file(network().state_dict(), tmp_path / "b.safetensors")
    assert read_record(tmp_path / "b.safetensors") == {}


def test_a_checkpoint_of_another_model_is_refused_by_name(tmp_path):
    """The first differing tensors are named, and nothing is loaded."""
    save_checkpoint(network(width=5), tmp_path / "a.safetensors", {})
    with pytest.raises(
        BenchError, match=r"does not match the model: tensors 6 of another shape \(0.weight is \(5, 3, 1, 1\)"
    ):
        load_checkpoint(network(), tmp_path / "a.safetensors")
    save_file({"x": torch.zeros(1)}, tmp_path / "b.safetensors")
    with pytest.raises(BenchError, match=r"6 missing \(0.weight, 0.bias\); 1 unknown \(x\)"):
        load_checkpoint(network(), tmp_path / "b.safetensors")


def read(path, net, key=None):
    return users_checkpoint(str(path), key, ["net"], lambda: net)


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"state_dict": s}, lambda s: {"model": s, "epoch": 3}])
def test_a_torch_file_is_converted_once(tmp_path, wrap):
    """.pt and .pth with a plain state dict work, bare or under the usual keys."""
    net = network()
    torch.save(wrap(net.state_dict()), tmp_path / "mine.pth")
    path = read(tmp_path / "mine.pth", network()).path
    other = network(1)
    load_checkpoint(other, path)
    assert torch.equal(other[0].weight, net[0].weight)
    before = path.stat().st_mtime_ns
    assert read(tmp_path / "mine.pth", None).path.stat().st_mtime_ns == before


class Evil:
    """Would run code if it were unpickled."""

    def __reduce__(self):
        return (open, ("/tmp/segbench-was-here", "w"))


def test_a_pickle_with_code_is_refused(tmp_path):
    """Weights load as plain tensors or not at all."""
    torch.save({"w": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(BenchError, match="cannot be read as plain weights"):
        read(tmp_path / "evil.pth", network())


FILES = {
    "missing": (None, "no checkpoint"),
    "empty": (b"", "not a readable safetensors file"),
    "text": (b"not weights at all, just words", "not a readable safetensors file"),
    "header of something else": ((14).to_bytes(8, "little") + b'{"w":{"a": 1}}', "not a readable safetensors file"),
    "header that is a list": ((2).to_bytes(8, "little") + b"[]", "not a readable safetensors file"),
    "tensor beyond the end": (
        (58).to_bytes(8, "little") + b'{"w":{"dtype":"F32","shape":[9],"data_offsets":[0,999999]}}'[:58].ljust(58),
        "not a readable safetensors file",
    ),
    "header too long": ((2**40).to_bytes(8, "little") + b"{}", "not a readable safetensors file"),
}


@pytest.mark.parametrize(("content", "message"), FILES.values(), ids=FILES)
def test_an_unreadable_file_is_one_line(tmp_path, content, message):
    """Whatever is wrong with it."""
    path = tmp_path / "a.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BenchError, match=message) as caught:
        state_hash(read(path, network()).path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"hello\n", b"", b"\x80\x02junk"])
def test_a_junk_pickle_is_one_line(tmp_path, content):
    """Whatever the unpickler stumbles over."""
    (tmp_path / "junk.pt").write_bytes(content)
    with pytest.raises(BenchError, match="cannot be read as plain weights"):
        read(tmp_path / "junk.pt", network())


def test_a_file_without_tensors_is_refused(tmp_path):
    """A whole pickled object is no state dict."""
    torch.save({"epoch": 3}, tmp_path / "a.pt")
    with pytest.raises(BenchError, match="holds no state dict of tensors"):
        read(tmp_path / "a.pt", network())


def test_the_header_is_the_published_format(tmp_path):
    """Eight bytes of length, JSON, tensors: as the safetensors format describes; our hash reads no more."""
    save_checkpoint(network(), tmp_path / "a.safetensors", {})
    raw = (tmp_path / "a.safetensors").read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert header["0.weight"]["shape"] == [3, 3, 1, 1]
