"""Malformed files of weights: what people put where a checkpoint, an ONNX file or a folder of transformers is meant."""

import io
import os
import pickle
import struct
import zipfile
from pathlib import Path
from random import Random

from malformed_case import Case, Make

HEAD = "name: weights\ndatasets: [{name: shapes, trainval: 4, test: 2}]\nmodels:\n  - "
UNET = "{name: unet, width: 2, size: 32, checkpoint: FILE}\n"
ONNX = "{name: onnx, file: FILE, size: 32, task: binary}\n"
TRANSFORMERS = "{name: transformers, model: FILE}\n"


class Runs:
    """A pickle of it would make a file."""

    def __reduce__(self):
        return os.system, ("touch ran",)


def _zip(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def _safetensors(header: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def _torch(content: object) -> bytes:
    import torch

    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def files(seed: int) -> dict[str, bytes]:
    """Return contents that are no weights of this network."""
    import torch

    state = _torch({"weight": torch.zeros(3), "bias": torch.ones(2)})
    draw = Random(seed)
    found = {
        "empty": b"",
        "a text": b"weights\n",
        "a web page": b"<!doctype html><html></html>",
        "a pointer of git-lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(90),
        "gzip": b"\x1f\x8b\x08" + bytes(30),
        "xz": b"\xfd7zXZ\0" + bytes(30),
        "JSON": b'{"weight": [1, 2, 3]}',
        "a PNG": b"\x89PNG\r\n\x1a\n" + bytes(90),
        "zeros": bytes(4096),
        "an archive of texts": _zip(readme__txt=b"x"),
        "an archive that bursts": _zip(archive__data_pkl=b"x", archive__data__0=bytes(1000)),
        "a program": _zip(code__constants_pkl=b"x"),
        "a pickle that runs code": pickle.dumps(Runs()),
        "torch around what runs code": _torch({"weight": Runs()}),
        "a list of numbers": _torch([1, 2, 3]),
        "a word": _torch("weights"),
        "nothing": _torch({}),
        "a dict of words": _torch({"a": "b"}),
        "tensors of another network": state,
        "a state dict of lists": _torch({"weight": [torch.zeros(3)]}),
        "safetensors without header": _safetensors(b""),
        "safetensors with a header of 1 EB": _safetensors(b"{}", length=1 << 60),
        "safetensors with no JSON": _safetensors(b"{'a': 1}"),
        "safetensors whose tensors are not there": _safetensors(
            b'{"w":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}'
        ),
        "safetensors of an exabyte": _safetensors(
            b'{"w":{"dtype":"F32","shape":[999999999999,99999],"data_offsets":[0,36]}}', bytes(36)
        ),
        "safetensors of another network": _safetensors(
            b'{"w":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}', bytes(36)
        ),
    }
    for share in (0.05, 0.3, 0.6, 0.9):
        found[f"torch, cut at {share}"] = state[: int(len(state) * share)]
    for i in range(12):
        content = bytearray(state)
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        found[f"torch of another network with a bit changed ({i})"] = bytes(content)
    return found


CONFIGS: dict[str, bytes] = {
    "empty": b"",
    "a text": b"config",
    "a list": b"[1, 2]",
    "JSON that ends early": b'{"model_type": "segformer"',
    "no type": b"{}",
    "an unknown type": b'{"model_type": "none_of_these"}',
    "a type that is a number": b'{"model_type": 7}',
    "code of its own": b'{"model_type": "mine", "auto_map": {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}}',
    "a network of another kind": b'{"model_type": "bert", "architectures": ["BertModel"]}',
    "bytes": bytes(range(256)),
}


def _suite(model: str, make: Make) -> Make:
    def both(at: Path) -> None:
        (at / "suite.yaml").write_text(HEAD + model)
        make(at)

    return both


def _written(name: str, content: bytes) -> Make:
    return lambda at: (at / name).write_bytes(content) and None


def _config(content: bytes) -> Make:
    def make(at: Path) -> None:
        (at / "folder").mkdir()
        (at / "folder" / "config.json").write_bytes(content)
        (at / "folder" / "evil.py").write_text("open('ran', 'w')\n")

    return make


def weights(seed: int) -> list[Case]:
    """Return every malformed file of weights, given to `bench check`."""
    words, cases = ("check", "suite.yaml"), []
    for ending in ("pth", "safetensors"):
        model = UNET.replace("FILE", f"weights.{ending}")
        cases += [
            Case(
                "checkpoint",
                f"{what}, as .{ending}",
                _suite(model, _written(f"weights.{ending}", content)),
                words,
                "weights",
            )
            for what, content in files(seed).items()
        ]
    nodes: dict[str, Make] = {
        "a folder": lambda at: (at / "weights.pth").mkdir(),
        "not there": lambda at: None,
        "a pipe": lambda at: os.mkfifo(at / "weights.pth"),
        "a link to itself": lambda at: (at / "weights.pth").symlink_to("weights.pth"),
        "a device": lambda at: (at / "weights.pth").symlink_to("/dev/zero"),
    }
    for model, name in ((UNET, "weights.pth"), (ONNX, "weights.pth")):
        cases += [
            Case("checkpoint", f"{what} ({model[7:11]})", _suite(model.replace("FILE", name), make), words, "weights")
            for what, make in nodes.items()
        ]
    few = {what: content for what, content in files(seed).items() if "torch" not in what and "safetensors" not in what}
    cases += [
        Case(
            "ONNX file",
            what,
            _suite(ONNX.replace("FILE", "net.onnx"), _written("net.onnx", content)),
            words,
            "net.onnx",
        )
        for what, content in few.items()
    ]
    return cases + [
        Case(
            "transformers folder",
            what,
            _suite(TRANSFORMERS.replace("FILE", "./folder"), _config(content)),
            words,
            "folder",
        )
        for what, content in CONFIGS.items()
    ]
