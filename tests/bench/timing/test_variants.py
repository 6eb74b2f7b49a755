"""Variants of a network: how it is placed and compiled, and which labels it changes."""

import pytest
import torch
from torch import nn

from bench.timing import variants
from bench.timing.variants import agreement, arithmetic, compile_network, network_steps, placed, precision_of
from registry import MODELS
from registry.adapter import TorchSegmenter
from registry.errors import BenchError
from registry.segmenter import Geometry, Size


def tiny():
    torch.manual_seed(0)
    return TorchSegmenter(nn.Conv2d(3, 2, 1), Geometry(8, 8, "stretch"))


def image():
    return torch.randint(0, 256, (3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("variant", "dtype", "layout"),
    [
        ("fp32", torch.float32, torch.contiguous_format),
        ("bf16", torch.bfloat16, torch.contiguous_format),
        ("fp16_channels_last", torch.float16, torch.channels_last),
        ("compile", torch.bfloat16, torch.channels_last),
    ],
)
def test_a_variant_is_a_copy_at_its_precision(variant, dtype, layout):
    """`compile` runs at the precision of the scores; the segmenter that was given stays in fp32."""
    fresh = tiny()
    copy = placed(fresh, variant, "bf16_channels_last", "cpu", None)
    assert (copy.dtype, copy.layout, copy.network.weight.dtype) == (dtype, layout, dtype)
    assert fresh.network.weight.dtype == torch.float32


def test_a_size_replaces_the_geometry_but_not_its_mode():
    """Of the copy alone."""
    fresh = TorchSegmenter(nn.Conv2d(3, 2, 1), Geometry(8, 8, "letterbox"))
    assert placed(fresh, "fp32", "fp32", "cpu", Size(4, 16)).geometry == (4, 16, "letterbox")
    assert fresh.geometry == (8, 8, "letterbox")


@pytest.mark.parametrize(("variant", "size"), [("fp32", None), ("exact", Size(8, 8))])
def test_a_model_without_a_network_has_one_variant_and_no_size(variant, size):
    """And the reason in words."""
    entry = MODELS["background"]
    plain = entry.build(entry.parameters(), ("a", "b"), True)
    assert placed(plain, "exact", "exact", "cpu", None) is plain
    with pytest.raises(BenchError, match="the model has no torch network"):
        placed(plain, variant, "exact", "cpu", size)


def test_tf32_is_an_arithmetic_of_new_gpus(monkeypatch):
    """A CPU has none, nor has a GPU before Ampere."""
    with pytest.raises(BenchError, match="cpu has none"):
        placed(tiny(), "tf32", "fp32", "cpu", None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    with pytest.raises(BenchError, match="cuda:0 has none"):
        placed(tiny(), "tf32", "fp32", "cuda:0", None)


def test_tf32_is_switched_on_for_its_own_calls():
    """And off again, also after an error."""

    def switches():
        return torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32

    before = switches()
    torch.backends.cudnn.allow_tf32 = True  # torch's own default
    with arithmetic("fp32"):
        assert switches() == ("highest", False)
    torch.backends.cudnn.allow_tf32 = before[1]
    with pytest.raises(ZeroDivisionError), arithmetic("tf32"):
        assert switches() == ("high", True)
        raise ZeroDivisionError
    assert switches() == before
    assert precision_of("tf32", "bf16") == "fp32"


def test_a_compiled_network_is_the_compilers(monkeypatch):
    """What torch.compile returns is called; its stages are one."""
    asked = []

    def compiler(network, dynamic):
        asked.append(dynamic)
        return nn.Sequential(network, nn.Identity())

    monkeypatch.setattr(torch, "compile", compiler)
    one = tiny()
    before = one.predict([image()])[0].labels
    compile_network(one, one.prepare([image()], [None]), sizes_vary=True)
    assert asked == [True]
    assert isinstance(one.network, nn.Sequential)
    assert torch.equal(one.predict([image()])[0].labels, before)
    assert [step.name for step in network_steps(one, "compile")] == ["network"]


@pytest.mark.slow
def test_a_network_is_really_compiled():
    """The labels are those of eager."""
    eager, compiled = tiny(), tiny()
    inputs = eager.prepare([image()], [None])
    compile_network(compiled, inputs, sizes_vary=False)
    assert type(compiled.network).__name__ == "OptimizedModule"
    assert torch.allclose(compiled.forward(inputs), eager.forward(inputs), atol=1e-5)


def test_a_network_that_is_called_in_parts_is_not_compiled():
    """torch.compile would take no notice of it, and the speed would be that of eager."""

    class InParts(TorchSegmenter):
        def forward(self, inputs):
            return self.network[0](*inputs)

    parts = InParts(nn.Sequential(nn.Conv2d(3, 2, 1)), Geometry(8, 8, "stretch"))
    with pytest.raises(BenchError, match="this one is called in parts"):
        compile_network(parts, parts.prepare([image()], [None]), sizes_vary=False)


def test_agreement_is_the_share_of_equal_labels():
    """Three of four."""
    assert agreement(torch.tensor([0, 1, 2, 2]), torch.tensor([0, 1, 2, 0])) == 0.75


def test_the_first_images_are_compared(monkeypatch):
    """At most eight, each alone."""
    calls = []
    monkeypatch.setattr(variants, "announce", lambda *_: None)
    monkeypatch.setattr(
        variants, "predicted", lambda segmenter, images, device: calls.append(images) or [torch.zeros(2, 3)]
    )
    assert variants.labels_of(tiny(), list(range(10)), "cpu").shape == (48,)
    assert calls == [[i] for i in range(8)]
