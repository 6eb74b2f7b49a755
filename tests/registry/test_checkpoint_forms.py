"""The forms in which people keep the weights of one network: the same tensors come out of each, or one line."""

import argparse
import io
import json
import pickle
import tarfile
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file, save_model
from torch import nn
from torch.optim.swa_utils import AveragedModel

from bench.plan.checkpoints import load_checkpoint, state_hash
from bench.plan.given_checkpoints import users_checkpoint
from registry.errors import BenchError
from registry.state_fitting import differences


class Net(nn.Module):
    """A convolution, a batch norm and a head."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4))
        self.head = nn.Conv2d(4, 2, 1)

    def forward(self, x):
        return self.head(self.body(x).relu())


def made(seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = Net()
        net(torch.rand(2, 3, 8, 8))  # statistics of its own
        return net.eval()


def read(path, key=None, network=Net):
    return users_checkpoint(str(path), key, ["net"], network)


def behind(prefix, state, **more):
    return {**{f"{prefix}{name}": tensor for name, tensor in state.items()}, **more}


NET = made()
PLAIN = NET.state_dict()
LOSS = {"criterion.weight": torch.ones(2)}

FORMS = {
    "plain": (PLAIN, ""),
    "Lightning": ({"state_dict": behind("model.", PLAIN), "epoch": 3, "hyper_parameters": {"lr": 0.1}}, "'model.'"),
    "Lightning, net": ({"state_dict": behind("net.", PLAIN)}, "'net.'"),
    "model": ({"model": PLAIN, "args": argparse.Namespace(lr=0.1, out="x")}, ""),
    "model_state_dict": ({"model_state_dict": PLAIN, "optimizer": torch.optim.SGD(NET.parameters()).state_dict()}, ""),
    "numpy scalars": ({"model": PLAIN, "best": np.float64(0.7), "curve": np.arange(3.0), "n": np.int64(3)}, ""),
    "DataParallel": (nn.DataParallel(NET).state_dict(), "'module.'"),
    "averaged": (AveragedModel(NET).state_dict(), "left out, since not the network's: n_averaged"),
    "compiled": (behind("_orig_mod.", PLAIN), "'_orig_mod.'"),
    "nested": (behind("module.model.", PLAIN), "'module.model.'"),
    "a loss beside the network": (behind("model.", PLAIN, **LOSS), "left out, since not the network's: criterion.weight"),
    "a loss beside the layers": (behind("", PLAIN, **LOSS), "left out, since not the network's: criterion.weight"),
    "a number beside the tensors": ({**PLAIN, "epoch": 7}, ""),
    "not contiguous": ({name: t.transpose(0, -1).contiguous().transpose(0, -1) if t.ndim > 1 else t for name, t in PLAIN.items()}, ""),
    "parameters": ({name: nn.Parameter(t) if t.is_floating_point() else t for name, t in PLAIN.items()}, ""),
    "double": ({name: t.double() if t.is_floating_point() else t for name, t in PLAIN.items()}, ""),
    "another order": (dict(reversed(PLAIN.items())), ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def answer():
    with torch.no_grad():
        return NET(torch.linspace(-1, 1, 3 * 64).reshape(1, 3, 8, 8))


def predicted(path):
    other = made(1)
    load_checkpoint(other, path)
    with torch.no_grad():
        return other(torch.linspace(-1, 1, 3 * 64).reshape(1, 3, 8, 8))


@pytest.mark.parametrize(("content", "note"), FORMS.values(), ids=FORMS)
def test_every_form_gives_the_same_predictions(tmp_path, content, note, answer):
    """Bit for bit; what was done to the names is said; the hash is that of the plain file."""
    torch.save(content, tmp_path / "form.pth")
    save_file(PLAIN, tmp_path / "plain.safetensors")
    given = read(tmp_path / "form.pth")
    assert torch.equal(predicted(given.path), answer)
    assert (note in given.note) if note else (given.note == "")
    if content is not FORMS["double"][0]:
        assert state_hash(given.path) == state_hash(tmp_path / "plain.safetensors")


@pytest.mark.parametrize("zipped", [True, False])
def test_torchs_older_format_is_read(tmp_path, zipped, answer):
    """The one without an archive, too."""
    torch.save({"state_dict": PLAIN}, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
    assert torch.equal(predicted(read(tmp_path / "a.pth").path), answer)


def test_a_plain_safetensors_file_is_taken_as_it_is(tmp_path):
    """No copy, and its hash is that of the file; the network is built once to look at it, and not again."""
    save_file(PLAIN, tmp_path / "a.safetensors", {"format": "pt"})
    path = tmp_path / "a.safetensors"
    assert read(path) == (path, state_hash(path), "")
    assert read(tmp_path / "a.safetensors", network=None).path == tmp_path / "a.safetensors"


MEMORIES = {
    **dict.fromkeys(["", "{", "[]", "\xff"], "damaged"),
    '{"converted": false, "note": ""}': "",  # of before, without a checksum
    '{"format": 2, "converted": false, "note": ""}': "damaged",
}


@pytest.mark.parametrize(("content", "words"), MEMORIES.items())
def test_a_damaged_memory_of_how_a_file_was_read_is_made_anew(tmp_path, monkeypatch, content, words, answer):
    """The same weights, and one line that names it; none for one of an earlier version."""
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path / "cache"))
    torch.save(PLAIN, tmp_path / "a.pth")
    read(tmp_path / "a.pth")
    [memory] = (tmp_path / "cache" / "converted").glob("*.json")
    kept = memory.read_bytes()
    memory.write_bytes(content.encode("latin-1"))
    again = read(tmp_path / "a.pth")
    assert torch.equal(predicted(again.path), answer)
    assert again.note == (f"what is known of it in {memory} is damaged, and is made anew" if words else "")
    assert memory.read_bytes() == kept


def test_the_ending_of_a_name_decides_nothing(tmp_path, answer):
    """Safetensors called .pth and a torch file called .safetensors are what they are."""
    save_file(PLAIN, tmp_path / "a.pth")
    torch.save(PLAIN, tmp_path / "b.safetensors")
    for name in ("a.pth", "b.safetensors"):
        assert torch.equal(predicted(read(tmp_path / name).path), answer)


def test_batches_need_not_be_counted(tmp_path, answer):
    """`num_batches_tracked` plays no part in a prediction."""
    state = {name: tensor for name, tensor in PLAIN.items() if "num_batches" not in name}
    save_file(state, tmp_path / "a.safetensors")
    assert torch.equal(predicted(read(tmp_path / "a.safetensors").path), answer)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_read_as_its_numbers(tmp_path, dtype):
    """As torch itself copies them."""
    state = {name: t.to(dtype) if t.is_floating_point() else t for name, t in PLAIN.items()}
    torch.save(state, tmp_path / "a.pth")
    by_torch, ours = Net(), Net()
    by_torch.load_state_dict(state)
    load_checkpoint(ours, read(tmp_path / "a.pth").path)
    assert all(
        torch.equal(a, b) for a, b in zip(by_torch.state_dict().values(), ours.state_dict().values(), strict=True)
    )


class Tied(nn.Module):
    """One tensor under two names."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 2)
        self.b.weight = self.a.weight


def test_a_tensor_with_two_names_needs_one(tmp_path):
    """safetensors' own save_model writes it once."""
    tied, other = Tied(), Tied()
    save_model(tied, tmp_path / "a.safetensors")
    torch.save(tied.state_dict(), tmp_path / "b.pth")
    for name in ("a.safetensors", "b.pth"):
        load_checkpoint(other, read(tmp_path / name, network=Tied).path)
        assert torch.equal(other.b.weight, tied.a.weight)


EMA = made(2).state_dict()
SEVERAL = {
    "DETR": ({"model": PLAIN, "model_ema": EMA}, "model, model_ema"),
    "timm": ({"state_dict": PLAIN, "state_dict_ema": behind("module.", EMA), "arch": "x"}, "state_dict, state_dict_ema.module"),
    "Lightning": ({"state_dict": {**behind("model.", PLAIN), **behind("ema_model.", EMA)}}, "state_dict.model, state_dict.ema_model"),
    "flat": ({**PLAIN, **behind("ema.", EMA)}, "., ema"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "names"), SEVERAL.values(), ids=SEVERAL)
def test_weights_beside_their_average_are_asked_for(tmp_path, content, names):
    """Neither is taken by guess; `checkpoint_key` takes the one that it names."""
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(BenchError, match="holds several weights of this model; choose by checkpoint_key: one of") as e:
        read(tmp_path / "a.pth")
    assert str(e.value).endswith(names)
    plain, ema = names.split(", ")
    for key, state in ((plain, PLAIN), (ema, EMA)):
        net = Net()
        load_checkpoint(net, read(tmp_path / "a.pth", key).path)
        assert torch.equal(net.head.weight, state["head.weight"]), key


def test_a_misspelt_key_gets_its_suggestion(tmp_path):
    """Among those that are the model's."""
    torch.save({"model": PLAIN, "model_ema": EMA}, tmp_path / "a.pth")
    with pytest.raises(
        BenchError, match=r"^checkpoint_key: the checkpoint .* has no 'model_eam'; did you mean 'model_ema'"
    ):
        read(tmp_path / "a.pth", "model_eam")


def test_a_key_of_another_network_is_told_what_differs(tmp_path):
    """The set is there, and its tensors are not the model's."""
    torch.save({"model": PLAIN, "critic": {"weight": torch.ones(2)}}, tmp_path / "a.pth")
    assert "taken from 'model', beside critic" in read(tmp_path / "a.pth").note
    with pytest.raises(BenchError, match=r"does not match the model: tensors 8 missing \(body.0.weight.*1 unknown"):
        read(tmp_path / "a.pth", "critic")


DIFFERENT = {
    "an unknown layer": (behind("model.", PLAIN, **{"model.aux.weight": torch.ones(2)}), r"1 unknown \(aux.weight\)"),
    "an unknown layer without prefix": ({**PLAIN, "aux.weight": torch.ones(2)}, r"1 unknown \(aux.weight\)"),
    "another shape": (behind("model.", {**PLAIN, "head.bias": torch.ones(3)}), r"1 of another shape \(head.bias is \(3,\), the model's is \(2,\)"),
    "a missing layer": (behind("net.", {k: v for k, v in PLAIN.items() if k != "head.bias"}), r"1 missing \(head.bias\)"),
    "quantised": ({**PLAIN, "head.weight": torch.ones(2, 4, 1, 1, dtype=torch.int8)}, r"1 of another type \(head.weight is int8, the model's is float32"),
    "quantised floats": ({**PLAIN, "head.weight": torch.ones(2, 4, 1, 1).to(torch.float8_e4m3fn)}, r"1 of another type \(head.weight is float8_e4m3fn, the model's is float32"),
    "without numbers": ({**PLAIN, "head.weight": torch.ones(2, 4, 1, 1, device="meta")}, r"1 of another type \(head.weight is float32 without numbers, the model's is float32"),
    "two prefixes share the network": ({**behind("a.", {k: v for k, v in PLAIN.items() if "body" in k}), **behind("b.", {k: v for k, v in PLAIN.items() if "head" in k})}, "2 missing"),
}  # fmt: skip


def test_sparse_tensors_are_of_another_type():
    """Their numbers are not where a network looks for them."""
    sparse = {**PLAIN, "head.weight": PLAIN["head.weight"].to_sparse()}
    assert differences(sparse, PLAIN).startswith("1 of another type (head.weight is float32 sparse_coo, the model's is")


@pytest.mark.parametrize(("content", "words"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_is_named(tmp_path, content, words):
    """Of the network itself nothing is left out."""
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(BenchError, match=f"does not match the model: tensors .*{words}"):
        read(tmp_path / "a.pth")


def saved(content, **options):
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def archive(kind, name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") if kind == "zip" else tarfile.open(fileobj=buffer, mode="w") as opened:
        opened.writestr(name, "x") if kind == "zip" else opened.addfile(tarfile.TarInfo(name))
    return buffer.getvalue()


NO_WEIGHTS = {
    "a whole model": ("a.pth", lambda: saved(nn.Sequential(NET)), "it holds a whole model"),
    "a whole model, older format": ("a.pth", lambda: saved(nn.Sequential(nn.Linear(1, 1)), _use_new_zipfile_serialization=False), "it holds a whole model"),
    "objects": ("a.pth", lambda: saved({"model": PLAIN, "when": zipfile.ZipInfo("x")}), r"it holds objects \(.*zipfile.ZipInfo\)"),
    "TorchScript": ("a.pt", lambda: archive("zip", "a/constants.pkl"), "it is a TorchScript program"),
    "empty": ("a.pth", lambda: b"", "it is empty"),
    "empty safetensors": ("a.safetensors", lambda: b"", "it is empty"),
    "cut off": ("a.pth", lambda: saved(PLAIN)[:900], "damaged or cut off"),
    "cut off, older format": ("a.pth", lambda: saved(PLAIN, _use_new_zipfile_serialization=False)[:900], "cut off"),
    "cut off safetensors": ("a.safetensors", lambda: (99).to_bytes(8, "little") + b'{"a"', "damaged or cut off"),
    "a pointer of git-lfs": ("a.pth", lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "run git lfs pull"),
    "a pointer in place of safetensors": ("a.safetensors", lambda: b"version https://git-lfs.github.com/spec/v1\n", "run git lfs pull"),
    "a web page": ("a.pth", lambda: b"\n<!DOCTYPE html><html>404</html>", "it is a web page"),
    "an archive": ("a.pth", lambda: archive("zip", "readme.txt"), "it is an archive of other files"),
    "a tar of other files": ("a.tar", lambda: archive("tar", "readme.txt"), "not of PyTorch's format"),
    "compressed": ("a.pth", lambda: b"\x1f\x8b\x08\x00", "unpack it first"),
    "Keras": ("a.h5", lambda: b"\x89HDF\r\n\x1a\n\x00", "it is an HDF5 file"),
    "ONNX": ("a.onnx", lambda: b"\x08\x07\x12\x07pytorch", "it is an ONNX file; write {name: onnx"),
    "JSON": ("a.json", lambda: json.dumps({"weight_map": {}}).encode(), "not of PyTorch's format"),
    "a pickle": ("a.pkl", lambda: pickle.dumps({"weights": [1, 2]}), "(holds no state dict|cannot be read as plain)"),
    "no tensors": ("a.pth", lambda: saved({"epoch": 3}), "holds no state dict of tensors"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "words"), NO_WEIGHTS.values(), ids=NO_WEIGHTS)
def test_what_holds_no_weights_is_told_in_our_words(tmp_path, name, content, words):
    """One line, without torch's advice to load it all the same and without colour codes."""
    (tmp_path / name).write_bytes(content())
    with pytest.raises(BenchError, match=words) as caught:
        read(tmp_path / name)
    text = str(caught.value)
    assert "\n" not in text
    assert "\x1b" not in text
    assert "weights_only" not in text


def test_a_folder_is_no_checkpoint(tmp_path):
    """It says what to give."""
    with pytest.raises(BenchError, match="is a folder; give the file of weights in it"):
        read(tmp_path)
