"""Names of devices: what is there, and one line for what is not."""

import pytest
import torch

from bench.host.devices import first_cuda, resolve_device
from registry.errors import BenchError


def test_the_device_is_the_gpu_where_there_is_one(monkeypatch):
    """`auto`."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == "cpu"


@pytest.mark.parametrize("given", ["tpu", "cuda:x", "cpu:0", "", "cuda:"])
def test_an_unknown_device_is_one_line(given, monkeypatch):
    """With what is allowed."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(BenchError, match="give auto, cpu, cuda or cuda:N|shows 0 CUDA devices"):
        resolve_device(given)


def test_a_device_beyond_the_last_is_one_line(monkeypatch):
    """How many there are."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("cuda:1") == "cuda:1"
    with pytest.raises(BenchError, match="this machine shows 2 CUDA devices"):
        resolve_device("cuda:2")


def test_the_number_of_the_first_cuda_device():
    """`cuda` is number 0; a CPU has none."""
    assert [first_cuda(device) for device in ("cpu", "cuda", "cuda:0", "cuda:3")] == [None, 0, 0, 3]
