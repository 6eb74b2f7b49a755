"""The record says where numbers come from."""

import platform

import pytest

from bench.host import machine
from bench.record.protocol import cell_maker, code_hash


def test_versions_name_what_a_number_depends_on():
    """Python and the packages, as installed."""
    import torch

    found = machine.versions()
    assert found["python"] == platform.python_version()
    assert found["torch"] == torch.__version__.split("+")[0] or found["torch"] == torch.__version__


def test_a_missing_package_is_said_to_be_missing(monkeypatch):
    """Not an error: it may not have been needed."""
    monkeypatch.setattr(machine, "PACKAGES", ("surely-not-installed",))
    assert machine.versions.__wrapped__()["surely-not-installed"] == "missing"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx2 avx512f amx_tile amx_bf16 amx_int8", True),  # Sapphire Rapids
        ("fpu avx2 avx512f avx512_bf16", True),  # Zen 4
        ("fpu avx2 avx512f avx512_vnni", False),
        ("", False),
    ],
)
def test_bf16_instructions_are_read_from_the_flags(tmp_path, flags, expected):
    """The first processor's line of Linux; the model's name and later lines do not count."""
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor\t: 0\nmodel name\t: amx_bf16\nflags\t\t: {flags}\nbugs\t\t: avx512_bf16\n")
    assert machine.has_bf16_instructions(path) is expected


def test_a_system_that_names_no_flags_has_no_bf16_instructions(tmp_path):
    """macOS for instance."""
    assert machine.has_bf16_instructions(tmp_path / "nothing") is False


def test_the_machine_is_described():
    """Cores and memory as the system says."""
    import os

    here = machine.machine("cpu")
    assert here["cores"] == os.cpu_count()
    assert here["memory_gib"] > 0
    assert here["gpu"] is None


def test_a_cell_says_what_made_it():
    """A folder may hold cells of several days."""
    assert {"segbench", "code", "commit", "torch", "cpu", "gpu"} == cell_maker("cpu").keys()
    assert len(code_hash()) == 32


def test_peak_memory_is_plausible():
    """More than nothing, less than the machine has."""
    assert 0 < machine.peak_memory_gib() <= machine.machine()["memory_gib"]
